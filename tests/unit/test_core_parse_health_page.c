/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/parse/health_page.h"

static bool has(const char *body, const char *expected, struct err *err)
{
	return health_page_has(body, strlen(body), expected, err);
}

static void a_field_is_found_by_its_path_and_compared_as_it_is_printed(void **state)
{
	static const char page[] = "{\"status\":\"ok\",\"n\":3,\"checks\":{\"redis\":true,"
				   "\"db\":{\"lag\":0.5,\"error\":null}}}";
	struct err err = {0};
	(void)state;
	assert_true(has(page, "status=ok", &err));
	assert_true(has(page, "n=3", &err));
	assert_true(has(page, "checks.redis=true", &err));
	assert_true(has(page, "checks.db.lag=0.5", &err));
	assert_true(has(page, "checks.db.error=null", &err));
	assert_false(has(page, "status=OK", &err));
	assert_string_equal(err.text, "status is \"ok\", not \"OK\"");
}

static void what_is_not_there_or_no_scalar_is_said(void **state)
{
	struct err err = {0};
	(void)state;
	assert_false(has("{\"a\":{\"b\":1}}", "a.c=1", &err));
	assert_string_equal(err.text, "the answer has no field 'a.c'");
	assert_false(has("{\"a\":{\"b\":1}}", "a=1", &err));
	assert_false(has("[1]", "a=1", &err));
	assert_false(has("ok", "a=1", &err));
	assert_string_equal(err.text, "the answer is no JSON");
	assert_false(has("{\"a\":1}", "a.b.c.d.e.f.g.h.i.j=1", &err));
}

static bool says(const char *body, char *ret, size_t size)
{
	return health_page_says(body, strlen(body), ret, size);
}

static void a_page_says_what_is_wrong_in_one_of_four_fields(void **state)
{
	char said[8];
	(void)state;
	assert_true(says("{\"error\":\"x\",\"status\":\"bad\"}", said, sizeof(said)));
	assert_string_equal(said, "bad");
	assert_true(says("{\"detail\":\"0123456789\"}", said, sizeof(said)));
	assert_string_equal(said, "0123456");
	assert_false(says("{\"status\":7}", said, sizeof(said)));
	assert_false(says("<html>", said, sizeof(said)));
	assert_false(says("", said, sizeof(said)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_found_by_its_path_and_compared_as_it_is_printed),
		cmocka_unit_test(what_is_not_there_or_no_scalar_is_said),
		cmocka_unit_test(a_page_says_what_is_wrong_in_one_of_four_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
