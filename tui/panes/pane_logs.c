/* SPDX-License-Identifier: MIT */
/*
 * Logs: all files and streams merged by time, following the newest line or standing at one. Reads a
 * window on events: while it follows, on the end; else around the line under the cursor, moved when
 * the cursor comes near an end of what is held. The cursor is a line's key, never a row number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_level.h"
#include "tui/app.h"
#include "tui/panes/logs.h"
#include "widgets/logview.h"

enum { SPANS_MAX = 8, MARKS_MAX = 64, SIDE_STEP = 16 };

static const char first_key[] = "0/0/0";

struct logs_view {
	struct logview list;
	char *cursor_key, *anchor; /* "": the end */
	char *expression, *search;
	struct filter *finder;  /* of the search; NULL: none */
	struct id_list bots;    /* only these; none: all */
	char *bot_names;        /* for the title */
	char *marks[MARKS_MAX]; /* keys of marked lines, oldest first */
	size_t mark_count;
	uint64_t change; /* of the window, when the rows were last looked at */
	uint64_t seek;   /* the newest request to look for something */
	int rows, columns;
	bool goto_first; /* the next answer begins with the oldest line: there goes the cursor */
	bool going;      /* cursor_key is not held yet: the next answer has it */
};

static struct logs_view *view_of(struct app *app)
{
	return app->view[PANE_logs];
}

static void replace(char **text, const char *with)
{
	char *copy = xstrdup(with);
	free(*text);
	*text = copy;
}

static void init(void *data)
{
	struct logs_view *view = data;
	view->list.follow = true;
	view->cursor_key = xstrdup("");
	view->anchor = xstrdup("");
	view->expression = xstrdup("");
	view->search = xstrdup("");
	view->bot_names = xstrdup("");
}

static void release(void *data)
{
	struct logs_view *view = data;
	free(view->cursor_key);
	free(view->anchor);
	free(view->expression);
	free(view->search);
	free(view->bot_names);
	filter_free(view->finder);
	id_list_release(&view->bots);
	for (size_t i = 0; i < view->mark_count; i++)
		free(view->marks[i]);
}

static void forget_bots(struct logs_view *view)
{
	id_list_clear(&view->bots);
	replace(&view->bot_names, "");
	view->list.follow = true;
}

static struct window *window_of(struct app *app)
{
	return &app->windows[WINDOW_LOGS];
}

/* ---- the window ---- */

/* The cursor finds its line again after rows came or went. The log of single bots is what `l` led
 * to; elsewhere Logs is that of all. */
static void update(struct app *app, void *data)
{
	struct logs_view *view = data;
	const struct window *window = window_of(app);
	const struct place *place = views_now(&app->views);
	if (view->bots.count && !(place->drilled && place->focus == PANE_logs))
		forget_bots(view);
	view->list.count = window->count;
	if (view->change == window->change)
		return;
	view->change = window->change;
	long at = window_find(window, view->cursor_key);
	if (view->list.follow || (at < 0 && view->list.cursor >= window->count))
		view->list.cursor = window->count ? window->count - 1 : 0;
	else if (at >= 0)
		view->list.cursor = (size_t)at;
	if (!window->answered)
		return;
	if (view->goto_first)
		view->list.cursor = 0;
	if (view->going && at >= 0) /* with what came before and after it in sight */
		view->list.top = at > view->rows / 2 ? (size_t)(at - view->rows / 2) : 0;
	view->goto_first = view->going = false;
}

static void remember_cursor(struct logs_view *view, const struct window *window)
{
	if (view->list.cursor < window->count)
		replace(&view->cursor_key, window->rows[view->list.cursor].key);
}

/* Near an end of what is held and more there: the window moves to the cursor. */
static void move_window(struct logs_view *view, const struct window *window)
{
	size_t page = view->rows > 0 ? (size_t)view->rows : 1;
	bool at_top = view->list.cursor < page && window->more_before;
	bool at_end = view->list.cursor + page >= window->count && window->more_after;
	if (view->list.follow || !window->answered || !(at_top || at_end))
		return;
	if (strcmp(view->anchor, view->cursor_key) != 0)
		replace(&view->anchor, view->cursor_key);
}

static void ask(struct app *app, struct logs_view *view)
{
	struct msg_win_open wish = {.filter = view->expression, .follow = view->list.follow};
	wish.store = (char[]){"events"};
	wish.anchor = view->list.follow ? NULL : view->anchor;
	wish.before = (uint64_t)view->rows;
	wish.after = view->list.follow ? 0 : (uint64_t)view->rows;
	for (size_t i = 0; i < view->bots.count; i++) {
		const struct msg_bot *bot = model_bot(app_model(app), view->bots.ids[i]);
		struct msg_target *target = msg_add(wish.bots, &wish.bots_count);
		target->id = view->bots.ids[i];
		msg_set(&target->name, bot ? bot->name : "");
	}
	window_ask(window_of(app), app->link, &wish);
	for (size_t i = 0; i < wish.bots_count; i++)
		msg_release(MSG_target, &wish.bots[i]);
	free(wish.bots);
}

