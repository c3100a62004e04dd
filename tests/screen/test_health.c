/* SPDX-License-Identifier: MIT */
/* Health checks on the screen: one row for all of them, the matrix that it leads to, at three sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
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
		"why=\"%s\" latency_ms=%s status=%d interval_ms=10000",
		name, bot, code, code ? 2 : 0, why,
		code == ERR_UNREACHABLE ? "nan"
		: code                  ? "2100"
					: "12",
		code == ERR_UNREACHABLE ? 0
		: code                  ? 503
					: 200);
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

static void a_reason_that_is_too_long_loses_no_half_of_a_word(void **state)
{
	struct console *console = *state;
	console_resize(console, 12, 40);
	see_all(console, 0);
	see(console, "quiz", "quiz", ERR_TIMEOUT, "no answer in 2 s");
	console_expect(console, "quiz          health: no answer  ");
	console_expect(console, "why        health: no answer in 2 s");
}

static void open_matrix(struct console *console)
{
	console_keys(console, "7 Home Enter");
	console_expect(console, "8 Checks");
}

static void enter_on_that_row_opens_the_matrix_of_all(void **state)
{
	struct console *console = *state;
	see_all(console, 2);
	open_matrix(console);
	console_expect(console, "23/25  ! quiz connection refused  w page-7 503 after 2.1s");
	console_expect(console, "w page-7");
	console_expect(console, "503  2100");
	console_golden(console, "checks_80x24");
	console_keys(console, "Esc");
	console_expect(console, "health 23/25");
	console_expect_not(console, "8 Checks");
}

static void whoever_comes_because_a_check_fails_has_it_under_the_cursor(void **state)
{
	struct console *console = *state;
	see_all(console, 0);
	console_keys(console, "8 End");
	console_expect(console, "▶ . quiz");
	see_all(console, 1);
	console_advance(console, 3000);
	open_matrix(console);
	console_expect(console, "▶ w page-7");
}

static void it_is_whole_at_every_size(void **state)
{
	struct console *console = *state;
	console_resize(console, 45, 160);
	see_all(console, 2);
	open_matrix(console);
	console_golden(console, "checks_160x45");
	console_resize(console, 12, 40);
	see_all(console, 2);
	console_expect(console, "23/25  ! quiz connection re…  1 more");
	console_expect(console, "......w... .......... ....!");
	console_golden(console, "checks_40x12");
}

static void on_a_wide_screen_it_stands_where_logs_stood(void **state)
{
	struct console *console = *state;
	console_resize(console, 45, 160);
	see_all(console, 1);
	console_keys(console, "8");
	console_expect(console, "1 Bots");
	console_expect(console, "24/25  w page-7");
	console_expect_not(console, "5 Logs");
	console_keys(console, "1");
	console_expect(console, "24/25  w page-7");
	console_keys(console, "5");
	console_expect(console, "5 Logs");
	console_expect_not(console, "8 Checks");
}

static void every_figure_of_a_check_stands_on_its_row(void **state)
{
	struct console *console = *state;
	see_all(console, 1);
	open_matrix(console);
	console_type(console, "/check=page-9");
	console_keys(console, "Enter");
	console_advance(console, 4000);
	console_expect(console, ". page-9                    200    12");
	console_expect(console, "http://127.0.0.1/h, every 10s");
	console_expect(console, "24 hidden");
	console_expect(console, "24/25  w page-7");
}

static void what_nobody_looks_at_any_more_is_stale_and_shows_no_figure(void **state)
{
	struct console *console = *state;
	see_all(console, 1);
	open_matrix(console);
	console_advance(console, 60000);
	console_expect(console, "0/25  ? page-1 stale  ? page-2 stale");
	console_expect(console, "? page-7\n  ? page-8");
	console_expect(console, "--    --   1m");
	console_expect_not(console, ". page-");
	console_expect_not(console, " 200 ");
	console_golden(console, "checks_stale_80x24");
	console_type(console, "/check=page-7");
	console_keys(console, "Enter");
	console_expect(console, "stale; was 503");
}

/* All that the configuration allows: 512 of their own, and a page a bot. */
static void see_hundreds(struct console *console)
{
	for (int i = 1; i <= 600; i++) {
		char name[16];
		snprintf(name, sizeof(name), "check-%d", i);
		see(console, name, "", i == 599 ? ERR_PROTOCOL : 0, i == 599 ? "503" : "");
	}
	console_settle(console);
}

static void hundreds_are_letters_alone_and_scroll(void **state)
{
	struct console *console = *state;
	see_all(console, 0);
	see_hundreds(console);
	open_matrix(console);
	console_expect(console, "624/625  w check-599 503");
	console_expect(console, "w check-599");
	console_golden(console, "checks_many_80x24");
	console_keys(console, "End");
	console_expect(console, "625/625");
	console_expect_not(console, "w check-599  ");
	console_resize(console, 12, 40);
	console_keys(console, "Home");
	console_expect(console, "624/625  w check-599 503");
	see(console, "check-600", "", ERR_PROTOCOL, "503 after 2.1s");
	see(console, "check-598", "", ERR_PROTOCOL, "503 after 2.1s");
	console_settle(console);
	console_expect(console, "622/625  w check-598 503 af…  2 more");
	console_keys(console, "PgDn PgDn");
	console_expect(console, "/625");
}

static void a_hostile_name_draws_nothing_of_its_own(void **state)
{
	struct console *console = *state;
	see_all(console, 0);
	see(console, "a\\x1b]0;evil\\x07\\xe2\\x80\\xaeb", "", ERR_PROTOCOL,
		"\\x1b[2J503\\xe2\\x80\\xae");
	console_settle(console);
	open_matrix(console);
	static const char turns[] = {(char)0xe2, (char)0x80, (char)0xae, '\0'};
	autostr struct str text = STR_INIT;
	grid_dump_text(console->app->grid, &text);
	assert_null(strchr(text.text, '\x1b'));
	assert_null(strchr(text.text, '\x07'));
	assert_null(strstr(text.text, turns));
	console_expect(console, "25/26  w a");
}

static void enter_on_a_check_leads_to_its_bot_and_on_an_alert_to_its_check(void **state)
{
	struct console *console = *state;
	see_all(console, 2);
	open_matrix(console);
	console_expect(console, "▶ ! quiz");
	console_keys(console, "Enter");
	console_expect(console, "2 Detail");
	console_expect(console, "health: connection refused");
	console_keys(console, "Esc 3 End Enter");
	console_expect(console, "8 Checks");
	console_expect(console, "▶ w page-7");
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(checks_that_all_pass_are_one_quiet_row),
		test(those_that_fail_are_named_the_worst_first),
		test(a_reason_that_is_too_long_loses_no_half_of_a_word),
		test(enter_on_that_row_opens_the_matrix_of_all),
		test(whoever_comes_because_a_check_fails_has_it_under_the_cursor),
		test(it_is_whole_at_every_size),
		test(on_a_wide_screen_it_stands_where_logs_stood),
		test(every_figure_of_a_check_stands_on_its_row),
		test(what_nobody_looks_at_any_more_is_stale_and_shows_no_figure),
		test(hundreds_are_letters_alone_and_scroll),
		test(a_hostile_name_draws_nothing_of_its_own),
		test(enter_on_a_check_leads_to_its_bot_and_on_an_alert_to_its_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
