/* SPDX-License-Identifier: MIT */
/* PromQL that is refused: with which words, at which place, at which bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/promql/ast.h"
#include "tests/support/promql_rows.h"

/* ---- what is refused ---- */

#define EMPTY "a selector must contain at least one matcher that does not match the empty string"

static void what_cannot_be_read_is_told_with_its_place(void **state)
{
	static const struct promql_row rows[] = {
		{"", "1:1: no expression found"},
		{" # nothing", "1:11: no expression found"},
		{"1 +", "1:4: unexpected end of input in an expression, expected a metric, a "
			"number, a "
			"call or '('"},
		{"foo bar",
			"1:5: unexpected identifier 'bar' in the query, expected an operator or "
			"the end"},
		{"foo\n  + $", "2:5: unexpected character: '$'"},
		{"\"й\" + й", "1:7: unexpected character: 'й'"},
		{"(foo", "1:5: unexpected end of input in brackets, expected ')'"},
		{"foo)", "1:4: unexpected ')' in the query, expected an operator or the end"},
		{"\"abc", "1:1: unterminated string: '\"abc'"},
		{"\"a\nb\"", "1:1: unterminated string: '\"a'"},
		{"\"\\q\"", "1:2: unknown escape sequence in a string"},
		{"\"\\'\"", "1:2: unknown escape sequence in a string"},
		{"\"\\ud800\"", "1:2: unknown escape sequence in a string"},
		{"\"\\400\"", "1:2: unknown escape sequence in a string"},
		{"\"a\\x00\"", "1:3: a string cannot hold a NUL byte in a string"},
		{"a + bool b", "1:3: bool can only be used on comparison operators"},
		{"bool", "1:1: unexpected identifier 'bool' in an expression"},
		{"a * group_left b", "1:5: unexpected identifier 'group_left' in an expression"},
		{"a == = b",
			"1:6: unexpected '=' in an expression, expected a metric, a number, a call "
			"or '('"},
		{"\xff", "1:1: invalid UTF-8"},
	};
	assert_all_refused(rows, COUNT_OF(rows));
	(void)state;
}

static void numbers_that_are_none_are_refused(void **state)
{
	static const char *const texts[] = {"1e", "1e+", "0x", "0x_", "1__0", "1_", "0_x1", "1.2.3",
		"1.5h", "5m1h", "5m5m", "1hs", "3x", "1e400", "5e5m", "99999999999999999h",
		"292277025y"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		autofree char *said =
			xasprintf("1:1: bad number or duration syntax: '%s'", texts[i]);
		assert_refuses_as(texts[i], said, ERR_SYNTAX);
	}
	(void)state;
}

static void wrong_selectors_are_refused(void **state)
{
	static const struct promql_row rows[] = {
		{"{}", "1:1: " EMPTY},
		{"1 + {a=\"\"}", "1:5: " EMPTY},
		{"{\"\"}", "1:1: " EMPTY},
		{"{a=~\".*\"}", "1:1: " EMPTY},
		{"{a!=\"b\"}", "1:1: " EMPTY},
		{"{a!~\"b\",c=~\"|d\"}", "1:1: " EMPTY},
		{"foo{", "1:5: unexpected end of input in label matching, expected a label or '}'"},
		{"foo{a}", "1:6: unexpected '}' in label matching, expected one of = != =~ !~"},
		{"foo{a==\"b\"}",
			"1:6: unexpected '==' in label matching, expected one of = != =~ !~"},
		{"foo{a=b}", "1:7: unexpected identifier 'b' in label matching, expected a string"},
		{"foo{a=\"b\" c=\"d\"}", "1:11: unexpected identifier 'c' in label matching, "
					 "expected ',' or '}'"},
		{"foo{,}", "1:5: unexpected ',' in label matching, expected a label or '}'"},
		{"foo{a:b=\"c\"}",
			"1:6: unexpected ':' in label matching, expected one of = != =~ !~"},
		{"foo{1=\"c\"}",
			"1:5: unexpected number '1' in label matching, expected a label or '}'"},
		{"{\"\"=\"c\"}", "1:2: a label's name is empty"},
		{"foo{\"bar\"}", "1:5: metric name must not be set twice: 'foo' or 'bar'"},
		{"{\"foo\",\"bar\"}", "1:8: metric name must not be set twice: 'foo' or 'bar'"},
		{"foo{__name__=~\"b\"}", "1:1: metric name must not be set twice: 'foo' or 'b'"},
		{"{\"foo\",__name__=\"b\"}",
			"1:1: metric name must not be set twice: 'foo' or 'b'"},
	};
	assert_all_refused(rows, COUNT_OF(rows));
	(void)state;
}

