/* SPDX-License-Identifier: MIT */
/*
 * Is it one bot that is not answered, or the host? A failure asks two other bots for their opinion
 * at once; one good answer settles it. Three failures in a row (one that took its time counts
 * twice) open the circuit: then one bot at a time is a probe, the others are held back without a
 * request, until a probe is answered.
 */
#include <math.h>
#include <string.h>

#include "core/base/secret.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/roster.h"
#include "core/collect/telegram_internal.h"

enum {
	REPORT_MS = 1000, /* obs_source at most this often while nothing changes */
	SLOW_MS = 2000,
	OPINIONS = 2,
	NOBODY_MS = 500,   /* nobody can be asked: again then */
	ALL_BUSY_MS = 100, /* the same, when an opinion is wanted */
};

static void report(struct telegram *telegram, bool is_news)
{
	int64_t now_ms = tg_now(telegram);
	bool is_open = telegram->host.circuit != CIRCUIT_CLOSED;
	if (!is_news && now_ms - telegram->reported_ms < REPORT_MS)
		return;
	telegram->reported_ms = now_ms;
	struct schedule shown = telegram->host;
	shown.interval_ms = tg_settings(telegram)->telegram_interval_ms;
	if (!is_open)
		shown.due_ms = now_ms + shown.interval_ms;
	post_source(
		telegram->worker->hub, &(struct attempt){.kind = "telegram",
					       .name = "telegram",
					       .schedule = &shown,
					       .err = is_open ? &telegram->host_err : NULL,
					       .latency_ms = is_open ? NAN : telegram->latency_ms});
}

void tg_host_name_error(const struct telegram *telegram, struct err *err)
{
	const char *base = tg_settings(telegram)->telegram_api, *host = strstr(base, "://");
	struct err bare = *err;
	if (bare.code != ERR_UNREACHABLE && bare.code != ERR_TIMEOUT && bare.code != ERR_TLS)
		return;
	host = host ? host + 3 : base;
	err_set(err, bare.code, "cannot reach %.*s: %s", (int)strcspn(host, "/"), host, bare.text);
}

void tg_host_failed(struct telegram *telegram, const struct tg_bot *bot, const struct err *err)
{
	int64_t now_ms = tg_now(telegram);
	bool was_open = telegram->host.circuit != CIRCUIT_CLOSED;
	if (bot->asked_ms < telegram->failed_ms)
		return;
	telegram->host_err = *err;
	telegram->failed_ms = now_ms;
	schedule_fail(&telegram->host, now_ms, &telegram->rng);
	if (now_ms - bot->asked_ms >= SLOW_MS)
		schedule_fail(&telegram->host, now_ms, &telegram->rng);
	bool is_open = telegram->host.circuit == CIRCUIT_OPEN;
	telegram->opinions = is_open ? 0 : OPINIONS;
	timers_set(&telegram->timers, &telegram->probe, is_open ? telegram->host.due_ms : now_ms);
	if (was_open || is_open)
		report(telegram, true);
}

/* Those that were held back come again soon, but not all at once. */
static void release_all(struct telegram *telegram)
{
	int64_t now_ms = tg_now(telegram), wait_ms = 0;
	for (size_t i = 0; i < telegram->count; i++) {
		struct tg_bot *bot = telegram->bots[i];
		if (bot->call || (!bot->was_held_back && !bot->schedules[TG_WEBHOOK].fails))
			continue;
		bot->was_held_back = false;
		tg_bot_hurry(bot, now_ms + wait_ms);
		wait_ms += TG_SPREAD_MS;
		tg_plan(telegram, bot);
	}
}

void tg_host_answered(struct telegram *telegram, struct tg_bot *bot, double latency_ms)
{
	bool was_open = telegram->host.circuit != CIRCUIT_CLOSED;
	bool is_news = was_open || !telegram->has_answered;
	bot->has_answered = telegram->has_answered = true;
	telegram->latency_ms = latency_ms;
	telegram->opinions = 0;
	schedule_ok(&telegram->host, tg_now(telegram), &telegram->rng);
	timers_remove(&telegram->timers, &telegram->probe);
	report(telegram, is_news);
	if (was_open)
		release_all(telegram);
}

bool tg_host_holds_back(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_scene scene = tg_scene_of(telegram, bot);
	if (telegram->host.circuit == CIRCUIT_CLOSED ||
		(!telegram->prober && telegram->host.due_ms <= scene.now_ms))
		return false;
	tg_bot_hold_back(bot, &scene, &telegram->host_err);
	tg_plan(telegram, bot);
	return true;
}

/* A bot to ask out of its turn: one that was answered before, each in turn; a token that the host
 * may not have yet only when there is no other. */
static struct tg_bot *choose(struct telegram *telegram)
{
	struct tg_bot *otherwise = NULL;
	for (size_t i = 0; i < telegram->count; i++) {
		size_t at = (telegram->next_prober + i) % telegram->count;
		struct tg_bot *bot = telegram->bots[at];
		bool may_ask = !bot->call && bot->timer.place && !bot->is_rejected &&
			       secret_is_set(&bot->token) &&
			       bot->schedules[TG_WEBHOOK].held_until_ms <= tg_now(telegram);
		if (may_ask && bot->has_answered) {
			telegram->next_prober = at + 1;
			return bot;
		}
		if (may_ask && !otherwise)
			otherwise = bot;
	}
	return telegram->host.circuit == CIRCUIT_CLOSED ? NULL : otherwise;
}

void tg_host_probe(struct telegram *telegram)
{
	bool is_open = telegram->host.circuit != CIRCUIT_CLOSED;
	if (telegram->prober || (!is_open && !telegram->opinions))
		return;
	struct tg_bot *bot = choose(telegram);
	if (bot) {
		telegram->opinions -= !is_open;
		timers_remove(&telegram->timers, &bot->timer);
		tg_take_turn(telegram, bot);
	}
	if (!is_open && telegram->opinions)
		timers_set(&telegram->timers, &telegram->probe,
			tg_now(telegram) + (bot ? TG_SLICE_MS : ALL_BUSY_MS));
	else if (is_open && !telegram->prober)
		timers_set(&telegram->timers, &telegram->probe, tg_now(telegram) + NOBODY_MS);
}
