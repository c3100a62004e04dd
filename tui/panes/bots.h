/* SPDX-License-Identifier: MIT */
/* Private to the Bots pane and what speaks of its rows: fields, order, filter. Pure. */
#ifndef BOTSWAIN_TUI_PANES_BOTS_H
#define BOTSWAIN_TUI_PANES_BOTS_H

#include "core/parse/filter.h"
#include "tui/app.h"
#include "tui/panes/list.h"
#include "tui/rowset.h"
#include "widgets/table.h"

/* What is known of a bot as a field: the columns of the table, then those that only filters name. */
enum bots_field {
	BOTS_S,
	BOTS_NAME,
	BOTS_HOST,
	BOTS_UP,
	BOTS_RATE,
	BOTS_PENDING,
	BOTS_BEAT,
	BOTS_P95,
	BOTS_ERRORS,
	BOTS_WHY,
	BOTS_SPARK,
	BOTS_COLUMNS,
	BOTS_STATE = BOTS_COLUMNS,
	BOTS_TRANSPORT,
	BOTS_CPU,
	BOTS_MEM,
	BOTS_RESTARTS,
	BOTS_SCORE,
	BOTS_FIELDS,
};

enum { BOTS_COURSE_MAX = 64 };

struct bots_view {
	struct rowset rows;
	struct table table;
	const struct app *app; /* for the table's cells; set by update */
	int sort;              /* enum bots_field, -1: by severity */
	bool descending, unfolded;
	char *expression; /* of the filter, "" none */
	struct filter *filter;
	size_t hidden;  /* by the filter */
	size_t healthy; /* of the shown ones, those at the end that need no look */
	struct unseen unseen;
	char fold[64];
	int page;
	int why_cells, spark_cells; /* widths of these columns */
	bool names_host; /* of several engines, where HOST has no room: EU/ORDERS is a name */
	double *course;  /* scratch of one sparkline, BOTS_COURSE_MAX values */
};

extern const struct table_kind bots_table;

/* A field as text; "" for figures. The host on a screen on several engines: the engine. */
const char *bots_text(const struct app *app, const struct msg_bot *bot, enum bots_field field);
/* A field as a figure, ages in ms; NaN: not known, too old to be shown, or a text. */
double bots_number(const struct app *app, const struct msg_bot *bot, enum bots_field field);
/* The same from before the engine's start, where it was not observed since; NaN otherwise. */
double bots_last(const struct app *app, const struct msg_bot *bot, enum bots_field field);
/* Which columns no bot fills, as bits. */
uint64_t bots_absent(const struct app *app);

/* True when a critical row of the view of Bots is out of sight. */
bool bots_hide_crit(const void *view);
/* Ids of the bots that fit the filter, in the wanted order. */
void bots_order(struct bots_view *view, struct id_list *ret_ids);
/* NULL, and an error, when the expression is wrong. */
struct filter *bots_filter(const struct app *app, const char *expression, struct err *err);

#endif
