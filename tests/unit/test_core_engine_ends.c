/* SPDX-License-Identifier: MIT */
/* Series end when who tells of them does: PromQL finds nothing then, and a chart has a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/stale.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "tests/support/engine_harness.h"

static const char config[] =
	"state_dir: /nowhere/state\n"
	"bots:\n"
	"  - {name: orders, transport: none}\n"
	"  - {name: quiz, transport: none}\n"
	"redis: [{name: main, host: 127.0.0.1, interval: 2s}]\n"
	"postgres: [{name: db, dsn: 'host=127.0.0.1 dbname=x', interval: 5s}]\n"
	"bots_from: [{postgres: db, query: 'select name, enabled from bots'}]\n";

static int setup(void **state)
{
	*state = harness_attach(harness_new(config));
	return 0;
}

static int teardown(void **state)
{
	struct harness_screen *screen = *state;
	struct harness *harness = screen->harness;
	harness_detach(screen);
	harness_free(harness);
	return 0;
}

#define feed(screen, ...) harness_feed((screen)->harness, __VA_ARGS__)

static unsigned generation;

/* What a query yields now, a line a series: name value. */
static void yields(struct harness_screen *screen, const char *query, const char *wanted)
{
	autostr struct str got = STR_INIT;
	harness_advance(screen->harness, 10); /* an end may stand a ms later */
	harness_forget(screen);
	harness_send(screen, "win_open window=1 generation=%u store=\"query\" filter=\"%s\"",
		++generation, query);
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_string_equal(reply->error ? reply->error : "", "");
	for (size_t i = 0; i < reply->series_count; i++)
		str_addf(&got, "%s %g\n", reply->series[i].name, reply->series[i].last);
	if (strcmp(got.text, wanted) != 0)
		fail_msg("%s yields, in place of '%s':\n%s", query, wanted, got.text);
}

static const char redis_seen[] =
	"obs_redis name=\"main\" ping_ms=1 clients=7 figures=["
	"{name=\"redis_up\" labels=\"instance=main,job=redis\" value=1} "
	"{name=\"redis_connected_clients\" labels=\"instance=main,job=redis\" value=7}]";
static const char redis_down[] = "obs_samples source=\"redis/main\" whole=true samples=["
				 "{name=\"redis_up\" labels=\"instance=main,job=redis\" value=0}]";
static const char clients[] = "redis_connected_clients";

static void see_redis(struct harness_screen *screen)
{
	feed(screen, "%s", redis_seen);
	feed(screen, "obs_source kind=\"redis\" name=\"main\" state=\"ok\" latency_ms=1 "
		     "interval_ms=2000");
	harness_advance(screen->harness, 1000);
}

static void lose_redis(struct harness_screen *screen)
{
	feed(screen, "obs_source kind=\"redis\" name=\"main\" state=\"unreachable\" "
		     "latency_ms=nan interval_ms=2000 fails=1");
}

static void figures_of_a_redis_that_does_not_answer_end_but_that_it_is_down(void **state)
{
	struct harness_screen *screen = *state;
	see_redis(screen);
	yields(screen, clients, "redis_connected_clients{instance=\"main\",job=\"redis\"} 7\n");
	feed(screen, "%s", redis_down);
	lose_redis(screen);
	yields(screen, clients, "");
	yields(screen, "redis_ping_duration_ms", "");
	yields(screen, "redis_up", "redis_up{instance=\"main\",job=\"redis\"} 0\n");
	harness_advance(screen->harness, 2000);
	feed(screen, "%s", redis_down);
	lose_redis(screen);
	yields(screen, "redis_up", "redis_up{instance=\"main\",job=\"redis\"} 0\n");
	see_redis(screen);
	yields(screen, clients, "redis_connected_clients{instance=\"main\",job=\"redis\"} 7\n");
	yields(screen, "redis_up", "redis_up{instance=\"main\",job=\"redis\"} 1\n");
}

