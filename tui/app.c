/* SPDX-License-Identifier: MIT */
/* The turn: events, the link, time. What a picture is made of is in picture.c. */
#include "tui/app.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "core/conf/settings.h"
#include "tui/hand_over.h"
#include "tui/panes/bots.h"
#include "tui/panes/logs_save.h"
#include "tui/past.h"
#include "tui/picture.h"
#include "tui/leave.h"

static void add_parts(struct app *app)
{
	app->parts = xcalloc(links_count(app->links), sizeof(*app->parts));
	for (size_t i = 0; i < links_count(app->links); i++)
		for (int id = 1; id < WINDOW_COUNT; id++)
			window_init(&app->parts[i][id], (enum window_id)id);
	for (int id = 1; id < WINDOW_COUNT; id++)
		app->windows[id].epoch = UINT_MAX; /* of no link */
}

static void free_windows(struct app *app)
{
	for (int id = 1; id < WINDOW_COUNT; id++) {
		window_release(&app->windows[id]);
		for (size_t i = 0; app->parts && i < links_count(app->links); i++)
			window_release(&app->parts[i][id]);
	}
	free(app->parts);
}

struct app *app_new(const struct clock *clock, const struct settings *settings, struct term *term,
	struct links *links)
{
	struct app *app = xcalloc(1, sizeof(*app));
	app->clock = clock;
	app->settings = settings;
	app->term = term;
	app->links = links;
	app->live = links_model_edit(links);
	app->now_ms = clock_wall_ms(clock);
	app->own_cpu = NAN;
	app->key_mono_ms = app->interrupt_mono_ms = app->data_mono_ms = INT64_MIN / 2;
	for (size_t i = 0; i < LINKS_MAX; i++)
		app->engines[i] =
			(struct app_engine){.now_ms = app->now_ms, .link_mono_ms = INT64_MIN / 2};
	app->start_mono_ms = clock_mono_ms(clock);
	app->hold_mono_ms = app->start_mono_ms + APP_FIRST_MS;
	app->figures = figures_new(settings);
	alarm_init(&app->alarm, settings);
	keymap_init(&app->keymap);
	views_init(&app->views);
	for (int id = 1; id < WINDOW_COUNT; id++)
		window_init(&app->windows[id], (enum window_id)id);
	if (app_is_many(app))
		add_parts(app);
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct pane *pane = pane_of((enum pane_id)id);
		app->view[id] = xcalloc(1, pane->view_size);
		if (pane->init)
			pane->init(app->view[id]);
	}
	app->recalled = link_is_recalled(links_at(links, 0));
	app_read_clocks(app);
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
	past_free(app);
	hand_over_free(app->hand_over);
	free_views(app);
	free_windows(app);
	links_free(app->links);
	model_free(app->frozen);
	figures_free(app->figures);
	alarm_release(&app->alarm);
	keymap_release(&app->keymap);
	history_release(&app->commands);
	history_release(&app->filters);
	history_release(&app->reasons);
	history_release(&app->times);
	history_release(&app->queries);
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

/* A step of the cursor in Bots changes that pane, Detail, the lines at the edges, and nothing else. */
static bool only_moves(const struct app *app, const struct command *command)
{
	return command->run == command_move && !app->overlay && !app->toast.until_ms &&
	       app_pane(app) == &pane_bots;
}

static void run_binding(struct app *app, const struct binding *binding)
{
	bool was_dirty = app->dirty, moves = only_moves(app, binding->command);
	command_run(app, binding->command, binding->args);
	app->dirty = was_dirty || !moves || app->toast.until_ms;
	app->moved |= moves;
}

static void on_key(struct app *app, keycode key)
{
	app->key_mono_ms = app_mono_ms(app);
	app->recalled = false;
	if (deaf(app->overlay)) {
		app->dirty = true;
		return;
	}
	enum scope scope =
		app->overlay ? app->overlay->scope : (enum scope)views_now(&app->views)->focus;
	const struct binding *binding = keymap_find(&app->keymap, scope, key);
	if (binding) {
		run_binding(app, binding);
		return;
	}
	app->dirty = true;
	type(app, key);
}

