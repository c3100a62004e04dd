/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
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

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t size;
		const char *wanted;
	} cuts[] = {{"abc", 3, "ab"}, {"a\u00e9", 3, "a"}, {"a\u00e9", 4, "a\u00e9"},
		{"a\u23ce", 4, "a"}, {"a\u23ce", 3, "a"}, {"a\U0001f600z", 5, "a"},
		{"a\U0001f600z", 6, "a\U0001f600"}, {"\U0001f600", 3, ""}, {"", 1, ""},
		{"\xff\xff\xff", 3, "\xff"}, {"\x80\x80\x80\x80\x80", 4, "\x80\x80\x80"}};
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		char copied[16], printed[16];
		bool fits = strlen(cuts[i].text) < cuts[i].size;
		assert_int_equal(copy_text(copied, cuts[i].size, cuts[i].text), fits);
		assert_int_equal(print_text(printed, cuts[i].size, "%s", cuts[i].text), fits);
		assert_string_equal(copied, cuts[i].wanted);
		assert_string_equal(printed, cuts[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inserting_and_removing_keeps_the_rest),
		cmocka_unit_test(formatting_appends_across_a_growth),
		cmocka_unit_test(copying_says_when_it_did_not_fit),
		cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
