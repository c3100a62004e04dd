/* SPDX-License-Identifier: MIT */
/*
 * A page of lines is asked for when the one before is with the child that writes. Lines that come while it goes on are
 * not waited for. For a pager the pages before the cursor are asked for first, backwards, then it goes on from there.
 */
#include "tui/panes/logs_save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "core/parse/log_level.h"
#include "tui/app.h"
#include "tui/hand_over.h"
#include "tui/out_file.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_line.h"
#include "tui/panes/logs_view.h"

enum {
	STEP_MS = 10,
	WAITING_MAX = 64 << 10, /* bytes: with more the child is not through with the last page */
	PAGES_ASIDE = 10,       /* before the cursor and behind it, for a pager */
	SAID_EVERY = 500,       /* milliseconds */
};

struct logs_save {
	char *path;           /* NULL: the child finds one */
	struct hand_over *to; /* who gets the file; NULL: it is saved */
	bool is_json, may_replace, is_done;
	struct out_file *out;
	char *anchor;
	bool backwards;
	int pages;                 /* so far, in this direction */
	uint64_t generation;       /* of the page that was taken last */
	char *before[PAGES_ASIDE]; /* the pages before the cursor, the nearest first */
	size_t before_count;
	uint64_t cut, dropped;
	uint64_t lines, bytes, line; /* line: where a pager stands */
	int64_t until_ms, at_ms;     /* lines of later are not saved; how far it is */
	int64_t from_ms, to_ms;      /* the span that is shown; 0: no such limit */
};

static struct logs_save *save_of(const struct app *app)
{
	return ((const struct logs_view *)app->view[PANE_logs])->save;
}

void logs_save_free(struct logs_save *save)
{
	if (!save)
		return;
	out_file_free(save->out);
	hand_over_free(save->to);
	for (size_t i = 0; i < save->before_count; i++)
		free(save->before[i]);
	free(save->path);
	free(save->anchor);
	free(save);
}

static void end(struct app *app)
{
	parts_close(app, WINDOW_SAVE);
	logs_save_free(save_of(app));
	logs_view(app)->save = NULL;
}

/* ---- what is written ---- */

static void add_text(const struct msg_row *row, struct str *to)
{
	if (row->cont)
		str_addf(to, "%s\n", row->text);
	else
		str_addf(to, "%s %s%s%s %s %s\n", format_rfc3339(row->time_ms).text, row->bot,
			row->bot[0] ? " " : "", row->source,
			log_level_word((enum log_level)row->level), row->text);
}

static void add_json(const struct msg_row *row, struct str *to)
{
	struct msg_line line = {.rows = (struct msg_row *)(uintptr_t)row, .rows_count = 1};
	line_json(row, &line, to);
	str_addch(to, '\n');
}

/* The row is none of those that came after it began. */
static bool is_of_then(const struct logs_save *save, const struct msg_row *row)
{
	return save->to || row->time_ms <= save->until_ms;
}

static size_t write_rows(struct logs_save *save, const struct window *window, struct str *to)
{
	size_t count = 0;
	while (count < window->count && is_of_then(save, &window->rows[count])) {
		const struct msg_row *row = &window->rows[count++];
		if (save->is_json)
			add_json(row, to);
		else
			add_text(row, to);
		save->at_ms = row->time_ms;
		save->cut += row->cut;
	}
	save->lines += count;
	save->bytes += to->length;
	return count;
}

/* ---- pages ---- */

static void ask(struct app *app, struct logs_save *save)
{
	struct msg_win_open wish = {.whole = true,
		.fields = save->is_json,
		.from_ms = save->from_ms,
		.to_ms = save->to_ms};
	uint64_t most = WINDOW_ROWS_MAX / links_count(app->links);
	wish.store = (char[]){"events"};
	wish.anchor = save->anchor;
	wish.before = save->backwards ? most : 0;
	wish.after = save->backwards ? 0 : most;
	logs_wish_begin(app, &wish);
	parts_ask(app, WINDOW_SAVE, ALL_ENGINES, &wish);
	logs_wish_end(&wish);
}

static void anchor_at(struct logs_save *save, const char *key, bool behind)
{
	struct event_key read;
	struct err ignored;
	if (!event_key_read(key, &read, &ignored))
		return;
	read.seq += behind;
	logs_replace(&save->anchor, event_key_print(read).text);
}

