/* SPDX-License-Identifier: MIT */
/* The view state as JSON and back. Version 1; a reader ignores names that it does not know. */
#include "tui/saved.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "tui/app.h"

enum { VERSION = 1 };

static const char *const zoom_words[] = {"normal", "half", "full", NULL};

static void put(json_t *object, const char *name, const char *text)
{
	json_t *value = json_string(text); /* NULL for what is not UTF-8 */
	if (value)
		json_object_set_new(object, name, value);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

/* ---- panes ---- */

static void print_order(const struct pane *pane, const void *view, json_t *object)
{
	int column = pane->sort ? pane->sorted_by(view) : -1;
	if (column < 0 || (size_t)column >= pane->table->count)
		return;
	put(object, "sort", pane->table->columns[column].title);
	json_object_set_new(object, "descending", json_boolean(pane->descends(view)));
}

/* A table begins at its top, where the worst is; only a Detail that was opened shows the same bot again. */
static bool keeps_cursor(const struct pane *pane, const struct place *place)
{
	return pane == &pane_bots && place->drilled && place->focus == PANE_detail;
}

/* The number of an engine is its place among those that were given, and the next screen may be given others, or in another
 * order: the way to it says which. */
static void print_cursor(const struct app *app, const struct pane *pane, void *view, json_t *object)
{
	char id[20];
	if (!keeps_cursor(pane, views_now(&app->views)))
		return;
	const struct rowset *rows = pane->rows ? pane->rows(view) : NULL;
	uint64_t at = !rows ? 0 : rows->touched ? rows->cursor : rows->recalled;
	if (!at || links_of(at) >= links_count(app->links))
		return;
	snprintf(id, sizeof(id), "%016" PRIx64, links_raw(at));
	put(object, "cursor", id);
	if (app_is_many(app))
		put(object, "on", link_way(links_at(app->links, links_of(at))));
}

static void put_kept(void *object, const char *name, const char *text)
{
	put(object, name, text);
}

static json_t *print_pane(const struct app *app, const struct pane *pane, void *view)
{
	json_t *object = json_object();
	print_order(pane, view, object);
	print_cursor(app, pane, view, object);
	if (pane->filtered_by && *pane->filtered_by(view) &&
		!redact_has_candidate(
			NULL, pane->filtered_by(view), strlen(pane->filtered_by(view))))
		put(object, "filter", pane->filtered_by(view));
	if (pane->keep)
		pane->keep(view, put_kept, object);
	return object;
}

static size_t column_of(const struct pane *pane, const char *title)
{
	size_t i = 0;
	while (i < pane->table->count && strcmp(pane->table->columns[i].title, title) != 0)
		i++;
	return i;
}

/* Choosing the column that sorts turns it over. */
static void take_order(const struct pane *pane, void *view, const json_t *object)
{
	const char *title = text_of(object, "sort");
	if (!pane->sort || !*title)
		return;
	size_t column = column_of(pane, title);
	if (column == pane->table->count)
		return;
	pane->sort(view, (int)column);
	if (pane->descends(view) != json_is_true(json_object_get(object, "descending")))
		pane->sort(view, (int)column);
}

/* 0: its engine is none of those that are shown now. */
static uint64_t id_here(const struct app *app, uint64_t id, const char *way)
{
	size_t at = way[0] ? 0 : links_of(id);
	while (way[0] && at < links_count(app->links) &&
		strcmp(link_way(links_at(app->links, at)), way) != 0)
		at++;
	return at < links_count(app->links) ? links_id(at, links_raw(id)) : 0;
}

static void take_cursor(
	const struct app *app, const struct pane *pane, void *view, const json_t *object)
{
	const char *text = text_of(object, "cursor");
	if (keeps_cursor(pane, views_now(&app->views)) && strlen(text) == 16 &&
		strspn(text, "0123456789abcdef") == 16)
		pane->rows(view)->recalled =
			id_here(app, strtoull(text, NULL, 16), text_of(object, "on"));
}

static void take_pane(struct app *app, const struct pane *pane, void *view, json_t *object)
{
	struct err ignored = {.code = ERR_NONE};
	const char *name, *kept = text_of(object, "filter");
	autostr struct str filter = STR_INIT; /* whoever wrote it: it stands in the title */
	json_t *value;
	sanitize(&filter, kept, strlen(kept));
	take_order(pane, view, object);
	take_cursor(app, pane, view, object);
	bool filtered UNUSED =
		pane->filter && filter.length && pane->filter(app, view, filter.text, &ignored);
	json_object_foreach(object, name, value) if (pane->recall && json_is_string(value))
		pane->recall(app, name, json_string_value(value));
}

/* ---- the place ---- */

static json_t *print_place(const struct app *app)
{
	const struct place *place = views_now(&app->views);
	json_t *object = json_object();
	put(object, "focus", pane_of(place->focus)->name);
	put(object, "lower", pane_of(place->lower)->name);
	put(object, "zoom", zoom_words[place->zoom]);
	json_object_set_new(object, "drilled", json_boolean(place->drilled));
	return object;
}

/* What was drilled into can be left again. */
static void take_place(struct app *app, const json_t *object)
{
	struct place place = *views_now(&app->views);
	enum pane_id focus = pane_find(text_of(object, "focus"));
	enum pane_id lower = pane_find(text_of(object, "lower"));
	if (focus == PANE_COUNT || lower == PANE_COUNT || lower == PANE_bots)
		return;
	for (int zoom = 0; zoom_words[zoom]; zoom++)
		if (strcmp(zoom_words[zoom], text_of(object, "zoom")) == 0)
			place.zoom = (enum zoom)zoom;
	place.focus = focus;
	place.lower = lower;
	place.drilled = json_is_true(json_object_get(object, "drilled"));
	if (place.drilled)
		views_go(&app->views, place);
	else
		views_replace(&app->views, place);
}

/* ---- histories ---- */

/* The newest that fit, oldest first; a line in which a secret may stand is not among them. */
static json_t *print_history(const struct history *history)
{
	json_t *list = json_array();
	size_t bytes = 0, lines = 0;
	for (size_t i = history->count; i-- > 0 && lines < SAVED_HISTORY_LINES;) {
		size_t length = strlen(history->lines[i]);
		if (redact_has_candidate(NULL, history->lines[i], length))
			continue;
		bytes += length;
		if (bytes > SAVED_HISTORY_BYTES)
			break;
		json_array_insert_new(list, 0, json_string(history->lines[i]));
		lines++;
	}
	return list;
}

static void take_history(struct history *history, const json_t *list)
{
	size_t count = json_array_size(list);
	for (size_t i = 0; i < count && i < SAVED_HISTORY_LINES; i++) {
		const char *line = json_string_value(json_array_get(list, i));
		CLEANUP(prompt_release) struct prompt prompt;
		prompt_init(&prompt, NULL);
		if (line && prompt_insert(&prompt, line, strlen(line))) /* as if it were typed */
			history_add(history, prompt.text.text);
	}
}

/* ---- all of it ---- */

static json_t *print_alarm(const struct alarm *alarm)
{
	json_t *object = json_object();
	json_object_set_new(object, "bell", json_boolean(alarm->bell));
	json_object_set_new(object, "flash", json_boolean(alarm->flash));
	put(object, "notify", notify_way_word(alarm->notify));
	return object;
}

/* Only what was switched on this screen: else the configuration decides. */
static bool is_switched(const struct app *app)
{
	const struct alarm *alarm = &app->alarm;
	return alarm->bell != app->settings->screen_bell ||
	       alarm->flash != app->settings->screen_flash ||
	       alarm->notify != app->settings->screen_notify;
}

static void take_alarm(struct alarm *alarm, const json_t *object)
{
	if (!json_is_object(object))
		return;
	alarm->bell = json_is_true(json_object_get(object, "bell"));
	alarm->flash = json_is_true(json_object_get(object, "flash"));
	bool known UNUSED = notify_way_find(text_of(object, "notify"), &alarm->notify);
}

void saved_print(const struct app *app, const char *identity, struct str *to)
{
	json_t *all = json_object(), *panes = json_object();
	json_object_set_new(all, "v", json_integer(VERSION));
	put(all, "engines", identity);
	json_object_set_new(all, "place", print_place(app));
	for (int id = 0; id < PANE_COUNT; id++)
		json_object_set_new(panes, pane_of((enum pane_id)id)->name,
			print_pane(app, pane_of((enum pane_id)id), app->view[id]));
	json_object_set_new(all, "panes", panes);
	if (is_switched(app))
		json_object_set_new(all, "alarm", print_alarm(&app->alarm));
	json_object_set_new(all, "commands", print_history(&app->commands));
	json_object_set_new(all, "filters", print_history(&app->filters));
	json_object_set_new(all, "queries", print_history(&app->queries));
	char *text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	str_addf(to, "%s\n", text ? text : "{}");
	free(text);
}

static bool is_ours(const json_t *all, const char *identity, bool *ret_newer, struct err *err)
{
	json_int_t version = json_integer_value(json_object_get(all, "v"));
	*ret_newer = version > VERSION;
	if (*ret_newer)
		return err_set(err, ERR_UNSUPPORTED, "a newer botswain wrote it");
	if (version != VERSION)
		return err_set(err, ERR_INVALID, "it is damaged");
	return strcmp(text_of(all, "engines"), identity) == 0 ||
	       err_set(err, ERR_CONFLICT, "it is of another engine");
}

static void take_all(struct app *app, const json_t *all)
{
	const json_t *panes = json_object_get(all, "panes");
	take_place(app, json_object_get(all, "place"));
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct pane *pane = pane_of((enum pane_id)id);
		take_pane(app, pane, app->view[id], json_object_get(panes, pane->name));
	}
	take_alarm(&app->alarm, json_object_get(all, "alarm"));
	take_history(&app->commands, json_object_get(all, "commands"));
	take_history(&app->filters, json_object_get(all, "filters"));
	take_history(&app->queries, json_object_get(all, "queries"));
}

