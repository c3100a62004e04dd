/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/act/drivers/argv.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"

static char **expanded(const char *const *template, const struct argv_values *values)
{
	struct argv from = {.argv = (char **)(uintptr_t) template};
	while (template[from.count])
		from.count++;
	char **argv = NULL;
	struct err err = {.text = ""};
	if (!argv_expand(&from, values, &argv, &err))
		fail_msg("%s", err.text);
	return argv;
}

static struct err refusal(const char *const *template, const struct argv_values *values)
{
	struct argv from = {.argv = (char **)(uintptr_t) template};
	while (template[from.count])
		from.count++;
	char **argv = NULL;
	struct err err = {.text = ""};
	assert_false(argv_expand(&from, values, &argv, &err));
	assert_null(argv);
	return err;
}

static void a_value_stays_one_argument_whatever_it_holds(void **state)
{
	(void)state;
	const char *const template[] = {"ctl", "restart", "bot@{bot}", "--why={reason}", NULL};
	const struct argv_values values = {.bot = "a b; rm -rf $HOME", .reason = "`id` 'x' \"y\""};
	char **argv = expanded(template, &values);
	assert_string_equal(argv[2], "bot@a b; rm -rf $HOME");
	assert_string_equal(argv[3], "--why=`id` 'x' \"y\"");
	assert_null(argv[4]);
	argv_free(argv);
}

static void a_placeholder_in_a_value_is_not_replaced_again(void **state)
{
	(void)state;
	const char *const template[] = {"ctl", "{reason}", NULL};
	const struct argv_values values = {.bot = "orders", .reason = "see {bot} {file}"};
	char **argv = expanded(template, &values);
	assert_string_equal(argv[1], "see {bot} {file}");
	argv_free(argv);
}

static void a_name_that_looks_like_an_option_is_refused_unless_guarded(void **state)
{
	(void)state;
	const char *const bare[] = {"ctl", "restart", "{bot}", NULL};
	const char *const guarded[] = {"ctl", "restart", "--", "{bot}", NULL};
	const char *const inside[] = {"ctl", "bot@{bot}", NULL};
	const struct argv_values values = {.bot = "--all"};
	struct err err = refusal(bare, &values);
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.text, "write '--' before {bot}"));
	argv_free(expanded(guarded, &values));
	argv_free(expanded(inside, &values));
}

static void a_placeholder_that_has_no_value_here_is_refused(void **state)
{
	(void)state;
	const char *const template[] = {"ctl", "{file}", NULL};
	const struct argv_values values = {.bot = "orders"};
	struct err err = refusal(template, &values);
	assert_non_null(strstr(err.text, "{file} has no value"));
}

static void what_is_shown_is_quoted_redacted_and_safe(void **state)
{
	(void)state;
	char *const argv[] = {(char *)(uintptr_t) "run", (char *)(uintptr_t) "two words",
		(char *)(uintptr_t) "123456789:AAEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		(char *)(uintptr_t) "\x1b]0;x", NULL};
	autofree char *shown = argv_show(argv);
	assert_non_null(strstr(shown, "run 'two words' 123456789:<redacted>"));
	assert_null(strchr(shown, 0x1b));
}

static void a_program_is_found_on_absolute_parts_of_the_path_only(void **state)
{
	(void)state;
	autofree char *found = NULL;
	struct err err = {.text = ""};
	assert_true(argv_find_program("true", "/nowhere:/usr/bin", &found, &err));
	assert_string_equal(found, "/usr/bin/true");
	char *none = NULL;
	assert_false(argv_find_program("true", "usr/bin:.:", &none, &err));
	assert_false(argv_find_program("no-such-program", "/usr/bin", &none, &err));
	assert_string_equal(err.text, "cannot run 'no-such-program': not found");
	assert_false(argv_find_program("/no/such/program", "", &none, &err));
	assert_string_equal(err.text, "cannot run '/no/such/program': not found");
	assert_false(argv_find_program("/etc/passwd", "", &none, &err));
	assert_string_equal(err.text, "cannot run '/etc/passwd': Permission denied");
	assert_false(argv_find_program("", "/usr/bin", &none, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_stays_one_argument_whatever_it_holds),
		cmocka_unit_test(a_placeholder_in_a_value_is_not_replaced_again),
		cmocka_unit_test(a_name_that_looks_like_an_option_is_refused_unless_guarded),
		cmocka_unit_test(a_placeholder_that_has_no_value_here_is_refused),
		cmocka_unit_test(what_is_shown_is_quoted_redacted_and_safe),
		cmocka_unit_test(a_program_is_found_on_absolute_parts_of_the_path_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
