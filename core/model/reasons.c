/* SPDX-License-Identifier: MIT */
/*
 * One pair of functions a row of reasons.def: whether it holds, and its sentence with the time since
 * when it does (SINCE_KEPT: since it was first seen to hold; SINCE_NONE: an age would say nothing).
 */
#include "core/model/internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/model/reasons.h"

enum { WORDS_MAX = 60 }; /* bytes of somebody else's sentence in ours */

static int64_t say(struct str *text, const char *words, int64_t since_ms)
{
	str_adds(text, words);
	return since_ms;
}

/* ---- process ---- */

static bool process_is(const struct view *view, const char *state)
{
	return view->process_fresh && is_word(view->bot->proc_state, state);
}

static bool when_restart_loop(const struct view *view)
{
	return view->limits->restart_limit && view->bot->restarts >= view->limits->restart_limit;
}
static int64_t say_restart_loop(const struct view *view, struct str *text)
{
	str_addf(text, "restarts x%" PRIu64 " in %s", view->bot->restarts,
		format_age(view->limits->restart_window_ms).text);
	return SINCE_KEPT;
}

static bool when_process_fatal(const struct view *view)
{
	return process_is(view, "fatal");
}
static int64_t say_process_fatal(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "supervisor gave up on it", SINCE_KEPT);
}

static bool when_process_backoff(const struct view *view)
{
	return process_is(view, "backoff");
}
static int64_t say_process_backoff(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "dies at every start", SINCE_KEPT);
}

static bool when_process_stopped(const struct view *view)
{
	return process_is(view, "stopped");
}
static int64_t say_process_stopped(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "stopped, though enabled", SINCE_KEPT);
}

static bool when_process_paused(const struct view *view)
{
	return process_is(view, "paused") || (view->running && view->bot->proc_held);
}
static int64_t say_process_paused(const struct view *view, struct str *text)
{
	return say(text,
		view->running ? "stopped by a signal (SIGSTOP)" : "paused by its supervisor",
		SINCE_KEPT);
}

static bool when_process_gone(const struct view *view)
{
	return process_is(view, "absent") && view->bot->proc_fails >= view->limits->fails_down;
}
static int64_t say_process_gone(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "process gone", SINCE_KEPT);
}

static bool when_process_late(const struct view *view)
{
	return process_is(view, "absent") && !when_process_gone(view);
}
static int64_t say_process_late(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "process not seen", SINCE_KEPT);
}

static bool when_process_stale(const struct view *view)
{
	return view->has_process && view->bot->proc_at_ms > 0 && !view->process_fresh;
}
static int64_t say_process_stale(const struct view *view, struct str *text)
{
	return say(text, "process not looked at", view->bot->proc_at_ms);
}

static bool when_process_unknown(const struct view *view)
{
	bool never = view->has_process && !view->bot->proc_at_ms && view->grown;
	return never || process_is(view, "unknown");
}
static int64_t say_process_unknown(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "process unknown", SINCE_KEPT);
}

/* Its process says it; without one, its heartbeat. */
static bool when_unwanted(const struct view *view)
{
	return view->has_process ? view->running : view->beating;
}
static int64_t say_unwanted(const struct view *view, struct str *text)
{
	return say(text, "runs, but is disabled", view->running ? view->bot->proc_start_ms : 0);
}

static bool when_disabled(const struct view *view)
{
	return !when_unwanted(view);
}
static int64_t say_disabled(const struct view *view, struct str *text)
{
	const char *by = view->bot->enabled_by;
	str_addf(text, "disabled%s%.*s", by && *by ? " in " : "", WORDS_MAX, by ? by : "");
	return SINCE_NONE; /* nobody says since when */
}

