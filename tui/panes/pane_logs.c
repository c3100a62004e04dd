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
#include "core/base/width.h"
#include "core/parse/log_level.h"
#include "tui/app.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_line.h"
#include "tui/panes/logs_save.h"
#include "tui/panes/logs_view.h"

enum { SIDE_STEP = 16, HOST_CELLS = 6, TITLE_CELLS = 16 };

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
	view->aside_key = xstrdup("");
	view->news_key = xstrdup("");
	(void)logs_time_choose(view, "all");
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
	free(view->news_key);
	logs_chain_release(view);
	fold_free(view->fold);
	logs_save_free(view->save);
	free(view->save_path);
	log_columns_release(&view->columns_of);
	logs_way_free(view->way);
	msg_free(MSG_row, view->json_row);
	filter_free(view->finder);
	id_list_release(&view->bots);
	logs_marks_release(&view->marks);
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
	logs_time_arrive(app, view);
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
	struct msg_win_open wish = {.follow = view->list.follow,
		.from_ms = view->span.from_ms,
		.to_ms = view->span.to_ms};
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

/* There is somewhere that lines come from and nobody has looked at yet. */
static bool is_source_to_come(const struct app *app)
{
	static const char *const kinds[] = {"files", "redis", "journal", "docker"};
	size_t count;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < COUNT_OF(kinds); j++)
			if (strcmp(sources[i]->kind, kinds[j]) == 0 &&
				strcmp(sources[i]->state, "checking") == 0)
				return true;
	return false;
}

/* That there is none can be said when the answer is whole. Of an engine that is lost none comes. */
static const char *say_none(
	const struct app *app, const struct logs_view *view, const struct window *window)
{
	if (window->error[0])
		return window->error;
	if (!window->answered || !window->done)
		return app->silent ? "" : "loading";
	if (view->expression[0])
		return "no line fits the filters; Esc drops the newest";
	if (view->span.from_ms)
		return "no line in this span; } shows a longer one";
	return is_source_to_come(app) ? "loading: not all logs were read yet" : "no line yet";
}

static void fit(struct app *app, void *data, int rows, int columns)
{
	struct logs_view *view = data;
	struct window *window = logs_window(app);
	if (rows < 1) {
		if (window->asked)
			parts_close(app, WINDOW_LOGS);
		(void)logs_bars_fit(app, view, 0, 0);
		logs_hidden_fit(app, view, false);
		return;
	}
	logs_time_fit(app, view);
	rows = logs_line_fit(app, rows);
	view->rows = rows - logs_bars_fit(app, view, rows, columns);
	view->columns = columns;
	view->list.focused = app_pane(app) == &pane_logs;
	view->list.time_cells = columns >= 60 ? 8 : columns >= 50 ? 5 : 0;
	view->list.source_cells = columns >= 100 ? 16 : columns >= 60 ? 12 : 8;
	if (app_is_many(app) && columns >= 60)
		view->list.source_cells += HOST_CELLS;
	log_columns_fit(&view->columns_of, window, columns, &view->list);
	if (view->list.column_count && view->rows > 1)
		view->rows--; /* their names */
	logs_rows_fit(app, view);
	if (!view->goto_first && !view->going) {
		logs_remember_cursor(view, window);
		move_window(view, window);
	}
	logs_repeats_widen(view, window);
	ask(app, view);
	view->list.empty = say_none(app, view, window);
	logs_news_fit(app, view);
	logs_hidden_fit(app, view, true);
}

static int wanted(const struct app *app, const void *data)
{
	(void)data;
	return (int)app->windows[WINDOW_LOGS].count + 1;
}

/* How far the engine is with what it looks for, and how to stop it. */
static void note_progress(const struct app *app, const struct logs_view *view,
	const struct window *window, struct str *text)
{
	if (view->seek && view->seek_at_ms)
		str_addf(text, "searching: %s  Esc stops  ",
			logs_moment(app, view->seek_at_ms).text);
	else if (view->seek)
		str_adds(text, "searching  Esc stops  ");
	if (window->answered && !window->done && view->anchor[0] && !view->list.follow)
		str_addf(text, "reading: %s to %s  ",
			logs_moment(app, window->scanned_from_ms).text,
			logs_moment(app, window->scanned_to_ms).text);
	else if (window->answered && !window->done)
		str_addf(text, "reading: back to %s  ",
			logs_moment(app, window->scanned_from_ms).text);
}

/* Counts are estimates until log files that lie there are indexed. */
static void note_index(const struct app *app, struct str *text)
{
	uint64_t segments = 0, done = 0;
	bool runs = false;
	for (size_t i = 0; i < LINKS_MAX; i++) {
		const struct msg_engine *engine = app_engine(app, i);
		segments += engine ? engine->index_segments : 0;
		done += engine ? engine->index_done : 0;
		runs |= engine && engine->index_runs;
	}
	if (runs && segments)
		str_addf(text, "indexing %s  ",
			format_percent((double)done / (double)segments).text);
}