static const struct logview_kind kind;

/* What a line is shown from; the scratch holds the texts of one line at a time. */
struct scratch {
	struct log_texts texts;
	struct log_span spans[SPANS_MAX];
};
struct rows_data {
	const struct app *app;
	const struct logs_view *view;
	struct scratch *scratch;
};

static void fit(struct app *app, void *data, int rows, int columns)
{
	struct logs_view *view = data;
	struct window *window = window_of(app);
	struct canvas size = {.rows = rows, .columns = columns};
	struct scratch scratch;
	struct rows_data it = {app, view, &scratch};
	if (rows < 1) {
		if (window->asked)
			window_close(window, app->link);
		return;
	}
	view->rows = rows;
	view->columns = columns;
	view->list.focused = app_pane(app) == &pane_logs;
	view->list.time_cells = columns >= 60 ? 8 : columns >= 50 ? 5 : 0;
	view->list.source_cells = columns >= 100 ? 16 : columns >= 60 ? 12 : 8;
	view->list.empty = window->error[0]      ? window->error
			   : view->expression[0] ? "no line fits the filter; Esc clears it"
						 : "no line yet";
	logview_fit(&view->list, &kind, &it, &size);
	if (!view->goto_first && !view->going) {
		remember_cursor(view, window);
		move_window(view, window);
	}
	ask(app, view);
}

/* ---- rows ---- */

void log_row_show(
	const struct msg_row *row, bool brief, struct log_texts *texts, struct log_row *ret)
{
	snprintf(texts->time, sizeof(texts->time), "%.*s", brief ? 5 : 8,
		format_clock(row->time_ms, false).text);
	char level = log_level_letter((enum log_level)row->level);
	*ret = (struct log_row){.time = row->cont ? "" : texts->time,
		.source = row->cont ? "" : row->bot,
		.text = row->text,
		.repeats = row->late ? "late" : "",
		.level = row->cont || level == '-' ? ' ' : level};
}

static bool is_marked(const struct logs_view *view, const char *key)
{
	for (size_t i = 0; i < view->mark_count; i++)
		if (strcmp(view->marks[i], key) == 0)
			return true;
	return false;
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

static void show_row(const void *data, size_t index, struct log_row *ret)
{
	const struct rows_data *it = data;
	const struct msg_row *row = &it->app->windows[WINDOW_LOGS].rows[index];
	log_row_show(row, it->view->list.time_cells == 5, &it->scratch->texts, ret);
	if (is_marked(it->view, row->key))
		ret->repeats = glyph_text(it->app->grid->glyphs, GLYPH_MARK);
	ret->span_count =
		find_spans(it->view, row->text, index == it->view->list.cursor, it->scratch->spans);
	ret->spans = it->scratch->spans;
}

static const struct logview_kind kind = {.row = show_row};

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct logs_view *view = data;
	struct scratch scratch;
	struct rows_data it = {app, view, &scratch};
	logview_draw(&view->list, &kind, &it, canvas);
}

static int wanted(const struct app *app, const void *data)
{
	(void)data;
	return (int)app->windows[WINDOW_LOGS].count + 1;
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct logs_view *view = data;
	const struct window *window = &app->windows[WINDOW_LOGS];
	if (view->bot_names[0])
		str_addf(text, "of %s  ", view->bot_names);
	if (view->search[0])
		str_addf(text, "/%s  ", view->search);
	if (view->expression[0])
		str_addf(text, "&%s  %llu hidden  ", view->expression,
			(unsigned long long)window->hidden);
	if (window->dropped)
		str_addf(text, "%llu dropped  ", (unsigned long long)window->dropped);
	if (view->list.follow)
		str_adds(text, "follow");
	else if (window->more_after)
		str_addf(text, "%llu newer, G follows", (unsigned long long)window->more_after);
	else
		str_adds(text, "G follows");
}

/* ---- moving ---- */

static void stand_still(struct app *app, struct logs_view *view)
{
	if (!view->list.follow)
		return;
	view->list.follow = false;
	remember_cursor(view, window_of(app));
	replace(&view->anchor, view->cursor_key);
}

