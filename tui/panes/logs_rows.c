/* SPDX-License-Identifier: MIT */
/* What a line of Logs looks like: its fields, the hits of a search in it, its mark. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_level.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"

enum { SPANS_MAX = 8 };

/* What a line is shown from; the scratch holds the texts of one line at a time. */
struct scratch {
	char mark[160];
	char repeats[32];
	const char *columns[LOGVIEW_COLUMNS_MAX];
	struct log_texts texts;
	struct log_span spans[SPANS_MAX];
};
struct rows_data {
	const struct app *app;
	const struct logs_view *view;
	struct scratch *scratch;
};

/* ---- rows ---- */

void log_row_show(const struct app *app, const struct msg_row *row, bool brief,
	struct log_texts *texts, struct log_row *ret)
{
	const char *host = app_is_many(app) ? links_name(app->links, parts_link_of(row->key)) : "";
	(void)print_text(texts->source, sizeof(texts->source), "%s%s%s", host, host[0] ? "/" : "",
		row->bot[0] ? row->bot : row->source);
	(void)print_text(texts->time, sizeof(texts->time), "%.*s", brief ? 5 : 8,
		format_clock(row->time_ms, false).text);
	char level = log_level_letter((enum log_level)row->level);
	*ret = (struct log_row){.time = row->cont ? "" : texts->time,
		.source = row->cont ? "" : texts->source,
		.text = row->text,
		.repeats = row->late ? "late" : "",
		.level = row->cont || level == '-' ? ' ' : level};
}

/* With its name, and whether the line came late. */
static void show_mark(const struct rows_data *it, const struct msg_row *row, struct log_row *ret)
{
	const struct logs_mark *mark = logs_marks_of(it->app, &it->view->marks, row);
	if (!mark)
		return;
	(void)print_text(it->scratch->mark, sizeof(it->scratch->mark), "%s%s%s%s%s", ret->repeats,
		ret->repeats[0] ? "  " : "", mark->name, mark->name[0] ? " " : "",
		glyph_text(it->app->grid->glyphs, GLYPH_MARK));
	ret->repeats = it->scratch->mark;
}

static size_t find_spans(
	const struct logs_view *view, const char *text, bool current, struct log_span *spans)
{
	size_t count = 0, at = 0, start, end, length = strlen(text);
	while (view->finder && count < SPANS_MAX &&
		filter_find(view->finder, LOG_COLUMN_MSG, text, length, at, &start, &end)) {
		spans[count++] = (struct log_span){start, end - start, current};
		at = end > at ? end : at + 1;
	}
	return count;
}

/* How often it was repeated, with whether it came late. */
static void say_repeats(const struct rows_data *it, size_t index, struct log_row *ret)
{
	autostr struct str text = STR_INIT;
	fold_say(it->view->fold, &it->app->windows[WINDOW_LOGS], index, &text);
	if (!text.length)
		return;
	(void)print_text(it->scratch->repeats, sizeof(it->scratch->repeats), "%s%s%s", text.text,
		ret->repeats[0] ? "  " : "", ret->repeats);
	ret->repeats = it->scratch->repeats;
}

static void show_row(const void *data, size_t index, struct log_row *ret)
{
	const struct rows_data *it = data;
	const struct msg_row *row = &it->app->windows[WINDOW_LOGS].rows[index];
	log_row_show(it->app, row, it->view->list.time_cells == 5, &it->scratch->texts, ret);
	if (log_columns_row(&it->view->columns_of, row, it->scratch->columns))
		ret->columns = it->scratch->columns;
	say_repeats(it, index, ret);
	show_mark(it, row, ret);
	ret->span_count =
		find_spans(it->view, row->text, index == it->view->list.cursor, it->scratch->spans);
	ret->spans = it->scratch->spans;
}

static const struct logview_kind kind = {.row = show_row};

void logs_rows_fit(const struct app *app, struct logs_view *view)
{
	const struct canvas size = {.rows = view->rows, .columns = view->columns};
	struct scratch scratch;
	struct rows_data it = {app, view, &scratch};
	logview_fit(&view->list, &kind, &it, &size);
}

void logs_rows_draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct logs_view *view = data;
	struct scratch scratch;
	struct rows_data it = {app, view, &scratch};
	struct canvas lines = *canvas;
	if (view->list.column_count && canvas->rows > 1) {
		log_columns_head(&view->columns_of, &view->list, canvas);
		lines = canvas_sub(canvas, (struct rect){1, 0, canvas->rows - 1, canvas->columns});
	}
	logview_draw(&view->list, &kind, &it, &lines);
}

bool logs_wrap(struct app *app, const char *word, struct err *err)
{
	struct logview *list = &logs_view(app)->list;
	bool on = strcmp(word, "on") == 0;
	if (word[0] && !on && strcmp(word, "off") != 0)
		return err_set(err, ERR_INVALID, "wrap on, or off");
	list->wrap = word[0] ? on : !list->wrap;
	list->shift = 0;
	return true;
}
