/* SPDX-License-Identifier: MIT */
/* What panes, commands and overlays ask of the app. */
#include "tui/app.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

const struct model *app_model(const struct app *app)
{
	return app->frozen ? app->frozen : app->live;
}

bool app_is_many(const struct app *app)
{
	return links_count(app->links) > 1;
}

int64_t app_now(const struct app *app, uint64_t id)
{
	return app_is_many(app) ? app->engines[links_of(id)].now_ms : app->now_ms;
}

int64_t app_time(const struct app *app, uint64_t id, int64_t time_ms)
{
	return time_ms ? time_ms - app->engines[links_of(id)].skew_ms : 0;
}

const char *app_host(const struct app *app, uint64_t id)
{
	return app_is_many(app) ? links_name(app->links, links_of(id)) : "";
}

bool app_is_gone(const struct app *app, uint64_t id)
{
	return app_is_many(app) && app->engines[links_of(id)].silent;
}

unsigned app_severity(const struct app *app, const struct msg_bot *bot)
{
	unsigned severity = bot->severity <= SEVERITY_CRIT ? (unsigned)bot->severity : SEVERITY_OK;
	return severity < SEVERITY_UNKNOWN && app_is_gone(app, bot->id) ? SEVERITY_UNKNOWN
									: severity;
}

const struct msg_engine *app_engine(const struct app *app, size_t link)
{
	return model_find(app_model(app), MSG_engine, links_id(link, 1));
}

bool app_is_past(const struct app *app)
{
	if (app->past)
		return true; /* or about to be */
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_welcome *welcome = link_welcome(links_at(app->links, i));
		if (welcome && welcome->past)
			return true;
	}
	return false;
}

bool app_is_attached(const struct app *app)
{
	for (size_t i = 0; i < links_count(app->links); i++)
		if (link_welcome(links_at(app->links, i)))
			return true;
	return false;
}

const struct pane *app_pane(const struct app *app)
{
	return pane_of(views_now(&app->views)->focus);
}

void *app_view(struct app *app)
{
	return app->view[views_now(&app->views)->focus];
}

int64_t app_mono_ms(const struct app *app)
{
	return clock_mono_ms(app->clock);
}

void app_dirty(struct app *app)
{
	app->dirty = true;
}

static bool range_is_open(const struct app *app)
{
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct pane *pane = pane_of((enum pane_id)id);
		if (pane->rows && pane->rows(app->view[id])->range_from)
			return true;
	}
	return false;
}

bool app_holds_rows(const struct app *app)
{
	return app->overlay || app_mono_ms(app) - app->key_mono_ms < APP_ORDER_MS ||
	       range_is_open(app);
}

void app_say_held(const struct app *app, struct str *text)
{
	int64_t left_ms = app->key_mono_ms + APP_ORDER_MS - app_mono_ms(app);
	if (app->overlay || range_is_open(app) || left_ms <= 0)
		str_adds(text, "new order held  ");
	else
		str_addf(text, "new order in %ds  ", (int)((left_ms + 999) / 1000));
}

void app_focus(struct app *app, enum pane_id pane)
{
	struct place place = *views_now(&app->views);
	place.focus = pane;
	if (pane != PANE_bots)
		place.lower = pane;
	views_go(&app->views, place);
	app->dirty = true;
}

void app_toast(struct app *app, bool error, const char *format, ...)
{
	char text[TOAST_BYTES];
	va_list args;
	va_start(args, format);
	(void)vprint_text(text, sizeof(text), format, args);
	va_end(args);
	toast_say(&app->toast, app_mono_ms(app), error, "%s", text);
	app->toast_operation = 0;
	app->toast_refused = NULL;
	app->toast_answers = app->answers;
	app->toast_goes_on = false;
	app->dirty = true;
}