/* Pasted text is text for a line, and never a key. */
static void on_paste(struct app *app, const char *text, size_t length)
{
	struct overlay *overlay = app->overlay;
	struct prompt *prompt =
		overlay && overlay->ops->prompt ? overlay->ops->prompt(overlay) : NULL;
	app->key_mono_ms = app_mono_ms(app);
	app->recalled = false;
	if (deaf(overlay))
		return;
	if (!prompt)
		app_toast(app, false, "pasted text is ignored: open a line for it first (: or /)");
	else if (prompt_insert(prompt, text, length) && overlay->ops->changed)
		overlay->ops->changed(app, overlay);
}

void app_event(struct app *app, const struct term_event *event)
{
	switch (event->type) {
	case TERM_EVENT_KEY:
		on_key(app, event->key);
		return;
	case TERM_EVENT_PASTE:
		on_paste(app, event->text, event->length);
		break;
	case TERM_EVENT_RESIZE:
		app->recalled &=
			event->rows == app->grid->rows && event->columns == app->grid->columns;
		grid_resize(app->grid, event->rows, event->columns);
		break;
	case TERM_EVENT_LOST:
		app->quit = true;
		break;
	}
	app->dirty = true;
}

/* ---- the engine ---- */

/* Answers of all kinds carry the request's number as their first field. */
static void take_answer(struct app *app, size_t link, enum msg_kind kind, const void *body)
{
	uint64_t req = *(const uint64_t *)body;
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++) {
		if (app->requests[i].req != req || app->requests[i].link != link)
			continue;
		reply_take *take = app->requests[i].take;
		bool more = kind == MSG_seek && !((const struct msg_seek *)body)->done;
		if (!more)
			app->requests[i].req = 0;
		app->answerer = link;
		app->answers = true;
		take(app, req, kind, body);
		app->answers = false;
		app->dirty = true;
		return;
	}
}

static void take(void *context, size_t link, enum msg_kind kind, const void *body)
{
	struct app *app = context;
	if (kind == MSG_win_rows)
		app->dirty_news |= parts_take(app, link, kind, body);
	else if (kind == MSG_win_points)
		app->dirty_data |= parts_take(app, link, kind, body);
	else if (kind == MSG_plan || kind == MSG_accepted || kind == MSG_answer ||
		 kind == MSG_seek || kind == MSG_line)
		take_answer(app, link, kind, body);
	else if (kind == MSG_past)
		past_hear(app, link, body);
}

/* Whoever waits for an answer of this engine hears that none will come. */
static void fail_requests(struct app *app, size_t link)
{
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++) {
		uint64_t req = app->requests[i].req;
		if (!req || app->requests[i].link != link)
			continue;
		app->requests[i].req = 0;
		app->answerer = link;
		app->requests[i].take(app, req, MSG_none, NULL);
	}
}

void app_fail_requests(struct app *app)
{
	for (size_t i = 0; i < links_count(app->links); i++)
		fail_requests(app, i);
}

static void look_at_link(struct app *app, size_t index)
{
	struct app_engine *engine = &app->engines[index];
	const struct link *link = links_at(app->links, index);
	enum link_state state = link_state(link);
	if (state != engine->link_state || link_epoch(link) != engine->epoch) {
		fail_requests(app, index);
		if (app->settings->record_file && state == LINK_ATTACHED && !link_started(link))
			app_toast(app, true,
				"the engine ran already: it does not record to %s; begin with "
				"botswain serve --record",
				app->settings->record_file);
		engine->epoch = link_epoch(link);
		engine->link_state = state;
		if (state == LINK_ATTACHED)
			app->hold_mono_ms = app_mono_ms(app) + APP_FIRST_MS;
		app->dirty = true;
	}
	if (strcmp(engine->link_why, link_why(link)) != 0) {
		copy_text(engine->link_why, sizeof(engine->link_why), link_why(link));
		app->dirty = true;
	}
}

