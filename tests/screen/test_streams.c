/* SPDX-License-Identifier: MIT */
/* Redis streams and their consumer groups on the screen: trouble first, at three sizes, and grey when nobody looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/engine/feed.h"
#include "tests/support/console.h"

static const char config[] =
	"environment: demo\n"
	"state_dir: /nowhere/state\n"
	"redis:\n"
	"  main: {host: 127.0.0.1, interval: 2s, streams: [jobs, 'events:*']}\n"
	"bots:\n"
	"  quiz: {transport: none}\n";

static const char *const sources[] = {"redis/main", "redis/main:streams", NULL};

static void see(struct console *console)
{
	struct harness *harness = console->harness;
	console_sources(console, sources);
	harness_feed(harness,
		"obs_redis name=\"main\" ping_ms=0.3 version=\"7.0.15\" used_bytes=1887436 "
		"clients=14 max_clients=10000 rate=48 role=\"master\" slow_ms=nan");
	harness_feed(harness, "obs_stream service=\"main\" name=\"events:orders\" length=8123 "
			      "rate=19.4 lag=-1 dead=-1 dead_ms=60000");
	harness_feed(harness,
		"obs_stream service=\"main\" name=\"events:orders\" group=\"billing\" length=8123 "
		"rate=18.5 lag=240 pending=60 consumers=2 dead=1 dead_ms=60000 "
		"oldest_idle_ms=780000 oldest=\"1799999000000-0, delivered 3 times, last to w1\" "
		"oldest_added_ms=%lld readers=[{name=\"w1\" pending=30 idle_ms=780000 dead=true} "
		"{name=\"w2\" pending=30 idle_ms=12}]",
		(long long)HARNESS_START_MS - 900000);
	harness_feed(harness,
		"obs_stream service=\"main\" name=\"events:orders\" group=\"search\" length=8123 "
		"rate=19.4 lag=0 consumers=1 dead=0 dead_ms=60000 "
		"readers=[{name=\"s1\" idle_ms=40}]");
	harness_feed(harness, "obs_stream service=\"main\" name=\"jobs\" length=30 rate=0 lag=-1 "
			      "dead=-1 dead_ms=60000");
	harness_feed(harness,
		"obs_stream service=\"main\" name=\"jobs\" group=\"workers\" length=30 rate=nan "
		"lag=-1 pending=7 consumers=1 dead=1 dead_ms=60000 oldest_idle_ms=90000 "
		"oldest=\"5-0, delivered 1 time, last to only\" "
		"readers=[{name=\"only\" pending=7 idle_ms=90000 dead=true}]");
	console_advance(console, FEED_PULSE_MS);
}

static int setup(void **state)
{
	*state = console_new(config, 24, 80);
	see(*state);
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

static void the_command_line_leads_to_them_trouble_first(void **state)
{
	struct console *console = *state;
	console_keys(console, ":");
	console_type(console, "streams");
	console_keys(console, "Enter");
	console_golden(console, "streams_80x24");
	assert_true(console_row(console, "workers") < console_row(console, "billing"));
	assert_true(console_row(console, "billing") < console_row(console, "search"));
	console_resize(console, 45, 160);
	see(console);
	console_golden(console, "streams_160x45");
	console_resize(console, 12, 40);
	see(console);
	console_golden(console, "streams_40x12");
}

static void enter_on_an_opened_redis_leads_to_its_worst_and_q_comes_back(void **state)
{
	struct console *console = *state;
	console_keys(console, "7 Enter");
	console_expect(console, "2 and 3 groups, 2 in trouble: jobs workers");
	console_keys(console, "Enter");
	see(console);
	console_expect(console, "its one consumer, only, is dead");
	console_expect(console, "heard of 1m30 ago  dead");
	console_keys(console, "j");
	see(console);
	console_expect(console, "it does not catch up");
	console_expect(console, "delivered 3 times, last to w1 13m ago");
	console_keys(console, "q");
	console_expect(console, "7 Services");
}

static void a_filter_and_an_order_work_as_in_other_tables(void **state)
{
	struct console *console = *state;
	console_keys(console, ":");
	console_type(console, "streams");
	console_keys(console, "Enter /");
	console_type(console, "lag > 100");
	console_keys(console, "Enter");
	console_expect(console, "4 hidden");
	console_expect(console, "billing");
	console_expect_not(console, "search");
	console_keys(console, "Esc");
	console_expect(console, "search");
}

static void what_is_not_looked_at_is_grey_and_has_no_figures(void **state)
{
	struct console *console = *state;
	console_keys(console, ":");
	console_type(console, "streams");
	console_keys(console, "Enter");
	console_expect(console, "8123");
	console_advance(console, 7000);
	console_expect_not(console, "8123");
	console_expect_not(console, " 240 ");
	console_expect(console, "not looked at");
	console_golden(console, "streams_stale_80x24");
}

/* Another Redis that is looked at seldom says nothing of this one. */
static void what_is_too_old_is_a_matter_of_its_own_redis(void **state)
{
	static const char two[] =
		"environment: demo\n"
		"state_dir: /nowhere/state\n"
		"redis:\n"
		"  main: {host: 127.0.0.1, interval: 2s, streams: [jobs]}\n"
		"  seldom: {host: 127.0.0.1, port: 6380, interval: 60s, streams: [rare]}\n"
		"bots:\n"
		"  quiz: {transport: none}\n";
	console_free(*state);
	struct console *console = *state = console_new(two, 24, 80);
	console_sources(console, sources);
	harness_feed(console->harness, "obs_source kind=\"redis\" name=\"seldom:streams\" "
				       "state=\"ok\" interval_ms=60000 circuit=\"closed\"");
	harness_feed(console->harness, "obs_stream service=\"main\" name=\"jobs\" length=4711 "
				       "lag=-1 dead=-1 dead_ms=60000");
	harness_feed(console->harness,
		"obs_stream service=\"seldom\" name=\"rare\" length=5813 lag=-1 dead=-1 "
		"dead_ms=60000");
	console_advance(console, FEED_PULSE_MS);
	console_keys(console, ":");
	console_type(console, "streams");
	console_keys(console, "Enter");
	console_expect(console, "4711");
	console_advance(console, 7000);
	console_expect_not(console, "4711");
	console_expect(console, "5813");
}

