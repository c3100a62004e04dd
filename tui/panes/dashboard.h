/* SPDX-License-Identifier: MIT */
/* What the files of Dashboards share. Screen thread only. */
#ifndef BOTSWAIN_TUI_PANES_DASHBOARD_H
#define BOTSWAIN_TUI_PANES_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/conf/dashboard.h"
#include "tui/panes/dashboard_layout.h"
#include "tui/window.h"

struct app;
struct err;

struct dashboard_view {
	struct dashboards *all; /* NULL: not read yet */
	size_t at;              /* which of them */
	bool is_list;           /* the list of them is shown */
	size_t row;             /* of the list, under the cursor */
	size_t panel;           /* under the cursor */
	bool is_zoomed;         /* it has all of the room */
	size_t span;
	bool has_span; /* it was chosen; else it is the usual one, or a shorter one that what is kept fills */
	bool is_other;     /* it asks the other store than it usually does */
	int64_t to_ms;     /* where it stays; 0: it goes on with time */
	int64_t cursor_ms; /* the time that is read; 0: the newest */
	char value[128];   /* of its variable, as it was given; "": as the screen has it */
	struct dashboard_layout layout;
	int top;           /* of the whole, the first row in sight */
	int rows, columns; /* of the pane */
};

/* One panel, as it is drawn. */
struct panel_picture {
	const struct dashboard_panel *panel;
	const struct window *window;
	const char *title; /* with what stands for its variable */
	const char *number;
	bool is_focused, is_zoomed;
	int64_t cursor_ms;
	int64_t now_ms;
};

void dashboard_panel_draw(const struct panel_picture *picture, const struct canvas *canvas);
/* Rows of large figures: 3 where there are blocks, else 1. Returns the column behind them. */
int dashboard_figure_draw(
	const struct canvas *canvas, int row, int column, enum role role, const char *text);
int dashboard_figure_columns(const struct canvas *canvas, const char *text);

/* A text with what stands for the dashboard's variable, that of an expression within its quotes, where no instance is all of them. */
char *dashboard_filled(const struct app *app, const struct dashboard *dashboard, const char *text,
	bool is_expr) MUST_CHECK;
/* A panel with the unit and the limits of its figure, where it has none of its own. */
struct dashboard_panel dashboard_panel_limited(
	const struct app *app, const struct dashboard_panel *panel);
/* The engines that are asked: the bot's own, or all. */
uint32_t dashboard_engines(const struct app *app, const struct dashboard *dashboard);

/* Its times. */
void dashboard_times_init(struct dashboard_view *view);
/* Until a span is chosen it is one that what is kept can fill. */
void dashboard_times_update(const struct app *app, struct dashboard_view *view);
void dashboard_times_recall(struct dashboard_view *view, const char *word);
int64_t dashboard_span_ms(const struct dashboard_view *view);
const char *dashboard_span_word(const struct dashboard_view *view); /* "15m" */

/* What its commands do. `args`: NAME [VALUE], or "" for the list. */
bool dashboard_choose(struct app *app, const char *args, struct err *err);
void dashboard_step(struct app *app, int step);
void dashboard_span(struct app *app, int step);
void dashboard_time(struct app *app, int step);
void dashboard_follow(struct app *app);
/* Whether a Prometheus that is configured answers, or the engine's own store. */
bool dashboard_other(struct app *app, struct err *err) MUST_CHECK;
/* Those that can be shown, for completion. */
const struct dashboards *dashboard_all(const struct app *app);

#endif
