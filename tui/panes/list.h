/* SPDX-License-Identifier: MIT */
/*
 * What the small tables share - alerts, operations, services: rows by entity, cursor, scroll, a
 * filter, an order. A pane says what its rows are (struct list_kind) and puts a struct list first in
 * its view.
 */
#ifndef BOTSWAIN_TUI_PANES_LIST_H
#define BOTSWAIN_TUI_PANES_LIST_H

#include "core/parse/filter.h"
#include "tui/app.h"
#include "tui/rowset.h"

struct list_kind {
	enum msg_kind kind;
	const struct pane *pane;
	const struct table_kind *table;
	const struct filter_column *fields; /* one a column of the table */
	/* A field's value; texts are borrowed. */
	void (*get)(const struct app *app, const void *body, size_t column,
		struct filter_value *ret_value);
	size_t host; /* the column that says which of several engines a row is of */
	/* The order that nobody has chosen. */
	int (*compare)(const struct app *app, const void *a, const void *b);
	const char *empty; /* said in place of rows */
	/* enum severity of what a row is about now; NULL: the pane's rows have none. */
	unsigned (*severity)(const struct app *app, const void *body);
};

/* Rows beyond an edge of a table that ask for somebody: [0] above, [1] below. */
struct unseen {
	size_t crit[2], warn[2];
};

struct list {
	struct rowset rows;
	struct table table;
	const struct app *app; /* for the table's cells; set by list_update() */
	int page;
	int sort; /* column + 1; 0: the order of the kind */
	bool descending;
	char *expression; /* of the filter; NULL: none */
	struct filter *filter;
	size_t hidden;
	struct unseen unseen;
};

void list_release(void *view);
void list_update(struct app *app, struct list *list, const struct list_kind *kind);
/* Without the focus it shows its first rows, in its own order the worst: a cursor that was left elsewhere hides no fire. */
void list_fit(struct app *app, struct list *list, const struct list_kind *kind, int rows);
void list_move(struct app *app, void *view, enum table_move move);
struct rowset *list_rows(void *view);
void list_sort(void *view, int column);
int list_sorted_by(const void *view);
bool list_descends(const void *view);
bool list_filter(struct app *app, struct list *list, const struct list_kind *kind,
	const char *expression, struct err *err);
const char *list_filtered_by(const void *view);
/* Ends the filter. */
bool list_escape(struct app *app, void *view);
/* Draws it; the cursor is shown in the focused pane only. */
void list_draw(const struct list *list, const struct list_kind *kind, const struct canvas *canvas);
/* Counts a row by its severity, unless it is in sight. */
void unseen_count(
	struct unseen *unseen, const struct table *table, int page, size_t row, unsigned severity);
/* "2 crit above  1 warn below  ", of each side the worst; nothing when nothing is hidden. */
void unseen_say(const struct unseen *unseen, struct str *note);
/* Filter, what is red out of sight, and position, for the title. */
void list_note(const struct list *list, struct str *note);
/* The id of a row. */
static inline uint64_t list_id(const struct list *list, size_t row)
{
	return list->rows.shown.ids[row];
}
void list_say(struct cell_text *cell, enum role role, const char *format, ...) PRINTF_LIKE(3, 4);
/* A cell by `own`; the host of one of several engines, and grey where that is gone, are added here. */
void list_cell(const struct list *list, const struct list_kind *kind, size_t row, size_t column,
	void (*own)(const struct list *list, size_t row, size_t column, struct cell_text *ret),
	struct cell_text *ret_cell);
/* For get(): a text, a figure (NaN: not known). */
void list_text(struct filter_value *ret, const char *text);
void list_number(struct filter_value *ret, double number);

#endif
