/* SPDX-License-Identifier: MIT */
/* Which alerts are causes. Screens need it too, and know of rules no more than their names. */
#include <string.h>

#include "core/base/attr.h"
#include "core/model/verdict.h"

enum { PLACE_OTHERS = 3 };

unsigned alert_place(const char *rule)
{
	static const struct {
		const char *rule;
		unsigned place;
	} causes[] = {
#define CAUSE(id, at) {#id, at},
#include "core/model/causes.def"
	};
	for (size_t i = 0; i < COUNT_OF(causes); i++)
		if (strcmp(causes[i].rule, rule) == 0)
			return causes[i].place;
	return PLACE_OTHERS;
}
