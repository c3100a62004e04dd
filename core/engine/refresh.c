/* SPDX-License-Identifier: MIT */
/*
 * What a bot shows that depends on the time: counts in windows, the age of a beat, and figures whose
 * observation is too old to be shown as if they were true now. Called on every judgement.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/digest.h"
#include "core/engine/halt.h"
#include "core/engine/internal.h"
#include "core/engine/recall.h"
#include "core/engine/sources.h"

/* In how many ms time alone may change a figure: the soonest of those that asked. */
static void note_left(int64_t *left_ms, int64_t ms)
{
	if (ms < *left_ms)
		*left_ms = ms;
}

static bool is_older(
	const struct engine *engine, int64_t mono_ms, int64_t limit_ms, int64_t *left_ms)
{
	if (mono_ms == NEVER || now_mono(engine) - mono_ms > limit_ms)
		return true;
	note_left(left_ms, mono_ms + limit_ms + 1 - now_mono(engine));
	return false;
}

static void refresh_process(const struct engine *engine, struct msg_bot *bot,
	const struct bot_facts *facts, int64_t *left_ms)
{
	int64_t since_ms = now_wall(engine) - engine->limits.restart_window_ms;
	bot->restarts = facts->starts ? times_since(facts->starts, since_ms) : 0;
	if (facts->starts)
		note_left(left_ms, times_left_ms(facts->starts, since_ms));
	if (is_older(engine, facts->process_mono_ms, engine->limits.process_stale_ms, left_ms)) {
		digest_end_silent(engine, digest_teller(facts->id, TELLER_PROCESS, ""));
		bot->cpu_percent = NAN;
		bot->rss_bytes = bot->fds = 0;
	}
}

static uint64_t count_of_episode(
	const struct engine *engine, struct episode *episode, int64_t window_ms, int64_t *left_ms)
{
	episode_expire(episode, window_ms, now_wall(engine));
	note_left(left_ms, episode_left_ms(episode, window_ms, now_wall(engine)));
	return episode->count;
}

static void refresh_telegram(
	const struct engine *engine, struct msg_bot *bot, struct bot_facts *facts, int64_t *left_ms)
{
	bot->webhook_errors = count_of_episode(
		engine, &facts->webhook, engine->limits.webhook_window_ms, left_ms);
	bot->webhook_errors_since_ms = facts->webhook.since_ms;
	if (bot->retry_until_ms && bot->retry_until_ms <= now_wall(engine))
		bot->retry_until_ms = 0;
	if (bot->retry_until_ms)
		note_left(left_ms, bot->retry_until_ms - now_wall(engine));
	if (!is_older(engine, facts->telegram_mono_ms, engine->limits.telegram_stale_ms, left_ms))
		return;
	digest_end_silent(engine, digest_teller(facts->id, TELLER_TELEGRAM, ""));
	bot->rtt_ms = bot->pending_slope = NAN;
	bot->pending = -1;
	bot->pending_rises = 0;
}

/* As old as it was at the last look: that nobody can look makes no beat late. */
static void refresh_heartbeat(const struct engine *engine, struct msg_bot *bot)
{
	bool dated = strcmp(bot->hb_state, "ok") == 0 || strcmp(bot->hb_state, "late") == 0;
	int64_t age_ms = bot->hb_seen_ms - bot->hb_at_ms;
	if (dated)
		msg_set(&bot->hb_state, age_ms > engine->limits.heartbeat_late_ms ? "late" : "ok");
}

static bool has_metrics(
	const struct engine *engine, const struct bot_facts *facts, int64_t *left_ms)
{
	return !is_older(engine, facts->metrics.mono_ms, facts->metrics.stale_ms, left_ms);
}

static double sum_of(const struct engine *engine, const struct tally *tally, int64_t *left_ms)
{
	note_left(left_ms, tally_left_ms(tally, LOG_SPAN_MS, now_mono(engine)));
	return tally_sum(tally, LOG_SPAN_MS, now_mono(engine));
}

