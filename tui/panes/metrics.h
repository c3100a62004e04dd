/* SPDX-License-Identifier: MIT */
/* The charts that Metrics can show, and what its commands do. A chart is what a PromQL expression yields over a span: one of the
 * table, or one that the operator typed. */
#ifndef BOTSWAIN_TUI_PANES_METRICS_H
#define BOTSWAIN_TUI_PANES_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct app;
struct canvas;
struct msg_win_points;
struct str;

struct metric {
	const char *name;  /* for the command line */
	const char *title; /* over the chart */
	const char *query; /* PromQL; %s is the bot under the cursor, quoted */
	bool of_bot;
	const char *unit; /* chart_unit_named() */
};

struct metrics_view {
	size_t metric, span;
	char *query;        /* typed; NULL: that of the table */
	const char *figure; /* the typed one is of that figure; NULL: of none */
	int64_t to_ms;      /* the span ends there; 0: now, and moves */
	int64_t cursor_ms;  /* 0: there is none */
	int rows, columns;  /* of the pane */
};

/* metric_at(0 .. until NULL) */
const struct metric *metric_at(size_t index);
size_t metric_count(void);
/* A text of the table with the bot's name in place of %s: `is_query`, as it stands in a quoted string of PromQL. */
char *metric_text(const char *text, const char *bot, bool is_query) MUST_CHECK;
/* The unit of what an expression yields, as far as the names of its metrics tell it; "". */
const char *metric_unit_of(const char *query);

bool metrics_choose(struct app *app, const char *name);
void metrics_step(struct app *app, int step);
void metrics_span(struct app *app, int step);
/* The cursor, so many values; beyond an end the span moves with it. */
void metrics_cursor(struct app *app, int step);
/* So many halves of the span; 0: to now. */
void metrics_pan(struct app *app, int step);

/* What is asked now, as the engine is asked, and as it was typed ($bot is the one under the cursor of Bots); the caller frees it. */
char *metrics_query(const struct app *app) MUST_CHECK;
char *metrics_text_now(const struct app *app) MUST_CHECK;
/* Which byte of what was typed a byte of what is asked comes from. */
size_t metrics_place(const struct app *app, const char *typed, size_t asked);
/* Shows what an expression yields, "" the chart of the table again, in a pane of its own. */
void metrics_show(struct app *app, const char *query);
/* The same of a figure by that name, which it may become the query of. */
void metrics_show_figure(struct app *app, const char *figure, const char *query);

/* ---- drawing (metrics_chart.c) ---- */

enum { METRICS_SERIES_MAX = 26 }; /* as many as there are letters */

void metrics_draw(const struct app *app, const struct metrics_view *view, const char *unit,
	const struct canvas *canvas);
/* What tells a series from the others: the values of labels that are not the same in all; of several with their names. */
void metrics_legend(const struct msg_win_points *points, size_t series, struct str *to);
/* What was answered has a value, NaN among them. */
bool metrics_has_value(const struct msg_win_points *points);

#endif
