/* SPDX-License-Identifier: MIT */
/* The runner itself: what it lets pass, and that it says no to what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "core/series/promql/promqltest.h"

#define LOADED "load 1m\n  a{x=\"1\"} 1 2 3\n  a{x=\"2\"} 10\n\n"

static struct promqltest_counts run(const char *text, struct str *to)
{
	struct promqltest_counts counts = {.passed = 0};
	promqltest_run("f", text, strlen(text), &counts, to);
	return counts;
}

static void assert_passes(const char *text)
{
	autostr struct str said = STR_INIT;
	struct promqltest_counts counts = run(text, &said);
	if (!counts.passed || counts.failed || counts.unsupported)
		fail_msg("%s", said.text);
}

static void assert_fails(const char *text, const char *expected)
{
	autostr struct str said = STR_INIT;
	struct promqltest_counts counts = run(text, &said);
	assert_string_equal(said.text, expected);
	assert_int_equal(counts.failed, 1);
	assert_int_equal(counts.passed + counts.unsupported, 0);
}

struct row {
	const char *text, *said;
};

static void assert_all_fail(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_fails(rows[i].text, rows[i].said);
}

static void a_wrong_value_is_found(void **state)
{
	static const struct row rows[] = {
		{LOADED "eval instant at 0 a{x=\"1\"}\n  a{x=\"1\"} 2\n",
			"f:5: failed: a{x=\"1\"}: a{x=\"1\"} should be 2 and is 1\n"},
		{LOADED "eval instant at 0 1\n  1.00001\n",
			"f:5: failed: 1: {} should be 1.00001 and is 1\n"},
		{LOADED "eval instant at 0 NaN\n  0\n",
			"f:5: failed: NaN: {} should be 0 and is NaN\n"},
		{LOADED "eval instant at 0 \"x\"\n  expect string \"y\"\n",
			"f:5: failed: \"x\": the string should be 'y' and is 'x'\n"},
		{LOADED "eval instant at 0 \"x\"\n  1\n",
			"f:5: failed: \"x\": it yields a string, which nobody expected\n"},
	};
	(void)state;
	assert_all_fail(rows, sizeof(rows) / sizeof(*rows));
}

static void a_series_too_many_or_too_few_is_found(void **state)
{
	static const struct row rows[] = {
		{LOADED "eval instant at 0 a\n  a{x=\"1\"} 1\n",
			"f:5: failed: a: nobody expected: a{x=\"2\"}\n"},
		{LOADED "eval instant at 0 a{x=\"1\"}\n  a{x=\"1\"} 1\n  a{x=\"2\"} 10\n",
			"f:5: failed: a{x=\"1\"}: missing: a{x=\"2\"}\n"},
		{LOADED "eval instant at 0 a{x=\"1\"}\n  {x=\"1\"} 1\n",
			"f:5: failed: a{x=\"1\"}: nobody expected: a{x=\"1\"}\n"},
		{LOADED "eval instant at 0 none\n  {} 0\n", "f:5: failed: none: missing: {}\n"},
	};
	(void)state;
	assert_all_fail(rows, sizeof(rows) / sizeof(*rows));
}

static void each_step_of_a_range_counts(void **state)
{
	static const struct row rows[] = {
		{LOADED "eval range from 0 to 2m step 1m a{x=\"1\"}\n  a{x=\"1\"} 1 2 4\n",
			"f:5: failed: a{x=\"1\"}: a{x=\"1\"} should be 4 and is 3: a{x=\"1\"}\n"},
		{LOADED "eval range from 0 to 2m step 1m a{x=\"1\"}\n  a{x=\"1\"} 1 2\n",
			"f:5: failed: a{x=\"1\"}: a value at 120.000 s that nobody expected: "
			"a{x=\"1\"}\n"},
		{LOADED "eval range from 0 to 2m step 1m a{x=\"1\"}\n  a{x=\"1\"} 1 _ 3\n",
			"f:5: failed: a{x=\"1\"}: more than was expected at 120.000 s, where the "
			"next is not: a{x=\"1\"}\n"},
		{LOADED "eval range from 0 to 2m step 1m a{x=\"1\"}\n  a{x=\"1\"} 1 2 3 3\n",
			"f:5: failed: a{x=\"1\"}: no value at 180.000 s, where the series has "
			"ended: a{x=\"1\"}\n"},
	};
	(void)state;
	assert_all_fail(rows, sizeof(rows) / sizeof(*rows));
	assert_passes(LOADED "eval range from 0 to 2m step 1m a{x=\"1\"}\n  a{x=\"1\"} 1 2 3\n");
}

static void the_order_counts_when_it_is_asked_for(void **state)
{
	(void)state;
	assert_passes(LOADED "eval instant at 0 sort_desc(a)\n  a{x=\"1\"} 1\n  a{x=\"2\"} 10\n");
	assert_fails(LOADED "eval instant at 0 sort_desc(a)\n  expect ordered\n  a{x=\"1\"} 1\n  "
			    "a{x=\"2\"} 10\n",
		"f:5: failed: sort_desc(a): in the wrong order: a{x=\"2\"}\n");
	assert_fails(LOADED "eval_ordered instant at 0 sort_desc(a)\n  a{x=\"1\"} 1\n  a{x=\"2\"} "
			    "10\n",
		"f:5: failed: sort_desc(a): in the wrong order: a{x=\"2\"}\n");
}

static void a_failure_is_expected_or_is_one(void **state)
{
	static const struct row rows[] = {
		{LOADED "eval instant at 0 a + on() a\n",
			"f:5: failed: a + on() a: found duplicate series for the match group {} on "
			"the right hand-side of the operation: [{__name__=\"a\", x=\"1\"}, "
			"{__name__=\"a\", x=\"2\"}];many-to-many matching not allowed: matching "
			"labels must be unique on one side\n"},
		{LOADED "eval instant at 0 1\n  expect fail\n",
			"f:5: failed: 1: it should have failed\n"},
		{LOADED "eval_fail instant at 0 1\n", "f:5: failed: 1: it should have failed\n"},
		{LOADED "eval instant at 0 topk(NaN, a)\n  expect fail msg: other\n",
			"f:5: failed: topk(NaN, a): it failed in other words: Parameter value is "
			"NaN\n"},
		{LOADED "eval instant at 0 topk(NaN, a)\n  expect fail regex: ^value\n",
			"f:5: failed: topk(NaN, a): it failed in other words: Parameter value is "
			"NaN\n"},
	};
	(void)state;
	assert_all_fail(rows, sizeof(rows) / sizeof(*rows));
	assert_passes(LOADED "eval_fail instant at 0 a + on() a\n");
	assert_passes(LOADED "eval instant at 0 topk(NaN, a)\n  expect fail regex: value .* NaN\n");
}

static void notes_are_expected_or_not(void **state)
{
	static const struct row rows[] = {
		{LOADED "eval instant at 0 1\n  expect warn\n  1\n",
			"f:5: failed: 1: a warning is missing: any\n"},
		{LOADED "eval_info instant at 0 1\n  1\n",
			"f:5: failed: 1: an info is missing: any\n"},
		{LOADED "eval instant at 2m rate(a{x=\"1\"}[3m]) > 9\n  expect no_info\n",
			"f:5: failed: rate(a{x=\"1\"}[3m]) > 9: nobody expected: PromQL info: "
			"metric "
			"might not be a counter, name does not end in _total/_sum/_count/_bucket: "
			"\"a\" (1:6)\n"},
		{LOADED "eval instant at 2m rate(a{x=\"1\"}[3m]) > 9\n  expect info regex: gauge\n",
			"f:5: failed: rate(a{x=\"1\"}[3m]) > 9: an info is missing: gauge\n"},
	};
	(void)state;
	assert_all_fail(rows, sizeof(rows) / sizeof(*rows));
	assert_passes(LOADED "eval_info instant at 2m rate(a{x=\"1\"}[3m]) > 9\n");
	assert_passes(LOADED "eval instant at 2m rate(a{x=\"1\"}[3m]) > 9\n  expect no_warn\n");
}

static void what_meets_native_histograms_is_not_supported(void **state)
{
	static const char *const texts[] = {
		"load 1m\n  h {{schema:1 sum:15 count:10 buckets:[3 2]}}x3\n\neval instant at 1m "
		"h\n",
		"load 1m\n  h {{count:1}}+{{count:2}}x3\n\neval instant at 1m h > 0\n  expect "
		"info\n",
		"load 1m\n  h _ {{count:1}}\n\neval instant at 1m count(h)\n  {} 1\n",
		"eval instant at 1m vector(1)\n  {} {{count:1}}\n",
		"load_with_nhcb 1m\n  h_bucket{le=\"1\"} 1\n  h_bucket{le=\"+Inf\"} 2\n\neval "
		"instant "
		"at 0 h\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		autostr struct str said = STR_INIT;
		struct promqltest_counts counts = run(texts[i], &said);
		assert_int_equal(counts.unsupported, 1);
		assert_int_equal(counts.passed + counts.failed, 0);
		assert_non_null(strstr(said.text, ": not supported: "));
	}
	assert_passes("load 1m\n  h _ {{count:1}}\n  x 1\n\neval instant at 1m x\n  x 1\n");
	assert_passes("load_with_nhcb 1m\n  h_bucket{le=\"1\"} 1\n\neval instant at 0 "
		      "h_bucket\n  h_bucket{le=\"1\"} 1\n");
}

static void series_are_read_as_prometheus_writes_them(void **state)
{
	static const struct row rows[] = {
		{"0+10x3", "0 10 20 30"},
		{"5-1x2", "5 4 3"},
		{"1x2", "1 1 1"},
		{"_ 1 _x2 2", "_ 1 _ _ 2"},
		{"-1.5e1 +2 .5 1e+2", "-15 2 0.5 100"},
		{"Inf -Inf +Inf NaN", "+Inf -Inf +Inf NaN"},
		{"1+1x1 0x1", "1 2 0 0"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		autostr struct str text = STR_INIT;
		str_addf(&text,
			"load 1m\n  a %s\n\neval range from 0 to 4m step 1m last_over_time("
			"a[1m])\n  a %s\n",
			rows[i].text, rows[i].said);
		assert_passes(text.text);
	}
}

static void labels_are_read_in_any_spelling(void **state)
{
	static const char *const spellings[] = {
		"a{x=\"1\",y='2'}",
		"a {x=`1`, y=\"2\", }",
		"{__name__=\"a\", x=\"1\", y=\"2\"}",
		"{\"a\", x=\"1\", \"y\"=\"2\"}",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
		autostr struct str text = STR_INIT;
		str_addf(&text, "load 1m\n  %s 1\n\neval instant at 0 a\n  a{y=\"2\",x=\"1\"} 1\n",
			spellings[i]);
		assert_passes(text.text);
	}
}

static void what_cannot_be_read_is_a_failure_with_its_line(void **state)
{
	static const struct row rows[] = {
		{"nonsense\n", "f:1: failed: unknown: nonsense\n"},
		{"load 1x\n  a 1\n", "f:1: failed: no unit at position 2: ms, s, m, h, d or w "
				     "follows a number\n"},
		{"load 1m\n  a 1y\n", "f:2: failed: cannot read the series 'a 1y'\n"},
		{"load 1m\n  a{x=1} 1\n", "f:2: failed: cannot read the series 'a{x=1} 1'\n"},
		{"load 1m\n  a 1+1\n", "f:2: failed: cannot read the series 'a 1+1'\n"},
		{"eval sometimes at 0 a\n",
			"f:1: failed: expected 'eval instant' or 'eval range'\n"},
		{"eval range from 0 to 1m a\n",
			"f:1: failed: expected 'from TIME to TIME step TIME'\n"},
		{"eval instant at 0 1\n  expect much\n  1\n",
			"f:2: failed: unknown: expect much\n"},
		{"eval instant at 0 1 +\n  1\n",
			"f:1: failed: 1 +: 1:4: unexpected end of input in an expression, expected "
			"a metric, a number, a call or '('\n"},
	};
	(void)state;
	assert_all_fail(rows, sizeof(rows) / sizeof(*rows));
}

static void clear_forgets_and_comments_end_blocks(void **state)
{
	(void)state;
	assert_passes(LOADED "clear\n\neval instant at 0 a\n# a{x=\"1\"} 1\n");
	assert_passes(LOADED "  # a comment\nclear\neval instant at 0 a\n");
}

/* An instant query is also one step of a range query, which must yield the same. */
static void an_instant_query_is_run_as_a_step_as_well(void **state)
{
	(void)state;
	assert_fails("load 1m\n  a _ 1\n  b _ _ 2\n\neval instant at 1m -{__name__=~\"a|b\"}\n  {} "
		     "-1\n",
		"f:5: failed: -{__name__=~\"a|b\"}: as a range query around it: vector cannot "
		"contain metrics with the same "
		"labelset\n");
}

