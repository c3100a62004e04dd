/* SPDX-License-Identifier: MIT */
/* Lines that repeat each other stand as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/two_logs.h"

static int setup(void **state)
{
	*state = two_logs_new(24, 80);
	return 0;
}

/* Ten seconds apart. */
static void write_failures(struct console *console, int count)
{
	static int second;
	for (int i = 0; i < count; i++, second += 10) {
		autofree char *line =
			xasprintf("2026-03-01T11:%02d:%02dZ ERROR POST /hook 502 upd=%d",
				20 + second / 60, second % 60, 884213 + i);
		console_log(console, "ada", line);
	}
	console_settle(console);
}

static void repeated_errors_stand_as_one_line_that_counts_them(void **state)
{
	struct console *console = *state;
	console_log(console, "ada", "2026-03-01T11:10:00Z INFO before");
	write_failures(console, 37);
	console_log(console, "ada", "2026-03-01T11:59:00Z INFO behind");
	two_logs_open(console);
	console_expect(console, "POST /hook 502 upd=884249");
	console_expect(console, "x37 in 6m");
	console_expect_not(console, "upd=884248");
	console_expect(console, "before");
	console_expect(console, "behind");
	console_keys(console, "k k"); /* an event of the screen's own stands last */
	two_logs_assert_at(console, "upd=884249");
	console_keys(console, "k");
	two_logs_assert_at(console, "before");
	console_keys(console, "j j");
	two_logs_assert_at(console, "behind");
}

static void x_expands_them_and_folds_them_again(void **state)
{
	struct console *console = *state;
	console_log(console, "ada", "2026-03-01T11:10:00Z INFO before");
	write_failures(console, 5);
	console_keys(console, "5 + k x");
	console_expect_not(console, "x5 in");
	console_expect(console, "upd=884213");
	two_logs_assert_at(console, "upd=884217");
	console_keys(console, "k k");
	two_logs_assert_at(console, "upd=884215");
	console_keys(console, "x");
	console_expect(console, "x5 in 40s");
	two_logs_assert_at(console, "upd=884217");
	console_keys(console, "k x");
	console_expect(console, "not repeated by those next to it");
}

static void what_says_or_is_something_else_is_no_repeat(void **state)
{
	struct console *console = *state;
	for (int i = 0; i < 6; i++) {
		autofree char *line = xasprintf("2026-03-01T11:10:0%dZ ERROR failed 1", i);
		console_log(console, i % 2 ? "ada" : "bob", line);
	}
	for (int i = 0; i < 6; i++)
		console_log(console, "ada", i % 2 ? "ERROR one 1" : "ERROR two 1");
	for (int i = 0; i < 6; i++)
		console_log(console, "ada", "INFO handled update 1 in 5 ms");
	console_log(console, "ada", "ERROR twice 1");
	console_log(console, "ada", "ERROR twice 2");
	console_settle(console);
	console_keys(console, "5 + k");
	console_expect_not(console, " x2");
	console_expect_not(console, " x3");
	console_expect_not(console, " x6");
	console_keys(console, "X");
	console_expect(console, "all repeated lines stand as one");
	console_expect(console, "handled update 1 in 5 ms");
	console_expect(console, " x6");
	console_keys(console, "X");
	console_expect(console, "every line stands for itself");
	console_expect_not(console, " x6");
}

static void a_repeated_traceback_is_shown_once(void **state)
{
	struct console *console = *state;
	for (int i = 0; i < 4; i++) {
		autofree char *line =
			xasprintf("2026-03-01T11:1%d:00Z ERROR handler failed for chat %d", i, i);
		console_log(console, "ada", line);
		console_log(console, "ada", "Traceback (most recent call last):");
		console_log(console, "ada", "  File \"a.py\", line 12, in pay");
		console_log(console, "ada", "ValueError: no");
	}
	console_log(console, "ada", "2026-03-01T11:15:00Z ERROR handler failed for chat 9");
	two_logs_open(console);
	console_expect(console, "x4 in 3m");
	console_expect(console, "for chat 3");
	console_expect_not(console, "for chat 2");
	console_expect(console, "ValueError: no");
	console_expect(console, "for chat 9");
}