void app_toast_more(struct app *app, bool error, const char *format, ...)
{
	char text[TOAST_BYTES], before[TOAST_BYTES] = "";
	va_list args;
	va_start(args, format);
	(void)vprint_text(text, sizeof(text), format, args);
	va_end(args);
	if (app->toast_goes_on && app->toast.until_ms)
		(void)print_text(
			before, sizeof(before), "%.*s; ", TOAST_BYTES - 4, app->toast.text);
	app_toast(app, error || (before[0] && app->toast.error), "%s%s", before, text);
	app->toast_goes_on = true;
}

const char *app_answerer(const struct app *app)
{
	return links_name(app->links, app->answerer);
}

void app_toast_until_ended(struct app *app, uint64_t operation)
{
	app->toast_operation = operation;
}

bool app_request(struct app *app, size_t index, enum msg_kind kind, void *body, reply_take *take)
{
	struct link *link = links_at(app->links, index);
	uint64_t req = ++app->last_request;
	*(uint64_t *)body = req;
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++) {
		if (app->requests[i].req)
			continue;
		if (!link_send(link, kind, body))
			break;
		app->requests[i].req = req;
		app->requests[i].link = index;
		app->requests[i].take = take;
		return true;
	}
	app_toast(app, true, "no engine%s%s: %s", app_is_many(app) ? " on " : "",
		app_is_many(app) ? links_name(app->links, index) : "", link_why(link));
	return false;
}

void app_push(struct app *app, struct overlay *overlay)
{
	overlay->below = app->overlay;
	overlay->painted = false;
	app->overlay = overlay;
	app->dirty = true;
}

void app_pop(struct app *app)
{
	struct overlay *overlay = app->overlay;
	if (!overlay)
		return;
	app->overlay = overlay->below;
	overlay->ops->free(overlay);
	app->dirty = true;
}

/* ---- may I? ---- */

int64_t app_armed_until(const struct app *app, size_t index)
{
	const struct link *link = links_at(app->links, index);
	const struct msg_engine *engine = model_find(app->live, MSG_engine, links_id(index, 1));
	const struct msg_welcome *welcome = link_welcome(link);
	if (!engine || !welcome)
		return 0;
	if (strcmp(engine->write, "always") == 0)
		return INT64_MAX;
	for (size_t i = 0; i < engine->armed_count; i++) {
		const struct msg_armed *armed = &engine->armed[i];
		if (strcmp(armed->operator, welcome->operator) == 0 &&
			armed->until_ms > link_turn_wall_ms(link))
			return armed->until_ms;
	}
	return 0;
}

static const char *why_locked(const struct app *app, size_t index)
{
	const struct msg_engine *engine = model_find(app->live, MSG_engine, links_id(index, 1));
	if (!link_welcome(links_at(app->links, index)) || !engine)
		return "no engine";
	if (app->engines[index].silent)
		return "the engine is silent";
	if (engine->leaving[0])
		return "the engine is leaving";
	if (engine->ledger_error[0])
		return engine->ledger_error;
	if (strcmp(engine->write, "read-only") == 0)
		return "READ-ONLY: the configuration says `write: read-only`";
	return app_armed_until(app, index) ? NULL : "READ-ONLY: press ! to arm for 15 minutes";
}

/* The engines of what is at hand, else all. */
uint32_t app_engines_at_hand(const struct app *app)
{
	CLEANUP(id_list_release) struct id_list ids = {0};
	uint32_t engines = 0;
	if (!app_is_many(app))
		return 1;
	app_targets(app, &ids);
	for (size_t i = 0; i < ids.count; i++)
		engines |= UINT32_C(1) << links_of(ids.ids[i]);
	return engines ? engines : (UINT32_C(1) << links_count(app->links)) - 1;
}

