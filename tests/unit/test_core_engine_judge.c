/* SPDX-License-Identifier: MIT */
/*
 * When bots are judged: whatever was seen of them, at every second the model says what a judgement made then would say,
 * though a bot is judged again only when time may have changed it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "tests/support/engine_harness.h"

enum { SEEDS = 16, SECONDS = 400, SPELL_S = 100, STEP_MS = 1000 };

static const char fleet[] =
	"state_dir: /nowhere/state\n"
	"telegram: {interval: 10s}\n"
	"process: {interval: 2s}\n"
	"redis:\n"
	"  - {name: main, host: 127.0.0.1, heartbeats: 'hb:*', interval: 2s}\n"
	"alerts: {worker_silent: {after: 40s}, restart_loop: {within: 70s}, webhook_error: "
	"{within: 80s}}\n"
	"bots:\n"
	"  - {name: a, token: {file: /nowhere/t1}, process: {match: a}, heartbeat: 'hb:a'}\n"
	"  - {name: b, token: {file: /nowhere/t2}, heartbeat: none}\n"
	"  - {name: c, transport: none, heartbeat: 'hb:c', logs: [/nowhere/c.log]}\n"
	"  - {name: d, token: {file: /nowhere/t3}, health: 'http://127.0.0.1:1/h', process: "
	"{match: d}}\n"
	"  - {name: e, token: {file: /nowhere/t4}, transport: webhook, enabled: no}\n";

static unsigned below(struct rng *rng, unsigned limit)
{
	return (unsigned)rng_below(rng, limit);
}

static const char *bot_of(struct rng *rng)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	return names[below(rng, COUNT_OF(names))];
}

static const char *one_of(struct rng *rng, const char *const *words, unsigned count)
{
	return words[below(rng, count)];
}

/* ---- what may be seen ---- */

static void see_process(struct harness *harness, struct rng *rng)
{
	static const char *const states[] = {
		"running", "running", "absent", "unknown", "stopped", "fatal", "paused"};
	harness_feed(harness,
		"obs_process bot=\"%s\" state=\"%s\" pid=%u start_ms=%lld cpu_percent=3 "
		"rss_bytes=9",
		bot_of(rng), one_of(rng, states, COUNT_OF(states)), 1 + below(rng, 3),
		(long long)(clock_wall_ms(&harness->clock) - below(rng, 90000)));
}

static void see_beat(struct harness *harness, struct rng *rng)
{
	harness_feed(harness,
		"obs_heartbeat bot=\"%s\" present=%s ttl_ms=%u full_ttl_ms=30000 worker=\"%u/2\" "
		"updates_per_s=%u p95_ms=%u",
		bot_of(rng), below(rng, 3) ? "true" : "false", below(rng, 30000), below(rng, 2),
		below(rng, 9), below(rng, 3000));
}

static void see_token(struct harness *harness, struct rng *rng)
{
	static const unsigned codes[] = {
		ERR_NONE, ERR_NONE, ERR_AUTH, ERR_RATE, ERR_TIMEOUT, ERR_REFUSED};
	unsigned code = codes[below(rng, COUNT_OF(codes))];
	harness_feed(harness,
		"obs_getme bot=\"%s\" code=%u error=\"words\" latency_ms=4 retry_after_s=%u",
		bot_of(rng), code, code == ERR_RATE ? 1 + below(rng, 50) : 0);
}

static void see_webhook(struct harness *harness, struct rng *rng)
{
	harness_feed(harness,
		"obs_webhook bot=\"%s\" pending=%u latency_ms=12 url_hash=%u last_error_s=%lld "
		"last_error=\"502\" sync_error_s=%lld",
		bot_of(rng), below(rng, 400), below(rng, 2),
		(long long)(clock_wall_ms(&harness->clock) / 1000 - below(rng, 300)),
		(long long)(below(rng, 2) ? clock_wall_ms(&harness->clock) / 1000 - below(rng, 99)
					  : 0));
}

static void see_lines(struct harness *harness, struct rng *rng)
{
	static const char *const troubles[] = {"", "conflict", "flood"};
	harness_feed(harness,
		"obs_notes source=\"c.log\" lines=2 counts=[{bot=\"%s\" level=%u lines=%u "
		"handled=%u handled_ms=20 trouble=\"%s\" text=\"failed\"}]",
		bot_of(rng), 3 + below(rng, 3), 1 + below(rng, 4), below(rng, 2),
		one_of(rng, troubles, COUNT_OF(troubles)));
}

static void see_redis(struct harness *harness, struct rng *rng)
{
	static const char *const states[] = {"ok", "ok", "unreachable", "error"};
	harness_feed(harness,
		"obs_source kind=\"redis\" name=\"main\" state=\"%s\" error=\"no answer %u\" "
		"fails=%u "
		"interval_ms=2000",
		one_of(rng, states, COUNT_OF(states)), below(rng, 3), below(rng, 4));
	harness_feed(harness, "obs_redis name=\"main\" ping_ms=0.4 clients=7 rate=120");
}

