/* SPDX-License-Identifier: MIT */
/* What bots say of themselves becomes facts: heartbeats, workers, slow answers, trouble in their logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/engine/roster.h"
#include "tests/support/engine_harness.h"

/* Its process, for an hour. */
static void see_running(struct harness *harness)
{
	harness_feed(harness,
		"obs_process bot=\"orders\" state=\"running\" pid=10 start_ms=%lld cpu_percent=3 "
		"rss_bytes=1000",
		(long long)(HARNESS_START_MS - 3600000));
}

static void the_age_of_a_beat_comes_from_its_ttl(void **state)
{
	struct harness *harness = *state;
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=true ttl_ms=25000 "
			      "full_ttl_ms=30000 updates_per_s=4 p95_ms=80");
	const struct msg_bot *bot = harness_bot(harness, "orders");
	assert_string_equal(bot->hb_state, "ok");
	assert_int_equal(bot->hb_at_ms, HARNESS_START_MS - 5000);
	assert_true(fabs(bot->updates_per_s - 4) < 0.01);
	assert_int_equal(bot->spark_count, 30);
	assert_true(fabs(bot->spark[29] - 4) < 0.01);
	assert_true(isnan(bot->spark[28]));
	harness_advance(harness, 26000);
	assert_string_equal(harness_bot(harness, "orders")->hb_state, "ok"); /* nobody looked */
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=true ttl_ms=28000 "
			      "full_ttl_ms=60000 updates_per_s=4 p95_ms=80");
	assert_string_equal(harness_bot(harness, "orders")->hb_state, "late");
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=false updates_per_s=nan");
	assert_string_equal(harness_bot(harness, "orders")->hb_state, "missing");
	assert_int_equal(harness_bot(harness, "orders")->hb_at_ms, HARNESS_START_MS - 5000);
}

static void look_for_beat(struct harness *harness, bool present)
{
	see_running(harness);
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=%s ttl_ms=%d full_ttl_ms=30000",
		present ? "true" : "false", present ? 30000 : 0);
	harness_advance(harness, 2000);
}

static const char *alert_phase(const struct harness *harness, const char *rule)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(harness->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->rule, rule) == 0 &&
			strcmp(alerts[i]->target_name, "orders") == 0)
			return alerts[i]->state;
	return "none";
}

static void a_redis_that_comes_back_hangs_no_bot(void **state)
{
	struct harness *harness = *state;
	look_for_beat(harness, true);
	look_for_beat(harness, true);
	harness_advance(harness, 60000); /* Redis is silent, the key runs out */
	look_for_beat(harness, false);
	look_for_beat(harness, false);
	assert_string_equal(harness_bot(harness, "orders")->reasons[0].id, "heartbeat_awaited");
	assert_string_equal(alert_phase(harness, "heartbeat_late"), "none");
	look_for_beat(harness, true);
	assert_string_equal(harness_bot(harness, "orders")->state, "ok");
}

static void a_bot_that_hung_before_redis_was_silent_stays_an_alert(void **state)
{
	struct harness *harness = *state;
	look_for_beat(harness, true);
	for (int i = 0; i < 16; i++)
		look_for_beat(harness, false);
	assert_string_equal(harness_bot(harness, "orders")->state, "hung");
	assert_string_equal(alert_phase(harness, "heartbeat_late"), "firing");
	harness_advance(harness, 60000);
	for (int i = 0; i < 15; i++) {
		look_for_beat(harness, false);
		assert_string_equal(alert_phase(harness, "heartbeat_late"), "firing");
	}
	assert_string_equal(harness_bot(harness, "orders")->state, "unknown");
	look_for_beat(harness, false);
	look_for_beat(harness, false);
	assert_string_equal(harness_bot(harness, "orders")->state, "hung");
	assert_string_equal(alert_phase(harness, "heartbeat_late"), "firing");
}

static void a_bot_that_hung_before_the_engine_began_is_never_well(void **state)
{
	struct harness *harness = *state;
	for (int i = 0; i < 15; i++) {
		look_for_beat(harness, false);
		const struct msg_bot *bot = harness_bot(harness, "orders");
		assert_string_equal(bot->state, "checking");
		assert_string_equal(bot->reasons[0].id, "heartbeat_unseen");
		assert_int_equal(bot->score, -1);
		assert_string_equal(alert_phase(harness, "heartbeat_late"), "none");
	}
	look_for_beat(harness, false);
	look_for_beat(harness, false);
	assert_string_equal(harness_bot(harness, "orders")->state, "hung");
	assert_string_equal(alert_phase(harness, "heartbeat_late"), "firing");
}

