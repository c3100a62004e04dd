/* SPDX-License-Identifier: MIT */
#include "tui/panes/logs_columns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tui/app.h"
#include "tui/panes/logs_view.h"

enum { TEXT_CELLS_LEAST = 18 }; /* what the message keeps */

void log_columns_release(struct log_columns *columns)
{
	for (size_t i = 0; i < columns->count; i++)
		free(columns->names[i]);
	*columns = (struct log_columns){.count = 0};
}

static bool is_name(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_.@-", name[i]))
			return false;
	return length <= COLUMN_NAME_MAX;
}

static bool add_name(struct log_columns *to, const char *name, size_t length, struct err *err)
{
	if (!is_name(name, length))
		return err_set(err, ERR_INVALID, "'%.*s' is no name of a field",
			length < 40 ? (int)length : 40, name);
	for (size_t i = 0; i < to->count; i++)
		if (strlen(to->names[i]) == length && memcmp(to->names[i], name, length) == 0)
			return true;
	if (to->count == LOGVIEW_COLUMNS_MAX)
		return err_set(err, ERR_LIMIT, "no more than %d fields can be columns",
			LOGVIEW_COLUMNS_MAX);
	to->names[to->count++] = xstrndup(name, length);
	return true;
}

bool log_columns_set(struct log_columns *columns, const char *names, struct err *err)
{
	static const char between[] = " ,\t";
	struct log_columns made = {.count = 0};
	for (const char *at = names + strspn(names, between); *at; at += strspn(at, between)) {
		size_t length = strcspn(at, between);
		if (!add_name(&made, at, length, err)) {
			log_columns_release(&made);
			return false;
		}
		at += length;
	}
	log_columns_release(columns);
	*columns = made;
	return true;
}

void log_columns_say(const struct log_columns *columns, struct str *to)
{
	for (size_t i = 0; i < columns->count; i++)
		str_addf(to, "%s%s", i ? " " : "", columns->names[i]);
}

/* ---- room ---- */

static bool is_number(const char *text)
{
	return isdigit((unsigned char)text[*text == '-' || *text == '+']) &&
	       strspn(text, "0123456789.eE+-") == strlen(text);
}

/* Cells that a column needs; 0: no row has it. */
static int cells_of(struct log_columns *columns, const struct window *window, size_t at)
{
	size_t widest = 0;
	columns->is_number[at] = true;
	for (size_t i = 0; i < window->count; i++) {
		const struct msg_row *row = &window->rows[i];
		const char *value = at < row->values_count ? row->values[at] : "";
		size_t cells = value[0] ? text_width(value, strlen(value)) : 0;
		widest = cells > widest ? cells : widest;
		if (value[0] && !is_number(value))
			columns->is_number[at] = false;
	}
	if (!widest)
		return 0;
	size_t name = strlen(columns->names[at]);
	widest = name > widest ? name : widest;
	return widest < COLUMN_CELLS_MAX ? (int)widest : COLUMN_CELLS_MAX;
}

void log_columns_fit(
	struct log_columns *columns, const struct window *window, int width, struct logview *list)
{
	columns->shown_count = list->column_count = 0;
	for (size_t i = 0; i < columns->count && columns->change != window->change; i++)
		columns->cells[i] = cells_of(columns, window, i);
	columns->change = window->change;
	int room = width - logview_text_column(list) - TEXT_CELLS_LEAST;
	for (size_t i = 0; i < columns->count; i++) {
		int cells = columns->cells[i];
		if (!cells || room < cells + 1)
			continue;
		room -= cells + 1;
		columns->shown[columns->shown_count++] = i;
		list->columns[list->column_count++] =
			(struct logview_column){cells, columns->is_number[i]};
	}
}

size_t log_columns_row(const struct log_columns *columns, const struct msg_row *row,
	const char *ret_values[LOGVIEW_COLUMNS_MAX])
{
	for (size_t i = 0; i < columns->shown_count; i++) {
		size_t at = columns->shown[i];
		ret_values[i] = at < row->values_count ? row->values[at] : "";
	}
	return columns->shown_count;
}

void log_columns_head(
	const struct log_columns *columns, const struct logview *list, const struct canvas *canvas)
{
	int column = logview_text_column(list);
	for (size_t i = 0; i < list->column_count; i++)
		column -= list->columns[i].cells + 1;
	for (size_t i = 0; i < list->column_count; i++)
		column = canvas_field(canvas, 0, column, list->columns[i].cells,
				 list->columns[i].right ? ALIGN_RIGHT : ALIGN_LEFT, ROLE_HEADER,
				 columns->names[columns->shown[i]]) +
			 1;
}

/* ---- commands ---- */

bool logs_columns_set(struct app *app, const char *text, bool final, struct err *err)
{
	struct logs_view *view = logs_view(app);
	struct log_columns tried = {.count = 0};
	if (final)
		return log_columns_set(&view->columns_of, text, err);
	bool is_good = log_columns_set(&tried, text, err);
	log_columns_release(&tried);
	return is_good;
}

void logs_columns_say(struct app *app, struct str *to)
{
	log_columns_say(&logs_view(app)->columns_of, to);
}
