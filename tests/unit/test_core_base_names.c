/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/names.h"

static void a_name_keeps_its_number(void **state)
{
	(void)state;
	struct names *names = names_new();
	uint16_t ada = names_number(names, "ada", 3), bob = names_number(names, "bobby", 3);
	assert_true(ada && bob && ada != bob);
	assert_int_equal(names_number(names, "ada", 3), ada);
	assert_int_equal(names_find(names, "bob", 3), bob);
	assert_int_equal(names_find(names, "bobby", 5), 0);
	assert_int_equal(names_find(names, "ad", 2), 0);
	assert_string_equal(names_text(names, bob), "bob");
	assert_string_equal(names_text(names, 0), "");
	assert_string_equal(names_text(names, 999), "");
	assert_int_equal(names_number(names, "", 0), 0);
	assert_int_equal(names_number(names, "a\0b", 3), 0);
	names_unref(names);
	names_unref(NULL);
}

static void what_has_no_room_is_nobody(void **state)
{
	(void)state;
	struct names *names = names_new();
	char name[16];
	for (int i = 0; i < NAMES_MOST; i++) {
		int length = snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(names_number(names, name, (size_t)length), i + 1);
	}
	assert_int_equal(names_number(names, "more", 4), 0);
	assert_int_equal(names_number(names, "n77", 3), 78);
	assert_string_equal(names_text(names, NAMES_MOST), "n4095");
	names_unref(names_ref(names));
	names_unref(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_keeps_its_number),
		cmocka_unit_test(what_has_no_room_is_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