static void a_beat_at_the_first_look_is_well_at_once(void **state)
{
	struct harness *harness = *state;
	look_for_beat(harness, true);
	assert_string_equal(harness_bot(harness, "orders")->hb_state, "ok");
	assert_true(harness_bot(harness, "orders")->hb_at_ms > 0);
	assert_string_not_equal(harness_bot(harness, "orders")->why, "heartbeat not seen yet");
	look_for_beat(harness, false);
	assert_string_not_equal(harness_bot(harness, "orders")->state, "checking");
}

static void see_worker(struct harness *harness, const char *worker, int rate)
{
	harness_feed(harness,
		"obs_heartbeat bot=\"orders\" present=true ttl_ms=30000 full_ttl_ms=30000 "
		"worker=\"%s\" updates_per_s=%d p95_ms=%d",
		worker, rate, rate * 10);
}

static void a_sharded_bot_is_the_sum_of_its_workers(void **state)
{
	struct harness *harness = *state;
	see_worker(harness, "0/2", 3);
	harness_advance(harness, 1000);
	see_worker(harness, "1/2", 4);
	const struct msg_bot *bot = harness_bot(harness, "orders");
	assert_int_equal(bot->workers_count, 2);
	assert_string_equal(bot->workers[0].id, "0/2");
	assert_int_equal(bot->workers[0].seen_ms, HARNESS_START_MS);
	assert_true(fabs(bot->updates_per_s - 7) < 0.01);
	assert_true(fabs(bot->p95_ms - 40) < 0.01);
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=false worker=\"0/2\"");
	assert_string_equal(harness_bot(harness, "orders")->hb_state, "ok");
}

static void who_answered_nothing_has_no_latency(void **state)
{
	struct harness *harness = *state;
	see_worker(harness, "", 0);
	assert_true(isnan(harness_bot(harness, "orders")->p95_ms));
	harness_advance(harness, 1000);
	see_worker(harness, "", 2);
	assert_true(fabs(harness_bot(harness, "orders")->p95_ms - 20) < 0.01);
}

static void report_p95(struct harness *harness, const char *worker, int p95_ms)
{
	harness_feed(harness,
		"obs_heartbeat bot=\"orders\" present=true ttl_ms=30000 full_ttl_ms=30000 "
		"worker=\"%s\" p95_ms=%d",
		worker, p95_ms);
	harness_feed(harness, /* the same beat, looked at again */
		"obs_heartbeat bot=\"orders\" present=true ttl_ms=29900 full_ttl_ms=30000 "
		"worker=\"%s\" p95_ms=%d",
		worker, p95_ms);
	harness_advance(harness, 2000);
	see_running(harness);
}

static void a_bot_is_slow_after_three_slow_reports_in_a_row(void **state)
{
	struct harness *harness = *state;
	static const int reports_ms[] = {2000, 2000, 900, 2000, 2000};
	for (size_t i = 0; i < COUNT_OF(reports_ms); i++) {
		report_p95(harness, "", reports_ms[i]);
		assert_string_equal(harness_bot(harness, "orders")->state, "ok");
	}
	report_p95(harness, "", 2000);
	assert_string_equal(harness_bot(harness, "orders")->why, "slow: p95 2.0s");
	report_p95(harness, "", 1000);
	assert_string_equal(harness_bot(harness, "orders")->state, "ok");
}

static void the_slowest_worker_makes_a_sharded_bot_slow(void **state)
{
	struct harness *harness = *state;
	for (int i = 0; i < 3; i++) {
		report_p95(harness, "0/2", 80);
		report_p95(harness, "1/2", 2400);
	}
	assert_string_equal(harness_bot(harness, "orders")->why, "slow: p95 2.4s");
}

static void notes_make_rates_and_count_trouble(void **state)
{
	struct harness *harness = *state;
	assert_true(isnan(harness_bot(harness, "orders")->errors_per_min));
	/* Read back at a start: by its own time it is none of now. */
	harness_feed(harness,
		"obs_notes source=\"orders.log\" counts=["
		"{bot=\"orders\" level=5 lines=400 handled=10 text=\"old\" time_ms=%lld}]",
		(long long)(HARNESS_START_MS - 61000));
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min) < 0.01);
	assert_true(isnan(harness_bot(harness, "orders")->updates_per_s));
	harness_advance(harness, 2000);
	harness_feed(harness,
		"obs_notes source=\"orders.log\" lines=9 counts=["
		"{bot=\"orders\" level=5 lines=3 text=\"boom\" time_ms=%lld} "
		"{bot=\"orders\" level=4 lines=2} "
		"{bot=\"orders\" level=5 lines=1 trouble=\"conflict\" text=\"terminated by "
		"other\"} "
		"{bot=\"orders\" level=3 lines=3 handled=30 handled_ms=600}]",
		(long long)HARNESS_START_MS);
	const struct msg_bot *bot = harness_bot(harness, "orders");
	assert_true(fabs(bot->errors_per_min - 4) < 0.01);
	assert_true(fabs(bot->warnings_per_min - 2) < 0.01);
	assert_int_equal(bot->conflicts, 1);
	assert_int_equal(bot->floods, 0);
	assert_string_equal(bot->log_error, "terminated by other");
	assert_int_equal(bot->logs_count, 1);
	assert_true(fabs(bot->updates_per_s - 0.5) < 0.01);
	harness_advance(harness, 66000);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min) < 0.01);
	assert_int_equal(harness_bot(harness, "orders")->conflicts, 1);
	harness_advance(harness, 300000);
	assert_int_equal(harness_bot(harness, "orders")->conflicts, 0);
}

