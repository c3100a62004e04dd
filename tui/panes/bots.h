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
	BOTS_P50,
	BOTS_P95,
	BOTS_P99,
	BOTS_ERRORS,
	BOTS_SHARE,
	BOTS_CACHE,
	BOTS_AVAILABLE,
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
	uint64_t figures; /* as bots_figures.change */
};

enum { BOTS_SPARK_POINTS = 30, BOTS_LISTS = 3 };

struct bots_values;
struct figure;

/* What the engine answered of figures (bots_figures.c). */
struct bots_figures {
	struct bots_values *lists[BOTS_LISTS]; /* of WINDOW_FIGURES, WINDOW_ORDER, WINDOW_COURSE */
	uint64_t seen[BOTS_LISTS];             /* window.change that a list was made of */
	int64_t at_mono_ms[BOTS_LISTS];
	uint64_t asked[BOTS_LISTS]; /* fields, as bits, in the order of its expressions */
	uint64_t filled;            /* fields that some bot had a value of */
	int64_t bad_until_mono_ms[BOTS_LISTS][BOTS_FIELDS]; /* an expression was refused */
	uint64_t change;                                    /* grows with each answer */
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
	struct bots_figures figures;
	double *course; /* scratch of one sparkline, BOTS_COURSE_MAX values */
};

extern const struct table_kind bots_table;

/* A field as text; "" for figures. The host on a screen on several engines: the engine. */
const char *bots_text(const struct app *app, const struct msg_bot *bot, enum bots_field field);
/* A field as a figure, ages in ms; NaN: not known, too old to be shown, or a text. */
double bots_number(const struct app *app, const struct msg_bot *bot, enum bots_field field);
/* The same from before the engine's start, where it was not observed since; NaN otherwise. */
double bots_last(const struct app *app, const struct msg_bot *bot, enum bots_field field);
/* ---- figures that PromQL tells (bots_figures.c) ---- */

/* Which one a field is; NULL: none. */
struct figure *bots_figure(const struct app *app, enum bots_field field);
/* The field that the figure fills; BOTS_FIELDS: none. */
enum bots_field bots_field_of(const char *figure);
/* What the engine answered, in the field's unit; NaN: nothing, or too long ago. */
double bots_figure_value(const struct app *app, uint64_t id, enum bots_field field);
/* The course of updates, the newest last; NULL: no answer. */
const double *bots_figure_course(const struct app *app, uint64_t id);
/* Values of a column are those of the figure times this. */
double bots_figure_factor(const struct figure *figure);
/* Of those that are figures alone some bot had a value; or somebody asks for something else than is shipped. */
bool bots_figure_fills(const struct app *app, enum bots_field field);
/* The engine has no figure of its own of that field. */
bool bots_is_only_figure(enum bots_field field);
/* It is what PromQL says; else what the engine makes of heartbeat, page and log, which is what is shipped for it. */
bool bots_is_asked(const struct app *app, enum bots_field field);
/* Takes what came, and asks for what is in sight in a table of so many columns; `rows` 0: nothing is. */
void bots_figures_turn(struct app *app, struct bots_view *view, int rows, int columns);
/* What a figure asks on this screen from now on; "": what is shipped or in the settings. Says so. */
#define FIGURE_DEFAULT "default"
void figure_keep(struct app *app, struct figure *figure, const char *query);
void bots_figures_release(struct bots_view *view);

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