/* More than the window holds: that is said, and the lines before them are reached. */
static void repeats_beyond_what_is_held_are_said_to_be_more(void **state)
{
	struct console *console = *state;
	console_log(console, "ada", "2026-03-01T11:10:00Z INFO the very first");
	for (int i = 0; i < 3000; i++)
		console_log(console, "ada", "2026-03-01T11:20:00Z ERROR POST /hook 502");
	two_logs_open(console);
	console_expect(console, "+\n");
	console_expect_not(console, "the very first");
	for (int i = 0; i < 40 && console_row(console, "the very first") < 0; i++)
		console_keys(console, "k");
	console_expect(console, "the very first");
	console_keys(console, "G");
	console_expect(console, "follow");
}

static void a_search_leads_into_them(void **state)
{
	struct console *console = *state;
	write_failures(console, 20);
	console_keys(console, "5 + /");
	console_type(console, "884217");
	console_keys(console, "Enter");
	two_logs_assert_at(console, "upd=884217");
	console_expect(console, "upd=884218");
}

static void a_marked_line_stands_for_itself(void **state)
{
	struct console *console = *state;
	write_failures(console, 9);
	console_keys(console, "5 + k x k k k");
	two_logs_assert_at(console, "upd=884218");
	console_keys(console, "m x");
	console_expect(console, "not repeated by those next to it");
	console_expect(console, "x5 in 40s");
	console_expect_not(console, "upd=884216");
	console_keys(console, "Esc j x");
	console_expect(console, "x3 in 20s");
	console_expect(console, "upd=884218");
	two_logs_assert_at(console, "upd=884221");
	console_keys(console, "k m");
	console_expect(console, "x9 in 1m");
}

/* Who steps over bars or to a time is led to the line itself. */
static void a_time_leads_into_them(void **state)
{
	struct console *console = *state;
	console_log(console, "ada", "2026-03-01T11:10:00Z ERROR POST /hook 502 upd=1");
	console_log(console, "ada", "2026-03-01T11:20:00Z ERROR POST /hook 502 upd=2");
	console_log(console, "ada", "2026-03-01T11:30:00Z ERROR POST /hook 502 upd=3");
	two_logs_open(console);
	console_expect(console, "x3 in 20m");
	console_keys(console, "@");
	console_type(console, "11:15");
	console_keys(console, "Enter");
	two_logs_assert_at(console, "upd=2");
	console_expect(console, "upd=1");
}

static void which_repeats_are_folded_is_asked_by_name(void **state)
{
	struct console *console = *state;
	write_failures(console, 20);
	console_keys(console, "5 + :");
	console_type(console, "collapse off");
	console_keys(console, "Enter");
	console_expect(console, "every line stands for itself");
	console_keys(console, ":");
	console_type(console, "collapse none");
	console_keys(console, "Enter");
	console_expect(console, "repeats of what? errors, all or off");
}

static void the_picture_of_repeats(void **state)
{
	struct console *console = *state;
	static const struct {
		int rows, columns;
		const char *golden;
	} sizes[] = {{45, 160, "logs_repeats_160x45"}, {24, 80, "logs_repeats_80x24"},
		{12, 40, "logs_repeats_40x12"}};
	console_log(console, "bob", "2026-03-01T11:10:00Z INFO before");
	for (int i = 0; i < 37; i++) {
		autofree char *line =
			xasprintf("2026-03-01T11:20:%02dZ ERROR POST /hook failed with "
				  "502, upstream timed out, upd=%d",
				i, 884213 + i);
		console_log(console, "ada", line);
	}
	console_log(console, "bob", "2026-03-01T11:30:00Z WARN flood control, retry after 3");
	console_settle(console);
	console_keys(console, "5 k k");
	console->app->anonymous = true;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		console_resize(console, sizes[i].rows, sizes[i].columns);
		console_golden(console, sizes[i].golden);
	}
}

int main(void)
{
#define REPEATS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, two_logs_teardown)
	const struct CMUnitTest tests[] = {
		REPEATS_TEST(repeated_errors_stand_as_one_line_that_counts_them),
		REPEATS_TEST(x_expands_them_and_folds_them_again),
		REPEATS_TEST(what_says_or_is_something_else_is_no_repeat),
		REPEATS_TEST(a_repeated_traceback_is_shown_once),
		REPEATS_TEST(repeats_beyond_what_is_held_are_said_to_be_more),
		REPEATS_TEST(a_search_leads_into_them),
		REPEATS_TEST(a_marked_line_stands_for_itself),
		REPEATS_TEST(a_time_leads_into_them),
		REPEATS_TEST(which_repeats_are_folded_is_asked_by_name),
		REPEATS_TEST(the_picture_of_repeats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
