/* SPDX-License-Identifier: MIT */
/* Health checks on the screen: one row for all of them, those that fail by name, at three sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/base/err.h"
#include "tests/support/console.h"

enum { CHECKS = 25 };

static const char config[] = "environment: demo\n"
			     "state_dir: /nowhere/state\n"
			     "redis:\n"
			     "  main: {host: 127.0.0.1}\n"
			     "bots:\n"
			     "  quiz: {transport: none, health: 'http://127.0.0.1/h'}\n";

static const char *const sources[] = {"process/processes", "redis/main", NULL};

static void see(
	struct console *console, const char *name, const char *bot, int code, const char *why)
{
	harness_feed(console->harness,
		"obs_check name=\"%s\" bot=\"%s\" url=\"http://127.0.0.1/h\" code=%d fails=%d "
		"why=\"%s\" latency_ms=%d interval_ms=10000",
		name, bot, code, code ? 2 : 0, why, code ? 2100 : 12);
}

static void see_all(struct console *console, int failing)
{
	console_sources(console, sources);
	harness_feed(console->harness,
		"obs_redis name=\"main\" ping_ms=0.3 version=\"7.0.15\" used_bytes=1887436 "
		"clients=14 max_clients=10000 rate=48 role=\"master\" slow_ms=nan");
	see(console, "quiz", "quiz", failing > 1 ? ERR_UNREACHABLE : 0,
		failing > 1 ? "Connection refused" : "");
	for (int i = 1; i < CHECKS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "page-%d", i);
		bool bad = i == 7 && failing > 0;
		see(console, name, "", bad ? ERR_PROTOCOL : 0,
			bad ? "503 after 2.1s, says \\\"degraded\\\"" : "");
	}
	console_settle(console);
}

static int setup(void **state)
{
	*state = console_new(config, 24, 80);
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

static void checks_that_all_pass_are_one_quiet_row(void **state)
{
	struct console *console = *state;
	see_all(console, 0);
	console_keys(console, "7");
	console_expect(console, "health 25/25");
	console_expect_not(console, "page-7");
}

static void those_that_fail_are_named_the_worst_first(void **state)
{
	struct console *console = *state;
	see_all(console, 2);
	console_keys(console, "7");
	console_expect(console, "health 23/25");
	console_golden(console, "health_80x24");
	console_resize(console, 45, 160);
	see_all(console, 2);
	console_expect(console, "quiz connection refused; page-7 503");
	console_resize(console, 30, 120);
	see_all(console, 2);
	console_golden(console, "health_120x30");
	console_resize(console, 12, 40);
	see_all(console, 2);
	console_expect(console, "health 23/25");
	console_golden(console, "health_40x12");
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(checks_that_all_pass_are_one_quiet_row),
		test(those_that_fail_are_named_the_worst_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