/* What tests/promqltest/ holds, here without the programs. */
static void our_own_files_pass(void **state)
{
	glob_t files;
	(void)state;
	assert_int_equal(glob("tests/promqltest/*.test", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 10);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		static char text[1 << 18];
		FILE *file = fopen(files.gl_pathv[i], "re");
		assert_non_null(file);
		size_t length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
		text[length] = '\0';
		assert_passes(text);
	}
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_value_is_found),
		cmocka_unit_test(a_series_too_many_or_too_few_is_found),
		cmocka_unit_test(each_step_of_a_range_counts),
		cmocka_unit_test(the_order_counts_when_it_is_asked_for),
		cmocka_unit_test(a_failure_is_expected_or_is_one),
		cmocka_unit_test(notes_are_expected_or_not),
		cmocka_unit_test(what_meets_native_histograms_is_not_supported),
		cmocka_unit_test(series_are_read_as_prometheus_writes_them),
		cmocka_unit_test(labels_are_read_in_any_spelling),
		cmocka_unit_test(what_cannot_be_read_is_a_failure_with_its_line),
		cmocka_unit_test(clear_forgets_and_comments_end_blocks),
		cmocka_unit_test(an_instant_query_is_run_as_a_step_as_well),
		cmocka_unit_test(our_own_files_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
