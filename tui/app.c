/* SPDX-License-Identifier: MIT */
/* The turn: events, the link, time. What a picture is made of is in picture.c. */
#include "tui/app.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tui/picture.h"
#include "tui/leave.h"

struct app *app_new(const struct clock *clock, const struct settings *settings, struct term *term,
	struct link *link)
{
	struct app *app = xcalloc(1, sizeof(*app));
	app->clock = clock;
	app->settings = settings;
	app->term = term;
	app->link = link;
	app->live = model_new();
	app->now_ms = clock_wall_ms(clock);
	app->own_cpu = NAN;
	app->key_mono_ms = app->interrupt_mono_ms = app->data_mono_ms = app->link_mono_ms =
		INT64_MIN / 2;
	app->start_mono_ms = clock_mono_ms(clock);
	alarm_init(&app->alarm, settings);
	keymap_init(&app->keymap);
	views_init(&app->views);
	for (int id = 1; id < WINDOW_COUNT; id++)
		window_init(&app->windows[id], (enum window_id)id);
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct pane *pane = pane_of((enum pane_id)id);
		app->view[id] = xcalloc(1, pane->view_size);
		if (pane->init)
			pane->init(app->view[id]);
	}
	app->grid = grid_new(term->rows, term->columns, term->glyphs);
	app->dirty = true;
	return app;
}

static void free_views(struct app *app)
{
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct pane *pane = pane_of((enum pane_id)id);
		if (pane->release)
			pane->release(app->view[id]);
		free(app->view[id]);
	}
}

void app_free(struct app *app)
{
	if (!app)
		return;
	while (app->overlay)
		app_pop(app);
	free_views(app);
	for (int id = 1; id < WINDOW_COUNT; id++)
		window_release(&app->windows[id]);
	link_free(app->link);
	model_free(app->live);
	model_free(app->frozen);
	alarm_release(&app->alarm);
	keymap_release(&app->keymap);
	history_release(&app->commands);
	history_release(&app->filters);
	history_release(&app->reasons);
	grid_free(app->grid);
	free(app);
}

/* ---- keys ---- */

static void type(struct app *app, keycode key)
{
	char utf8[5];
	struct overlay *overlay = app->overlay;
	if (!overlay || !keycode_text(key, utf8))
		return;
	struct prompt *prompt = overlay->ops->prompt ? overlay->ops->prompt(overlay) : NULL;
	if (prompt) {
		if (prompt_insert(prompt, utf8, strlen(utf8)) && overlay->ops->changed)
			overlay->ops->changed(app, overlay);
	} else if (overlay->ops->typed) {
		overlay->ops->typed(app, overlay, utf8);
	}
}

static bool deaf(const struct overlay *overlay)
{
	return overlay && overlay->ops->guards && !overlay->painted;
}

static void on_key(struct app *app, keycode key)
{
	app->key_mono_ms = app_mono_ms(app);
	app->dirty = true;
	if (deaf(app->overlay))
		return;
	enum scope scope =
		app->overlay ? app->overlay->scope : (enum scope)views_now(&app->views)->focus;
	const struct binding *binding = keymap_find(&app->keymap, scope, key);
	if (binding)
		command_run(app, binding->command, binding->args);
	else
		type(app, key);
}

/* Pasted text is text for a line, and never a key. */
static void on_paste(struct app *app, const char *text, size_t length)
{
	struct overlay *overlay = app->overlay;
	struct prompt *prompt =
		overlay && overlay->ops->prompt ? overlay->ops->prompt(overlay) : NULL;
	app->key_mono_ms = app_mono_ms(app);
	if (deaf(overlay))
		return;
	if (!prompt)
		app_toast(app, false,
			"pasted text is ignored here: only a line that is typed takes it");
	else if (prompt_insert(prompt, text, length) && overlay->ops->changed)
		overlay->ops->changed(app, overlay);
}