static void tell_trouble(
	struct harness *harness, const char *trouble, int64_t after_ms, unsigned lines)
{
	harness_feed(harness,
		"obs_notes source=\"orders.log\" counts=[{bot=\"orders\" level=5 lines=%u "
		"trouble=\"%s\" text=\"at %lld\" time_ms=%lld}]",
		lines, trouble, (long long)after_ms, (long long)(HARNESS_START_MS + after_ms));
}

static void what_is_read_back_counts_by_the_time_of_its_lines(void **state)
{
	struct harness *harness = *state;
	harness_advance(harness, 60000);
	tell_trouble(harness, "conflict", -14 * 60000, 7);
	tell_trouble(harness, "flood", -14 * 60000, 7);
	assert_int_equal(harness_bot(harness, "orders")->conflicts, 0);
	assert_int_equal(harness_bot(harness, "orders")->floods, 0);
	tell_trouble(harness, "conflict", -10000, 2);
	/* Another file is read back later. */
	tell_trouble(harness, "conflict", -14 * 60000, 7);
	assert_int_equal(harness_bot(harness, "orders")->conflicts, 2);
	assert_int_equal(harness_bot(harness, "orders")->conflict_ms, HARNESS_START_MS - 10000);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min) < 0.01);
	tell_trouble(harness, "", 20000, 3);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min - 3) < 0.01);
	/* Another source is read back later: the newest error stays the newest. */
	tell_trouble(harness, "", 10000, 1);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min - 4) < 0.01);
	assert_string_equal(harness_bot(harness, "orders")->log_error, "at 20000");
	/* They leave the minute when theirs is over, not ours. */
	harness_advance(harness, 13000);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min - 3) < 0.01);
	harness_advance(harness, 10000);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min) < 0.01);
}

static void tell_error(
	struct harness *harness, const char *source, const char *text, int64_t after_ms)
{
	harness_feed(harness,
		"obs_notes source=\"%s\" lines=1 counts=[{bot=\"orders\" level=5 lines=1 "
		"text=\"%s\" time_ms=%lld}]",
		source, text, (long long)(HARNESS_START_MS + after_ms));
}

static void an_error_in_the_log_and_in_the_stream_is_one(void **state)
{
	struct harness *harness = *state;
	tell_error(harness, "orders.log", "old", -61000);
	tell_error(harness, "redis/main/events", "old", -61000);
	harness_advance(harness, 4000);
	tell_error(harness, "orders.log", "KeyError: 'x'", 100);
	tell_error(harness, "redis/main/events", "KeyError: 'x'", 900);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min - 1) < 0.01);
	/* Twice in the same place is twice, and so are other words and another second. */
	tell_error(harness, "redis/main/events", "KeyError: 'x'", 900);
	tell_error(harness, "redis/main/events", "KeyError: 'x'", 950);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min - 3) < 0.01);
	tell_error(harness, "orders.log", "KeyError: 'y'", 900);
	tell_error(harness, "orders.log", "KeyError: 'x'", 3000);
	assert_true(fabs(harness_bot(harness, "orders")->errors_per_min - 5) < 0.01);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_fleet_setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_age_of_a_beat_comes_from_its_ttl),
		TEST(a_redis_that_comes_back_hangs_no_bot),
		TEST(a_bot_that_hung_before_redis_was_silent_stays_an_alert),
		TEST(a_bot_that_hung_before_the_engine_began_is_never_well),
		TEST(a_beat_at_the_first_look_is_well_at_once),
		TEST(a_sharded_bot_is_the_sum_of_its_workers),
		TEST(who_answered_nothing_has_no_latency),
		TEST(a_bot_is_slow_after_three_slow_reports_in_a_row),
		TEST(the_slowest_worker_makes_a_sharded_bot_slow),
		TEST(notes_make_rates_and_count_trouble),
		TEST(what_is_read_back_counts_by_the_time_of_its_lines),
		TEST(an_error_in_the_log_and_in_the_stream_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