static void see_health(struct harness *harness, struct rng *rng)
{
	static const unsigned codes[] = {ERR_NONE, ERR_PROTOCOL, ERR_UNREACHABLE};
	unsigned code = codes[below(rng, COUNT_OF(codes))];
	harness_feed(harness,
		"obs_check name=\"d\" bot=\"d\" url=\"http://127.0.0.1/h\" code=%u fails=%u "
		"latency_ms=3 interval_ms=10000 why=\"health 503\"",
		code, code ? 1 + below(rng, 4) : 0);
}

static void see_page(struct harness *harness, struct rng *rng)
{
	harness_feed(harness,
		"obs_scrape name=\"m\" bot=\"%s\" interval_ms=5000 updates_per_s=%u p95_ms=%u "
		"errors_per_min=%u",
		bot_of(rng), below(rng, 9), below(rng, 2000), below(rng, 3));
}

static void (*const sights[])(struct harness *, struct rng *) = {
	see_process, see_beat, see_token, see_webhook, see_lines, see_redis, see_health, see_page};

/* ---- what is said of them ---- */

static void assert_is_judged(struct harness *harness, const struct msg_bot *bot, unsigned seed)
{
	struct engine *engine = harness->engine;
	struct bot_facts *facts = facts_find(engine->facts, bot->id);
	struct msg_bot *now = msg_copy(MSG_bot, bot);
	(void)refresh_bot(engine, now, facts);
	(void)verdict_bot(now, &engine->limits, now_wall(engine));
	if (!msg_equal(MSG_bot, bot, now, true)) {
		autostr struct str said = STR_INIT, right = STR_INIT;
		msg_dump(MSG_bot, bot, &said);
		msg_dump(MSG_bot, now, &right);
		fail_msg("seed %u, %lld ms after the start:\n%s\nis\n%s", seed,
			(long long)clock_mono_ms(&harness->clock), said.text, right.text);
	}
	msg_free(MSG_bot, now);
}

static void assert_all_are_judged(struct harness *harness, unsigned seed)
{
	size_t count;
	const struct msg_bot *const *bots = model_bots(harness->model, &count);
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
		assert_is_judged(harness, bots[i], seed);
}

/* Spells in which much is seen, and others in which nothing is. */
static void live(struct harness *harness, struct rng *rng, unsigned seed)
{
	for (unsigned i = 0; i < SECONDS; i++) {
		unsigned count = i / SPELL_S % 2 ? 0 : below(rng, 4);
		while (count--)
			sights[below(rng, COUNT_OF(sights))](harness, rng);
		harness_advance(harness, STEP_MS);
		assert_all_are_judged(harness, seed);
	}
}

static void what_is_said_of_a_bot_is_what_it_would_be_judged_now(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct harness *harness = harness_new(fleet);
		struct rng rng;
		rng_init(&rng, seed);
		live(harness, &rng, seed);
		harness_free(harness);
	}
}

static void a_wall_clock_that_is_set_has_all_judged_again(void **state)
{
	(void)state;
	struct harness *harness = harness_new(fleet);
	harness_feed(harness, "obs_getme bot=\"b\" tg_id=12 latency_ms=4");
	harness_feed(harness, "obs_process bot=\"a\" state=\"running\" pid=1 start_ms=%lld",
		(long long)HARNESS_START_MS);
	harness_advance(harness, 3000);
	atomic_fetch_add(&harness->clock.wall_ms, 3600000);
	harness_advance(harness, STEP_MS);
	assert_all_are_judged(harness, 0);
	atomic_fetch_add(&harness->clock.wall_ms, -2 * 3600000);
	harness_advance(harness, STEP_MS);
	assert_all_are_judged(harness, 0);
	harness_free(harness);
}

static size_t count_due(const struct harness *harness)
{
	size_t due = 0;
	const struct facts *facts = harness->engine->facts;
	for (size_t i = 0; i < facts_count(facts); i++)
		due += facts_is_due(facts, i, now_mono(harness->engine));
	return due;
}

static void a_bot_of_which_nothing_can_change_is_left_alone(void **state)
{
	(void)state;
	struct harness *harness = harness_new(fleet);
	size_t due = 0;
	for (unsigned i = 0; i < 100; i++) { /* until the last has been given up */
		clock_advance(&harness->clock, STEP_MS);
		harness_settle(harness);
	}
	for (unsigned i = 0; i < 50; i++) {
		clock_advance(&harness->clock, STEP_MS);
		due += count_due(harness);
		harness_settle(harness);
		assert_int_equal(count_due(harness), 0);
	}
	assert_in_range(due, 0, 5); /* once a minute */
	harness_free(harness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_of_a_bot_is_what_it_would_be_judged_now),
		cmocka_unit_test(a_wall_clock_that_is_set_has_all_judged_again),
		cmocka_unit_test(a_bot_of_which_nothing_can_change_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
