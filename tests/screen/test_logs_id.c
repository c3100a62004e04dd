/* SPDX-License-Identifier: MIT */
/* One correlation id through all bots and sources, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/two_logs.h"

static int setup(void **state)
{
	struct console *console = two_logs_new(24, 80);
	console_log(console, "ada",
		"{\"time\":\"2026-03-01T11:50:00Z\",\"level\":30,\"msg\":\"took "
		"order\",\"request_id\":\"req-17\"}");
	console_log(console, "ada",
		"{\"time\":\"2026-03-01T11:50:01Z\",\"level\":30,\"msg\":\"no id at all\"}");
	console_log(console, "bob",
		"ts=2026-03-01T11:50:02Z level=warn msg=\"paid late\" trace_id=req-17");
	console_log(console, "bob", "2026-03-01 11:50:03Z INFO worker: shipped for req-17");
	console_log(console, "bob",
		"{\"time\":\"2026-03-01T11:50:04Z\",\"level\":30,\"msg\":\"of "
		"another\",\"request_id\":\"req-18\"}");
	console_log(console, "ada",
		"{\"time\":\"2026-03-01T11:50:05Z\",\"level\":30,\"msg\":\"odd\",\"request_id\":"
		"\"a\\\"b*c\"}");
	console_log(console, "bob",
		"{\"time\":\"2026-03-01T11:50:06Z\",\"level\":30,\"msg\":\"axxb\","
		"\"request_id\":\"a'bxc\"}");
	console_log(console, "bob",
		"{\"time\":\"2026-03-01T11:50:07Z\",\"msg\":\"refund of "
		"req-17\",\"request_id\":\"req-19\"}");
	console_settle(console);
	*state = console;
	return 0;
}

static void one_key_leads_along_an_id_and_escape_back(void **state)
{
	struct console *console = *state;
	console_keys(console, "1 l");
	console_expect(console, "of ada");
	console_keys(console, "&");
	console_type(console, "order");
	console_keys(console, "Enter k c");
	console_expect(console, "lines with id req-17, of all bots and sources");
	console_expect(console, "paid late");
	console_expect(console, "shipped for req-17");
	console_expect(console, "&id=\"req-17\"");
	console_expect_not(console, "of another");
	console_expect_not(console, "no id at all");
	console_expect_not(console, "of ada");
	two_logs_assert_at(console, "took order");
	console_keys(console, "Esc Esc"); /* the toast, the id */
	console_expect(console, "of ada");
	console_expect(console, "&order");
	console_expect_not(console, "paid late");
	two_logs_assert_at(console, "took order");
	console_keys(console, "Esc");
	console_expect(console, "no id at all");
}

static void a_line_without_one_says_so_and_nothing_changes(void **state)
{
	struct console *console = *state;
	console_keys(console, "5 +");
	two_logs_go_to(console, "at all");
	console_keys(console, "c");
	console_expect(console, "this line carries no correlation id");
	console_expect(console, "of another");
	console_expect_not(console, "hidden");
}

static void an_id_is_taken_as_it_is_written(void **state)
{
	struct console *console = *state;
	console_keys(console, "5 +");
	two_logs_go_to(console, "odd");
	console_keys(console, "c");
	console_expect(console, "hidden");
	console_expect(console, "odd");
	console_expect_not(console, "axxb");
}

static void from_one_id_to_another_the_way_back_is_the_first(void **state)
{
	struct console *console = *state;
	console_keys(console, "5 +");
	two_logs_go_to(console, "order");
	console_keys(console, "Esc v c"); /* in the view of the line, too */
	console_expect(console, "paid late");
	console_keys(console, "Esc Esc");
	two_logs_go_to(console, "refund");
	console_keys(console, "c");
	console_expect(console, "&id=\"req-19\"");
	console_expect_not(console, "took order");
	console_keys(console, "Esc Esc Esc");
	console_expect(console, "took order");
	console_expect(console, "of another");
}

static void a_filter_on_top_of_an_id_goes_before_it(void **state)
{
	struct console *console = *state;
	console_keys(console, "5 +");
	two_logs_go_to(console, "order");
	console_keys(console, "c & C-u");
	console_type(console, "odd");
	console_keys(console, "Enter");
	console_expect_not(console, "took order");
	console_keys(console, "Esc Esc Esc"); /* the toast, the search, the filter */
	console_expect(console, "&id=");
	console_expect(console, "took order");
	console_keys(console, "Esc");
	console_expect(console, "took order");
	console_expect_not(console, "hidden");
}

int main(void)
{
#define ID_TEST(test) cmocka_unit_test_setup_teardown(test, setup, two_logs_teardown)
	const struct CMUnitTest tests[] = {
		ID_TEST(one_key_leads_along_an_id_and_escape_back),
		ID_TEST(a_line_without_one_says_so_and_nothing_changes),
		ID_TEST(an_id_is_taken_as_it_is_written),
		ID_TEST(from_one_id_to_another_the_way_back_is_the_first),
		ID_TEST(a_filter_on_top_of_an_id_goes_before_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