static bool when_halted(const struct view *view)
{
	return view->halted;
}
static int64_t say_halted(const struct view *view, struct str *text)
{
	const char *by = view->bot->halted_by, *why = view->bot->halted_why;
	str_addf(text, "stopped by %.*s", WORDS_MAX, by && *by ? by : "?");
	if (!why || !*why)
		return view->bot->halted_ms;
	str_adds(text, ": ");
	str_add(text, why, utf8_cut(why, strlen(why), (size_t)2 * WORDS_MAX));
	return view->bot->halted_ms;
}

/* ---- heartbeat ---- */

bool beat_is_over(const struct view *view)
{
	return view->heartbeat_fresh && view->dated && view->bot->hb_at_ms > 0 &&
	       view->heartbeat_age_ms > view->limits->heartbeat_late_ms;
}

static bool when_heartbeat_lost(const struct view *view)
{
	return view->running && beat_is_over(view);
}
static int64_t say_heartbeat_lost(const struct view *view, struct str *text)
{
	return say(text,
		view->bot->proc_held ? "no heartbeat: it is stopped (SIGSTOP)" : "no heartbeat",
		view->bot->hb_at_ms);
}

static bool when_heartbeat_gone(const struct view *view)
{
	return !view->running && beat_is_over(view);
}
static int64_t say_heartbeat_gone(const struct view *view, struct str *text)
{
	return say(text, when_process_paused(view) ? "paused, no heartbeat" : "no heartbeat",
		view->bot->hb_at_ms);
}

/* Redis was silent, and this is the bot's time to be seen again: neither well nor lost. */
static bool when_heartbeat_awaited(const struct view *view)
{
	return view->spared && (view->overdue || view->silent);
}
static int64_t say_heartbeat_awaited(const struct view *view, struct str *text)
{
	return say(text, "heartbeat awaited again", view->bot->hb_watch_ms);
}

/* A process that has not beaten since its start is given its time in silence. */
static bool when_heartbeat_late(const struct view *view)
{
	const struct msg_bot *bot = view->bot;
	return view->heartbeat_fresh && is_word(bot->hb_state, "missing") && bot->hb_at_ms > 0 &&
	       bot->hb_at_ms >= (view->running ? bot->proc_start_ms : 0) && !beat_is_over(view) &&
	       !when_heartbeat_awaited(view);
}
static int64_t say_heartbeat_late(const struct view *view, struct str *text)
{
	return say(text, "heartbeat late", view->bot->hb_at_ms);
}

static int64_t waiting_since(const struct view *view)
{
	int64_t since_ms = view->bot->added_ms, start_ms = view->bot->proc_start_ms;
	if (view->running && start_ms > since_ms)
		since_ms = start_ms;
	return view->bot->hb_watch_ms > since_ms ? view->bot->hb_watch_ms : since_ms;
}

bool beat_never_came(const struct view *view)
{
	return view->heartbeat_fresh && is_word(view->bot->hb_state, "missing") &&
	       !view->bot->hb_at_ms &&
	       view_is_past(view, waiting_since(view), view->limits->heartbeat_late_ms);
}

bool beat_is_unseen(const struct view *view)
{
	return view->heartbeat_fresh && is_word(view->bot->hb_state, "missing") &&
	       !view->bot->hb_at_ms && !beat_never_came(view);
}

/* That a process which is known not to run has never beaten is no news: its own reason says it. */
static bool may_beat(const struct view *view)
{
	return !process_is(view, "absent") && !process_is(view, "stopped") &&
	       !process_is(view, "fatal") && !process_is(view, "backoff");
}

static bool when_heartbeat_never(const struct view *view)
{
	return beat_never_came(view) && may_beat(view);
}
static int64_t say_heartbeat_never(const struct view *view, struct str *text)
{
	return say(text, "no heartbeat seen", waiting_since(view));
}

/* It may have hung long before anybody looked: neither well nor lost. */
static bool when_heartbeat_unseen(const struct view *view)
{
	return beat_is_unseen(view) && may_beat(view) && !when_heartbeat_awaited(view);
}
static int64_t say_heartbeat_unseen(const struct view *view, struct str *text)
{
	return say(text, "heartbeat not seen yet", waiting_since(view));
}

