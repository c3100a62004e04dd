/* SPDX-License-Identifier: MIT */
/* The view of one line: all of it, and what can be done with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/two_logs.h"
#include "tui/panes/logs_view.h"

static const char json[] = "{\"level\":50,\"time\":\"2026-03-01T11:59:00.250Z\",\"msg\":\"payment "
			   "failed\",\"request_id\":"
			   "\"r-17\",\"ctx\":{\"chat\":-100500,\"user\":{\"id\":7,\"name\":\"Ann "
			   "\\\"x\\\"\",\"admin\":false},"
			   "\"tags\":[\"pay\",\"retry\"],\"none\":null},\"stack\":\"TimeoutError: "
			   "upstream\\n    at send\\n"
			   "    at pay\",\"ms\":1203.5}";

static int setup(void **state)
{
	struct console *console = two_logs_new(24, 80);
	console_log(console, "ada", "2026-03-01T11:58:00.000Z INFO before it");
	console_log(console, "ada", json);
	console_log(console, "bob",
		"2026-03-01T11:59:10.000Z ERROR handler failed for chat=-5 after 3 tries");
	console_log(console, "bob", "Traceback (most recent call last):");
	console_log(console, "bob", "  File \"a.py\", line 12, in pay");
	console_log(console, "bob", "ValueError: no such order");
	console_log(console, "ada",
		"ts=2026-03-01T11:59:20.000Z level=info msg=\"paid order\" ms=12 ok=true");
	two_logs_open(console);
	*state = console;
	return 0;
}

static void enter_shows_every_field_with_what_is_nested_in_it(void **state)
{
	struct console *console = *state;
	two_logs_go_to(console, "payment");
	console_resize(console, 45, 160);
	console_keys(console, "Enter");
	console_expect(console, "time  2026-03-01T11:59:00.250Z   age 1m");
	console_expect(console, "level error   bot ada   source ada.log   id r-17");
	console_expect(console, "chat      -100500");
	console_expect(console, "user      {3}");
	console_expect(console, "name    Ann \"x\"");
	console_expect(console, "tags      [2]");
	console_expect(console, "1       retry");
	console_expect(console, "stack       TimeoutError: upstream");
	console_expect(console, "                at pay");
	console_expect(console, "ms          1203.5");
	console_keys(console, "Esc");
	console_expect_not(console, "chat      -100500");
	console_expect(console, "payment failed");
}

static void the_view_scrolls_and_goes_on_with_the_cursor(void **state)
{
	struct console *console = *state;
	two_logs_go_to(console, "payment");
	console_keys(console, "Enter");
	console_expect(console, "age 1m");
	console_expect_not(console, "1203.5");
	console_keys(console, "G");
	console_expect(console, "1203.5");
	console_expect_not(console, "age 1m");
	console_keys(console, "j");
	console_expect(console, "bot bob");
	console_keys(console, "k k");
	console_expect(console, "before it");
	console_expect(console, "age 2m");
	console_keys(console, "E"); /* no error above */
	console_expect(console, "no more errors above");
	console_keys(console, "e");
	console_expect(console, "id r-17");
}

static void a_traceback_is_joined_below_its_first_line_from_any_of_them(void **state)
{
	struct console *console = *state;
	two_logs_go_to(console, "ValueError");
	console_keys(console, "Enter");
	int first = console_row(console, "ERROR handler failed for chat=-5 after 3 tries");
	assert_true(first > 0);
	console_expect(console, " chat  -5");
	console_keys(console, "g k k k");
	console_expect(console, "2026-03-01T11:59:10.000Z ERROR handler failed");
	console_expect(console, "ValueError: no such order");
}

static void what_logfmt_says_is_a_table(void **state)
{
	struct console *console = *state;
	console_keys(console, "k");
	two_logs_go_to(console, "order");
	console_keys(console, "Enter");
	console_expect(console, "msg    paid order");
	console_expect(console, "ms     12");
	console_expect(console, "ok     true");
}

static void with_a_filter_enter_shows_the_surroundings_and_v_the_line(void **state)
{
	struct console *console = *state;
	console_keys(console, "&");
	console_type(console, "payment");
	console_keys(console, "Enter k v");
	console_expect(console, "id r-17");
	console_expect(console, "hidden");
	console_expect_not(console, "before it");
	console_keys(console, "Enter"); /* in the view: the filter ends, the line stays */
	console_expect(console, "id r-17");
	console_expect_not(console, "hidden");
	console_keys(console, "Esc");
	console_expect(console, "before it");
	console_keys(console, "&");
	console_type(console, "payment");
	console_keys(console, "Enter k Enter");
	console_expect(console, "before it");
	console_expect_not(console, "id r-17");
}

static void a_text_is_found_in_the_line(void **state)
{
	struct console *console = *state;
	two_logs_go_to(console, "payment");
	console_keys(console, "Enter n");
	console_expect(console, "nothing was searched in this line yet");
	console_keys(console, "/");
	console_type(console, "pay");
	console_keys(console, "Enter n n N");
	console_expect(console, "/pay");
	console_keys(console, "n n n n n");
	console_expect(console, "no more 'pay' below");
	console_expect(console, "    at pay");
	console_keys(console, "/ C-u");
	console_type(console, "nowhere");
	console_keys(console, "Enter");
	console_expect(console, "'nowhere' is not in this line");
	console_keys(console, "Esc Esc Esc");
	console_expect_not(console, "id r-17");
}