static void in_the_same_moment_neither_an_end_nor_a_value_is_lost(void **state)
{
	struct harness_screen *screen = *state;
	feed(screen, "%s", redis_seen);
	feed(screen, "obs_source kind=\"redis\" name=\"main\" state=\"ok\" latency_ms=1 "
		     "interval_ms=2000");
	harness_settle(screen->harness);
	lose_redis(screen);
	harness_settle(screen->harness);
	feed(screen, "%s", redis_down);
	yields(screen, clients, "");
	yields(screen, "redis_up", "redis_up{instance=\"main\",job=\"redis\"} 0\n");
}

static void a_redis_whose_worker_hangs_is_stale_and_so_are_its_figures(void **state)
{
	struct harness_screen *screen = *state;
	see_redis(screen);
	feed(screen, "obs_samples source=\"redis/main\" whole=true samples=["
		     "{name=\"redis_db_keys\" labels=\"db=db0,instance=main,job=redis\" value=3}]");
	yields(screen, "count(redis_db_keys)", "{} 1\n");
	harness_advance(screen->harness, 7000);
	yields(screen, clients, "");
	yields(screen, "redis_db_keys", "");
}

static void what_is_removed_leaves_no_series(void **state)
{
	struct harness_screen *screen = *state;
	see_redis(screen);
	feed(screen, "%s", redis_down);
	feed(screen, "obs_source kind=\"redis\" name=\"main\" gone=true");
	yields(screen, "{instance=\\\"main\\\"}", "");
}

static void user_sql_ends_when_its_database_does_not_answer(void **state)
{
	struct harness_screen *screen = *state;
	feed(screen, "obs_samples source=\"postgres/db\" samples=["
		     "{name=\"orders_open\" labels=\"shop=a\" value=4}]");
	feed(screen, "obs_source kind=\"postgres\" name=\"db\" state=\"ok\" latency_ms=1 "
		     "interval_ms=5000");
	yields(screen, "orders_open", "orders_open{shop=\"a\",source=\"postgres/db\"} 4\n");
	feed(screen, "obs_source kind=\"postgres\" name=\"db\" state=\"unreachable\" "
		     "latency_ms=nan interval_ms=5000 fails=1");
	yields(screen, "orders_open", "");
}

static void see_process(struct harness_screen *screen)
{
	feed(screen, "obs_process bot=\"orders\" state=\"running\" pid=7 cpu_percent=5 "
		     "rss_bytes=4096");
}

static void a_process_that_nobody_looks_at_ends_and_one_that_is_gone_is_down(void **state)
{
	struct harness_screen *screen = *state;
	see_process(screen);
	yields(screen, "process_cpu_percent", "process_cpu_percent{bot=\"orders\"} 5\n");
	feed(screen, "obs_process bot=\"orders\" state=\"dead\" cpu_percent=nan");
	yields(screen, "process_cpu_percent", "");
	yields(screen, "bot_up", "bot_up{bot=\"orders\"} 0\n");
	harness_advance(screen->harness, 10000);
	yields(screen, "bot_up", "");
}

static void see_telegram(struct harness_screen *screen)
{
	feed(screen, "obs_webhook bot=\"orders\" latency_ms=20 pending=9");
}

static void a_failed_answer_of_telegram_ends_the_backlog(void **state)
{
	struct harness_screen *screen = *state;
	see_telegram(screen);
	yields(screen, "telegram_pending_update_count",
		"telegram_pending_update_count{bot=\"orders\"} 9\n");
	feed(screen, "obs_webhook bot=\"orders\" code=%d error=\"no route\" latency_ms=nan",
		ERR_UNREACHABLE);
	yields(screen, "telegram_pending_update_count", "");
	yields(screen, "telegram_request_duration_ms", "");
	see_telegram(screen);
	yields(screen, "telegram_pending_update_count",
		"telegram_pending_update_count{bot=\"orders\"} 9\n");
	harness_advance(screen->harness, screen->harness->engine->limits.telegram_stale_ms + 1000);
	yields(screen, "telegram_pending_update_count", "");
}