static bool when_heartbeat_stale(const struct view *view)
{
	return view->has_heartbeat && view->bot->hb_seen_ms > 0 && !view->heartbeat_fresh;
}
static int64_t say_heartbeat_stale(const struct view *view, struct str *text)
{
	if (redis_is_unsaid(view)) {
		(void)say_redis_failing(view, text);
		str_adds(text, ", ");
	}
	return say(text, "heartbeat not looked at", view->bot->hb_seen_ms);
}

static bool when_heartbeat_undated(const struct view *view)
{
	return view->heartbeat_fresh && !view->dated;
}
static int64_t say_heartbeat_undated(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "heartbeat key has no TTL", SINCE_NONE);
}

/* When Redis is silent nothing is known of its workers. */
static bool when_worker_silent(const struct view *view)
{
	return !when_heartbeat_stale(view) && !view->spared && view->silent;
}
static int64_t say_worker_silent(const struct view *view, struct str *text)
{
	const struct msg_worker_seen *worker = view->silent;
	str_addf(text, "worker %.20s silent", worker->id ? worker->id : "?");
	return worker->seen_ms ? worker->seen_ms : SINCE_KEPT;
}

/* ---- Telegram ---- */

static bool when_token_rejected(const struct view *view)
{
	return view->asked && is_word(view->bot->tg_state, "rejected");
}
static int64_t say_token_rejected(const struct view *view, struct str *text)
{
	const char *error = view->bot->tg_error ? view->bot->tg_error : "";
	if (!*error || starts_with(error, "Unauthorized"))
		return say(text, "token rejected (401)", SINCE_KEPT);
	str_addf(text, "token rejected: %.*s", WORDS_MAX, error);
	return SINCE_KEPT;
}

/* A file that is missing, or that others can read: the error says which, and what to do. */
static bool when_token_unreadable(const struct view *view)
{
	return view->asked && is_word(view->bot->tg_state, "no_token");
}
static int64_t say_token_unreadable(const struct view *view, struct str *text)
{
	const char *error = view->bot->tg_error ? view->bot->tg_error : "";
	str_adds(text, "no token: ");
	str_add(text, error, utf8_cut(error, strlen(error), (size_t)2 * WORDS_MAX));
	return SINCE_KEPT;
}

static bool when_limited(const struct view *view)
{
	int64_t left_ms = view->bot->retry_until_ms - view->now_ms;
	if (!view->asked || left_ms <= 0)
		return false;
	view_changes_in(view, (left_ms - 1) % 1000 + 1); /* the seconds of the sentence */
	return true;
}
static int64_t say_limited(const struct view *view, struct str *text)
{
	int64_t left_s = (view->bot->retry_until_ms - view->now_ms + 999) / 1000;
	if (left_s < 60)
		str_addf(text, "429, asked again in %" PRId64 "s", left_s);
	else
		str_addf(text, "429, asked again in %s", format_duration(left_s * 1000).text);
	return SINCE_NONE;
}

static bool failed_twice(const struct view *view, const char *state)
{
	return view->asked && is_word(view->bot->tg_state, state) &&
	       view->bot->tg_fails >= view->limits->source_fails;
}

/* The alert and Detail name the host; a row has room for the cause. */
static const char *without_host(const char *error)
{
	const char *end = error && starts_with(error, "cannot reach ") ? strstr(error, ": ") : NULL;
	return end ? end + 2 : error;
}

static bool when_api_unreachable(const struct view *view)
{
	return failed_twice(view, "unreachable");
}
static int64_t say_api_unreachable(const struct view *view, struct str *text)
{
	str_adds(text, "API unreachable: ");
	shorten_error(text, without_host(view->bot->tg_error));
	return view->bot->tg_at_ms ? view->bot->tg_at_ms : SINCE_KEPT;
}

