/* SPDX-License-Identifier: MIT */
/* Where the operator is - focus, lower half, zoom - and where they came from. Pure. */
#ifndef BOTSWAIN_TUI_VIEWS_H
#define BOTSWAIN_TUI_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include "tui/layout.h"

enum { VIEWS_MAX = 32 };

struct place {
	enum pane_id focus, lower;
	enum zoom zoom;
	bool drilled; /* entered by Enter or l: Esc and q lead out of it */
};

struct views {
	struct place trail[VIEWS_MAX];
	size_t count, at;  /* trail[at] is where we are */
	struct place home; /* where the way out leads to; beyond it is the way out of the program */
};

void views_init(struct views *views);
static inline const struct place *views_now(const struct views *views)
{
	return &views->trail[views->at];
}
/* Begins there, and is at home there, in place of all panes. */
void views_settle(struct views *views, struct place home);
/* Changes the place without a step that could be gone back. */
void views_replace(struct views *views, struct place place);
/* A new step; what lay ahead is forgotten. The same place again is no step. */
void views_go(struct views *views, struct place place);
/* Back (-1) or forward (1); false at the end. */
bool views_step(struct views *views, int direction);
/* To the place before, and back again. */
bool views_last(struct views *views);
/* Out of what Enter led into; false when nothing did. */
bool views_leave(struct views *views);

#endif
