/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/str.h"
#include "core/base/utf8.h"

/* Decodes the whole text; each code point as hexadecimal, bad ones as "!size". */
static void assert_decodes(const char *bytes, size_t length, const char *expected)
{
	autostr struct str said = STR_INIT;
	for (size_t at = 0; at < length;) {
		struct utf8_char next = utf8_next(bytes + at, length - at);
		assert_in_range(next.size, 1, 4);
		if (next.valid)
			str_addf(&said, "%x ", next.code);
		else
			str_addf(&said, "!%u ", next.size);
		at += next.size;
	}
	assert_string_equal(said.text, expected);
}

#define assert_reads(literal, expected) assert_decodes(literal, sizeof(literal) - 1, expected)

static void well_formed_text_reads_as_it_is(void **state)
{
	(void)state;
	assert_reads("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "61 e9 20ac 1f600 ");
	assert_reads("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80", "10ffff d7ff e000 ");
	assert_reads("\0b", "0 62 ");
}

static void each_bad_maximal_subpart_is_one_replacement(void **state)
{
	(void)state;
	/* The example of the Unicode standard, table 3-8. */
	assert_reads("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
		"61 !3 !2 !1 62 !1 63 !1 !1 64 ");
}

static void overlong_forms_are_refused_byte_by_byte(void **state)
{
	(void)state;
	assert_reads("\xc0\xaf", "!1 !1 ");
	assert_reads("\xe0\x80\xaf", "!1 !1 !1 ");
	assert_reads("\xf0\x80\x80\xaf", "!1 !1 !1 !1 ");
	assert_reads("\xc1\x9b", "!1 !1 ");
}

static void surrogates_and_what_lies_above_unicode_are_refused(void **state)
{
	(void)state;
	assert_reads("\xed\xa0\x80", "!1 !1 !1 ");
	assert_reads("\xf4\x90\x80\x80", "!1 !1 !1 !1 ");
	assert_reads("\xff\xfe\x9b", "!1 !1 !1 ");
}

static void a_sequence_cut_by_the_end_is_one_bad_subpart(void **state)
{
	(void)state;
	assert_reads("\xf0\x9f\x98", "!3 ");
	assert_reads("\xe2\x82", "!2 ");
	assert_reads("\xc3", "!1 ");
	assert_int_equal(utf8_next("", 0).size, 0);
}

static void every_scalar_value_survives_a_round_trip(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char bytes[UTF8_MAX_BYTES];
		unsigned size = utf8_encode(code, bytes);
		struct utf8_char back = utf8_next(bytes, size);
		bool surrogate = code >= 0xd800 && code <= 0xdfff;
		assert_int_equal(back.code, surrogate ? UTF8_REPLACEMENT : code);
		assert_int_equal(back.size, size);
		assert_true(back.valid);
	}
}

static void cutting_never_splits_a_character(void **state)
{
	(void)state;
	const char *text = "ab\xf0\x9f\x98\x80z";
	const size_t expected[] = {0, 1, 2, 2, 2, 2, 6, 7, 7};
	for (size_t limit = 0; limit < sizeof(expected) / sizeof(expected[0]); limit++)
		assert_int_equal(utf8_cut(text, 7, limit), expected[limit]);
	assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
	assert_true(utf8_valid(text, 7));
	assert_false(utf8_valid(text, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_text_reads_as_it_is),
		cmocka_unit_test(each_bad_maximal_subpart_is_one_replacement),
		cmocka_unit_test(overlong_forms_are_refused_byte_by_byte),
		cmocka_unit_test(surrogates_and_what_lies_above_unicode_are_refused),
		cmocka_unit_test(a_sequence_cut_by_the_end_is_one_bad_subpart),
		cmocka_unit_test(every_scalar_value_survives_a_round_trip),
		cmocka_unit_test(cutting_never_splits_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
