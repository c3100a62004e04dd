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

/* What was drawn last, as far as it says whether all but two rows are still so. */
struct bots_drawn {
	bool is_valid;
	uint64_t rev, rows; /* of the model; a mark of the ids on the screen */
	int64_t now_ms;
	uint64_t absent; /* columns */
	size_t top, cursor, row_count, marks;
	int page, sort, why_cells, spark_cells;
	bool descending, folds, focused, names_host;
};

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
	struct bots_drawn drawn;
	double *course; /* scratch of one sparkline, BOTS_COURSE_MAX values */
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

/* It was drawn, all of it or the step. */
void bots_note_drawn(void *view);
/* Since then nothing but the cursor's row changed. */
bool bots_only_stepped(const void *view);
/* Then: draws the row that it left and the one where it stands, over what is there. */
void bots_draw_step(const struct app *app, const void *view, const struct canvas *canvas);

/* True when a critical row of the view of Bots is out of sight. */
bool bots_hide_crit(const void *view);
/* Ids of the bots that fit the filter, in the wanted order. */
void bots_order(struct bots_view *view, struct id_list *ret_ids);
/* NULL, and an error, when the expression is wrong. */
struct filter *bots_filter(const struct app *app, const char *expression, struct err *err);

#endif