static void move(struct app *app, void *data, enum table_move how)
{
	struct logs_view *view = data;
	long page = view->rows > 1 ? view->rows - 1 : 1;
	const long steps[] = {[TABLE_UP] = -1,
		[TABLE_DOWN] = 1,
		[TABLE_PAGE_UP] = -page,
		[TABLE_PAGE_DOWN] = page,
		[TABLE_HALF_UP] = -(page + 1) / 2,
		[TABLE_HALF_DOWN] = (page + 1) / 2,
		[TABLE_HOME] = 0,
		[TABLE_END] = 0};
	if (how == TABLE_END) {
		view->list.follow = true;
		return;
	}
	if (steps[how] < 0 || how == TABLE_HOME)
		stand_still(app, view);
	if (how == TABLE_HOME) {
		replace(&view->anchor, first_key);
		replace(&view->cursor_key, "");
		view->goto_first = true;
		view->list.cursor = 0;
		return;
	}
	logview_move(&view->list, steps[how]);
	remember_cursor(view, window_of(app));
}

void logs_follow(struct app *app)
{
	struct logs_view *view = view_of(app);
	if (view->list.follow)
		stand_still(app, view);
	else
		view->list.follow = true;
}

void logs_side(struct app *app, int direction)
{
	struct logview *list = &view_of(app)->list;
	list->shift += direction * SIDE_STEP;
	if (list->shift < 0)
		list->shift = 0;
}

void logs_mark_line(struct app *app)
{
	struct logs_view *view = view_of(app);
	remember_cursor(view, window_of(app));
	for (size_t i = 0; i < view->mark_count; i++) {
		if (strcmp(view->marks[i], view->cursor_key) != 0)
			continue;
		free(view->marks[i]);
		memmove(view->marks + i, view->marks + i + 1,
			(--view->mark_count - i) * sizeof(*view->marks));
		return;
	}
	if (view->mark_count == MARKS_MAX)
		app_toast(app, true, "%d lines are marked already; m on one of them takes it off",
			MARKS_MAX);
	else if (view->cursor_key[0])
		view->marks[view->mark_count++] = xstrdup(view->cursor_key);
}

/* ---- searching ---- */

static void get(const void *data, size_t column, struct filter_value *ret)
{
	const struct msg_row *row = data;
	const char *const texts[LOG_COLUMNS] = {[LOG_COLUMN_BOT] = row->bot,
		[LOG_COLUMN_SOURCE] = row->source,
		[LOG_COLUMN_MSG] = row->text,
		[LOG_COLUMN_ID] = row->correlation};
	const char *text = column == FILTER_WHOLE ? row->text : texts[column];
	ret->is_known = true;
	if (column == LOG_COLUMN_LEVEL)
		ret->number = (double)row->level;
	else if (column == LOG_COLUMN_TIME)
		ret->number = (double)row->time_ms;
	ret->text = text ? text : "";
	ret->length = strlen(ret->text);
	if (column == LOG_COLUMN_LEVEL)
		ret->is_known = row->level != LOG_LEVEL_NONE;
}

static void go_to(struct app *app, const char *key)
{
	struct logs_view *view = view_of(app);
	view->list.follow = false;
	replace(&view->cursor_key, key);
	replace(&view->anchor, key);
	long at = window_find(window_of(app), key);
	view->going = at < 0;
	if (at >= 0)
		view->list.cursor = (size_t)at;
}

static void take_seek(struct app *app, uint64_t req, enum msg_kind kind_, const void *body)
{
	const struct msg_seek *seek = kind_ == MSG_seek ? body : NULL;
	if (req != view_of(app)->seek)
		return; /* overtaken: the cursor goes where the newest one says */
	if (seek && seek->key[0])
		go_to(app, seek->key);
	else if (!seek)
		app_toast(app, true, "the engine went away before it answered");
	else if (seek->error[0])
		app_toast(app, true, "%s", seek->error);
	else if (seek->done)
		app_toast(app, false, "nothing more in this direction");
}

/* In the rows that are held first; the engine looks through the rest. */
static bool seek(struct app *app, const char *expression, bool backwards, struct err *err)
{
	struct logs_view *view = view_of(app);
	struct window *window = window_of(app);
	struct filter_schema schema = log_schema(app->now_ms, 0);
	size_t at;
	struct filter *filter = filter_new(expression, &schema, &at, err);
	if (!filter)
		return false;
	remember_cursor(view, window);
	long step = backwards ? -1 : 1, found = -1;
	for (long i = (long)view->list.cursor + step; i >= 0 && i < (long)window->count; i += step)
		if (found < 0 && filter_match(filter, get, &window->rows[i]))
			found = i;
	filter_free(filter);
	if (found >= 0) {
		go_to(app, window->rows[found].key);
		return true;
	}
	if (backwards ? !window->more_before : view->list.follow || !window->more_after)
		return err_set(err, ERR_NOT_FOUND, "nothing more %s",
			backwards ? "above" : "below: the other direction is upper case");
	struct msg_seek_req request = {.window = WINDOW_LOGS, .backwards = backwards};
	request.from = view->cursor_key;
	autofree char *copy = xstrdup(expression);
	request.expression = copy;
	bool sent = app_request(app, MSG_seek_req, &request, take_seek);
	view->seek = request.req;
	return sent;
}

