/* SPDX-License-Identifier: MIT */
/* Reads a file of tests and runs it. A block of lines ends at an empty one; a comment is as good as empty. */
#include "core/series/promql/promqltest.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/eval.h"
#include "core/series/promql/literal.h"
#include "core/series/promql/promqltest_internal.h"

enum {
	AROUND_MS = 60 * 1000,
	STEPS_MOST = 11000, /* as Prometheus' own front door */
	SERIES_MOST = 100000,
	SAMPLES_MOST = 10000000,
};

struct runner {
	const char *name;
	char **lines; /* without blanks around them */
	size_t count, at;
	struct test_store store;
	struct promqltest_counts *counts;
	struct str *to;
};

static void report(
	struct runner *runner, size_t line, const char *what, const char *query, const char *why)
{
	str_addf(runner->to, "%s:%zu: %s: %s%s%s\n", runner->name, line, what, query,
		*query ? ": " : "", why);
}

static void report_failure(
	struct runner *runner, size_t line, const char *query, const struct err *err)
{
	runner->counts->failed++;
	report(runner, line, "failed", query, err->text);
}

static const char *line_of(const struct runner *runner)
{
	return runner->at < runner->count ? runner->lines[runner->at] : "";
}

static void skip_block(struct runner *runner)
{
	while (*line_of(runner))
		runner->at++;
}

/* ---- words ---- */

/* The next word of a line; "": there is none. */
static char *take_word(const char **at)
{
	*at += strspn(*at, " \t");
	size_t length = strcspn(*at, " \t");
	char *word = xstrndup(*at, length);
	*at += length;
	*at += strspn(*at, " \t");
	return word;
}

static bool take_this(const char **at, const char *word)
{
	const char *before = *at;
	autofree char *is = take_word(at);
	if (strcmp(is, word) == 0)
		return true;
	*at = before;
	return false;
}

static bool take_moment(const char **at, int64_t *ret_ms, struct err *err)
{
	autofree char *word = take_word(at);
	bool is_negative = *word == '-';
	if (!parse_duration(word + is_negative, ret_ms, err))
		return false;
	if (is_negative)
		*ret_ms = -*ret_ms;
	return true;
}

/* from 0 to 1m step 10s */
static bool take_span(
	const char **at, int64_t *ret_from, int64_t *ret_to, int64_t *ret_step, struct err *err)
{
	if (take_this(at, "from") && take_moment(at, ret_from, err) && take_this(at, "to") &&
		take_moment(at, ret_to, err) && take_this(at, "step") &&
		take_moment(at, ret_step, err) && *ret_step > 0)
		return true;
	return err_set(err, ERR_SYNTAX, "expected 'from TIME to TIME step TIME'");
}

/* ---- load ---- */

static bool load(struct runner *runner, struct err *err)
{
	const char *at = line_of(runner);
	autofree char *command = take_word(&at);
	int64_t step_ms;
	if (!take_moment(&at, &step_ms, err))
		return false;
	for (runner->at++; *line_of(runner); runner->at++) {
		struct sequence sequence;
		if (!sequence_read(line_of(runner), &sequence, err))
			return false;
		test_store_load(
			&runner->store, &sequence, step_ms, strcmp(command, "load_with_nhcb") == 0);
		sequence_release(&sequence);
	}
	return true;
}

/* ---- what a case expects ---- */

static void expect(struct test_case *test, enum expected_kind kind, char *text, bool is_regex)
{
	test->expectations = grow(test->expectations, test->expectation_count,
		&test->expectation_capacity, sizeof(*test->expectations));
	test->expectations[test->expectation_count++] =
		(struct expectation){.kind = kind, .text = text, .is_regex = is_regex};
}

static bool expect_string(struct test_case *test, const char *at, struct err *err)
{
	autostr struct str text = STR_INIT;
	size_t wrong;
	if (literal_string(at, strlen(at), &text, &wrong))
		return err_set(err, ERR_SYNTAX, "cannot read the string %.80s", at);
	test->is_string = true;
	free(test->string);
	test->string = str_detach(&text);
	return true;
}

static bool expect_matrix(struct test_case *test, const char *at, struct err *err)
{
	int64_t to_ms;
	test->is_matrix = true;
	if (!take_this(&at, "vector"))
		return err_set(err, ERR_SYNTAX, "expected 'expect range vector'");
	return take_span(&at, &test->matrix_from_ms, &to_ms, &test->matrix_step_ms, err);
}