static void look_at_silence(struct app *app, size_t index)
{
	struct app_engine *engine = &app->engines[index];
	const struct link *link = links_at(app->links, index);
	int64_t age_ms = link_turn_age_ms(link, app_mono_ms(app));
	bool silent = link_turn_wall_ms(link) && age_ms > LINK_SILENT_MS;
	int64_t silent_s = silent ? age_ms / 1000 : 0;
	if (silent != engine->silent || silent_s != engine->silent_s)
		app->dirty = true;
	engine->silent = silent;
	engine->silent_s = silent_s;
}

/* The picture's own clock is that of the first engine which speaks: one that comes back takes it over. In the past it is that
 * of the engine which leads. */
void app_read_clocks(struct app *app)
{
	size_t first = LINKS_MAX;
	for (size_t i = 0; i < links_count(app->links); i++) {
		struct app_engine *engine = &app->engines[i];
		int64_t wall_ms = link_turn_wall_ms(links_at(app->links, i));
		if (wall_ms)
			engine->now_ms = wall_ms;
		bool leads = first == LINKS_MAX || i == past_lead(app);
		if (wall_ms && !engine->silent && leads)
			first = i;
	}
	if (first < LINKS_MAX)
		app->now_ms = app->engines[first].now_ms - app->engines[first].skew_ms;
}

/* How far an engine's clock goes before that of the first that ever spoke. A correction stands until it is
 * wrong by seconds: event keys are made of it. Where recordings stand says nothing of clocks. */
static void look_at_clock(struct app *app, size_t index, int64_t now_ms)
{
	size_t first = 0;
	while (first < index && !link_turn_wall_ms(links_at(app->links, first)))
		first++;
	const struct link *link = links_at(app->links, index), *other = links_at(app->links, first);
	if (!link_turn_wall_ms(link) || past_is_shown(app))
		return;
	int64_t *skew_ms = &app->engines[index].skew_ms;
	int64_t found_ms = link_turn_wall_ms(link) + link_turn_age_ms(link, now_ms) -
			   link_turn_wall_ms(other) - link_turn_age_ms(other, now_ms);
	if (llabs(found_ms - *skew_ms) >= APP_SKEW_MS)
		*skew_ms = llabs(found_ms) < APP_SKEW_MS ? 0 : found_ms;
}

/* The first turn of an attachment is all that its engine knows: no part of a picture that is there can wait for its time. */
static void look_at_first_turn(struct app *app, size_t index)
{
	struct app_engine *engine = &app->engines[index];
	app->dirty |= engine->heard_epoch != engine->epoch;
	engine->heard_epoch = engine->epoch;
}

static void look_at_engines(struct app *app, uint32_t turned)
{
	bool any = false, silent = true;
	for (size_t i = 0; i < links_count(app->links); i++) {
		look_at_link(app, i);
		look_at_silence(app, i);
		if (turned >> i & 1) {
			look_at_clock(app, i, app_mono_ms(app));
			look_at_first_turn(app, i);
		}
		if (!link_turn_wall_ms(links_at(app->links, i)))
			continue;
		any = true;
		silent = silent && app->engines[i].silent;
	}
	app->silent = any && silent;
	if (turned && !app->frozen) {
		app_read_clocks(app);
		app->dirty_data = true;
	}
}

static bool is_refused(const struct app *app, const struct command *command)
{
	autostr struct str why = STR_INIT;
	return !command_ready(app, command, &why);
}

/* Its time is over, the result stands where it was announced, or what could not be done can be. */
static void look_at_toast(struct app *app)
{
	const struct msg_operation *operation = model_operation(app->live, app->toast_operation);
	int64_t said = app->toast.until_ms;
	if (operation && operation->ended_ms) {
		toast_dismiss(&app->toast);
		app->toast_operation = 0;
	}
	if (app->toast_refused && !is_refused(app, app->toast_refused)) {
		toast_dismiss(&app->toast);
		app->toast_refused = NULL;
	}
	(void)toast_due_ms(&app->toast, app_mono_ms(app));
	if (app->toast.until_ms != said)
		app->dirty = true;
}