static double handled_per_s(
	const struct engine *engine, const struct bot_facts *facts, int64_t *left_ms)
{
	return facts->lines ? sum_of(engine, &facts->lines->handled, left_ms) /
				      ((double)LOG_SPAN_MS / 1000)
			    : (double)NAN;
}

/* Load as its heartbeat reports it, else its metrics, else as its log shows it. */
static void refresh_load(const struct engine *engine, struct msg_bot *bot,
	const struct bot_facts *facts, int64_t *left_ms)
{
	double rate = NAN, p95 = NAN;
	uint64_t slow = 0;
	for (size_t i = 0; i < facts->worker_count; i++) {
		const struct worker_facts *worker = &facts->workers[i];
		if (!worker->present || is_older(engine, worker->mono_ms,
						engine->limits.heartbeat_stale_ms, left_ms)) {
			digest_end_silent(
				engine, digest_teller(facts->id, TELLER_HEARTBEAT, worker->id));
			continue;
		}
		if (!isnan(worker->updates_per_s))
			rate = (isnan(rate) ? 0 : rate) + worker->updates_per_s;
		if (!isnan(worker->p95_ms) && !(worker->p95_ms <= p95))
			p95 = worker->p95_ms;
		if (worker->slow_reports > slow)
			slow = worker->slow_reports;
	}
	if (has_metrics(engine, facts, left_ms)) {
		rate = isnan(rate) ? facts->metrics.updates_per_s : rate;
		p95 = isnan(p95) ? facts->metrics.p95_ms : p95;
	}
	if (isnan(rate))
		rate = handled_per_s(engine, facts, left_ms);
	bot->updates_per_s = rate;
	bot->p95_ms = p95;
	bot->slow_reports = slow;
	if (isnan(rate))
		digest_end_silent(engine, digest_teller(facts->id, TELLER_RATE, ""));
	if (isnan(p95))
		digest_end_silent(engine, digest_teller(facts->id, TELLER_P95, ""));
}

static void record_load(struct engine *engine, const struct msg_bot *bot, struct bot_facts *facts)
{
	uint64_t rate = digest_teller(facts->id, TELLER_RATE, "");
	facts->load_mono_ms = now_mono(engine);
	digest_record(engine, rate, "bot_updates_per_second", "bot", bot->name, bot->updates_per_s);
	digest_record(engine, rate, "bot_errors_per_minute", "bot", bot->name, bot->errors_per_min);
	if (!isnan(bot->p95_ms))
		digest_record(engine, digest_teller(facts->id, TELLER_P95, ""),
			"bot_handler_p95_ms", "bot", bot->name, bot->p95_ms);
}

void note_load(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts)
{
	int64_t left_ms = 0; /* it is judged after that */
	refresh_load(engine, bot, facts, &left_ms);
	if (isnan(bot->updates_per_s))
		return;
	facts_add_load(facts, now_mono(engine), bot->updates_per_s);
	record_load(engine, bot, facts);
}

enum { LOAD_AGAIN_MS = 60000 };

/* It changed with time alone, as lines leave their window; or nothing told of it for a while, and it stands. */
static void note_load_by_time(
	struct engine *engine, const struct msg_bot *bot, struct bot_facts *facts, double before)
{
	bool is_old = now_mono(engine) - facts->load_mono_ms >= LOAD_AGAIN_MS;
	if (!isnan(bot->updates_per_s) && (bot->updates_per_s != before || is_old))
		record_load(engine, bot, facts);
}

static void refresh_spark(const struct engine *engine, struct msg_bot *bot,
	const struct bot_facts *facts, int64_t *left_ms)
{
	double points[SPARK_POINTS];
	bool any = false;
	if (!facts->spark)
		return; /* nor has it one to show */
	spark_read(facts->spark, now_mono(engine), points);
	for (size_t i = 0; i < SPARK_POINTS; i++)
		any |= !isnan(points[i]);
	free(bot->spark);
	bot->spark = any ? xmemdup(points, sizeof(points)) : NULL;
	bot->spark_count = any ? SPARK_POINTS : 0;
	if (any)
		note_left(left_ms, SPARK_SLOT_MS - now_mono(engine) % SPARK_SLOT_MS);
}

