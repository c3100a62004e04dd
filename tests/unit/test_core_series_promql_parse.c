/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/functions.h"

static struct expr *parse(const char *query)
{
	struct place place;
	struct err err;
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	if (!expr)
		fail_msg("%s: %s", query, err.text);
	return expr;
}

static void assert_prints(const char *query, const char *expected)
{
	autostr struct str text = STR_INIT;
	struct expr *expr = parse(query);
	expr_text(expr, &text);
	expr_free(expr);
	assert_string_equal(text.text, expected);
}

static void assert_refuses_as(const char *query, const char *expected, enum err_code code)
{
	struct place place = {.from = UINT32_MAX};
	struct err err = {0};
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	expr_free(expr);
	if (expr)
		fail_msg("it was read: %s", query);
	assert_string_equal(err.text, expected);
	assert_int_equal(err.code, code);
	assert_true(place.from <= place.to && place.to <= strlen(query));
}

struct row {
	const char *query, *text;
};

static void assert_all_print(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = rows[i].text ? rows[i].text : rows[i].query;
		assert_prints(rows[i].query, text);
		assert_prints(text, text);
	}
}

static void assert_all_refused(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_refuses_as(rows[i].query, rows[i].text, ERR_SYNTAX);
}

/* ---- what is read ---- */

static void numbers_are_read_as_prometheus_reads_them(void **state)
{
	static const struct row rows[] = {
		{"1", NULL},
		{"+1", "1"},
		{"-1", NULL},
		{"- -1", "1"},
		{".5", "0.5"},
		{"2.", "2"},
		{"12.34e6", "12340000"},
		{"12.34E+6", "12340000"},
		{"12.34e-6", "1.234e-05"},
		{"0.0001", NULL},
		{"1e20", "100000000000000000000"},
		{"1e21", "1e+21"},
		{"0.1", NULL},
		{"0.30000000000000004", NULL},
		{"123456789.125", NULL},
		{"4.9e-324", "5e-324"},
		{"1.7976931348623157e308", "1.7976931348623157e+308"},
		{"9007199254740993", "9007199254740992"},
		{"0x1f", "31"},
		{"0X_ff", "255"},
		{"017", "15"},
		{"08", "8"},
		{"1_000.5", "1000.5"},
		{"Inf", "+Inf"},
		{"inF", "+Inf"},
		{"+inf", "+Inf"},
		{"-INF", "-Inf"},
		{"nan", "NaN"},
		{"NaN", NULL},
		{"1h30m", "5400"},
		{"500ms", "0.5"},
		{"1y2w3d4h5m6s7ms", "33019506.007"},
		{"-0", NULL},
	};
	assert_all_print(rows, COUNT_OF(rows));
	(void)state;
}