static void put_before(struct logs_save *save)
{
	while (save->before_count) {
		char *text = save->before[--save->before_count];
		out_file_add(save->out, text, strlen(text));
		free(text);
	}
}

/* All that is to be written is with the child. */
static void finish_writing(struct app *app, struct logs_save *save)
{
	put_before(save);
	out_file_end(save->out);
	save->is_done = true;
	parts_close(app, WINDOW_SAVE);
}

static void turn_around(struct app *app, struct logs_save *save)
{
	put_before(save);
	save->backwards = false;
	save->pages = 0;
	save->line = save->lines + 1;
	logs_replace(&save->anchor, logs_view(app)->cursor_key);
	save->generation = app->windows[WINDOW_SAVE].wish.generation;
}

static void take_page_before(struct app *app, struct logs_save *save, const struct window *window)
{
	struct str text = STR_INIT;
	size_t count = write_rows(save, window, &text);
	save->before[save->before_count++] = str_detach(&text);
	if (count)
		anchor_at(save, window->rows[0].key, false);
	if (!count || !window->more_before || save->before_count == PAGES_ASIDE)
		turn_around(app, save);
}

static void take_page(struct app *app, struct logs_save *save)
{
	const struct window *window = &app->windows[WINDOW_SAVE];
	save->generation = window->wish.generation;
	save->dropped = window->dropped;
	if (save->backwards) {
		take_page_before(app, save, window);
		return;
	}
	autostr struct str text = STR_INIT;
	size_t count = write_rows(save, window, &text);
	out_file_add(save->out, text.text, text.length);
	bool is_last = !count || count < window->count || !window->more_after ||
		       (save->to && ++save->pages == PAGES_ASIDE);
	if (is_last)
		finish_writing(app, save);
	else
		anchor_at(save, window->rows[count - 1].key, true);
}

/* ---- its end ---- */

static void hand_over(struct app *app, struct logs_save *save)
{
	hand_over_found(save->to, out_file_path(save->out), out_file_said(save->out), save->line);
	hand_over_ask(app, save->to);
	save->to = NULL;
}

static void replace_it(struct app *app, uint64_t subject)
{
	struct logs_view *view = logs_view(app);
	struct err err = {.code = ERR_NONE};
	(void)subject;
	view->save_may_replace = true;
	autofree char *path = xstrdup(view->save_path);
	if (!logs_save(app, path, &err))
		app_toast(app, true, "%s", err.text);
	view->save_may_replace = false;
}

static void ask_to_replace(struct app *app, const char *path)
{
	autofree char *text = xasprintf("'%s' is there. What is in it would be gone.", path);
	logs_replace(&logs_view(app)->save_path, path);
	question_open(app, "Replace the file?", text, "Replace", 'r', 0, replace_it);
}

/* With what is not in it. */
static void say_saved(struct app *app, const struct logs_save *save)
{
	autostr struct str text = STR_INIT;
	str_addf(&text, "saved: %llu %s, %s, in %s", (unsigned long long)save->lines,
		save->lines == 1 ? "line" : "lines", format_bytes((int64_t)save->bytes).text,
		save->path);
	if (save->cut)
		str_addf(&text, "; %s cut", format_many(save->cut, "long line").text);
	if (save->dropped)
		str_addf(&text, "; %s fell out of the store before",
			format_many(save->dropped, "line").text);
	app_toast(app, false, "%s", text.text);
}

static void say_failed(struct app *app, const struct logs_save *save, int error)
{
	if (!save->to)
		app_toast(app, true, "cannot write (%s): '%s'", strerror(error), save->path);
	else if (error == ENOEXEC)
		app_toast(app, true, "there is no '%s' here: %s it", hand_over_name(save->to),
			hand_over_is_lnav(save->to) ? "install" : "set PAGER, or install");
	else
		app_toast(app, true,
			"cannot write a file for '%s' (%s): XDG_RUNTIME_DIR says where",
			hand_over_name(save->to), strerror(error));
}

static void take_end(struct app *app, int error)
{
	struct logs_save *save = save_of(app);
	if (error == EEXIST && !save->to)
		ask_to_replace(app, save->path);
	else if (error)
		say_failed(app, save, error);
	else if (save->to)
		hand_over(app, save);
	else
		say_saved(app, save);
	end(app);
}