static void see_beats(struct harness_screen *screen)
{
	static const char *const workers[] = {"0", "1"};
	for (size_t i = 0; i < COUNT_OF(workers); i++) {
		feed(screen,
			"obs_heartbeat bot=\"orders\" present=true ttl_ms=50000 "
			"full_ttl_ms=60000 worker=\"%s\" updates_per_s=2 p95_ms=80 "
			"figures=[{name=\"queue\" labels=\"bot=orders,worker=%s\" value=3}]",
			workers[i], workers[i]);
		harness_advance(screen->harness, 10);
	}
}

static void a_worker_that_beats_no_more_leaves_its_figures_and_the_bot_goes_on(void **state)
{
	struct harness_screen *screen = *state;
	see_beats(screen);
	yields(screen, "bot_updates_per_second", "bot_updates_per_second{bot=\"orders\"} 4\n");
	feed(screen, "obs_heartbeat bot=\"orders\" worker=\"1\" updates_per_s=nan p95_ms=nan");
	yields(screen, "bot_heartbeat_queue",
		"bot_heartbeat_queue{bot=\"orders\",worker=\"0\"} 3\n");
	yields(screen, "bot_updates_per_second", "bot_updates_per_second{bot=\"orders\"} 2\n");
	harness_advance(screen->harness, screen->harness->engine->limits.heartbeat_stale_ms + 1000);
	yields(screen, "{bot=\\\"orders\\\"}", "");
}

static void a_bot_that_is_removed_leaves_no_series(void **state)
{
	struct harness_screen *screen = *state;
	feed(screen, "obs_fleet source=\"db\" bots=[{name=\"winter\" enabled=true}]");
	feed(screen, "obs_process bot=\"winter\" state=\"running\" pid=9 cpu_percent=5 "
		     "rss_bytes=4096");
	feed(screen, "obs_webhook bot=\"winter\" latency_ms=20 pending=9");
	feed(screen, "obs_heartbeat bot=\"winter\" present=true worker=\"3\" updates_per_s=2 "
		     "p95_ms=80 figures=[{name=\"queue\" labels=\"bot=winter\" value=3}]");
	yields(screen, "count({bot=\\\"winter\\\"})", "{} 8\n");
	feed(screen, "obs_fleet source=\"db\" bots=[{name=\"orders\" enabled=true}]");
	yields(screen, "{bot=\\\"winter\\\"}", "");
}

static void a_check_that_is_gone_or_too_old_ends(void **state)
{
	static const char seen[] = "obs_check name=\"ready\" url=\"http://x/\" latency_ms=5 "
				   "status=200 interval_ms=5000";
	struct harness_screen *screen = *state;
	feed(screen, "%s", seen);
	yields(screen, "botswain_check_duration_ms",
		"botswain_check_duration_ms{check=\"ready\"} 5\n");
	harness_advance(screen->harness, 60000);
	yields(screen, "botswain_check_duration_ms", "");
	feed(screen, "%s", seen);
	feed(screen, "obs_check name=\"ready\" gone=true latency_ms=nan");
	yields(screen, "botswain_check_duration_ms", "");
}

static void a_mean_of_log_lines_ends_when_there_are_none(void **state)
{
	struct harness_screen *screen = *state;
	feed(screen, "obs_notes source=\"file/x\" counts=[{bot=\"orders\" lines=1 handled=2 "
		     "handled_ms=30}]");
	yields(screen, "bot_handler_mean_ms", "bot_handler_mean_ms{bot=\"orders\"} 15\n");
	harness_advance(screen->harness, 70000);
	yields(screen, "bot_handler_mean_ms", "");
}

static void a_load_that_a_log_tells_falls_with_time_and_stays_at_nothing(void **state)
{
	struct harness_screen *screen = *state;
	feed(screen, "obs_notes source=\"file/x\" counts=[{bot=\"orders\" lines=30 handled=30 "
		     "handled_ms=30}]");
	yields(screen, "bot_updates_per_second", "bot_updates_per_second{bot=\"orders\"} 0.5\n");
	harness_advance(screen->harness, 70000);
	yields(screen, "bot_updates_per_second", "bot_updates_per_second{bot=\"orders\"} 0\n");
	for (int i = 0; i < 10; i++) {
		harness_advance(screen->harness, 60000);
		harness_sync(screen);
	}
	yields(screen, "bot_updates_per_second", "bot_updates_per_second{bot=\"orders\"} 0\n");
}

