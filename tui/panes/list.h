/* SPDX-License-Identifier: MIT */
/* What the small tables share - alerts, operations, services: rows by entity, cursor, scroll. Put a
 * struct list first in the view. */
#ifndef BOTSWAIN_TUI_PANES_LIST_H
#define BOTSWAIN_TUI_PANES_LIST_H

#include "tui/app.h"
#include "tui/rowset.h"

struct list {
	struct rowset rows;
	struct table table;
	const struct app *app; /* for the table's cells; set by list_update() */
	int page;
};

void list_release(void *view);
/* Takes the ids in the wanted order. */
void list_update(struct app *app, struct list *list, const struct id_list *wanted);
void list_fit(struct app *app, struct list *list, const struct pane *pane, int rows);
void list_move(struct app *app, void *view, enum table_move move);
struct rowset *list_rows(void *view);
/* "1-7/42", or the number of rows. */
void list_note(const struct list *list, struct str *note);
/* The id of a row. */
static inline uint64_t list_id(const struct list *list, size_t row)
{
	return list->rows.shown.ids[row];
}
void list_say(struct cell_text *cell, enum role role, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
