/* SPDX-License-Identifier: MIT */
#include "tui/panes/list.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/str.h"

void list_release(void *view)
{
	rowset_release(&((struct list *)view)->rows);
}

void list_update(struct app *app, struct list *list, const struct id_list *wanted)
{
	list->app = app;
	rowset_update(&list->rows, wanted->ids, wanted->count, app_holds_rows(app));
}

void list_fit(struct app *app, struct list *list, const struct pane *pane, int rows)
{
	list->page = table_page(rows);
	list->table.rows = list->rows.shown.count;
	list->table.cursor = list->rows.cursor_row;
	list->table.focused = app_pane(app) == pane;
	list->table.sort = -1;
	table_fit(&list->table, list->page);
}

void list_move(struct app *app, void *view, enum table_move move)
{
	struct list *list = view;
	(void)app;
	table_move(&list->table, move, list->page);
	rowset_move_to(&list->rows, list->table.cursor);
}

struct rowset *list_rows(void *view)
{
	return &((struct list *)view)->rows;
}

void list_note(const struct list *list, struct str *note)
{
	char position[32];
	if (list->rows.order_changed)
		str_adds(note, "order changed  ");
	table_position(&list->table, list->page, position, sizeof(position));
	if (position[0])
		str_adds(note, position);
	else
		str_addf(note, "%zu", list->rows.shown.count);
}

void list_say(struct cell_text *cell, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(cell->text, sizeof(cell->text), format, args);
	va_end(args);
	cell->role = role;
}