static void note_all(const struct app *app, const struct logs_view *view, enum logs_brevity brevity,
	struct str *text)
{
	const struct window *window = &app->windows[WINDOW_LOGS];
	bool is_tiny = brevity == NOTE_TINY;
	if (view->bot_names[0] && !is_tiny)
		str_addf(text, "of %s  ", view->bot_names);
	logs_time_note(app, view, brevity, text);
	if (view->search[0] && !is_tiny)
		str_addf(text, "/%s  ", view->search);
	logs_chain_note(app, view, window->hidden, brevity, text);
	if (window->costly && !is_tiny)
		str_addf(text, "pattern too slow on %llu lines  ",
			(unsigned long long)window->costly);
	if (window->dropped && !is_tiny)
		str_addf(text, "%llu dropped  ", (unsigned long long)window->dropped);
	if (!is_tiny) {
		note_progress(app, view, window, text);
		note_index(app, text);
	}
	logs_save_note(app, text);
	logs_news_note(app, view, brevity, text);
}

/* As much as fits beside the title; what does not fit at all would not be drawn. */
static void note(const struct app *app, const void *data, struct str *text)
{
	const struct logs_view *view = data;
	size_t before = text->length,
	       room = (size_t)(view->columns > TITLE_CELLS ? view->columns - TITLE_CELLS : 0);
	for (enum logs_brevity brevity = NOTE_WHOLE; brevity <= NOTE_TINY; brevity++) {
		str_truncate(text, before);
		note_all(app, view, brevity, text);
		if (!view->columns ||
			text_width(text->text + before, text->length - before) <= room)
			return;
	}
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
	(void)err;
	logs_remember_cursor(view, logs_window(app));
	if (!view->expression[0] || !view->cursor_key[0])
		return false;
	logs_chain_set_aside(view);
	view->list.follow = false;
	view->going = true;
	logs_replace(&view->anchor, view->cursor_key);
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
	return logs_chain_escape(app);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct logs_view *view = data;
	int rows = view->bar_rows < canvas->rows ? view->bar_rows : 0;
	struct canvas below =
		canvas_sub(canvas, (struct rect){rows, 0, canvas->rows - rows, canvas->columns});
	struct canvas above = canvas_sub(canvas, (struct rect){0, 0, rows, canvas->columns});
	if (rows)
		logs_bars_draw(app, view, &above);
	logs_rows_draw(app, view, &below);
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

/* What may hold a secret is not for a file. */
struct safe {
	void (*put)(void *context, const char *name, const char *text);
	void *context;
};

static void put_safe(void *of, const char *name, const char *text)
{
	const struct safe *safe = of;
	if (*text && !redact_has_candidate(NULL, text, strlen(text)))
		safe->put(safe->context, name, text);
}

static void keep_look(const struct logs_view *view, struct safe *safe)
{
	enum fold_mode mode = fold_mode(view->fold);
	autostr struct str columns = STR_INIT;
	log_columns_say(&view->columns_of, &columns);
	put_safe(safe, "columns", columns.text);
	put_safe(safe, "wrap", view->list.wrap ? "on" : "");
	put_safe(safe, "repeats", mode == FOLD_ERRORS ? "" : fold_word(mode));
}

/* The lines themselves are another day's: it begins at the newest one. */
static void keep(const void *data, void (*put)(void *context, const char *name, const char *text),
	void *context)
{
	const struct logs_view *view = data;
	struct safe safe = {put, context};
	logs_chain_keep(view, put_safe, &safe);
	logs_marks_keep(&view->marks, put_safe, &safe);
	put_safe(&safe, "search", view->search);
	if (logs_time_span_ms(view))
		put(context, "span", logs_time_word(view));
	if (view->has_no_bars)
		put(context, "bars", "off");
	keep_look(view, &safe);
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
	struct logs_view *view = logs_view(app);
	struct err ignored = {.code = ERR_NONE};
	bool all = !*name;
	logs_chain_recall(app, name, text);
	logs_marks_recall(&view->marks, name, text);
	if (all || strcmp(name, "repeats") == 0)
		recall_repeats(app, text);
	if (all || strcmp(name, "wrap") == 0)
		(void)logs_wrap(app, all ? "off" : text, &ignored);
	if (all || strcmp(name, "columns") == 0)
		(void)logs_columns_set(app, text, true, &ignored);
	if (all || strcmp(name, "search") == 0)
		(void)logs_search(app, text, false, &ignored);
	if (all || strcmp(name, "span") == 0)
		(void)logs_time_choose(view, all ? "all" : text);
	if (all || strcmp(name, "bars") == 0)
		view->has_no_bars = !all;
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
	.keep = keep,
	.recall = recall,
};
