/* SPDX-License-Identifier: MIT */
#include "core/verbs/verbs.h"

#include <string.h>

#include "core/base/attr.h"

/* clang-format off */
static const struct verb verbs[] = {
#define ROW(id, t, r, c, h, q) {.word = #id, .targets = VERB_TARGETS_##t, .role = VERB_ROLE_##r, \
	.confirm = VERB_CONFIRM_##c, .help = h, .consequence = q},
#define VERB(...) ROW(__VA_ARGS__)
#define DRIVEN(id, role, confirm, want, parallel, being, help, consequence) ROW(id, BOTS, role, confirm, help, consequence)
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