static void strings_are_read_with_their_escapes(void **state)
{
	static const struct row rows[] = {
		{"\"a\"", NULL},
		{"'a \"b\" \\'c\\''", "\"a \\\"b\\\" 'c'\""},
		{"`a\\n\n\"`", "\"a\\\\n\\n\\\"\""},
		{"\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"", NULL},
		{"\"\\x41\\101\\u0439\\U0001F600\"", "\"AAй😀\""},
		{"\"\\xff\\u200b\"", NULL},
		{"\"\"", NULL},
		{"('')", "(\"\")"},
	};
	assert_all_print(rows, COUNT_OF(rows));
	(void)state;
}

static void selectors_print_in_prometheus_spelling(void **state)
{
	static const struct row rows[] = {
		{"foo", NULL},
		{"a:b:c", NULL},
		{":b", NULL},
		{"foo{}", "foo"},
		{"foo { z = 'x' , a !~ `b.*`, m=~\"c|d\",k!=\"\", }",
			"foo{a!~\"b.*\",k!=\"\",m=~\"c|d\",z=\"x\"}"},
		{"{a=\"b\"}", NULL},
		{"{\"a b\"}", "{__name__=\"a b\"}"},
		{"{\"й\",\"x.y\"='1'}", "{\"x.y\"=\"1\",__name__=\"й\"}"},
		{"{__name__=~\".+\"}", NULL},
		{"{__name__=\"a\",__name__!=\"b\"}", "{__name__!=\"b\",__name__=\"a\"}"},
		{"{a=\"\",b=~\".+\"}", NULL},
		{"{a!=\"\"}", NULL},
		{"{a!~\"\"}", NULL},
		{"foo{by=\"1\",sum=\"2\",on=\"3\",inf=\"4\"}",
			"foo{by=\"1\",inf=\"4\",on=\"3\",sum=\"2\"}"},
		{"foo{a=~\"(?i:b)(?P<n>c)[[:alpha:]\\\\d]{2,3}?\"}", NULL},
	};
	assert_all_print(rows, COUNT_OF(rows));
	(void)state;
}

static void ranges_offsets_and_times_are_read_in_any_order(void **state)
{
	static const struct row rows[] = {
		{"foo[5m]", NULL},
		{"foo[300]", "foo[5m]"},
		{"foo[0.5]", "foo[500ms]"},
		{"foo[90s]", "foo[1m30s]"},
		{"foo[1y]", NULL},
		{"foo[8d]", NULL},
		{"foo[14d]", "foo[2w]"},
		{"foo[ 5m ] OFFSET 1h", "foo[5m] offset 1h"},
		{"foo offset -1h", NULL},
		{"foo offset +7", "foo offset 7s"},
		{"foo offset 0s", "foo"},
		{"foo @ 1609746000", "foo @ 1609746000.000"},
		{"foo @ -1.5", "foo @ -1.500"},
		{"foo @ 0.0005", "foo @ 0.001"},
		{"foo offset 5m @ start()", "foo @ start() offset 5m"},
		{"foo[5m] @ END ( ) offset 5m", "foo[5m] @ end() offset 5m"},
		{"foo[5m:]", NULL},
		{"foo[1h:30] @ 3 offset 1m", "foo[1h:30s] @ 3.000 offset 1m"},
		{"rate(foo[5m])[1h:5m] offset 1d", NULL},
		{"(foo + bar)[5m:1m]", NULL},
		{"a:b[5m:1m]", NULL},
		{"sum(foo)[5m:]", NULL},
		{"foo offset 5m + bar", NULL},
		{"-foo @ 3", "-foo @ 3.000"},
	};
	assert_all_print(rows, COUNT_OF(rows));
	(void)state;
}

static void calls_and_aggregations_are_read(void **state)
{
	static const struct row rows[] = {
		{"time()", NULL},
		{"rate( foo [ 5m ] )", "rate(foo[5m])"},
		{"rate((foo[5m]))", NULL},
		{"round(foo, 0.1)", NULL},
		{"day_of_week() + on () hour(foo)", NULL},
		{"label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")", NULL},
		{"label_join(a, \"b\", \",\", \"c\", \"d\", \"e\")", NULL},
		{"label_join(a, \"b\", \",\")", NULL},
		{"sort_by_label_desc(a, \"b\", \"c\")", NULL},
		{"histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))", NULL},
		{"SUM(x) BY (a, b,)", "sum by (a, b) (x)"},
		{"sum by (a) (x)", NULL},
		{"sum by () (x)", "sum(x)"},
		{"sum without () (x)", NULL},
		{"sum(x) by (sum, on, bool, offset, \"a b\", inf)",
			"sum by (sum, on, bool, offset, \"a b\", inf) (x)"},
		{"topk by (a) (3, x)", NULL},
		{"count_values('v', x)", "count_values(\"v\", x)"},
		{"quantile(0.9, x) without (a)", "quantile without (a) (0.9, x)"},
		{"avg(min(max(count(group(stddev(stdvar(bottomk(1, x))))))))", NULL},
	};
	assert_all_print(rows, COUNT_OF(rows));
	(void)state;
}

static void operations_and_their_modifiers_are_read(void **state)
{
	static const struct row rows[] = {
		{"1 ==bool 2", "1 == bool 2"},
		{"a and b or c unless d", NULL},
		{"a AND ON (x) b", "a and on (x) b"},
		{"a or ignoring(x,) b", "a or ignoring (x) b"},
		{"a + ignoring() b", "a + b"},
		{"a * on(x) group_left b", "a * on (x) group_left () b"},
		{"a * on(x) GROUP_RIGHT(y, z) b", "a * on (x) group_right (y, z) b"},
		{"a * ignoring() group_left() b", "a * ignoring () group_left () b"},
		{"a > bool on(x) b", "a > bool on (x) b"},
		{"a atan2 b", NULL},
		{"1 + on() b", "1 + b"},
		{"# first\na # second\n+ b # third", "a + b"},
		{"1#", "1"},
	};
	assert_all_print(rows, COUNT_OF(rows));
	(void)state;
}

static void words_name_metrics_where_nothing_else_may_stand(void **state)
{
	static const struct row rows[] = {
		{"sum + avg", NULL},
		{"and and and", NULL},
		{"or or unless", NULL},
		{"by + on (without) without", NULL},
		{"offset offset 5m", NULL},
		{"start + end", NULL},
		{"rate", NULL},
		{"sum{a=\"b\"}", NULL},
		{"sum(sum)", NULL},
		{"time / fill", NULL},
		{"step + range + smoothed + anchored", NULL},
	};
	assert_all_print(rows, COUNT_OF(rows));
	(void)state;
}

/* ---- the tree ---- */

/* With brackets around every operation. */
static void group(const struct expr *expr, struct str *to)
{
	if (expr->kind == EXPR_BINARY) {
		str_addch(to, '(');
		group(expr->binary.left, to);
		str_adds(to, binary_op_word(expr->binary.op));
		group(expr->binary.right, to);
		str_addch(to, ')');
	} else if (expr->kind == EXPR_NEGATE) {
		str_adds(to, "(-");
		group(expr->inner, to);
		str_addch(to, ')');
	} else {
		expr_text(expr, to);
	}
}

static void operators_bind_as_in_prometheus(void **state)
{
	static const struct row rows[] = {
		{"1+2*3", "(1+(2*3))"},
		{"1-2-3", "((1-2)-3)"},
		{"2^3^2", "(2^(3^2))"},
		{"-1^2", "(-(1^2))"},
		{"-a*b", "((-a)*b)"},
		{"2^-1^2", "(2^(-(1^2)))"},
		{"2^-1*3", "((2^-1)*3)"},
		{"-2^---1*3", "((-(2^-1))*3)"},
		{"a*b/c%d atan2 e", "((((a*b)/c)%d)atan2e)"},
		{"a+b>c-d", "((a+b)>(c-d))"},
		{"a>b==c", "((a>b)==c)"},
		{"a or b and c", "(aor(bandc))"},
		{"a and b unless c or d", "(((aandb)unlessc)ord)"},
		{"a or b > c + d * e ^ f", "(aor(b>(c+(d*(e^f)))))"},
		{"- - a", "(-(-a))"},
		{"a ^ b offset 5m", "(a^b offset 5m)"},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		autostr struct str text = STR_INIT;
		struct expr *expr = parse(rows[i].query);
		group(expr, &text);
		expr_free(expr);
		assert_string_equal(text.text, rows[i].text);
	}
	(void)state;
}

static void a_tree_knows_its_types_and_places(void **state)
{
	struct expr *expr = parse("1 + sum by (a) ( rate(foo{a=\"b\"}[5m] offset 1h) )");
	const struct expr *sum = expr->binary.right, *call = sum->aggregate.inner;
	const struct expr *selector = call->call.args[0];
	assert_int_equal(expr->type, VALUE_VECTOR);
	assert_int_equal(expr->binary.left->type, VALUE_SCALAR);
	assert_int_equal(selector->type, VALUE_MATRIX);
	assert_int_equal(expr->place.from, 0);
	assert_int_equal(expr->place.to, 49);
	assert_int_equal(sum->place.from, 4);
	assert_int_equal(call->place.from, 17);
	assert_int_equal(call->place.to, 47);
	assert_int_equal(selector->place.from, 22);
	assert_int_equal(selector->place.to, 46);
	expr_free(expr);
	(void)state;
}

static void a_selector_holds_its_name_as_the_last_matcher(void **state)
{
	struct expr *expr = parse("foo{a=~\"b\"}[1m] @ end() offset -5s");
	assert_int_equal(expr->selector.matcher_count, 2);
	assert_string_equal(expr->selector.metric, "foo");
	assert_string_equal(expr->selector.matchers[1].name, "__name__");
	assert_string_equal(expr->selector.matchers[1].value, "foo");
	assert_non_null(expr->selector.matchers[0].regex);
	assert_null(expr->selector.matchers[1].regex);
	assert_int_equal(expr->selector.range_ms, 60000);
	assert_int_equal(expr->selector.shift.at, AT_END);
	assert_int_equal(expr->selector.shift.offset_ms, -5000);
	expr_free(expr);
	(void)state;
}

static void set_operations_match_many_to_many(void **state)
{
	struct expr *expr = parse("a and on(x) b");
	assert_int_equal(expr->binary.matching.group, GROUP_MANY_TO_MANY);
	assert_true(expr->binary.matching.is_on);
	expr_free(expr);
	expr = parse("a + on(x) group_left(y) b");
	assert_int_equal(expr->binary.matching.group, GROUP_LEFT);
	assert_int_equal(expr->binary.matching.include_count, 1);
	expr_free(expr);
	(void)state;
}

/* ---- what is refused ---- */

#define EMPTY "a selector must contain at least one matcher that does not match the empty string"

static void what_cannot_be_read_is_told_with_its_place(void **state)
{
	static const struct row rows[] = {
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
	static const struct row rows[] = {
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
	static const struct row rows[] = {
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
	static const struct row rows[] = {
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
	static const struct row rows[] = {
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
	static const struct row rows[] = {
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
	expr_free(parse(good));
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

/* ---- functions ---- */

static void every_function_is_found_by_its_name_alone(void **state)
{
	size_t count = 0;
	for (const struct function *each; (each = function_at(count)); count++) {
		const struct function *next = function_at(count + 1);
		size_t length = strlen(each->name);
		assert_ptr_equal(function_find(each->name, length), each);
		assert_ptr_not_equal(function_find(each->name, length - 1), each);
		assert_true(!next || strcmp(each->name, next->name) < 0);
		assert_true(each->args_least <= each->args_most && strlen(each->help) > 5);
		assert_null(function_refused(each->name, length));
	}
	assert_int_equal(count, 68);
	assert_null(function_find("rate_", 5));
	assert_null(function_find("", 0));
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_as_prometheus_reads_them),
		cmocka_unit_test(strings_are_read_with_their_escapes),
		cmocka_unit_test(selectors_print_in_prometheus_spelling),
		cmocka_unit_test(ranges_offsets_and_times_are_read_in_any_order),
		cmocka_unit_test(calls_and_aggregations_are_read),
		cmocka_unit_test(operations_and_their_modifiers_are_read),
		cmocka_unit_test(words_name_metrics_where_nothing_else_may_stand),
		cmocka_unit_test(operators_bind_as_in_prometheus),
		cmocka_unit_test(a_tree_knows_its_types_and_places),
		cmocka_unit_test(a_selector_holds_its_name_as_the_last_matcher),
		cmocka_unit_test(set_operations_match_many_to_many),
		cmocka_unit_test(what_cannot_be_read_is_told_with_its_place),
		cmocka_unit_test(numbers_that_are_none_are_refused),
		cmocka_unit_test(wrong_selectors_are_refused),
		cmocka_unit_test(patterns_that_prometheus_would_refuse_are_refused),
		cmocka_unit_test(wrong_ranges_and_shifts_are_refused),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(what_prometheus_has_and_this_has_not_is_refused_by_name),
		cmocka_unit_test(an_error_may_go_without_its_place),
		cmocka_unit_test(hostile_queries_end_at_a_bound),
		cmocka_unit_test(every_function_is_found_by_its_name_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
