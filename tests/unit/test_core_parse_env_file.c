/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/parse/env_file.h"
#include "core/parse/pid.h"

static const char file[] = "\xef\xbb\xbf# tokens\r\n"
			   "\r\n"
			   "BOT_TOKEN=1:one\r\n"
			   "export ADMIN = 42   # the owner\n"
			   "  SINGLE='as it is: \\n \"x\" # ${HOME}'  # note\n"
			   "DOUBLE=\"a\\tb\\n\\\"c\\\" \\\\ \\$5 \\q\"\n"
			   "URL=https://x/#frag?a=b\n"
			   "LINES=\"one\ntwo\"\n"
			   "EMPTY=\n"
			   "EMPTY_QUOTED=''\n"
			   "exported=no\n"
			   "BOT_TOKEN=1:two";

static void assert_value(const char *key, const char *expected)
{
	autostr struct str value = STR_INIT;
	struct err err = {0};
	if (!env_file_find(file, sizeof(file) - 1, key, &value, &err))
		fail_msg("%s: %s", key, err.text);
	assert_string_equal(value.text, expected);
}

static void values_are_read_as_bots_write_them(void **state)
{
	(void)state;
	assert_value("ADMIN", "42");
	assert_value("SINGLE", "as it is: \\n \"x\" # ${HOME}");
	assert_value("DOUBLE", "a\tb\n\"c\" \\ $5 \\q");
	assert_value("URL", "https://x/#frag?a=b");
	assert_value("LINES", "one\ntwo");
	assert_value("EMPTY", "");
	assert_value("EMPTY_QUOTED", "");
	assert_value("exported", "no");
}

static void the_last_of_two_equal_keys_counts(void **state)
{
	(void)state;
	assert_value("BOT_TOKEN", "1:two");
}

static void assert_refused(const char *text, const char *key, enum err_code code, const char *said)
{
	autostr struct str value = STR_INIT;
	struct err err = {0};
	str_adds(&value, "before");
	assert_false(env_file_find(text, strlen(text), key, &value, &err));
	assert_int_equal(err.code, code);
	assert_string_equal(err.text, said);
	assert_string_equal(value.text, "before");
}

static void errors_name_the_line_and_no_value(void **state)
{
	(void)state;
	assert_refused("A=1\n", "B", ERR_NOT_FOUND, "no 'B' in it");
	assert_refused("A=hunter2\nhunter3\n", "A", ERR_SYNTAX, "line 2: KEY=value expected");
	assert_refused("A=\"x\ny\"\n=z\n", "A", ERR_SYNTAX, "line 3: KEY=value expected");
	assert_refused("A='hunter2\n\n", "A", ERR_SYNTAX,
		"line 1: the quote that opens there is never closed");
	assert_refused("A='x'hunter2\n", "A", ERR_SYNTAX, "line 1: text follows the closing quote");
	assert_refused("", "A", ERR_NOT_FOUND, "no 'A' in it");
}

static void a_file_cut_at_any_byte_never_overruns(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(file) - 1; length++) {
		autostr struct str value = STR_INIT;
		autofree char *cut = xmemdup(file, length ? length : 1);
		if (env_file_find(cut, length, "BOT_TOKEN", &value, NULL))
			assert_true(strncmp(value.text, "1:one", value.length) == 0 ||
				    strncmp(value.text, "1:two", value.length) == 0);
	}
	autofree char *large = xcalloc(1, LIMIT_ENV_FILE_BYTES + 1);
	autostr struct str value = STR_INIT;
	struct err err;
	assert_false(env_file_find(large, LIMIT_ENV_FILE_BYTES + 1, "A", &value, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void a_pid_is_the_number_on_the_first_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int32_t pid;
	} cases[] = {{"1", 1}, {" 4242 \r\n", 4242},
		{"77\n/var/lib/postgresql/15/main\n1795168821\n", 77}, {"4194304", 4194304}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int32_t pid = -1;
		assert_true(pid_read(cases[i].text, strlen(cases[i].text), &pid, NULL));
		assert_int_equal(pid, cases[i].pid);
	}
}

static void what_is_no_pid_is_quoted(void **state)
{
	(void)state;
	static const char *const texts[] = {"0", "-5", "4194305", "99999999999999999999", "12x",
		"1 2", "No such process shop_pay", "\x1b[2J", ""};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		int32_t pid = -1;
		struct err err = {0};
		assert_false(pid_read(texts[i], strlen(texts[i]), &pid, &err));
		assert_int_equal(pid, -1);
		assert_int_equal(strncmp(err.text, "no process id: ", 15), 0);
		assert_null(strchr(err.text, '\x1b'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_bots_write_them),
		cmocka_unit_test(the_last_of_two_equal_keys_counts),
		cmocka_unit_test(errors_name_the_line_and_no_value),
		cmocka_unit_test(a_file_cut_at_any_byte_never_overruns),
		cmocka_unit_test(a_pid_is_the_number_on_the_first_line),
		cmocka_unit_test(what_is_no_pid_is_quoted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