bool saved_take(struct app *app, const char *identity, const char *text, size_t length,
	bool *ret_newer, struct err *err)
{
	*ret_newer = false;
	json_t *all = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	bool fine = all ? is_ours(all, identity, ret_newer, err)
			: err_set(err, ERR_INVALID, "it is damaged");
	if (fine)
		take_all(app, all);
	json_decref(all);
	return fine;
}

static void reset_pane(struct app *app, const struct pane *pane, void *view)
{
	struct err ignored;
	if (pane->sort)
		pane->sort(view, 0);
	bool filtered UNUSED = pane->filter && pane->filter(app, view, "", &ignored);
	if (pane->rows) {
		pane->rows(view)->touched = false;
		pane->rows(view)->recalled = 0;
		pane->rows(view)->adopt = true;
	}
	if (pane->recall)
		pane->recall(app, "", "");
}

void saved_reset(struct app *app)
{
	for (int id = 0; id < PANE_COUNT; id++)
		reset_pane(app, pane_of((enum pane_id)id), app->view[id]);
	views_init(&app->views);
	app->alarm.bell = app->settings->screen_bell;
	app->alarm.flash = app->settings->screen_flash;
	app->alarm.notify = app->settings->screen_notify;
	history_release(&app->commands);
	history_release(&app->filters);
	history_release(&app->queries);
	app->dirty = true;
}