bool logs_seek(struct app *app, int what, struct err *err)
{
	struct logs_view *view = view_of(app);
	const char *const expressions[] = {"", view->search, "level>=error", "level>=warn"};
	int which = what < 0 ? -what : what;
	if (which == 1 && !view->search[0])
		return err_set(err, ERR_INVALID, "nothing was searched yet: / begins");
	return seek(app, expressions[which], what < 0, err);
}

bool logs_search(struct app *app, const char *text, bool final, struct err *err)
{
	struct logs_view *view = view_of(app);
	struct filter_schema schema = log_schema(app->now_ms, 0);
	size_t at;
	struct filter *finder = NULL;
	if (text[0] && !(finder = filter_new(text, &schema, &at, err)))
		return false;
	filter_free(view->finder);
	view->finder = finder;
	replace(&view->search, text);
	struct err nothing = {.code = ERR_NONE};
	if (final && text[0] && !seek(app, text, view->list.follow, &nothing) && nothing.code)
		app_toast(app, false, "%s", nothing.text);
	return true;
}

const char *logs_searched(struct app *app)
{
	return view_of(app)->search;
}

bool logs_filter(struct app *app, const char *text, bool final, struct err *err)
{
	struct logs_view *view = view_of(app);
	struct filter_schema schema = log_schema(app->now_ms, 0);
	size_t at;
	struct filter *filter = filter_new(text, &schema, &at, err);
	if (!filter)
		return false;
	filter_free(filter);
	if (final)
		replace(&view->expression, text);
	return true;
}

const char *logs_filtered(struct app *app)
{
	return view_of(app)->expression;
}

void logs_of(struct app *app, const struct id_list *bots)
{
	struct logs_view *view = view_of(app);
	autostr struct str names = STR_INIT;
	id_list_clear(&view->bots);
	for (size_t i = 0; i < bots->count; i++) {
		const struct msg_bot *bot = model_bot(app_model(app), bots->ids[i]);
		id_list_add(&view->bots, bots->ids[i]);
		if (i < 3)
			str_addf(&names, "%s%s", i ? ", " : "", bot ? bot->name : "?");
	}
	if (bots->count > 3)
		str_addf(&names, " and %zu more", bots->count - 3);
	replace(&view->bot_names, names.text);
	view->list.follow = true;
}

/* A filtered line in its context: the same line among all others. Escape leads back. */
static bool open_line(struct app *app, void *data, struct err *err)
{
	struct logs_view *view = data;
	remember_cursor(view, window_of(app));
	if (!view->expression[0] || !view->cursor_key[0]) {
		struct place place = {
			.focus = PANE_logs, .lower = PANE_logs, .zoom = ZOOM_FULL, .drilled = true};
		views_go(&app->views, place);
		return true;
	}
	history_add(&app->filters, view->expression);
	autofree char *key = xstrdup(view->cursor_key);
	if (!logs_filter(app, "", true, err))
		return false;
	view->list.follow = false;
	view->going = true;
	replace(&view->anchor, key);
	return true;
}

static bool escape(struct app *app, void *data)
{
	struct logs_view *view = data;
	if (view->search[0]) {
		struct err ignored;
		return logs_search(app, "", false, &ignored);
	}
	if (view->expression[0]) {
		replace(&view->expression, "");
		return true;
	}
	return false;
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct logs_view *view = data;
	const struct window *window = &app->windows[WINDOW_LOGS];
	if (view->list.cursor < window->count)
		*ret = (struct subject){MSG_row, 0};
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct logs_view *view = data;
	const struct window *window = &app->windows[WINDOW_LOGS];
	if (view->list.cursor >= window->count)
		return;
	const struct msg_row *row = &window->rows[view->list.cursor];
	str_addf(to, "%s %s %s %s", format_rfc3339(row->time_ms).text, row->bot,
		log_level_word((enum log_level)row->level), row->text);
}

static void json(const struct app *app, const void *data, struct str *to)
{
	const struct logs_view *view = data;
	const struct window *window = &app->windows[WINDOW_LOGS];
	if (view->list.cursor < window->count)
		msg_json(MSG_row, &window->rows[view->list.cursor], to);
}

const struct pane pane_logs = {
	.name = "logs",
	.title = "Logs",
	.help = "all logs and events, merged by time",
	.view_size = sizeof(struct logs_view),
	.init = init,
	.release = release,
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
	.draw = draw,
	.move = move,
	.open = open_line,
	.escape = escape,
	.subject = subject,
	.copy = copy,
	.json = json,
};