/* Of a bot without lines neither is known, and its metrics may tell its errors. */
static void refresh_counts(const struct engine *engine, struct msg_bot *bot,
	const struct bot_facts *facts, int64_t *left_ms)
{
	const struct line_facts *lines = facts->lines;
	bot->errors_per_min = lines ? sum_of(engine, &lines->errors, left_ms) : NAN;
	if (isnan(bot->errors_per_min) && has_metrics(engine, facts, left_ms))
		bot->errors_per_min = facts->metrics.errors_per_min;
	bot->warnings_per_min = lines ? sum_of(engine, &lines->warnings, left_ms) : NAN;
}

static void refresh_log(
	const struct engine *engine, struct msg_bot *bot, struct bot_facts *facts, int64_t *left_ms)
{
	const struct verdict_limits *limits = &engine->limits;
	struct line_facts *lines = facts->lines;
	refresh_counts(engine, bot, facts, left_ms);
	if (!lines)
		return;
	if (!(sum_of(engine, &lines->handled, left_ms) > 0))
		digest_end(engine, digest_teller(facts->id, TELLER_LOG, ""));
	bot->conflicts =
		count_of_episode(engine, &lines->conflict, limits->conflict_window_ms, left_ms);
	bot->conflict_ms = lines->conflict.last_ms;
	bot->floods = count_of_episode(engine, &lines->flood, limits->flood_window_ms, left_ms);
	bot->flood_ms = lines->flood.last_ms;
}

enum { API_STALE_MS = 31000 /* three looks at the statistics of a Bot API server */ };

static void refresh_api(const struct engine *engine, struct msg_bot *bot,
	const struct bot_facts *facts, int64_t *left_ms)
{
	if (!is_older(engine, facts->api_mono_ms, API_STALE_MS, left_ms))
		return;
	digest_end_silent(engine, digest_teller(facts->id, TELLER_API, ""));
	bot->api_requests_per_s = bot->api_updates_per_s = NAN;
}

/* Trouble that is its own: that it refuses us, or that nobody looked, is nothing that its bots feel. */
static bool serves_nobody(const struct msg_service *service)
{
	static const char *const states[] = {
		"late", "unreachable", "failing", "loading", "full", "read-only"};
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (strcmp(service->state, states[i]) == 0)
			return true;
	return false;
}

/* Of a bot that a database alone names, the first with heartbeats: its key is made of that one's pattern. */
static const char *redis_of(const struct engine *engine, const struct bot_facts *facts)
{
	if (facts->conf)
		return facts->conf->redis;
	for (size_t i = 0; i < engine->settings->redis_count; i++)
		if (engine->settings->redis[i].heartbeats[0])
			return engine->settings->redis[i].name;
	return "";
}

static void refresh_redis(
	const struct engine *engine, struct msg_bot *bot, const struct bot_facts *facts)
{
	const char *name = redis_of(engine, facts);
	const struct msg_service *service =
		*name ? model_service(engine->model, source_id("service", "redis", name)) : NULL;
	msg_set(&bot->redis, name);
	msg_set(&bot->redis_why, service && serves_nobody(service) ? service->why : "");
}

enum {
	RECALLED_MS =
		1000 /* how long until what is from before the start was seen since, nobody knows */
};

int64_t refresh_bot(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts)
{
	int64_t left_ms = INT64_MAX;
	halt_show(bot, facts);
	refresh_process(engine, bot, facts, &left_ms);
	refresh_telegram(engine, bot, facts, &left_ms);
	refresh_heartbeat(engine, bot);
	refresh_log(engine, bot, facts, &left_ms);
	double before = bot->updates_per_s;
	refresh_load(engine, bot, facts, &left_ms);
	note_load_by_time(engine, bot, facts, before);
	refresh_spark(engine, bot, facts, &left_ms);
	refresh_api(engine, bot, facts, &left_ms);
	refresh_redis(engine, bot, facts);
	recall_refresh(engine, bot, facts);
	if (bot->last_ms)
		note_left(&left_ms, RECALLED_MS);
	return left_ms;
}
