/* SPDX-License-Identifier: MIT */
/* Looking for something in Logs: first in the rows that are held, then by the engine; and what is shown at all, by a
 * filter and by bots. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_field.h"
#include "core/parse/log_level.h"
#include "tui/command.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"

/* ---- searching ---- */

static void get(const void *data, size_t column, struct filter_value *ret)
{
	const struct msg_row *row = data;
	struct log_part part;
	ret->is_known = column != FILTER_FIELD ||
			log_field_find(row->text, strlen(row->text), ret->field, &part);
	if (column == FILTER_FIELD) {
		ret->text = ret->is_known ? row->text + part.offset : "";
		ret->length = ret->is_known ? part.length : 0;
		return;
	}
	const char *const texts[LOG_COLUMNS] = {[LOG_COLUMN_BOT] = row->bot,
		[LOG_COLUMN_SOURCE] = row->source,
		[LOG_COLUMN_MSG] = row->text,
		[LOG_COLUMN_ID] = row->correlation};
	const char *text = column == FILTER_WHOLE ? row->text : texts[column];
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
	struct logs_view *view = logs_view(app);
	view->list.follow = false;
	logs_replace(&view->cursor_key, key);
	logs_replace(&view->anchor, key);
	long at = window_find(logs_window(app), key);
	view->going = at < 0;
	if (at >= 0)
		view->list.cursor = (size_t)at;
	if (at >= 0)
		logs_repeats_settle(app, true);
}

/* ---- what is said of it ---- */

enum { MATCHES = 1, ERRORS, WARNINGS };

static const struct {
	const char *expression, *one, *many, *next, *before;
} kinds[] = {
	[MATCHES] = {"", "match", "matches", "next_hit", "prev_hit"},
	[ERRORS] = {"level>=error", "error", "errors", "next_error", "prev_error"},
	[WARNINGS] = {"level>=warn", "warning or error", "warnings", "next_warn", "prev_warn"},
};

static const char *expression_of(const struct logs_view *view, int what)
{
	return what == MATCHES ? view->search : kinds[what].expression;
}

static const char *key_of(const struct app *app, const char *command, char ret_name[KEY_NAME_MAX])
{
	if (!keymap_key(&app->keymap, command_find(command), (enum scope)PANE_logs, ret_name))
		snprintf(ret_name, KEY_NAME_MAX, ":%s", command);
	return ret_name;
}

static void say_no_more(struct app *app)
{
	const struct logs_view *view = logs_view(app);
	char key[KEY_NAME_MAX];
	bool back = view->seek_back;
	if (view->seek_what == MATCHES && view->seek_whole)
		app_toast(app, false, "nothing matches '%s' in these lines", view->search);
	else if (view->seek_led)
		app_toast(app, false, "no %s in these lines", kinds[view->seek_what].many);
	else
		app_toast(app, false, "no more %s %s: %s looks %s", kinds[view->seek_what].many,
			back ? "above" : "below",
			key_of(app,
				back ? kinds[view->seek_what].next : kinds[view->seek_what].before,
				key),
			back ? "below" : "above");
}

/* Who asked for the next one and is led back hears it. */
static void arrive(struct app *app, const char *key)
{
	const struct logs_view *view = logs_view(app);
	char name[KEY_NAME_MAX];
	if (view->seek_led)
		app_toast(app, false, "newest %s: %s looks above", kinds[view->seek_what].one,
			key_of(app, kinds[view->seek_what].before, name));
	go_to(app, key);
}

/* The link that asked under this number and waits; links_count(): none. */
static size_t seeker(const struct app *app, const struct logs_view *view, uint64_t req)
{
	size_t at = 0;
	while (at < links_count(app->links) &&
		!(view->seek >> at & 1 && view->seek_reqs[at] == req))
		at++;
	return at;
}

/* Of what engines answer the nearest is the one. */
static void keep_nearest(struct logs_view *view, char *key)
{
	int order = event_key_compare_texts(key, view->seek_found);
	if (!view->seek_found[0] || (view->seek_back ? order > 0 : order < 0))
		logs_replace(&view->seek_found, key);
}

/* A silent engine keeps nobody waiting. */
static bool all_answered(const struct app *app, const struct logs_view *view)
{
	for (size_t i = 0; i < links_count(app->links); i++)
		if (view->seek >> i & 1 && !(app_is_many(app) && app->engines[i].silent))
			return false;
	return true;
}

static void lead_up_or_say(struct app *app);

static void take_seek(struct app *app, uint64_t req, enum msg_kind kind_, const void *body)
{
	const struct msg_seek *seek = kind_ == MSG_seek ? body : NULL;
	struct logs_view *view = logs_view(app);
	size_t link = seeker(app, view, req);
	if (link == links_count(app->links))
		return; /* overtaken: the cursor goes where the newest one says */
	view->seek_at_ms = seek ? seek->scanned_ms - app->engines[link].skew_ms : 0;
	if (!seek || seek->done)
		view->seek &= ~(UINT32_C(1) << link);
	if (seek && seek->key[0]) {
		autofree char *key = parts_key_from(app, link, seek->key);
		keep_nearest(view, key);
	}
	if (!seek)
		app_toast(app, true, "the engine went away before it answered");
	else if (seek->error[0])
		app_toast(app, true, "%s", seek->error);
	if (!all_answered(app, view))
		return;
	view->seek = 0;
	if (view->seek_found[0])
		arrive(app, view->seek_found);
	else if (seek && !seek->error[0])
		lead_up_or_say(app);
}

