/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/parse/unit_file.h"

static const char file[] = "# StandardOutput=file:/comment\n"
			   "[Unit]\n"
			   "StandardOutput=file:/other/section\n"
			   "[Service]\r\n"
			   "ExecStart=/bin/bot \\\n"
			   "# a comment within\n"
			   "  --log \\\n"
			   "; and another\n"
			   "  /x\n"
			   "StandardOutputX=file:/longer\n"
			   "StandardOutput = append:/var/log/one.log \r\n"
			   "StandardOutput=append:/var/log/%p/%i.log\n"
			   "Empty=\n"
			   "[Install]\n"
			   "StandardOutput=file:/after\n"
			   "Last=1\\";

static void assert_found(const char *key, const char *expected)
{
	autostr struct str value = STR_INIT;
	str_adds(&value, "before");
	bool is_found = unit_file_find(file, sizeof(file) - 1, key, &value);
	assert_int_equal(is_found, expected != NULL);
	assert_string_equal(value.text, expected ? expected : "before");
}

static void the_last_value_in_the_section_of_the_service_counts(void **state)
{
	(void)state;
	assert_found("StandardOutput", "append:/var/log/%p/%i.log");
	assert_found("ExecStart", "/bin/bot  --log  /x");
	assert_found("Empty", "");
	assert_found("StandardError", NULL);
	assert_found("Last", NULL);
	assert_found("Standard", NULL);
}

static void a_file_cut_at_any_byte_is_read_up_to_there(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(file) - 1; length++) {
		autostr struct str value = STR_INIT;
		autofree char *cut = xmemdup(file, length ? length : 1);
		(void)unit_file_find(cut, length, "StandardOutput", &value);
		assert_true(value.length <= length);
	}
}

static void specifiers_stand_for_what_systemd_puts_there(void **state)
{
	(void)state;
	static const struct {
		const char *unit, *text, *expected; /* NULL: one of them is not known */
	} cases[] = {
		{"bot@orders.service", "/log/%p/%i.log", "/log/bot/orders.log"},
		{"bot@orders.service", "%n %N %j %%", "bot@orders.service bot@orders bot %"},
		{"shop-eu-bot.service", "%p|%i|%j", "shop-eu-bot||bot"},
		{"bot@a-b\\x2dc.service", "%i %I", "a-b\\x2dc a/b-c"},
		{"bot@a\\x00b\\xzz\\x.service", "%I", "a\\x00b\\xzz\\x"},
		{"bot.service", "%L/b.log %S %t %h", "/var/log/b.log /var/lib /run /root"},
		{"bot.service", "/log/%H.log", NULL},
		{"bot.service", "/log/%", NULL},
		{"bot.service", "", ""},
		{"nothing", "%n %p", "nothing nothing"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autostr struct str shown = STR_INIT;
		const struct unit_specifiers known = {.unit = cases[i].unit,
			.home = "/root",
			.runtime = "/run",
			.state = "/var/lib",
			.log = "/var/log"};
		bool is_good = unit_expand(&known, cases[i].text, &shown);
		assert_int_equal(is_good, cases[i].expected != NULL);
		assert_string_equal(shown.text, is_good ? cases[i].expected : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_value_in_the_section_of_the_service_counts),
		cmocka_unit_test(a_file_cut_at_any_byte_is_read_up_to_there),
		cmocka_unit_test(specifiers_stand_for_what_systemd_puts_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