void app_event(struct app *app, const struct term_event *event)
{
	switch (event->type) {
	case TERM_EVENT_KEY:
		on_key(app, event->key);
		break;
	case TERM_EVENT_PASTE:
		on_paste(app, event->text, event->length);
		break;
	case TERM_EVENT_RESIZE:
		grid_resize(app->grid, event->rows, event->columns);
		break;
	case TERM_EVENT_LOST:
		app->quit = true;
		break;
	}
	app->dirty = true;
}

/* ---- the engine ---- */

static void take_window(struct app *app, enum msg_kind kind, const void *body)
{
	for (int id = 1; id < WINDOW_COUNT; id++) {
		struct window *window = &app->windows[id];
		if (app->frozen && window->answered && window->done)
			continue; /* asked for again when the pause ends */
		if (window_take(window, kind, body))
			app->dirty_data = true;
	}
}

/* Answers of all kinds carry the request's number as their first field. */
static void take_answer(struct app *app, enum msg_kind kind, const void *body)
{
	uint64_t req = *(const uint64_t *)body;
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++) {
		if (app->requests[i].req != req)
			continue;
		reply_take *take = app->requests[i].take;
		bool more = kind == MSG_seek && !((const struct msg_seek *)body)->done;
		if (!more)
			app->requests[i].req = 0;
		take(app, req, kind, body);
		app->dirty = true;
		return;
	}
}

static void take(void *context, enum msg_kind kind, const void *body)
{
	if (kind == MSG_win_rows || kind == MSG_win_points)
		take_window(context, kind, body);
	else if (kind == MSG_plan || kind == MSG_accepted || kind == MSG_answer || kind == MSG_seek)
		take_answer(context, kind, body);
}

/* Whoever waits for an answer hears that none will come. */
static void fail_requests(struct app *app)
{
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++) {
		uint64_t req = app->requests[i].req;
		if (!req)
			continue;
		app->requests[i].req = 0;
		app->requests[i].take(app, req, MSG_none, NULL);
	}
}

static void look_at_link(struct app *app, unsigned turns)
{
	enum link_state state = link_state(app->link);
	if (state != app->link_state || link_epoch(app->link) != app->epoch) {
		fail_requests(app);
		app->epoch = link_epoch(app->link);
		app->link_state = state;
		app->dirty = true;
	}
	if (strcmp(app->link_why, link_why(app->link)) != 0) {
		copy_text(app->link_why, sizeof(app->link_why), link_why(app->link));
		app->dirty = true;
	}
	if (turns && !app->frozen) {
		app->now_ms = link_turn_wall_ms(app->link);
		app->dirty_data = true;
	}
}

static void look_at_silence(struct app *app)
{
	int64_t age_ms = link_turn_age_ms(app->link, app_mono_ms(app));
	bool silent = link_turn_wall_ms(app->link) && age_ms > LINK_SILENT_MS;
	int64_t silent_s = silent ? age_ms / 1000 : 0;
	if (silent != app->silent || silent_s != app->silent_s)
		app->dirty = true;
	app->silent = silent;
	app->silent_s = silent_s;
	app->silent_since_ms = link_turn_wall_ms(app->link);
}

/* Its time is over, or the result stands where it was announced. */
static void look_at_toast(struct app *app)
{
	const struct msg_operation *operation = model_operation(app->live, app->toast_operation);
	int64_t said = app->toast.until_ms;
	if (operation && operation->ended_ms) {
		toast_dismiss(&app->toast);
		app->toast_operation = 0;
	}
	(void)toast_due_ms(&app->toast, app_mono_ms(app));
	if (app->toast.until_ms != said)
		app->dirty = true;
}

static bool awaits_answer(const struct app *app)
{
	if (!link_turn_wall_ms(app->link) || app->link_state != LINK_ATTACHED || app->dirty)
		return true;
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++)
		if (app->requests[i].req)
			return true;
	for (int id = 1; id < WINDOW_COUNT; id++)
		if (app->windows[id].asked && !(app->windows[id].answered && app->windows[id].done))
			return true;
	return false;
}

