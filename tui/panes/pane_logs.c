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
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/parse/log_level.h"
#include "tui/app.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_line.h"
#include "tui/panes/logs_save.h"
#include "tui/panes/logs_view.h"

enum { SIDE_STEP = 16, HOST_CELLS = 6 };

static const char first_key[] = "0/0/0";

struct logs_view *logs_view(struct app *app)
{
	return app->view[PANE_logs];
}

struct window *logs_window(struct app *app)
{
	return &app->windows[WINDOW_LOGS];
}

void logs_replace(char **text, const char *with)
{
	char *copy = xstrdup(with);
	free(*text);
	*text = copy;
}

void logs_remember_cursor(struct logs_view *view, const struct window *window)
{
	if (view->list.cursor < window->count)
		logs_replace(&view->cursor_key, window->rows[view->list.cursor].key);
}

static void init(void *data)
{
	struct logs_view *view = data;
	view->list.follow = true;
	view->fold = fold_new();
	view->cursor_key = xstrdup("");
	view->anchor = xstrdup("");
	view->expression = xstrdup("");
	view->search = xstrdup("");
	view->bot_names = xstrdup("");
	view->seek_found = xstrdup("");
}

static void release(void *data)
{
	struct logs_view *view = data;
	free(view->cursor_key);
	free(view->anchor);
	free(view->expression);
	free(view->search);
	free(view->bot_names);
	free(view->seek_found);
	fold_free(view->fold);
	logs_save_free(view->save);
	free(view->save_path);
	log_columns_release(&view->columns_of);
	logs_way_free(view->way);
	msg_free(MSG_row, view->json_row);
	filter_free(view->finder);
	id_list_release(&view->bots);
	for (size_t i = 0; i < view->mark_count; i++)
		free(view->marks[i]);
}

static void forget_bots(struct logs_view *view)
{
	id_list_clear(&view->bots);
	logs_replace(&view->bot_names, "");
	view->list.follow = true;
}

/* ---- the window ---- */

/* The cursor finds its line again after rows came or went. The log of single bots is what `l` led
 * to; elsewhere Logs is that of all. */
static void update(struct app *app, void *data)
{
	struct logs_view *view = data;
	const struct window *window = logs_window(app);
	const struct place *place = views_now(&app->views);
	if (view->bots.count && !(place->drilled && place->focus == PANE_logs))
		forget_bots(view);
	logs_repeats_look(app);
	if (view->change == window->change)
		return;
	view->change = window->change;
	long at = window_find(window, view->cursor_key);
	if (view->list.follow || (at < 0 && view->list.cursor >= window->count))
		view->list.cursor = window->count ? window->count - 1 : 0;
	else if (at >= 0)
		view->list.cursor = (size_t)at;
	if (view->goto_first && window->answered)
		view->list.cursor = 0;
	logs_repeats_settle(app, view->going && at >= 0);
	if (!window->answered)
		return;
	if (view->going && at >= 0) /* with what came before and after it in sight */
		view->list.top = at > view->rows / 2 ? (size_t)(at - view->rows / 2) : 0;
	if (window->done)
		view->goto_first = view->going = false;
}

/* Near an end of what is held and more there: the window moves to the cursor. */
static void move_window(struct logs_view *view, const struct window *window)
{
	size_t page = view->rows > 0 ? (size_t)view->rows : 1;
	bool at_top = view->list.cursor < page && window->more_before;
	bool at_end = view->list.cursor + page >= window->count && window->more_after &&
		      !fold_is_most(view->fold, view->list.cursor);
	if (view->list.follow || !window->answered || !window->done || !(at_top || at_end))
		return;
	if (strcmp(view->anchor, view->cursor_key) != 0)
		logs_replace(&view->anchor, view->cursor_key);
}

void logs_wish_begin(struct app *app, struct msg_win_open *wish)
{
	const struct logs_view *view = logs_view(app);
	wish->filter = view->expression;
	for (size_t i = 0; i < view->bots.count; i++) {
		const struct msg_bot *bot = model_bot(app_model(app), view->bots.ids[i]);
		struct msg_target *target = msg_add(wish->bots, &wish->bots_count);
		target->id = view->bots.ids[i];
		msg_set(&target->name, bot ? bot->name : "");
	}
}