/* ---- the turn ---- */

void logs_save_step(struct app *app)
{
	struct logs_save *save = save_of(app);
	const struct window *window = &app->windows[WINDOW_SAVE];
	int error = 0;
	if (!save)
		return;
	if (out_file_step(save->out, &error)) {
		take_end(app, error);
		app->dirty = true;
		return;
	}
	if (save->is_done || out_file_waiting(save->out) > WAITING_MAX)
		return;
	ask(app, save);
	if (!window->answered || !window->done || window->wish.generation == save->generation)
		return;
	app->dirty = true;
	if (!window->error[0]) {
		take_page(app, save);
		if (!save->is_done)
			ask(app, save); /* while this page is written */
		return;
	}
	app_toast(app, true, "%s", window->error);
	end(app);
}

int logs_save_wait_ms(const struct app *app)
{
	return save_of(app) ? STEP_MS : -1;
}

bool logs_save_stop(struct app *app)
{
	const struct logs_save *save = save_of(app);
	if (!save)
		return false;
	app_toast(app, false, save->to ? "no pager, then" : "nothing was saved");
	end(app);
	return true;
}

void logs_save_note(const struct app *app, struct str *text)
{
	const struct logs_save *save = save_of(app);
	if (save)
		str_addf(text, "%s: %llu lines, at %s  Esc stops  ",
			save->to ? "for the pager" : "saving", (unsigned long long)save->lines,
			logs_moment(app, save->at_ms).text);
}

/* ---- commands ---- */

static bool ends_with(const char *text, const char *end_)
{
	size_t length = strlen(text), size = strlen(end_);
	return length > size && strcasecmp(text + length - size, end_) == 0;
}

/* ~ is the operator's home. */
static char *real_path(const char *path)
{
	const char *home = getenv("HOME");
	if (path[0] == '~' && path[1] == '/' && home)
		return xasprintf("%s%s", home, path + 1);
	return xstrdup(path);
}

/* Of what there is by now: the clock of a line may be a little ahead. */
static int64_t newest_ms(const struct app *app)
{
	const struct window *window = &app->windows[WINDOW_LOGS];
	int64_t last_ms =
		window->count && !window->more_after ? window->rows[window->count - 1].time_ms : 0;
	return last_ms > app->now_ms ? last_ms : app->now_ms;
}

static bool begin(struct app *app, struct logs_save *save, struct err *err)
{
	struct logs_view *view = logs_view(app);
	save->generation = app->windows[WINDOW_SAVE].wish.generation;
	save->until_ms = newest_ms(app);
	save->out = save->to ? out_file_new_found(hand_over_find, save->to, err)
			     : out_file_new(save->path, save->may_replace, err);
	if (!save->out) {
		logs_save_free(save);
		return false;
	}
	view->save = save;
	return true;
}

static bool is_free(const struct app *app, struct err *err)
{
	return !save_of(app) || err_set(err, ERR_CONFLICT,
					"lines are being written already; Esc in Logs stops that");
}

bool logs_save(struct app *app, const char *path, struct err *err)
{
	if (!is_free(app, err))
		return false;
	if (!path[0])
		return err_set(err, ERR_INVALID, "save to which file? save FILE, or FILE.jsonl");
	struct logs_save *save = xcalloc(1, sizeof(*save));
	save->path = real_path(path);
	save->is_json = ends_with(path, ".jsonl") || ends_with(path, ".json");
	save->may_replace = logs_view(app)->save_may_replace;
	save->from_ms = logs_view(app)->span.from_ms;
	save->to_ms = logs_view(app)->span.to_ms;
	save->anchor = xstrdup("0/0/0");
	return begin(app, save, err);
}

bool logs_page(struct app *app, bool lnav, struct err *err)
{
	struct logs_view *view = logs_view(app);
	if (!is_free(app, err))
		return false;
	logs_stand_still(app);
	logs_remember_cursor(view, logs_window(app));
	if (!view->cursor_key[0])
		return err_set(err, ERR_NOT_FOUND, "no line here to open");
	struct logs_save *save = xcalloc(1, sizeof(*save));
	save->to = hand_over_new(lnav);
	save->backwards = true;
	save->anchor = xstrdup(view->cursor_key);
	return begin(app, save, err);
}