int app_link_pause_ms(const struct app *app)
{
	int64_t gap_ms = app->frozen ? APP_PAUSED_MS : APP_DATA_MS;
	int64_t left_ms = app->link_mono_ms + gap_ms - app_mono_ms(app);
	return left_ms <= 0 || awaits_answer(app) ? 0 : (int)left_ms;
}

void app_step(struct app *app)
{
	int64_t now_ms = app_mono_ms(app);
	if (app_link_pause_ms(app) == 0)
		app->link_mono_ms = now_ms;
	unsigned turns = link_step(app->link, app->live, now_ms, take, app);
	look_at_link(app, turns);
	alarm_step(app, turns);
	look_at_silence(app);
	app->quit |= leave_is_due(app);
	if (app->trails && app_mono_ms(app) - app->key_mono_ms >= APP_TRAIL_MS)
		app->dirty = true;
	look_at_toast(app);
}

static int sooner(int a, int64_t b)
{
	if (b < 0)
		return a;
	int capped = b > 3600000 ? 3600000 : (int)b;
	return a < 0 || capped < a ? capped : a;
}

/* An engine that runs answers at once: one full frame instead of an empty one and a full one. */
static int64_t first_frame_wait_ms(const struct app *app)
{
	enum link_state state = link_state(app->link);
	bool comes = state == LINK_MEETING || state == LINK_ATTACHED;
	if (app->painted || !comes || link_turn_wall_ms(app->link))
		return 0;
	int64_t left_ms = app->start_mono_ms + APP_FIRST_MS - app_mono_ms(app);
	return left_ms > 0 ? left_ms : 0;
}

static int64_t trail_left_ms(const struct app *app)
{
	int64_t left_ms = app->key_mono_ms + APP_TRAIL_MS - app_mono_ms(app);
	return left_ms > 0 ? left_ms : 0;
}

/* Until the engine counts as silent, or its silence is a second longer; -1: no turn was ever marked. */
static int64_t silence_left_ms(const struct app *app, int64_t now_ms)
{
	if (!link_turn_wall_ms(app->link))
		return -1;
	int64_t age_ms = link_turn_age_ms(app->link, now_ms);
	int64_t next_ms = app->silent ? (app->silent_s + 1) * 1000 : LINK_SILENT_MS + 1;
	return next_ms > age_ms ? next_ms - age_ms : 0;
}

int app_timeout_ms(const struct app *app)
{
	int64_t now_ms = app_mono_ms(app);
	int timeout = link_timeout_ms(app->link, now_ms);
	if (first_frame_wait_ms(app))
		return sooner(timeout, first_frame_wait_ms(app));
	if (app->dirty)
		timeout = sooner(timeout, 0);
	if (app->trails)
		timeout = sooner(timeout, trail_left_ms(app));
	if (app->dirty_data) {
		int64_t due = app->data_mono_ms + APP_DATA_MS - now_ms;
		timeout = sooner(timeout, due > 0 ? due : 0);
	}
	if (app->toast.until_ms)
		timeout = sooner(
			timeout, app->toast.until_ms > now_ms ? app->toast.until_ms - now_ms : 0);
	timeout = sooner(timeout, alarm_left_ms(app));
	return sooner(timeout, silence_left_ms(app, now_ms));
}

bool app_owes_frame(const struct app *app)
{
	return app->dirty || app->dirty_data;
}

void app_paint(struct app *app)
{
	int64_t now_ms = app_mono_ms(app);
	bool due = app->dirty || (app->dirty_data && now_ms - app->data_mono_ms >= APP_DATA_MS);
	if (!due || first_frame_wait_ms(app) || !term_can_present(app->term))
		return;
	app->painted = true;
	picture_update(app);
	picture_draw(app, app->grid);
	term_present(app->term, app->grid);
	alarm_sound(app);
	for (struct overlay *overlay = app->overlay; overlay; overlay = overlay->below)
		overlay->painted = true;
	app->dirty = app->dirty_data = false;
	app->data_mono_ms = now_ms;
}
