/* SPDX-License-Identifier: MIT */
#include "core/verbs/verbs.h"

#include <string.h>

#include "core/base/attr.h"

/* clang-format off */
#define VERB(id, w, t, r, c, h, q) {.word = w, .targets = VERB_TARGETS_##t, .role = VERB_ROLE_##r, \
	.confirm = VERB_CONFIRM_##c, .help = h, .consequence = q},
static const struct verb verbs[] = {
#include "core/verbs/verbs.def"
};
/* clang-format on */

const struct verb *verb_at(size_t index)
{
	return index < COUNT_OF(verbs) ? &verbs[index] : NULL;
}

const struct verb *verb_find(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (strcmp(verbs[i].word, word) == 0)
			return &verbs[i];
	return NULL;
}