/* At what stands behind "expect". */
static bool read_expectation(struct test_case *test, const char *at, struct err *err)
{
	static const char *const words[] = {[EXPECT_FAIL] = "fail",
		[EXPECT_WARN] = "warn",
		[EXPECT_INFO] = "info",
		[EXPECT_NO_WARN] = "no_warn",
		[EXPECT_NO_INFO] = "no_info"};
	autofree char *word = take_word(&at);
	if (strcmp(word, "ordered") == 0)
		test->is_ordered = true;
	if (strcmp(word, "string") == 0)
		return expect_string(test, at, err);
	if (strcmp(word, "range") == 0)
		return expect_matrix(test, at, err);
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		bool is_text = starts_with(at, "msg:"), is_regex = starts_with(at, "regex:");
		if (strcmp(word, words[i]) != 0)
			continue;
		const char *text = at + (is_text ? strlen("msg:") : strlen("regex:"));
		text = is_text || is_regex ? text + strspn(text, " \t") : NULL;
		expect(test, (enum expected_kind)i, text ? xstrdup(text) : NULL, is_regex);
		return true;
	}
	return test->is_ordered || err_set(err, ERR_SYNTAX, "unknown: expect %.40s", word);
}

static bool read_row(struct test_case *test, const char *line, struct err *err)
{
	struct sequence row;
	if (!sequence_read_number(line, &row) && !sequence_read(line, &row, err))
		return false;
	test->rows = grow(test->rows, test->row_count, &test->row_capacity, sizeof(*test->rows));
	test->rows[test->row_count++] = row;
	for (size_t i = 0; i < row.count; i++)
		test->expects_native = test->expects_native || row.list[i].kind == POINT_NATIVE;
	return true;
}

/* The older spelling: eval_fail, ... */
static bool read_suffix(struct test_case *test, const char *command, struct err *err)
{
	const char *suffix = command + strlen("eval");
	autofree char *words = *suffix == '_' ? xstrdup(suffix + 1) : NULL;
	if (!*suffix)
		return true;
	return words ? read_expectation(test, words, err)
		     : err_set(err, ERR_SYNTAX, "unknown: %.40s", command);
}

static bool read_head(struct test_case *test, const char *at, struct err *err)
{
	autofree char *command = take_word(&at);
	if (!read_suffix(test, command, err))
		return false;
	test->is_range = take_this(&at, "range");
	if (test->is_range) {
		if (!take_span(&at, &test->start_ms, &test->end_ms, &test->step_ms, err))
			return false;
	} else if (!take_this(&at, "instant")) {
		return err_set(err, ERR_SYNTAX, "expected 'eval instant' or 'eval range'");
	} else if (take_this(&at, "at") && !take_moment(&at, &test->start_ms, err)) {
		return false;
	}
	test->query = xstrdup(at);
	return *at || err_set(err, ERR_SYNTAX, "the query is missing");
}

static bool read_case(struct runner *runner, struct test_case *test, struct err *err)
{
	test->line = runner->at + 1;
	if (!read_head(test, line_of(runner), err))
		return false;
	for (runner->at++; *line_of(runner); runner->at++) {
		const char *at = line_of(runner);
		bool is_good = take_this(&at, "expect") ? read_expectation(test, at, err)
							: read_row(test, at, err);
		if (!is_good)
			return false;
	}
	return true;
}

/* ---- running ---- */

static bool evaluate(struct runner *runner, const struct test_case *test,
	const struct eval_options *options, struct query_result *ret, struct err *err)
{
	struct querier querier = test_store_querier(&runner->store);
	struct eval_options bounded = *options;
	struct place place;
	bounded.limits = (struct eval_limits){
		.steps = STEPS_MOST, .series = SERIES_MOST, .samples = SAMPLES_MOST};
	struct expr *expr = promql_parse(test->query, strlen(test->query), &place, err);
	bool is_good = expr && promql_eval(expr, &querier, &bounded, ret, &place, err);
	expr_free(expr);
	return is_good;
}

