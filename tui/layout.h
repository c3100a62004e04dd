/* SPDX-License-Identifier: MIT */
/*
 * Where everything stands on a screen of any size: a pure function. The rectangles of the status
 * lines, the shown panes, the rules between columns and the key lines cover the screen without gap
 * or overlap. A pane's first row is its title, unless `bare`; a pane of one row is its one-line
 *form.
 *
 *	wide (160 and more):  Bots | Detail       two columns; Logs and Operations below them
 *	                    Alerts | Metrics
 *	                  Services |   (Checks, while it is the one chosen last, in the place of Logs)
 *	narrow:  Alerts in one line, Bots, the pane that a digit chose, Operations in one line
 *	tiny (under 9 rows):  the focused pane alone
 */
#ifndef BOTSWAIN_TUI_LAYOUT_H
#define BOTSWAIN_TUI_LAYOUT_H

#include <stdbool.h>
#include "widgets/canvas.h"

enum pane_id {
#define PANE(id, ...) PANE_##id,
#include "tui/panes.def"
#undef PANE
	PANE_COUNT
};

enum zoom { ZOOM_NORMAL, ZOOM_HALF, ZOOM_FULL };

enum {
	LAYOUT_WIDE_COLUMNS = 160,
	LAYOUT_WIDE_ROWS = 30,
	LAYOUT_SMALL_ROWS = 16, /* under this: one key line, no titles, Operations not shown */
};

/* What the layout depends on. */
struct layout_wish {
	int rows, columns;
	enum pane_id focus;
	enum pane_id lower; /* what the lower half shows; never Bots */
	enum zoom zoom;
	int wanted[PANE_COUNT]; /* rows of content that it could fill, headings included; 0: nothing
				   happens there, one line is enough */
	int needed
		[PANE_COUNT]; /* of those, for what goes on now, headings included: alerts that fire come before
				   operations that have ended */
};

struct layout {
	struct rect status, footer, rule; /* rule: the line between two columns; rows 0: none */
	struct rect panes[PANE_COUNT];    /* rows 0: not shown */
	bool wide, bare;                  /* bare: panes have no title row of their own */
};

void layout_compute(const struct layout_wish *wish, struct layout *ret_layout);
/* Everything stands at the same place in both. */
bool layout_is_same(const struct layout *a, const struct layout *b);

#endif