void logs_wish_end(struct msg_win_open *wish)
{
	for (size_t i = 0; i < wish->bots_count; i++)
		msg_release(MSG_target, &wish->bots[i]);
	free(wish->bots);
}

static void ask(struct app *app, struct logs_view *view)
{
	struct msg_win_open wish = {.follow = view->list.follow};
	wish.store = (char[]){"events"};
	wish.anchor = view->list.follow ? NULL : view->anchor;
	wish.names = view->columns_of.names;
	wish.names_count = view->columns_of.count;
	wish.before = logs_repeats_rows(view);
	wish.after = view->list.follow ? 0 : wish.before;
	logs_wish_begin(app, &wish);
	parts_ask(app, WINDOW_LOGS, ALL_ENGINES, &wish);
	logs_wish_end(&wish);
}

/* That there is none can be said when the answer is whole. Of an engine that is lost none comes. */
static const char *say_none(
	const struct app *app, const struct logs_view *view, const struct window *window)
{
	if (window->error[0])
		return window->error;
	if (!window->answered || !window->done)
		return app->silent ? "" : "loading";
	return view->expression[0] ? "no line fits the filter; Esc clears it" : "no line yet";
}

static void fit(struct app *app, void *data, int rows, int columns)
{
	struct logs_view *view = data;
	struct window *window = logs_window(app);
	if (rows < 1) {
		if (window->asked)
			parts_close(app, WINDOW_LOGS);
		return;
	}
	view->rows = logs_line_fit(app, rows);
	view->columns = columns;
	view->list.focused = app_pane(app) == &pane_logs;
	view->list.time_cells = columns >= 60 ? 8 : columns >= 50 ? 5 : 0;
	view->list.source_cells = columns >= 100 ? 16 : columns >= 60 ? 12 : 8;
	if (app_is_many(app) && columns >= 60)
		view->list.source_cells += HOST_CELLS;
	log_columns_fit(&view->columns_of, window, columns, &view->list);
	if (view->list.column_count && view->rows > 1)
		view->rows--; /* their names */
	view->list.empty = say_none(app, view, window);
	logs_rows_fit(app, view);
	if (!view->goto_first && !view->going) {
		logs_remember_cursor(view, window);
		move_window(view, window);
	}
	logs_repeats_widen(view, window);
	ask(app, view);
}

static int wanted(const struct app *app, const void *data)
{
	(void)data;
	return (int)app->windows[WINDOW_LOGS].count + 1;
}

/* How far the engine is with what it looks for, and how to stop it. */
static void note_progress(
	const struct logs_view *view, const struct window *window, struct str *text)
{
	if (view->seek && view->seek_at_ms)
		str_addf(text, "searching: %s  Esc stops  ",
			format_clock(view->seek_at_ms, false).text);
	else if (view->seek)
		str_adds(text, "searching  Esc stops  ");
	if (window->answered && !window->done && view->anchor[0] && !view->list.follow)
		str_addf(text, "reading: %s to %s  ",
			format_clock(window->scanned_from_ms, false).text,
			format_clock(window->scanned_to_ms, false).text);
	else if (window->answered && !window->done)
		str_addf(text, "reading: back to %s  ",
			format_clock(window->scanned_from_ms, false).text);
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
	note_progress(view, window, text);
	logs_save_note(app, text);
	if (view->list.follow)
		str_adds(text, "follow");
	else if (window->more_after)
		str_addf(text, "%llu newer, G follows", (unsigned long long)window->more_after);
	else
		str_adds(text, "G follows");
}

/* ---- moving ---- */

void logs_stand_still(struct app *app)
{
	struct logs_view *view = logs_view(app);
	if (!view->list.follow)
		return;
	view->list.follow = false;
	logs_remember_cursor(view, logs_window(app));
	logs_replace(&view->anchor, view->cursor_key);
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
		logs_stand_still(app);
	if (how == TABLE_HOME) {
		logs_replace(&view->anchor, first_key);
		logs_replace(&view->cursor_key, "");
		view->goto_first = true;
		view->list.cursor = 0;
		return;
	}
	size_t before = view->list.cursor;
	logview_move(&view->list, steps[how]);
	if (view->list.cursor == before)
		logs_repeats_step(app, steps[how] < 0 ? -1 : 1);
	logs_remember_cursor(view, logs_window(app));
}