static bool when_api_error(const struct view *view)
{
	return failed_twice(view, "error");
}
static int64_t say_api_error(const struct view *view, struct str *text)
{
	str_adds(text, "API error: ");
	shorten_error(text, view->bot->tg_error);
	return view->bot->tg_at_ms ? view->bot->tg_at_ms : SINCE_KEPT;
}

/* What was answered last, and that a try failed since, say nothing of now. */
static bool when_telegram_stale(const struct view *view)
{
	const struct msg_bot *bot = view->bot;
	bool failed_once =
		bot->tg_fails < view->limits->source_fails &&
		(is_word(bot->tg_state, "unreachable") || is_word(bot->tg_state, "error"));
	return view->by_api && bot->tg_at_ms > 0 && !view->telegram_fresh &&
	       (is_word(bot->tg_state, "ok") || failed_once);
}
static int64_t say_telegram_stale(const struct view *view, struct str *text)
{
	return say(text, "no answer from Telegram", view->bot->tg_at_ms);
}

static bool when_token_unchecked(const struct view *view)
{
	return view->asked && is_word(view->bot->tg_state, "checking") && view->grown;
}
static int64_t say_token_unchecked(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "token not checked yet", SINCE_NONE);
}

/* ---- webhook and backlog ---- */

static bool backlog_is_known(const struct view *view)
{
	return view->by_api && view->telegram_fresh && view->bot->pending >= 0;
}

static bool backlog_is_high(const struct view *view)
{
	return backlog_is_known(view) && view->bot->pending >= view->limits->pending_limit;
}

static bool webhook_fails(const struct view *view)
{
	const struct msg_bot *bot = view->bot;
	return view->by_api && bot->webhook_errors > 0 &&
	       view_is_within(view, bot->webhook_error_at_ms, view->limits->webhook_window_ms);
}

static bool when_webhook_failing(const struct view *view)
{
	return webhook_fails(view) && backlog_is_high(view);
}
static int64_t say_webhook_error(const struct view *view, struct str *text)
{
	const struct msg_bot *bot = view->bot;
	str_adds(text, "webhook ");
	shorten_error(text, bot->webhook_error);
	if (bot->webhook_errors > 1)
		str_addf(text, " x%" PRIu64, bot->webhook_errors);
	return bot->webhook_errors_since_ms ? bot->webhook_errors_since_ms
					    : bot->webhook_error_at_ms;
}
static int64_t say_webhook_failing(const struct view *view, struct str *text)
{
	return say_webhook_error(view, text); /* the backlog has a column of its own */
}

static bool when_webhook_error(const struct view *view)
{
	return webhook_fails(view) && !when_webhook_failing(view);
}

static bool when_webhook_missing(const struct view *view)
{
	const char *url = view->bot->webhook_url;
	return is_word(view->bot->transport, "webhook") && backlog_is_known(view) &&
	       (!url || !*url);
}
static int64_t say_webhook_missing(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "no webhook is set", SINCE_KEPT);
}

static bool when_webhook_unexpected(const struct view *view)
{
	const char *url = view->bot->webhook_url;
	return is_word(view->bot->transport, "polling") && backlog_is_known(view) && url && *url;
}
static int64_t say_webhook_unexpected(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "polls, but a webhook is set", SINCE_KEPT);
}

static bool when_url_changed(const struct view *view)
{
	return view->by_api &&
	       view_is_within(view, view->bot->url_changed_ms, view->limits->url_window_ms);
}
static int64_t say_url_changed(const struct view *view, struct str *text)
{
	return say(text, "webhook URL changed", view->bot->url_changed_ms);
}

static bool when_backlog_rising(const struct view *view)
{
	return backlog_is_high(view) && view->bot->pending_rises >= view->limits->pending_rises;
}
static int64_t say_backlog_rising(const struct view *view, struct str *text)
{
	str_addf(text, "%" PRId64 " pending, rising", view->bot->pending);
	return SINCE_KEPT;
}