static bool awaits_answer(const struct app *app, size_t index)
{
	const struct link *link = links_at(app->links, index);
	if (!link_turn_wall_ms(link) || link_state(link) != LINK_ATTACHED || app->dirty ||
		past_waits(app))
		return true;
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++)
		if (app->requests[i].req && app->requests[i].link == index)
			return true;
	for (int id = 1; id < WINDOW_COUNT; id++)
		if (app->windows[id].asked && !(app->windows[id].answered && app->windows[id].done))
			return true;
	return false;
}

/* Milliseconds until a link should be read; 0: as soon as it is ready. While the picture is held that can wait, unless for
 * an answer: it is the engine that paces what it says (FEED_SCREEN_GAP_MS). */
static int link_pause_ms(const struct app *app, size_t index)
{
	int64_t left_ms = app->engines[index].link_mono_ms + APP_READ_MS - app_mono_ms(app);
	return left_ms <= 0 || !app->frozen || awaits_answer(app, index) ? 0 : (int)left_ms;
}

size_t app_poll(const struct app *app, struct pollfd *slots, int *timeout_ms)
{
	size_t count = links_count(app->links);
	for (size_t i = 0; i < count; i++) {
		int pause_ms = link_pause_ms(app, i);
		slots[i] = link_poll(links_at(app->links, i));
		if (pause_ms <= 0 || slots[i].events & POLLOUT)
			continue;
		slots[i].fd = -1;
		if (*timeout_ms < 0 || pause_ms < *timeout_ms)
			*timeout_ms = pause_ms;
	}
	return count + past_poll(app, slots + count, timeout_ms);
}

void app_step(struct app *app)
{
	int64_t now_ms = app_mono_ms(app);
	uint32_t now_turned = past_turn(app);
	for (size_t i = 0; i < links_count(app->links); i++)
		if (link_pause_ms(app, i) == 0)
			app->engines[i].link_mono_ms = now_ms;
	uint32_t turned = links_step(app->links, now_ms, take, app);
	look_at_engines(app, turned);
	if (turned && app_mono_ms(app) < app->hold_mono_ms)
		picture_update(app); /* it asks for what the first full frame shows */
	alarm_step(app, past_is_shown(app) ? now_turned : turned); /* what was is no news */
	app->quit |= leave_is_due(app);
	if (app->trails && app_mono_ms(app) - app->key_mono_ms >= APP_TRAIL_MS)
		app->dirty = true;
	logs_save_step(app);
	look_at_toast(app);
}

static int sooner(int a, int64_t b)
{
	if (b < 0)
		return a;
	int capped = b > 3600000 ? 3600000 : (int)b;
	return a < 0 || capped < a ? capped : a;
}

/* What is counted of all lines may take long, and has its place in the picture: rows are what is waited for. */
static bool is_waited_for(const struct window *window)
{
	return window->asked && !window->answered && window->id < WINDOW_CHART;
}

/* The state of one that is there, or what was asked of it with that. */
static bool first_words_come(const struct app *app)
{
	bool any = false;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct link *link = links_at(app->links, i);
		enum link_state state = link_state(link);
		if (!link_turn_wall_ms(link) && (state == LINK_MEETING || state == LINK_ATTACHED))
			return true;
		any |= state == LINK_ATTACHED;
	}
	for (int id = 1; any && id < WINDOW_COUNT; id++)
		if (is_waited_for(&app->windows[id]))
			return true;
	return false;
}

/* What was known before the engine is painted at once; what one that has just begun says comes in one picture, in its time. */
static int64_t second_frame_wait_ms(const struct app *app)
{
	int64_t left_ms = app->start_mono_ms + app->settings->screen_interval_ms - app_mono_ms(app);
	return app->data_mono_ms >= app->start_mono_ms && left_ms > 0 ? left_ms : 0;
}

