/* SPDX-License-Identifier: MIT */
#include "tui/snapshot.h"

#include "core/model/model.h"

struct model *model_snapshot(const struct model *model)
{
	struct model *copy = model_new();
	for (unsigned kind = MODEL_KIND_FIRST; kind <= MODEL_KIND_LAST; kind++) {
		if (!msg_info(kind))
			continue;
		size_t count;
		const void *const *bodies = model_list(model, (enum msg_kind)kind, &count);
		for (size_t i = 0; i < count; i++) {
			struct msg_any any = {
				(enum msg_kind)kind, msg_copy((enum msg_kind)kind, bodies[i])};
			(void)model_apply(copy, any);
		}
	}
	return copy;
}