static void counts_of_lines_stand_for_as_long_as_the_bot(void **state)
{
	static const char errors[] = "bot_log_lines_total{level=\\\"error\\\"}";
	struct harness_screen *screen = *state;
	feed(screen, "obs_fleet source=\"db\" bots=[{name=\"winter\" enabled=true}]");
	feed(screen, "obs_notes source=\"file/x\" counts=[{bot=\"winter\" lines=30 level=3} "
		     "{bot=\"winter\" lines=2 level=5} {bot=\"winter\" lines=4 level=0}]");
	harness_advance(screen->harness, 16000);
	yields(screen, "bot_log_lines_total",
		"bot_log_lines_total{bot=\"winter\",level=\"error\"} 2\n"
		"bot_log_lines_total{bot=\"winter\",level=\"fatal\"} 0\n"
		"bot_log_lines_total{bot=\"winter\",level=\"info\"} 30\n"
		"bot_log_lines_total{bot=\"winter\",level=\"none\"} 4\n"
		"bot_log_lines_total{bot=\"winter\",level=\"warn\"} 0\n");
	for (int i = 0; i < 10; i++) {
		harness_advance(screen->harness, 60000);
		harness_sync(screen);
	}
	yields(screen, errors, "bot_log_lines_total{bot=\"winter\",level=\"error\"} 2\n");
	feed(screen, "obs_fleet source=\"db\" bots=[{name=\"orders\" enabled=true}]");
	yields(screen, errors, "");
}

static void lines_that_are_read_back_from_before_are_not_counted(void **state)
{
	struct harness_screen *screen = *state;
	feed(screen,
		"obs_notes source=\"file/x\" counts=[{bot=\"orders\" lines=30 level=3 "
		"time_ms=%lld}]",
		(long long)HARNESS_START_MS - 7200000);
	harness_advance(screen->harness, 16000);
	yields(screen, "bot_log_lines_total", "");
}

static void a_chart_has_a_gap_where_a_source_did_not_answer(void **state)
{
	struct harness_screen *screen = *state;
	for (int i = 0; i < 10; i++)
		see_redis(screen);
	lose_redis(screen);
	harness_advance(screen->harness, 20000);
	for (int i = 0; i < 10; i++)
		see_redis(screen);
	harness_forget(screen);
	harness_send(screen,
		"win_open window=1 generation=%u store=\"query\" filter=\"%s\" from_ms=%lld "
		"to_ms=%lld step_ms=2000 columns=100",
		++generation, clients, (long long)HARNESS_START_MS + 2000,
		(long long)HARNESS_START_MS + 38000);
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_int_equal(reply->series_count, 1);
	const struct msg_points *points = &reply->series[0];
	assert_int_equal(points->values_count, 19);
	for (size_t i = 0; i < points->values_count; i++)
		assert_int_equal(is_stale(points->values[i]), i >= 5 && i < 15);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(figures_of_a_redis_that_does_not_answer_end_but_that_it_is_down),
		TEST(in_the_same_moment_neither_an_end_nor_a_value_is_lost),
		TEST(a_redis_whose_worker_hangs_is_stale_and_so_are_its_figures),
		TEST(what_is_removed_leaves_no_series),
		TEST(user_sql_ends_when_its_database_does_not_answer),
		TEST(a_process_that_nobody_looks_at_ends_and_one_that_is_gone_is_down),
		TEST(a_failed_answer_of_telegram_ends_the_backlog),
		TEST(a_worker_that_beats_no_more_leaves_its_figures_and_the_bot_goes_on),
		TEST(a_bot_that_is_removed_leaves_no_series),
		TEST(a_check_that_is_gone_or_too_old_ends),
		TEST(a_mean_of_log_lines_ends_when_there_are_none),
		TEST(a_load_that_a_log_tells_falls_with_time_and_stays_at_nothing),
		TEST(counts_of_lines_stand_for_as_long_as_the_bot),
		TEST(lines_that_are_read_back_from_before_are_not_counted),
		TEST(a_chart_has_a_gap_where_a_source_did_not_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