/* Any instant query but those that look at the span must be the same as a step of a range query. */
static bool run_around(struct runner *runner, const struct test_case *test, struct err *err)
{
	struct query_result result = {.type = VALUE_SCALAR};
	struct eval_options options = {.start_ms = test->start_ms - AROUND_MS,
		.end_ms = test->start_ms + AROUND_MS,
		.step_ms = AROUND_MS};
	if (test->is_range || test->is_ordered || test->is_matrix || test->is_string ||
		strcasestr(test->query, "start()") || strcasestr(test->query, "end()"))
		return true;
	struct err failure = {.code = ERR_NONE};
	bool is_good = evaluate(runner, test, &options, &result, &failure)
			       ? test_case_yields_around(test, &result, err)
			       : err_set(err, failure.code, "as a range query around it: %.200s",
					 failure.text);
	query_result_release(&result);
	return is_good || runner->store.met_native;
}

static bool run_case(struct runner *runner, const struct test_case *test, struct err *err)
{
	struct query_result result = {.type = VALUE_SCALAR};
	struct err failure = {.code = ERR_NONE};
	struct eval_options options = {.start_ms = test->start_ms,
		.end_ms = test->end_ms,
		.step_ms = test->is_range ? test->step_ms : 0};
	bool fails = !evaluate(runner, test, &options, &result, &failure);
	bool is_good;
	if (fails != test_case_expects(test, EXPECT_FAIL))
		is_good = err_set(
			err, ERR_INVALID, "%.220s", fails ? failure.text : "it should have failed");
	else if (fails)
		is_good = test_case_failed(test, &failure, err);
	else
		is_good =
			test_case_notes(test, &result, err) && test_case_yields(test, &result, err);
	query_result_release(&result);
	return is_good;
}

static void run_test(struct runner *runner, const struct test_case *test)
{
	struct err err = {.code = ERR_NONE};
	runner->store.met_native = false;
	bool is_good = run_case(runner, test, &err);
	if (test->expects_native || runner->store.met_native) {
		runner->counts->unsupported++;
		report(runner, test->line, "not supported", test->query, "native histograms");
		return;
	}
	is_good =
		is_good && (test_case_expects(test, EXPECT_FAIL) || run_around(runner, test, &err));
	if (is_good)
		runner->counts->passed++;
	else
		report_failure(runner, test->line, test->query, &err);
}

static bool run_eval(struct runner *runner, struct err *err)
{
	struct test_case test = {.line = 0};
	bool is_good = read_case(runner, &test, err);
	if (is_good)
		run_test(runner, &test);
	test_case_release(&test);
	return is_good;
}

static bool run_block(struct runner *runner, struct err *err)
{
	const char *line = line_of(runner);
	if (starts_with(line, "load"))
		return load(runner, err);
	if (starts_with(line, "eval"))
		return run_eval(runner, err);
	if (strcmp(line, "clear") != 0)
		return err_set(err, ERR_SYNTAX, "unknown: %.60s", line);
	test_store_clear(&runner->store);
	runner->at++;
	return true;
}

static void run_lines(struct runner *runner)
{
	while (runner->at < runner->count) {
		struct err err = {.code = ERR_NONE};
		if (!*line_of(runner)) {
			runner->at++;
		} else if (!run_block(runner, &err)) {
			report_failure(runner, runner->at + 1, "", &err);
			skip_block(runner);
		}
	}
}

static char *trimmed(const char *line, size_t length)
{
	while (length && strchr(" \t\r", line[length - 1]))
		length--;
	size_t from = 0;
	while (from < length && (line[from] == ' ' || line[from] == '\t'))
		from++;
	return line[from] == '#' ? xstrdup("") : xstrndup(line + from, length - from);
}

void promqltest_run(const char *name, const char *text, size_t length,
	struct promqltest_counts *counts, struct str *to)
{
	struct runner runner = {.name = name, .counts = counts, .to = to};
	autofree char *whole = xstrndup(text, length);
	size_t capacity = 0;
	for (const char *at = whole; *at;) {
		size_t line = strcspn(at, "\n");
		runner.lines = grow(runner.lines, runner.count, &capacity, sizeof(*runner.lines));
		runner.lines[runner.count++] = trimmed(at, line);
		at += line + (at[line] == '\n');
	}
	run_lines(&runner);
	test_store_clear(&runner.store);
	for (size_t i = 0; i < runner.count; i++)
		free(runner.lines[i]);
	free(runner.lines);
}