static void the_line_is_copied_as_it_is_and_as_json(void **state)
{
	struct console *console = *state;
	two_logs_go_to(console, "Traceback");
	console_keys(console, "Enter y");
	console_expect(console, "clipboard <- 4 lines");
	assert_string_equal(term_headless_copied(console->term),
		"2026-03-01T11:59:10.000Z ERROR handler failed for chat=-5 after 3 tries\n"
		"Traceback (most recent call last):\n"
		"  File \"a.py\", line 12, in pay\n"
		"ValueError: no such order");
	console_keys(console, "Y");
	console_expect(console, "clipboard <- the line as JSON");
	assert_string_equal(term_headless_copied(console->term),
		"{\"v\":1,\"time\":\"2026-03-01T11:59:10.000Z\",\"bot\":\"bob\",\"source\":\"bob."
		"log\","
		"\"level\":\"error\",\"msg\":\"2026-03-01T11:59:10.000Z ERROR handler failed for "
		"chat=-5 "
		"after 3 tries\",\"more\":[\"Traceback (most recent call last):\",\"  File "
		"\\\"a.py\\\", "
		"line 12, in pay\",\"ValueError: no such order\"],\"fields\":{\"chat\":-5}}");
}

static void a_row_as_json_has_all_its_fields(void **state)
{
	struct console *console = *state;
	two_logs_go_to(console, "payment");
	console_keys(console, "Y");
	console_expect(console, "clipboard <- row as JSON");
	assert_string_equal(term_headless_copied(console->term),
		"{\"v\":1,\"time\":\"2026-03-01T11:59:00.250Z\",\"bot\":\"ada\",\"source\":\"ada."
		"log\","
		"\"level\":\"error\",\"id\":\"r-17\",\"msg\":\"payment "
		"failed\",\"fields\":{\"level\":50,"
		"\"time\":\"2026-03-01T11:59:00.250Z\",\"msg\":\"payment "
		"failed\",\"request_id\":\"r-17\","
		"\"ctx\":{\"chat\":-100500,\"user\":{\"id\":7,\"name\":\"Ann "
		"\\\"x\\\"\",\"admin\":false},"
		"\"tags\":[\"pay\",\"retry\"],\"none\":null},\"stack\":\"TimeoutError: "
		"upstream\\u000a "
		"   at "
		"send\\u000a    at pay\",\"ms\":1203.5}}");
}

static void what_is_too_long_is_cut_and_for_a_clipboard_said_to_be(void **state)
{
	struct console *console = *state;
	autostr struct str line = STR_INIT;
	str_adds(&line, "2026-03-01T11:59:59.000Z INFO long");
	for (int i = 0; i < 9000; i++)
		str_addf(&line, " w%06d", i);
	console_log(console, "ada", line.text);
	console_log(console, "ada", "Traceback (most recent call last):");
	str_truncate(&line, 1800);
	for (int i = 0; i < 30; i++)
		console_log(console, "ada", line.text + strlen("2026-03-01T11:59:59.000Z "));
	console_log(console, "ada", "INFO the last of them");
	console_expect(console, "the last of them"); /* what is searched is what has come */
	two_logs_go_to(console, "Traceback");
	console_keys(console, "Esc v");
	console_expect(console, "cut: the line was longer");
	console_keys(console, "y");
	console_expect(console, "bytes are too many for a clipboard: p opens the log");
	console_keys(console, "v");
	console_expect_not(console, "cut: the line was longer");
}

static void the_view_is_the_same_at_every_size(void **state)
{
	struct console *console = *state;
	static const struct {
		int rows, columns;
		const char *golden;
	} sizes[] = {{45, 160, "logs_line_160x45"}, {24, 80, "logs_line_80x24"},
		{12, 40, "logs_line_40x12"}};
	two_logs_go_to(console, "payment");
	console_keys(console, "Enter");
	console->app->anonymous = true;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		console_resize(console, sizes[i].rows, sizes[i].columns);
		console_golden(console, sizes[i].golden);
	}
}

/* It is open while its line leaves, its pane changes size, the screen ends. */
static void nothing_is_left_of_a_view_that_was_open_at_the_end(void **state)
{
	struct console *console = *state;
	two_logs_go_to(console, "payment");
	console_keys(console, "Enter");
	console_resize(console, 4, 20);
	console_resize(console, 24, 80);
	console_expect(console, "id r-17");
	console_keys(console, "q");
	assert_null(logs_view(console->app)->line);
	console_queue(console, "v");
	console_turn(console, 1);
}

int main(void)
{
	(void)setenv("TZ", "UTC", 1);
	tzset();
#define LINE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, two_logs_teardown)
	const struct CMUnitTest tests[] = {
		LINE_TEST(enter_shows_every_field_with_what_is_nested_in_it),
		LINE_TEST(the_view_scrolls_and_goes_on_with_the_cursor),
		LINE_TEST(a_traceback_is_joined_below_its_first_line_from_any_of_them),
		LINE_TEST(what_logfmt_says_is_a_table),
		LINE_TEST(with_a_filter_enter_shows_the_surroundings_and_v_the_line),
		LINE_TEST(a_text_is_found_in_the_line),
		LINE_TEST(the_line_is_copied_as_it_is_and_as_json),
		LINE_TEST(a_row_as_json_has_all_its_fields),
		LINE_TEST(what_is_too_long_is_cut_and_for_a_clipboard_said_to_be),
		LINE_TEST(the_view_is_the_same_at_every_size),
		LINE_TEST(nothing_is_left_of_a_view_that_was_open_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
