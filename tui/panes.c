/* SPDX-License-Identifier: MIT */
#include "tui/pane.h"

#include <string.h>

#include "core/base/attr.h"

static const struct pane *const panes[PANE_COUNT] = {
#define PANE(id, ...) [PANE_##id] = &pane_##id,
#include "tui/panes.def"
#undef PANE
};

const struct pane *pane_of(enum pane_id id)
{
	return panes[id];
}

const char *pane_digit(enum pane_id id)
{
	static const char *const digits[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
	return (size_t)id < COUNT_OF(digits) ? digits[id] : "";
}

enum pane_id pane_find(const char *name)
{
	for (int id = 0; id < PANE_COUNT; id++)
		if (strcmp(panes[id]->name, name) == 0)
			return (enum pane_id)id;
	return PANE_COUNT;
}