/* An engine that runs answers at once: one full frame instead of an empty one and a full one. */
static int64_t first_frame_wait_ms(const struct app *app)
{
	int64_t left_ms = app->hold_mono_ms - app_mono_ms(app);
	if (app->recalled)
		return second_frame_wait_ms(app);
	return left_ms > 0 && first_words_come(app) ? left_ms : 0;
}

static int64_t trail_left_ms(const struct app *app)
{
	int64_t left_ms = app->key_mono_ms + APP_TRAIL_MS - app_mono_ms(app);
	return left_ms > 0 ? left_ms : 0;
}

/* Until the engine counts as silent, or its silence is a second longer; -1: no turn was ever marked. */
static int64_t silence_left_ms(const struct app *app, size_t index, int64_t now_ms)
{
	const struct app_engine *engine = &app->engines[index];
	const struct link *link = links_at(app->links, index);
	if (!link_turn_wall_ms(link))
		return -1;
	int64_t age_ms = link_turn_age_ms(link, now_ms);
	int64_t next_ms = engine->silent ? (engine->silent_s + 1) * 1000 : LINK_SILENT_MS + 1;
	return next_ms > age_ms ? next_ms - age_ms : 0;
}

static int links_timeout_ms(const struct app *app, int64_t now_ms)
{
	int timeout = -1;
	for (size_t i = 0; i < links_count(app->links); i++)
		timeout = sooner(timeout, link_timeout_ms(links_at(app->links, i), now_ms));
	return timeout;
}

int app_timeout_ms(const struct app *app)
{
	int64_t now_ms = app_mono_ms(app);
	int timeout = links_timeout_ms(app, now_ms);
	if (first_frame_wait_ms(app))
		return sooner(timeout, first_frame_wait_ms(app));
	if (app->dirty || app->dirty_news || app->moved)
		timeout = sooner(timeout, 0);
	if (app->trails)
		timeout = sooner(timeout, trail_left_ms(app));
	if (app->dirty_data) {
		int64_t due = app->data_mono_ms + app->settings->screen_interval_ms - now_ms;
		timeout = sooner(timeout, due > 0 ? due : 0);
	}
	if (app->toast.until_ms)
		timeout = sooner(
			timeout, app->toast.until_ms > now_ms ? app->toast.until_ms - now_ms : 0);
	for (size_t i = 0; i < links_count(app->links); i++)
		timeout = sooner(timeout, silence_left_ms(app, i, now_ms));
	timeout = sooner(timeout, logs_save_wait_ms(app));
	return sooner(timeout, alarm_left_ms(app));
}

bool app_owes_frame(const struct app *app)
{
	return app->dirty || app->dirty_data || app->dirty_news || app->moved;
}

/* All of it; or, after no more than a step of the cursor, what that changes: then new state still waits for its time. */
static void draw(struct app *app, bool whole)
{
	picture_update(app);
	if (whole || !picture_draw_moved(app, app->grid))
		picture_draw(app, app->grid);
	app->moved = false;
	if (!whole)
		return;
	app->dirty = app->dirty_data = app->dirty_news = false;
	app->data_mono_ms = app_mono_ms(app);
}

static bool whole_is_due(const struct app *app)
{
	bool is_old = app_mono_ms(app) - app->data_mono_ms >= app->settings->screen_interval_ms;
	return app->dirty || app->dirty_news || (app->dirty_data && is_old);
}

bool app_frame_is_due(const struct app *app)
{
	return whole_is_due(app) || app->moved;
}

void app_paint(struct app *app)
{
	bool whole = whole_is_due(app);
	if ((!whole && !app->moved) || first_frame_wait_ms(app) || !term_can_present(app->term))
		return;
	draw(app, whole);
	term_present(app->term, app->grid);
	alarm_sound(app);
	for (struct overlay *overlay = app->overlay; overlay; overlay = overlay->below)
		overlay->painted = true;
}
