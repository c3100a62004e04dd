/* SPDX-License-Identifier: MIT */
#include "core/series/querier.h"

#include <stdlib.h>

#include "core/series/labels.h"

void selected_set_release(struct selected_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		labels_unref(set->list[i].labels);
		if (!set->block)
			free(set->list[i].samples);
	}
	free(set->block);
	free(set->list);
	*set = (struct selected_set){0};
}
