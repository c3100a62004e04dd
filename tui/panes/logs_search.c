/* SPDX-License-Identifier: MIT */
/* Looking for something in Logs: first in the rows that are held, then by the engine; and what is shown at all, by a
 * filter and by bots. */
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_level.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"

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
	struct logs_view *view = logs_view(app);
	view->list.follow = false;
	logs_replace(&view->cursor_key, key);
	logs_replace(&view->anchor, key);
	long at = window_find(logs_window(app), key);
	view->going = at < 0;
	if (at >= 0)
		view->list.cursor = (size_t)at;
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
		go_to(app, view->seek_found);
	else if (seek && !seek->error[0])
		app_toast(app, false, "nothing more in this direction");
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
	view->seek_back = backwards;
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
	return ask_engines(app, expression, backwards);
}

bool logs_seek(struct app *app, int what, struct err *err)
{
	struct logs_view *view = logs_view(app);
	const char *const expressions[] = {"", view->search, "level>=error", "level>=warn"};
	int which = what < 0 ? -what : what;
	if (which == 1 && !view->search[0])
		return err_set(err, ERR_INVALID, "nothing was searched yet: / begins");
	return seek(app, expressions[which], what < 0, err);
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
	struct err nothing = {.code = ERR_NONE};
	if (final && text[0] && !seek(app, text, view->list.follow, &nothing) && nothing.code)
		app_toast(app, false, "%s", nothing.text);
	return true;
}

const char *logs_searched(struct app *app)
{
	return logs_view(app)->search;
}

bool logs_filter(struct app *app, const char *text, bool final, struct err *err)
{
	struct logs_view *view = logs_view(app);
	struct filter_schema schema = log_schema(app->now_ms, 0);
	size_t at;
	struct filter *filter = filter_new(text, &schema, &at, err);
	if (!filter)
		return false;
	filter_free(filter);
	if (final)
		logs_replace(&view->expression, text);
	return true;
}

const char *logs_filtered(struct app *app)
{
	return logs_view(app)->expression;
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
