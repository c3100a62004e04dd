/* SPDX-License-Identifier: MIT */
/* What an error says: one line that may be shown, whatever it names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"

static void what_an_error_names_is_made_safe(void **state)
{
	(void)state;
	struct err err;
	assert_false(
		err_set(&err, ERR_NOT_FOUND, "no '%s' in '%s'", "a\x1b[2J\nb", "\xe2\x80\xae\xff"));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "no 'a^[[2J\u23ceb' in '<U+202E>\ufffd'");
	assert_false(err_errno(&err, ENOENT, "cannot read '%s'", "\x9b"));
	assert_string_equal(err.text, "cannot read '\ufffd': No such file or directory");
}

static void an_error_that_is_safe_stays_as_it_is(void **state)
{
	(void)state;
	struct err err;
	assert_false(err_set(&err, ERR_INVALID, "%s", "\u00e9 \u2192 \u65e5\u672c: ok"));
	assert_string_equal(err.text, "\u00e9 \u2192 \u65e5\u672c: ok");
}

static void an_error_about_an_error_may_quote_itself(void **state)
{
	(void)state;
	struct err err;
	(void)err_set(&err, ERR_IO, "disk full\x1b[31m");
	(void)err_set(&err, ERR_IO, "cannot write: %s", err.text);
	assert_string_equal(err.text, "cannot write: disk full^[[31m");
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
	(void)state;
	struct err err;
	char long_one[600] = "";
	memset(long_one, '\x1b', sizeof(long_one) - 1);
	(void)err_set(&err, ERR_IO, "%s\u65e5", long_one);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_null(strchr(err.text, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_error_names_is_made_safe),
		cmocka_unit_test(an_error_that_is_safe_stays_as_it_is),
		cmocka_unit_test(an_error_about_an_error_may_quote_itself),
		cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