static void a_group_that_is_gone_leaves_and_its_lag_with_it(void **state)
{
	struct console *console = *state;
	console_keys(console, "7");
	console_expect(console, "240");
	harness_feed(console->harness,
		"obs_stream service=\"main\" name=\"events:orders\" group=\"billing\" gone=true");
	console_advance(console, FEED_PULSE_MS);
	console_expect_not(console, "240");
}

static void see_waiting(struct console *console, int seconds)
{
	see(console);
	harness_feed(console->harness,
		"obs_stream service=\"main\" name=\"jobs\" group=\"workers\" length=30 rate=nan "
		"lag=-1 pending=7 consumers=1 dead=0 dead_ms=60000 oldest_idle_ms=%d "
		"oldest=\"5-0, delivered 1 time, last to only\"",
		seconds * 1000);
	console_advance(console, FEED_PULSE_MS);
}

static void an_entry_that_waits_is_said_with_how_long_it_waits(void **state)
{
	struct console *console = *state;
	console_resize(console, 45, 240);
	console_keys(console, "7 Enter Enter");
	see_waiting(console, 90);
	see_waiting(console, 93);
	console_expect(console, "an entry is not acknowledged for 1m3");
	console_expect(console, "an entry is not acknowledged 1m");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_command_line_leads_to_them_trouble_first),
		TEST(enter_on_an_opened_redis_leads_to_its_worst_and_q_comes_back),
		TEST(a_filter_and_an_order_work_as_in_other_tables),
		TEST(what_is_not_looked_at_is_grey_and_has_no_figures),
		TEST(what_is_too_old_is_a_matter_of_its_own_redis),
		TEST(a_group_that_is_gone_leaves_and_its_lag_with_it),
		TEST(an_entry_that_waits_is_said_with_how_long_it_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
