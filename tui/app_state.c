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
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	toast_say(&app->toast, app_mono_ms(app), error, "%s", text);
	app->toast_operation = 0;
	app->dirty = true;
}

void app_toast_until_ended(struct app *app, uint64_t operation)
{
	app->toast_operation = operation;
}

bool app_request(struct app *app, enum msg_kind kind, void *body, reply_take *take)
{
	uint64_t req = link_next_request(app->link);
	*(uint64_t *)body = req;
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++) {
		if (app->requests[i].req)
			continue;
		if (!link_send(app->link, kind, body))
			break;
		app->requests[i].req = req;
		app->requests[i].take = take;
		return true;
	}
	app_toast(app, true, "no engine: %s", link_why(app->link));
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

int64_t app_armed_until(const struct app *app)
{
	const struct msg_engine *engine = model_engine(app->live);
	const struct msg_welcome *welcome = link_welcome(app->link);
	if (!engine || !welcome)
		return 0;
	if (strcmp(engine->write, "always") == 0)
		return INT64_MAX;
	for (size_t i = 0; i < engine->armed_count; i++) {
		const struct msg_armed *armed = &engine->armed[i];
		if (strcmp(armed->operator, welcome->operator) == 0 &&
			armed->until_ms > link_turn_wall_ms(app->link))
			return armed->until_ms;
	}
	return 0;
}

bool app_may_change(const struct app *app, struct str *ret_why)
{
	const struct msg_engine *engine = model_engine(app->live);
	const char *why = NULL;
	if (!link_welcome(app->link) || !engine)
		why = "no engine";
	else if (app->silent)
		why = "the engine is silent";
	else if (engine->leaving[0])
		why = "the engine is leaving";
	else if (engine->ledger_error[0])
		why = engine->ledger_error;
	else if (strcmp(engine->write, "read-only") == 0)
		why = "READ-ONLY: the configuration says `write: read-only`";
	else if (!app_armed_until(app))
		why = "READ-ONLY: press ! to arm for 15 minutes";
	if (why)
		str_adds(ret_why, why);
	return !why;
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

bool app_named(const struct app *app, const char *names, struct id_list *ret_ids, struct err *err)
{
	while (*names) {
		size_t length = strcspn(names, " ");
		autofree char *name = xstrndup(names, length);
		uint64_t id = entity_id("bot", name);
		if (!model_bot(app_model(app), id))
			return err_set(
				err, ERR_NOT_FOUND, "no bot '%s'; Tab completes names", name);
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
