/* SPDX-License-Identifier: MIT */
/*
 * Where the panels of a dashboard stand: pure. A row of the dashboard is one line of panels where they have the width for it,
 * and several lines where not; what is higher than the pane scrolls by lines. Panels keep their order.
 */
#ifndef BOTSWAIN_TUI_PANES_DASHBOARD_LAYOUT_H
#define BOTSWAIN_TUI_PANES_DASHBOARD_LAYOUT_H

#include <stddef.h>
#include "core/conf/dashboard.h"
#include "widgets/canvas.h"

enum {
	PLACED_MAX = DASHBOARD_ROWS_MAX * DASHBOARD_PANELS_MAX,
	PANELS_SHOWN_MAX = 12, /* at a time: each has a window */
};

struct dashboard_layout {
	struct rect panels[PLACED_MAX]; /* by number; rows from the top of the whole */
	size_t line_of[PLACED_MAX];
	size_t panel_count, line_count;
	int rows; /* of the whole */
};

void dashboard_layout(
	const struct dashboard *dashboard, int rows, int columns, struct dashboard_layout *ret);
/* The row of the whole that stands at the top, so that a panel is in sight; `top` is where it stood. */
int dashboard_scroll(const struct dashboard_layout *layout, size_t panel, int top, int rows);

#endif
