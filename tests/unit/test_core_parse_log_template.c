/* SPDX-License-Identifier: MIT */
/* Which lines are repeats of each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/parse/log_template.h"

static uint64_t of(const char *text)
{
	return log_template(0, text, strlen(text));
}

static void lines_that_differ_in_numbers_ids_and_times_are_repeats(void **state)
{
	static const char *const pairs[][2] = {
		{"POST /hook 502 upd=884213", "POST /hook 502 upd=9"},
		{"took 5.0s at 12:00:01", "took 12.25s at 23:59:59"},
		{"chat -100500 of 0x1f", "chat 7 of 0xffff"},
		{"id 6f1c2a90-77aa-4d0e-9f3b-000000000001 gone",
			"id 0b1c2a90-12bb-4d0e-9f3b-0000000000ff gone"},
		{"", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_true(of(pairs[i][0]) == of(pairs[i][1]));
}

static void lines_that_say_something_else_are_none(void **state)
{
	static const char *const pairs[][2] = {
		{"conflict", "unauthorized"},
		{"chat 7", "user 7"},
		{"chat 7", "chat"},
		{"chat 7", "chat 7 8"},
		{"retry=3", "retry:3"},
		{"ошибка 5", "отказ 5"},
		{"a b", "ab"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_false(of(pairs[i][0]) == of(pairs[i][1]));
}

static void lines_that_go_on_count_in_their_order(void **state)
{
	uint64_t one = log_template(of("failed 1"), "at pay", 6);
	(void)state;
	assert_true(one == log_template(of("failed 2"), "at pay", 6));
	assert_false(one == log_template(of("at pay"), "failed 1", 8));
	assert_false(one == of("failed 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_differ_in_numbers_ids_and_times_are_repeats),
		cmocka_unit_test(lines_that_say_something_else_are_none),
		cmocka_unit_test(lines_that_go_on_count_in_their_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