bool logs_stop_seek(struct app *app)
{
	struct logs_view *view = logs_view(app);
	if (!view->seek)
		return false;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_seek_stop request = {.req = view->seek_reqs[i]};
		if (view->seek >> i & 1)
			(void)link_send(links_at(app->links, i), MSG_seek_stop, &request);
	}
	view->seek = 0;
	app_toast(app, false, "the search was stopped");
	return true;
}

/* Every engine that the window is of and that is there. */
static bool ask_engines(struct app *app, const char *expression, bool backwards)
{
	struct logs_view *view = logs_view(app);
	uint32_t engines = parts_engines(app, WINDOW_LOGS);
	autofree char *copy = xstrdup(expression);
	view->seek = 0;
	view->seek_at_ms = 0;
	logs_replace(&view->seek_found, "");
	for (size_t i = 0; i < links_count(app->links); i++) {
		bool is_there = link_welcome(links_at(app->links, i)) && !app->engines[i].silent;
		if (!(engines >> i & 1) || (app_is_many(app) && !is_there))
			continue;
		autofree char *from = parts_key_to(app, i, view->cursor_key);
		struct msg_seek_req request = {.window = WINDOW_LOGS,
			.backwards = backwards,
			.from = from,
			.expression = copy};
		if (!app_request(app, i, MSG_seek_req, &request, take_seek))
			continue;
		view->seek |= UINT32_C(1) << i;
		view->seek_reqs[i] = request.req;
	}
	return view->seek != 0;
}

static struct filter *finder_new(const struct app *app, const char *expression, struct err *err)
{
	struct filter_schema schema = log_schema(app->now_ms, 0);
	size_t at;
	schema.noun = "search";
	return filter_new(expression, &schema, &at, err);
}

/* Of a window that stands still no more is known than when it was asked; what came since is counted. */
static bool has_more_below(struct app *app)
{
	return logs_window(app)->more_after || logs_news(app) > 0;
}

static bool seek(struct app *app, const char *expression, bool backwards, struct err *err);

/* The cursor is at the last line that is held, and that is none of those looked for. */
static bool is_at_end(struct app *app, const char *expression)
{
	struct logs_view *view = logs_view(app);
	const struct window *window = logs_window(app);
	struct err err;
	if (window->more_after || !window->count || view->list.cursor + 1 < window->count)
		return false;
	struct filter *filter = finder_new(app, expression, &err);
	bool matches = filter && filter_match(filter, get, &window->rows[view->list.cursor]);
	filter_free(filter);
	return !matches;
}

/* From the last line the next one is the newest above. */
static void lead_up_or_say(struct app *app)
{
	struct logs_view *view = logs_view(app);
	const char *expression = expression_of(view, view->seek_what);
	struct err ignored;
	if (view->seek_back || view->seek_led || !is_at_end(app, expression)) {
		say_no_more(app);
		return;
	}
	view->seek_led = true;
	(void)seek(app, expression, true, &ignored);
}

/* In the rows that are held first; the engine looks through the rest. */
static bool seek(struct app *app, const char *expression, bool backwards, struct err *err)
{
	struct logs_view *view = logs_view(app);
	struct window *window = logs_window(app);
	struct filter *filter = finder_new(app, expression, err);
	if (!filter)
		return false;
	logs_remember_cursor(view, window);
	long step = backwards ? -1 : 1, found = -1;
	/* The end that is followed is behind the last line. */
	long from = (long)view->list.cursor + (backwards && view->list.follow ? 0 : step);
	for (long i = from; i >= 0 && i < (long)window->count; i += step)
		if (found < 0 && filter_match(filter, get, &window->rows[i]))
			found = i;
	filter_free(filter);
	view->seek_back = backwards;
	view->seek_whole = backwards && view->list.follow;
	if (found >= 0)
		arrive(app, window->rows[found].key);
	else if (backwards ? !window->more_before : !has_more_below(app))
		lead_up_or_say(app);
	else
		return ask_engines(app, expression, backwards);
	return true;
}

bool logs_seek(struct app *app, int what, struct err *err)
{
	struct logs_view *view = logs_view(app);
	int which = what < 0 ? -what : what;
	const char *expression = expression_of(view, which);
	if (!expression[0])
		return err_set(err, ERR_INVALID, "nothing was searched yet: / begins");
	view->seek_what = which;
	view->seek_led = what > 0 && view->list.follow;
	return seek(app, expression, what < 0 || view->seek_led, err);
}

bool logs_search(struct app *app, const char *text, bool final, struct err *err)
{
	struct logs_view *view = logs_view(app);
	struct filter *finder = NULL;
	if (text[0] && !(finder = finder_new(app, text, err)))
		return false;
	filter_free(view->finder);
	view->finder = finder;
	logs_replace(&view->search, text);
	view->seek_what = MATCHES;
	view->seek_led = false;
	if (final && text[0])
		(void)seek(app, text, view->list.follow, err); /* says itself what it finds */
	return true;
}

const char *logs_searched(struct app *app)
{
	return logs_view(app)->search;
}

void logs_of(struct app *app, const struct id_list *bots)
{
	struct logs_view *view = logs_view(app);
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
	logs_replace(&view->bot_names, names.text);
	view->list.follow = true;
}
