/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/parse/regex.h"

enum { SPANS = 6 };

static struct regex *compile(const char *pattern)
{
	size_t at;
	struct err err;
	struct regex *regex = regex_new(pattern, strlen(pattern), REGEX_WHOLE, &at, &err);
	assert_non_null(regex);
	return regex;
}

static void assert_span(struct regex_span span, size_t from, size_t to)
{
	assert_true(span.is_set);
	assert_int_equal(span.from, from);
	assert_int_equal(span.to, to);
}

static void groups_of_a_match_are_where_they_stand(void **state)
{
	struct regex_span spans[SPANS];
	struct regex *regex = compile("(\\w+)-(?:(x)|(y))(z?)");
	(void)state;
	assert_int_equal(regex_groups(regex, "ab-y", 4, spans, SPANS), REGEX_YES);
	assert_span(spans[0], 0, 4);
	assert_span(spans[1], 0, 2);
	assert_false(spans[2].is_set);
	assert_span(spans[3], 3, 4);
	assert_span(spans[4], 4, 4);
	assert_false(spans[5].is_set);
	assert_int_equal(regex_groups(regex, "ab-w", 4, spans, SPANS), REGEX_NO);
	regex_free(regex);
}

static void a_group_is_found_by_its_name(void **state)
{
	struct regex *regex = compile("(a)(?P<letter>b)");
	(void)state;
	assert_int_equal(regex_group_named(regex, "letter"), 2);
	assert_int_equal(regex_group_named(regex, "other"), 0);
	regex_free(regex);
}

static void groups_and_plain_matches_take_turns(void **state)
{
	struct regex_span spans[SPANS];
	size_t start, end;
	struct regex *regex = compile("(.)+");
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(regex_groups(regex, "abc", 3, spans, SPANS), REGEX_YES);
		assert_span(spans[1], 2, 3);
		assert_int_equal(regex_match(regex, "ab", 2, 0, &start, &end), REGEX_YES);
		assert_int_equal(end, 2);
	}
	regex_free(regex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_of_a_match_are_where_they_stand),
		cmocka_unit_test(a_group_is_found_by_its_name),
		cmocka_unit_test(groups_and_plain_matches_take_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