static void patterns_that_prometheus_would_refuse_are_refused(void **state)
{
	static const struct promql_row rows[] = {
		{"(?=b)", "look-around is not supported"},
		{"(?<!b)", "look-around is not supported"},
		{"(b)\\\\1", "back references are not supported"},
		{"(?P<n>b)\\\\k<n>", "back references are not supported"},
		{"(?>b)", "unknown kind of group"},
		{"(?#b)", "unknown kind of group"},
		{"(?R)", "unknown kind of group"},
		{"(*UCP)b", "verbs are not supported"},
		{"b++", "possessive repetition is not supported"},
		{"b{2}+", "possessive repetition is not supported"},
		{"\\\\Kb", "unknown escape sequence"},
		{"b\\\\Z", "unknown escape sequence"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		autofree char *query = xasprintf("a{b=~\"%s\"}", rows[i].query);
		struct place place;
		struct err err;
		assert_null(promql_parse(query, strlen(query), &place, &err));
		assert_non_null(strstr(err.text, rows[i].text));
		assert_int_equal(place.from, 5);
	}
	assert_prints("a{b=~\"\\\\Q(?=\\\\E[(?=*+]\\\\x41\\\\011\\\\pL\\\\z|b+?\"}",
		"a{b=~\"\\\\Q(?=\\\\E[(?=*+]\\\\x41\\\\011\\\\pL\\\\z|b+?\"}");
	assert_refuses_as(
		"a{b=~\"(\"}", "1:6: invalid pattern '(': missing closing parenthesis", ERR_SYNTAX);
	(void)state;
}

static void wrong_ranges_and_shifts_are_refused(void **state)
{
	static const struct promql_row rows[] = {
		{"foo[]", "1:5: unexpected ']' in a range, expected a duration"},
		{"foo[0]", "1:5: duration must be greater than 0 (in whole milliseconds)"},
		{"foo[0s]", "1:5: duration must be greater than 0 (in whole milliseconds)"},
		{"foo[5m:0s]", "1:8: duration must be greater than 0 (in whole milliseconds)"},
		{"foo[1e30]", "1:5: duration out of range"},
		{"foo[5m", "1:7: unexpected end of input in a range, expected ':' or ']'"},
		{"foo[5m:1m:]", "1:10: unexpected ':' in a subquery, expected ']'"},
		{"foo[5m][5m]", "1:8: a range may not be set twice"},
		{"foo offset 5m[5m]", "1:14: no offset is allowed before a range"},
		{"foo @ 5 [5m]", "1:9: no @ is allowed before a range"},
		{"foo[5m][5m:]", "1:1: expected instant vector in a subquery, got range vector"},
		{"1[5m:]", "1:1: expected instant vector in a subquery, got scalar"},
		{"foo offset", "1:11: unexpected end of input in offset, expected a duration"},
		{"foo offset 1m offset 2m", "1:15: offset may not be set twice"},
		{"(foo) offset 1m", "1:7: offset must be preceded by a selector or a subquery"},
		{"sum(foo) @ 1", "1:10: @ must be preceded by a selector or a subquery"},
		{"foo @ 1 @ 2", "1:9: @ may not be set twice"},
		{"foo @ Inf", "1:7: time out of bounds for @"},
		{"foo @ -NaN", "1:7: time out of bounds for @"},
		{"foo @ 1e300", "1:7: time out of bounds for @"},
		{"foo @ start", "1:12: unexpected end of input in @, expected '('"},
		{"foo @ bar", "1:7: unexpected identifier 'bar' in @, expected a time in seconds, "
			      "start() or end()"},
	};
	assert_all_refused(rows, COUNT_OF(rows));
	(void)state;
}

static void what_does_not_fit_is_refused(void **state)
{
	static const struct promql_row rows[] = {
		{"nope(foo)", "1:1: unknown function 'nope'"},
		{"RATE(foo[5m])", "1:1: unknown function 'RATE'"},
		{"rate(foo)", "1:6: expected range vector in call to 'rate', got instant vector"},
		{"abs(1)", "1:5: expected instant vector in call to 'abs', got scalar"},
		{"abs(foo,)", "1:9: unexpected ')' in a call, expected an argument behind ','"},
		{"abs()", "1:1: expected 1 argument in call to 'abs', got 0"},
		{"clamp(foo, 1)", "1:1: expected 3 arguments in call to 'clamp', got 2"},
		{"round()", "1:1: expected at least 1 argument in call to 'round', got 0"},
		{"round(a, 1, 2)", "1:1: expected at most 2 arguments in call to 'round', got 3"},
		{"label_join(a, \"b\")",
			"1:1: expected at least 3 arguments in call to 'label_join', got 2"},
		{"label_join(a, \"b\", \"c\", \"d\", 5)",
			"1:30: expected string in call to 'label_join', got scalar"},
		{"label_replace(a, \"b\", \"c\", \"d\", 5)",
			"1:33: expected string in call to 'label_replace', got scalar"},
		{"time(1)", "1:1: expected 0 arguments in call to 'time', got 1"},
		{"sum()", "1:1: expected 1 argument of 'sum', got 0"},
		{"sum(a, b)", "1:1: expected 1 argument of 'sum', got 2"},
		{"topk(a)", "1:1: expected 2 arguments of 'topk', got 1"},
		{"sum(1)", "1:5: expected instant vector in aggregation 'sum', got scalar"},
		{"topk(a, b)", "1:6: expected scalar in parameter of 'topk', got instant vector"},
		{"count_values(1, b)",
			"1:14: expected string in parameter of 'count_values', got scalar"},
		{"sum by (a) (b) by (c)",
			"1:16: unexpected identifier 'by' in the query, expected an "
			"operator or the end"},
		{"sum by a (b)", "1:8: unexpected identifier 'a' in grouping, expected '('"},
		{"sum by (a:b) (c)",
			"1:9: unexpected metric name 'a:b' in grouping, expected a label"},
		{"sum by (\"\") (c)", "1:9: a label's name is empty"},
		{"-\"a\"", "1:2: expected scalar or instant vector behind a sign, got string"},
		{"-foo[5m]",
			"1:2: expected scalar or instant vector behind a sign, got range vector"},
		{"\"a\" + 1",
			"1:1: expected scalar or instant vector in operation '+', got string"},
		{"1 > 2", "1:3: comparisons between scalars must use the bool modifier"},
		{"a and 1", "1:3: set operator 'and' is only allowed between instant vectors"},
		{"1 or bool b", "1:3: bool can only be used on comparison operators"},
		{"1 + on(x) b", "1:3: matching of labels is only allowed between instant vectors"},
		{"a and on(x) group_left() b", "1:3: no grouping is allowed for 'and'"},
		{"a + on(x) group_left(x) b",
			"1:3: label 'x' must not be in on() and in group_left() at once"},
	};
	assert_all_refused(rows, COUNT_OF(rows));
	(void)state;
}

static void what_prometheus_has_and_this_has_not_is_refused_by_name(void **state)
{
	static const struct promql_row rows[] = {
		{"info(a)", "1:1: 'info' is not supported: it is experimental in Prometheus"},
		{"1 + mad_over_time(a[5m])",
			"1:5: 'mad_over_time' is not supported: it is experimental in Prometheus"},
		{"histogram_avg(a)", "1:1: 'histogram_avg' is not supported: native histograms are "
				     "not kept here"},
		{"limitk(1, a)",
			"1:1: 'limitk' is not supported: it is experimental in Prometheus"},
		{"limit_ratio(1, a)",
			"1:1: 'limit_ratio' is not supported: it is experimental in Prometheus"},
		{"holt_winters(a[5m], 1, 1)",
			"1:1: 'holt_winters' is not supported: Prometheus 3 has it no more"},
		{"a + fill(0) b",
			"1:5: 'fill' is not supported: fill modifiers are experimental in "
			"Prometheus"},
		{"rate(a[5m] smoothed)",
			"1:12: smoothed is not supported: it is experimental in Prometheus"},
		{"a anchored", "1:3: anchored is not supported: it is experimental in Prometheus"},
		{"a[5m*2]", "1:5: duration expressions are not supported: they are experimental in "
			    "Prometheus"},
		{"a[step()]",
			"1:3: duration expressions are not supported: they are experimental in "
			"Prometheus"},
		{"a offset (5m)",
			"1:10: duration expressions are not supported: they are experimental "
			"in Prometheus"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_refuses_as(rows[i].query, rows[i].text, ERR_UNSUPPORTED);
	(void)state;
}

static void an_error_may_go_without_its_place(void **state)
{
	assert_null(promql_parse("1 +", 3, NULL, NULL));
	assert_null(promql_parse("a\0b", 3, NULL, NULL));
	(void)state;
}

/* ---- bounds ---- */

static char *repeat(const char *first, const char *part, size_t times, const char *last)
{
	struct str text = STR_INIT;
	str_adds(&text, first);
	for (size_t i = 0; i < times; i++)
		str_adds(&text, part);
	str_adds(&text, last);
	return str_detach(&text);
}

static void assert_bound(const char *part, size_t fits, const char *last, const char *expected)
{
	autofree char *good = repeat("", part, fits, last);
	autofree char *bad = repeat("", part, fits + 1, last);
	struct place place;
	struct err err;
	expr_free(promql_read(good));
	assert_null(promql_parse(bad, strlen(bad), &place, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, expected));
}

static void hostile_queries_end_at_a_bound(void **state)
{
	autofree char *long_one = repeat("\"", "x", 64 << 10, "\"");
	autofree char *brackets = repeat("", "(", 60000, "");
	struct err err;
	assert_bound("-", 99, "a", "nested deeper than 100");
	assert_bound("a+", 1000, "a", "more than 1000 operations");
	assert_bound("a^", 1000, "a", "more than 1000 operations");
	assert_bound("a{b=~\"c\"}+", 255, "a{b=~\"c\"}", "more than 256 patterns");
	assert_null(promql_parse(long_one, strlen(long_one), NULL, &err));
	assert_string_equal(err.text, "1:1: longer than 65536 bytes");
	assert_null(promql_parse(brackets, strlen(brackets), NULL, &err));
	assert_string_equal(err.text, "1:101: nested deeper than 100");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_read_is_told_with_its_place),
		cmocka_unit_test(numbers_that_are_none_are_refused),
		cmocka_unit_test(wrong_selectors_are_refused),
		cmocka_unit_test(patterns_that_prometheus_would_refuse_are_refused),
		cmocka_unit_test(wrong_ranges_and_shifts_are_refused),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(what_prometheus_has_and_this_has_not_is_refused_by_name),
		cmocka_unit_test(an_error_may_go_without_its_place),
		cmocka_unit_test(hostile_queries_end_at_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