void logs_follow(struct app *app)
{
	struct logs_view *view = logs_view(app);
	if (view->list.follow)
		logs_stand_still(app);
	else
		view->list.follow = true;
}

void logs_side(struct app *app, int direction)
{
	struct logview *list = &logs_view(app)->list;
	list->shift += direction * SIDE_STEP;
	if (list->shift < 0)
		list->shift = 0;
}

/* Escape leads back. */
bool logs_surroundings(struct app *app, struct err *err)
{
	struct logs_view *view = logs_view(app);
	logs_remember_cursor(view, logs_window(app));
	if (!view->expression[0] || !view->cursor_key[0])
		return false;
	history_add(&app->filters, view->expression);
	autofree char *key = xstrdup(view->cursor_key);
	if (!logs_filter(app, "", true, err))
		return false;
	view->list.follow = false;
	view->going = true;
	logs_replace(&view->anchor, key);
	return true;
}

/* A filtered line in its context: the same line among all others. Without a filter all of the line. */
static bool open_line(struct app *app, void *data, struct err *err)
{
	struct logs_view *view = data;
	return view->expression[0] ? logs_surroundings(app, err) : logs_line_open(app, err);
}

static bool escape(struct app *app, void *data)
{
	struct logs_view *view = data;
	if (logs_stop_seek(app) || logs_save_stop(app))
		return true;
	if (view->search[0]) {
		struct err ignored;
		return logs_search(app, "", false, &ignored);
	}
	if (logs_id_leave(app))
		return true;
	if (view->expression[0]) {
		logs_replace(&view->expression, "");
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
	str_addf(to, "%s %s%s%s %s %s", format_rfc3339(row->time_ms).text, row->bot,
		row->bot[0] ? " " : "", row->source, log_level_word((enum log_level)row->level),
		row->text);
}

static void json(const struct app *app, const void *data, struct str *to)
{
	const struct logs_view *view = data;
	const struct window *window = &app->windows[WINDOW_LOGS];
	if (view->list.cursor < window->count)
		msg_json(MSG_row, &window->rows[view->list.cursor], to);
}

/* The lines themselves are another day's: it begins at the newest one. */
static void keep(const void *data, void (*put)(void *context, const char *name, const char *text),
	void *context)
{
	const struct logs_view *view = data;
	enum fold_mode mode = fold_mode(view->fold);
	autostr struct str columns = STR_INIT;
	log_columns_say(&view->columns_of, &columns);
	const char *const kept[][2] = {{"lines", view->expression}, {"search", view->search},
		{"columns", columns.text}, {"wrap", view->list.wrap ? "on" : ""},
		{"repeats", mode == FOLD_ERRORS ? "" : fold_word(mode)}};
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (*kept[i][1] && !redact_has_candidate(NULL, kept[i][1], strlen(kept[i][1])))
			put(context, kept[i][0], kept[i][1]);
}

static void recall_repeats(struct app *app, const char *word)
{
	struct err ignored = {.code = ERR_NONE};
	enum fold_mode mode = FOLD_ERRORS;
	if (!word[0] || fold_read(word, &mode, &ignored))
		fold_set_mode(logs_view(app)->fold, mode);
}

static void recall(struct app *app, const char *name, const char *text)
{
	struct err ignored = {.code = ERR_NONE};
	bool all = !*name;
	bool taken UNUSED = true;
	if (all || strcmp(name, "lines") == 0)
		taken = logs_filter(app, text, true, &ignored);
	if (all || strcmp(name, "repeats") == 0)
		recall_repeats(app, text);
	if (all || strcmp(name, "wrap") == 0)
		taken = logs_wrap(app, all ? "off" : text, &ignored);
	if (all || strcmp(name, "columns") == 0)
		taken = logs_columns_set(app, text, true, &ignored);
	if (all || strcmp(name, "search") == 0)
		taken = logs_search(app, text, false, &ignored);
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
	.draw = logs_rows_draw,
	.move = move,
	.open = open_line,
	.escape = escape,
	.subject = subject,
	.copy = copy,
	.json = json,
	.keep = keep,
	.recall = recall,
};
