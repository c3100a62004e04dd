/* SPDX-License-Identifier: MIT */
/* Fields as columns before the message. */
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
	struct console *console = two_logs_new(24, 80);
	for (int i = 0; i < 60; i++) {
		autofree char *line =
			i % 3 ? xasprintf(
					"{\"time\":\"2026-03-01T11:50:%02dZ\",\"level\":30,\"msg\":"
					"\"handled "
					"update "
					"%d\",\"ms\":%d.5,\"ctx\":{\"chat\":%d,\"user\":\"u%d\"}}",
					i, i, i * 7, -100 - i * 31, i)
			      : xasprintf("2026-03-01 11:50:%02dZ INFO tick %d ms=%d", i, i, i);
		console_log(console, i % 2 ? "ada" : "bob", line);
	}
	two_logs_open(console);
	*state = console;
	return 0;
}

static void choose(struct console *console, const char *names)
{
	console_keys(console, "C C-u");
	console_type(console, names);
	console_keys(console, "Enter");
}

static void fields_stand_as_columns_under_their_names(void **state)
{
	struct console *console = *state;
	choose(console, "ms chat, ctx.user");
	console_expect(console, "   ms  chat ctx.user\n");
	console_expect(console, "I 413.5 -1929 u59      handled update 59");
	console_expect(console, "I    57                tick 57 ms=57");
	console_keys(console, "C");
	console_expect(console, "ms chat ctx.user"); /* what is shown stands there */
	console_keys(console, "C-u Enter");
	console_expect(console, "I handled update 59");
}

static void a_column_that_no_line_has_is_hidden_and_none_takes_the_messages_room(void **state)
{
	struct console *console = *state;
	choose(console, "nothing ms nowhere chat");
	console_expect(console, "   ms  chat\n");
	console_expect(console, "I 413.5 -1929 handled update 59");
	console_resize(console, 12, 40);
	console_keys(console, "5");
	console_expect(console, "ms\n");
	console_expect_not(console, "-1929");
	console_expect(console, "413.5 handled update");
}

static void what_is_no_name_and_too_many_are_refused(void **state)
{
	struct console *console = *state;
	choose(console, "ms a;b");
	console_expect(console, "'a;b' is no name of a field");
	console_keys(console, "Esc");
	console_expect_not(console, "413.5");
	console_keys(console, ":");
	console_type(console, "columns a b c d e f g");
	console_keys(console, "Enter");
	console_expect(console, "no more than 6 fields can be columns");
}

static void lines_that_come_have_their_values(void **state)
{
	struct console *console = *state;
	choose(console, "ms");
	console_log(console, "ada",
		"{\"time\":\"2026-03-01T11:59:00Z\",\"level\":30,\"msg\":\"slow "
		"one\",\"ms\":\"very long text "
		"in a field\"}");
	console_settle(console);
	console_keys(console, "G");
	console_expect(console, "very long text … slow one");
}

static void put(void *context, const char *name, const char *text)
{
	str_addf(context, "%s=%s;", name, text);
}

static void they_outlive_the_screen(void **state)
{
	struct console *console = *state;
	autostr struct str kept = STR_INIT;
	choose(console, "ms chat");
	pane_logs.keep(console->app->view[PANE_logs], put, &kept);
	assert_string_equal(kept.text, "columns=ms chat;");
	pane_logs.recall(console->app, "", "");
	console_keys(console, "k");
	console_expect(console, "I handled update 59");
	pane_logs.recall(console->app, "columns", "chat");
	console_keys(console, "k");
	console_expect(console, "-1929 handled update 59");
	pane_logs.recall(console->app, "columns", ";;;");
	console_keys(console, "k");
	console_expect(console, "-1929 handled update 59");
}

static void the_picture_of_columns(void **state)
{
	struct console *console = *state;
	choose(console, "ms chat ctx.user");
	console_keys(console, "k k");
	console->app->anonymous = true;
	console_golden(console, "logs_columns_80x24");
	console_resize(console, 45, 160);
	console_golden(console, "logs_columns_160x45");
}

static void long_lines_are_wrapped_and_stay_so(void **state)
{
	struct console *console = *state;
	autostr struct str kept = STR_INIT;
	console_log(console, "ada",
		"INFO a long line that does not fit into eighty cells, of which some go before it, "
		"to its "
		"very end");
	console_settle(console);
	console_keys(console, "G");
	console_expect_not(console, "very end");
	console_keys(console, "Right L");
	console_expect(console, "I a long line");
	console_expect(console, "very end");
	pane_logs.keep(console->app->view[PANE_logs], put, &kept);
	assert_string_equal(kept.text, "wrap=on;");
	console_keys(console, "L");
	console_expect_not(console, "very end");
	pane_logs.recall(console->app, "wrap", "on");
	console_keys(console, "G");
	console_expect(console, "very end");
	console_keys(console, ":");
	console_type(console, "wrap sideways");
	console_keys(console, "Enter");
	console_expect(console, "wrap on, or off");
}

int main(void)
{
#define COLUMNS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, two_logs_teardown)
	const struct CMUnitTest tests[] = {
		COLUMNS_TEST(fields_stand_as_columns_under_their_names),
		COLUMNS_TEST(a_column_that_no_line_has_is_hidden_and_none_takes_the_messages_room),
		COLUMNS_TEST(what_is_no_name_and_too_many_are_refused),
		COLUMNS_TEST(lines_that_come_have_their_values),
		COLUMNS_TEST(they_outlive_the_screen),
		COLUMNS_TEST(long_lines_are_wrapped_and_stay_so),
		COLUMNS_TEST(the_picture_of_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