static bool is_falling(const struct view *view)
{
	return view->bot->pending_slope < 0; /* false for NaN */
}

static bool when_backlog_high(const struct view *view)
{
	return backlog_is_high(view) && !when_backlog_rising(view) && !is_falling(view);
}
static int64_t say_backlog_high(const struct view *view, struct str *text)
{
	str_addf(text, "%" PRId64 " pending", view->bot->pending);
	return SINCE_KEPT;
}

static bool when_backlog_falling(const struct view *view)
{
	return backlog_is_high(view) && !when_backlog_rising(view) && is_falling(view);
}
static int64_t say_backlog_falling(const struct view *view, struct str *text)
{
	str_addf(text, "%" PRId64 " pending, falling", view->bot->pending);
	return SINCE_KEPT;
}

static bool when_telegram_side(const struct view *view)
{
	return view->by_api &&
	       view_is_within(view, view->bot->sync_error_ms, view->limits->webhook_window_ms);
}
static int64_t say_telegram_side(const struct view *view, struct str *text)
{
	return say(text, "Telegram lost its own connection", view->bot->sync_error_ms);
}

/* A sharded bot's reports are those of its slowest worker. */
static bool when_slow(const struct view *view)
{
	return view->heartbeat_fresh && view->bot->slow_reports >= view->limits->slow_reports &&
	       view->bot->p95_ms > view->limits->slow_p95_ms;
}
static int64_t say_slow(const struct view *view, struct str *text)
{
	str_addf(text, "slow: p95 %.1fs", view->bot->p95_ms / 1000);
	return SINCE_KEPT;
}

/* ---- logs ---- */

static bool when_conflict(const struct view *view)
{
	return view->bot->conflicts > 0 &&
	       view_is_within(view, view->bot->conflict_ms, view->limits->conflict_window_ms);
}
static int64_t say_conflict(const struct view *view, struct str *text)
{
	(void)view;
	return say(text, "another poller takes its updates (409)", SINCE_KEPT);
}

static bool when_flood(const struct view *view)
{
	return view->bot->floods > 0 &&
	       view_is_within(view, view->bot->flood_ms, view->limits->flood_window_ms);
}
static int64_t say_flood(const struct view *view, struct str *text)
{
	str_adds(text, "429");
	if (view->bot->floods > 1)
		str_addf(text, " x%" PRIu64, view->bot->floods);
	str_adds(text, " in its log");
	return SINCE_KEPT;
}

static bool when_log_errors(const struct view *view)
{
	return view->bot->errors_per_min > 0;
}
static int64_t say_log_errors(const struct view *view, struct str *text)
{
	str_addf(text, "%s errors a minute", format_number(view->bot->errors_per_min).text);
	return SINCE_NONE;
}

/* ---- the console itself ---- */

static bool when_busy(const struct view *view)
{
	bool well = view->running && (view->beating || !view->has_heartbeat);
	return view->bot->busy_op && !well;
}
static int64_t say_busy(const struct view *view, struct str *text)
{
	if (view->bot->busy_by && *view->bot->busy_by)
		str_adds(text, view->bot->busy_by);
	else
		str_addf(text, "operation %" PRIu64 " works on it", view->bot->busy_op);
	return SINCE_KEPT;
}

/* clang-format off */
static const struct reason_row rows[] = {
#define REASON(name, s, st, from, p, l, w, text) \
	{.id = #name, .severity = SEVERITY_##s, .state = STATE_##st, .source = #from, .part = PART_##p, .loss = (l), \
		.when = WHEN_##w, .holds = when_##name, .say = say_##name, .help = (text)},
#include "core/model/reasons.def"
};
/* clang-format on */

const struct reason_row *reason_row_at(size_t index)
{
	return index < COUNT_OF(rows) ? &rows[index] : NULL;
}
