/* SPDX-License-Identifier: MIT */
/* PromQL as it is read, its tree and its functions. What is refused is in test_core_series_promql_refused.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/conf/figures.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/functions.h"
#include "tests/support/promql_rows.h"

/* ---- what is read ---- */

static void numbers_are_read_as_prometheus_reads_them(void **state)
{
	static const struct promql_row rows[] = {
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
	static const struct promql_row rows[] = {
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
	static const struct promql_row rows[] = {
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
	static const struct promql_row rows[] = {
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
	static const struct promql_row rows[] = {
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
	static const struct promql_row rows[] = {
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
	static const struct promql_row rows[] = {
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
	static const struct promql_row rows[] = {
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
		struct expr *expr = promql_read(rows[i].query);
		group(expr, &text);
		expr_free(expr);
		assert_string_equal(text.text, rows[i].text);
	}
	(void)state;
}

static void a_tree_knows_its_types_and_places(void **state)
{
	struct expr *expr = promql_read("1 + sum by (a) ( rate(foo{a=\"b\"}[5m] offset 1h) )");
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
	struct expr *expr = promql_read("foo{a=~\"b\"}[1m] @ end() offset -5s");
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
	struct expr *expr = promql_read("a and on(x) b");
	assert_int_equal(expr->binary.matching.group, GROUP_MANY_TO_MANY);
	assert_true(expr->binary.matching.is_on);
	expr_free(expr);
	expr = promql_read("a + on(x) group_left(y) b");
	assert_int_equal(expr->binary.matching.group, GROUP_LEFT);
	assert_int_equal(expr->binary.matching.include_count, 1);
	expr_free(expr);
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

static void check_query(const char *query)
{
	struct place place;
	struct err err;
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	if (!expr)
		fail_msg("%s: %s", query, err.text);
	expr_free(expr);
}

static void every_shipped_figure_can_be_read(void **state)
{
	(void)state;
	struct figures *figures = figures_new(NULL);
	for (size_t i = 0; i < figures->count; i++) {
		autofree char *query = figure_fill(figures, &figures->list[i], false, NULL, 0);
		autofree char *budget = figure_fill(figures, &figures->list[i], true, NULL, 0);
		check_query(query);
		if (budget[0])
			check_query(budget);
	}
	figures_free(figures);
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
		cmocka_unit_test(every_function_is_found_by_its_name_alone),
		cmocka_unit_test(every_shipped_figure_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
