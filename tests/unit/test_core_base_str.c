/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/str.h"

static void inserting_and_removing_keeps_the_rest(void **state)
{
	(void)state;
	autostr struct str str = STR_INIT;
	str_adds(&str, "held");
	str_insert(&str, 2, "llo wor", 7);
	assert_string_equal(str.text, "hello world");
	str_remove(&str, 5, 100);
	assert_string_equal(str.text, "hello");
	assert_int_equal(str.length, 5);
}

static void formatting_appends_across_a_growth(void **state)
{
	(void)state;
	autostr struct str str = STR_INIT;
	for (int i = 0; i < 100; i++)
		str_addf(&str, "%03d,", i);
	assert_int_equal(str.length, 400);
	assert_memory_equal(str.text + 396, "099,", 5);
}

static void copying_says_when_it_did_not_fit(void **state)
{
	(void)state;
	char small[4];
	assert_true(copy_text(small, sizeof(small), "abc"));
	assert_false(copy_text(small, sizeof(small), "abcd"));
	assert_string_equal(small, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inserting_and_removing_keeps_the_rest),
		cmocka_unit_test(formatting_appends_across_a_growth),
		cmocka_unit_test(copying_says_when_it_did_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
