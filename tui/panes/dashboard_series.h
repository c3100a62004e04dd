/* SPDX-License-Identifier: MIT */
/* What a panel shows of the points that it got: one entry a series, the largest first, each with its legend. */
#ifndef BOTSWAIN_TUI_PANES_DASHBOARD_SERIES_H
#define BOTSWAIN_TUI_PANES_DASHBOARD_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/conf/dashboard.h"
#include "core/msg/msg.h"
#include "tui/parts.h"

enum { SHOWN_SERIES_MAX = 64 };

struct shown_series {
	char name[96];
	const double *values; /* borrowed of the points */
	size_t count;
	double value; /* at the time that is read; NAN: none there */
	int64_t stale_since_ms;
	double rank; /* the larger ones come first */
	size_t query;
};

struct shown_list {
	struct shown_series list[SHOWN_SERIES_MAX];
	size_t count, left_out;
	bool is_empty; /* no value at all */
};

/* `cursor_ms` 0: the newest values. Entries keep the order of the queries where there are several. */
void shown_series_of(const struct dashboard_panel *panel, const struct msg_win_points *points,
	int64_t cursor_ms, struct shown_list *ret);

#endif