bool app_may_change(const struct app *app, struct str *ret_why)
{
	if (app_is_past(app)) {
		str_adds(ret_why, "what was can't be changed: Esc comes back to now");
		return false;
	}
	uint32_t engines = app_engines_at_hand(app);
	const char *why = NULL, *host = "";
	for (size_t i = 0; i < links_count(app->links); i++) {
		if (!(engines >> i & 1))
			continue;
		const char *here = why_locked(app, i);
		if (!here)
			return true;
		host = why ? host : links_name(app->links, i);
		why = why ? why : here;
	}
	str_addf(ret_why, "%s%s%s", app_is_many(app) ? host : "", app_is_many(app) ? ": " : "",
		why ? why : "no engine");
	return false;
}

void app_targets(const struct app *app, struct id_list *ret_ids)
{
	enum pane_id focus = views_now(&app->views)->focus;
	struct subject subject = {.kind = MSG_none};
	if (focus == PANE_alerts) {
		pane_alerts.subject(app, app->view[PANE_alerts], &subject);
		const struct msg_alert *alert = model_alert(app_model(app), subject.id);
		if (alert && strcmp(alert->target_kind, "bot") == 0)
			id_list_add(ret_ids, alert->target);
		return;
	}
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	if (focus != PANE_detail)
		rowset_chosen(rows, ret_ids);
	if (ret_ids->count == 0 && rows->cursor)
		id_list_add(ret_ids, rows->cursor);
}

bool app_sees_targets(const struct app *app, struct str *ret_why)
{
	enum pane_id focus = views_now(&app->views)->focus;
	CLEANUP(id_list_release) struct id_list chosen = {0};
	rowset_chosen(pane_bots.rows(app->view[PANE_bots]), &chosen);
	if (chosen.count || focus == PANE_bots || focus == PANE_detail || focus == PANE_alerts)
		return true;
	str_addf(ret_why, "name a bot, or go to Bots: %s has none under its cursor",
		pane_of(focus)->title);
	return false;
}

uint64_t app_find(const struct app *app, enum msg_kind kind, const char *name, struct err *err)
{
	const char *scope = msg_info(kind)->name, *slash = strchr(name, '/');
	autostr struct str hosts = STR_INIT;
	uint64_t found = 0;
	size_t count = 0;
	autofree char *host = xstrndup(name, slash ? (size_t)(slash - name) : 0);
	uint64_t raw = entity_id(scope, app_is_many(app) && slash ? slash + 1 : name);
	for (size_t i = 0; i < links_count(app->links); i++) {
		if (!model_find(app_model(app), kind, links_id(i, raw)) ||
			(host[0] && strcmp(host, links_name(app->links, i)) != 0))
			continue;
		str_addf(&hosts, "%s%s/%s", count ? ", " : "", links_name(app->links, i), name);
		found = links_id(i, raw);
		count++;
	}
	if (count == 1)
		return found;
	(void)(count ? err_set(err, ERR_INVALID, "which %s '%s'? say one of %s", scope, name,
			       hosts.text)
		     : err_set(err, ERR_NOT_FOUND, "no %s '%s'; Tab completes names", scope, name));
	return 0;
}

bool app_named(const struct app *app, const char *names, struct id_list *ret_ids, struct err *err)
{
	while (*names) {
		size_t length = strcspn(names, " ");
		autofree char *name = xstrndup(names, length);
		uint64_t id = app_find(app, MSG_bot, name, err);
		if (!id)
			return false;
		id_list_add(ret_ids, id);
		names += length + strspn(names + length, " ");
	}
	return true;
}

uint64_t app_cancels(const struct app *app, size_t *ret_running)
{
	struct subject subject = {.kind = MSG_none};
	size_t count, running = 0;
	uint64_t only = 0;
	pane_operations.subject(app, app->view[PANE_operations], &subject);
	const struct msg_operation *const *operations = model_operations(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		if (operations[i]->ended_ms)
			continue;
		running++;
		if (running == 1 || operations[i]->id == subject.id)
			only = operations[i]->id;
	}
	*ret_running = running;
	return running <= 1 || only == subject.id ? only : 0;
}
