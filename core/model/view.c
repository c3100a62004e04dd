/* SPDX-License-Identifier: MIT */
/* What the reasons ask about a bot, worked out once. */
#include "core/model/internal.h"

#include <string.h>

bool is_word(const char *text, const char *word)
{
	return text && !strcmp(text, word);
}

void view_changes_in(const struct view *view, int64_t ms)
{
	if (view->left_ms && ms < *view->left_ms)
		*view->left_ms = ms;
}

bool view_is_past(const struct view *view, int64_t at_ms, int64_t limit_ms)
{
	bool is_past = view->now_ms - at_ms > limit_ms;
	if (!is_past)
		view_changes_in(view, at_ms + limit_ms - view->now_ms + 1);
	return is_past;
}

bool view_is_within(const struct view *view, int64_t at_ms, int64_t limit_ms)
{
	return at_ms > 0 && !view_is_past(view, at_ms, limit_ms);
}

static void look_at_process(struct view *view)
{
	const struct msg_bot *bot = view->bot;
	view->has_process =
		bot->proc_state && *bot->proc_state && !is_word(bot->proc_state, "not_configured");
	view->process_fresh = view->has_process &&
			      view_is_within(view, bot->proc_at_ms, view->limits->process_stale_ms);
	view->running = view->process_fresh && is_word(bot->proc_state, "running");
}

static const struct msg_worker_seen *silent_worker(const struct view *view)
{
	const struct msg_bot *bot = view->bot;
	const struct msg_worker_seen *worst = NULL;
	for (size_t i = 0; i < bot->workers_count; i++) {
		const struct msg_worker_seen *worker = &bot->workers[i];
		if (!view_is_within(view, worker->seen_ms, view->limits->worker_silent_ms) &&
			(!worst || worker->seen_ms < worst->seen_ms))
			worst = worker;
	}
	return worst;
}

/* A process that has not beaten since its start is given its time in silence. */
static bool is_overdue(const struct view *view, int64_t age_ms)
{
	const struct msg_bot *bot = view->bot;
	int64_t start_ms = view->running ? bot->proc_start_ms : 0;
	int64_t begun_ms = start_ms > bot->added_ms ? start_ms : bot->added_ms;
	bool missing = is_word(bot->hb_state, "missing");
	if (!bot->hb_at_ms)
		return missing && view_is_past(view, begun_ms, view->limits->heartbeat_late_ms);
	return bot->hb_at_ms < bot->hb_watch_ms &&
	       ((missing && bot->hb_at_ms >= start_ms) || age_ms > view->limits->heartbeat_late_ms);
}

/* The time in which nobody could look counts against no beat: from the moment that there is an answer
 * again it has as long as a beat may be old. */
static void spare_heartbeat(struct view *view)
{
	const struct msg_bot *bot = view->bot;
	int64_t age_ms = view->heartbeat_age_ms, watch_ms = bot->hb_seen_ms - bot->hb_watch_ms;
	if (!view->heartbeat_fresh || !view->dated || !bot->hb_watch_ms || watch_ms < 0)
		return;
	view->spared = watch_ms <= view->limits->heartbeat_late_ms;
	view->overdue = is_overdue(view, age_ms);
	view->heartbeat_age_ms = watch_ms < age_ms ? watch_ms : age_ms;
}

static void look_at_heartbeat(struct view *view)
{
	const struct msg_bot *bot = view->bot;
	bool missing = is_word(bot->hb_state, "missing");
	int64_t from_ms = bot->hb_at_ms;
	if (view->running && bot->proc_start_ms > from_ms)
		from_ms = bot->proc_start_ms; /* a new process has its own time to beat first */
	view->silent = silent_worker(view);
	view->has_heartbeat =
		bot->hb_state && *bot->hb_state && !is_word(bot->hb_state, "not_configured");
	view->heartbeat_fresh = view->has_heartbeat && view_is_within(view, bot->hb_seen_ms,
							       view->limits->heartbeat_stale_ms);
	view->dated = missing || is_word(bot->hb_state, "ok") || is_word(bot->hb_state, "late");
	view->heartbeat_age_ms = bot->hb_seen_ms - from_ms;
	view->beating = view->heartbeat_fresh && view->dated && !missing && bot->hb_at_ms > 0 &&
			view->heartbeat_age_ms <= view->limits->heartbeat_late_ms;
	spare_heartbeat(view);
}

static void look_at_telegram(struct view *view)
{
	const struct msg_bot *bot = view->bot;
	view->asked = bot->tg_state && *bot->tg_state && !is_word(bot->tg_state, "not_polled");
	view->telegram_fresh =
		view->asked && view_is_within(view, bot->tg_at_ms, view->limits->telegram_stale_ms);
	view->by_api = view->asked &&
		       (is_word(bot->transport, "polling") || is_word(bot->transport, "webhook"));
}

static void look_at_health(struct view *view)
{
	const struct msg_bot *bot = view->bot;
	view->has_health = bot->health_state && *bot->health_state &&
			   !is_word(bot->health_state, "not_configured");
	view->health_fresh = view->has_health &&
			     view_is_within(view, bot->health_at_ms, view->limits->health_stale_ms);
}

enum { LAST_WORDS_MS = 60000 }; /* what it still logs when it is stopped */

static bool is_halted(const struct view *view)
{
	const struct msg_bot *bot = view->bot;
	int64_t said_ms = bot->log_at_ms > bot->event_at_ms ? bot->log_at_ms : bot->event_at_ms;
	return bot->halted_ms > 0 && !view->running && said_ms <= bot->halted_ms + LAST_WORDS_MS;
}

struct view view_of(const struct msg_bot *bot, const struct verdict_limits *limits, int64_t now_ms,
	int64_t *left_ms)
{
	struct view view = {.bot = bot, .limits = limits, .now_ms = now_ms, .left_ms = left_ms};
	view.grown = view_is_past(&view, bot->added_ms, limits->grace_ms);
	look_at_process(&view);
	look_at_heartbeat(&view);
	look_at_telegram(&view);
	look_at_health(&view);
	view.alive = view.running || view.beating ||
		     (view.health_fresh && is_word(bot->health_state, "ok")) ||
		     view_is_within(&view, bot->log_at_ms, limits->worker_silent_ms) ||
		     view_is_within(&view, bot->event_at_ms, limits->worker_silent_ms);
	view.halted = is_halted(&view);
	return view;
}
