/* SPDX-License-Identifier: MIT */
/* What a case yielded against what it shall yield. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/regex.h"
#include "core/series/labels.h"
#include "core/series/promql/promqltest_internal.h"

void test_case_release(struct test_case *test)
{
	for (size_t i = 0; i < test->expectation_count; i++)
		free(test->expectations[i].text);
	for (size_t i = 0; i < test->row_count; i++)
		sequence_release(&test->rows[i]);
	free(test->expectations);
	free(test->rows);
	free(test->string);
	free(test->query);
	*test = (struct test_case){.line = 0};
}

bool test_case_expects(const struct test_case *test, enum expected_kind kind)
{
	for (size_t i = 0; i < test->expectation_count; i++) {
		if (test->expectations[i].kind == kind)
			return true;
	}
	return false;
}

/* ---- texts ---- */

static bool fits(const struct expectation *expectation, const char *text)
{
	if (!expectation->text)
		return true;
	if (!expectation->is_regex)
		return strcmp(expectation->text, text) == 0;
	size_t at;
	struct err ignored;
	struct regex *regex =
		regex_new(expectation->text, strlen(expectation->text), 0, &at, &ignored);
	bool is_so = regex && regex_match(regex, text, strlen(text), 0, NULL, NULL) == REGEX_YES;
	regex_free(regex);
	return is_so;
}

bool test_case_failed(const struct test_case *test, const struct err *failure, struct err *err)
{
	for (size_t i = 0; i < test->expectation_count; i++) {
		const struct expectation *expectation = &test->expectations[i];
		if (expectation->kind == EXPECT_FAIL && !fits(expectation, failure->text))
			return err_set(err, ERR_INVALID, "it failed in other words: %.200s",
				failure->text);
	}
	return true;
}

static bool is_noted(const struct test_case *test, const struct query_result *result,
	const struct expectation *expectation, enum annotation_kind kind)
{
	for (size_t i = 0; i < result->annotation_count; i++) {
		autostr struct str text = STR_INIT;
		annotation_text(&result->annotations[i], test->query, &text);
		if (result->annotations[i].kind == kind && fits(expectation, text.text))
			return true;
	}
	return false;
}

/* Some are expected: whatever was noted must be among them. */
static bool is_expected(const struct test_case *test, enum expected_kind kind, const char *text)
{
	for (size_t i = 0; i < test->expectation_count; i++) {
		if (test->expectations[i].kind == kind && fits(&test->expectations[i], text))
			return true;
	}
	return false;
}

static bool check_kind(const struct test_case *test, const struct query_result *result,
	enum annotation_kind kind, struct err *err)
{
	bool is_warning = kind == ANNOTATION_WARNING;
	enum expected_kind wanted = is_warning ? EXPECT_WARN : EXPECT_INFO;
	bool is_none = test_case_expects(test, is_warning ? EXPECT_NO_WARN : EXPECT_NO_INFO);
	for (size_t i = 0; i < test->expectation_count; i++) {
		if (test->expectations[i].kind == wanted &&
			!is_noted(test, result, &test->expectations[i], kind))
			return err_set(err, ERR_INVALID, "%s is missing: %.150s",
				is_warning ? "a warning" : "an info",
				test->expectations[i].text ? test->expectations[i].text : "any");
	}
	if (!is_none && !test_case_expects(test, wanted))
		return true;
	for (size_t i = 0; i < result->annotation_count; i++) {
		autostr struct str text = STR_INIT;
		annotation_text(&result->annotations[i], test->query, &text);
		if (result->annotations[i].kind == kind && !is_expected(test, wanted, text.text))
			return err_set(err, ERR_INVALID, "nobody expected: %.200s", text.text);
	}
	return true;
}

bool test_case_notes(
	const struct test_case *test, const struct query_result *result, struct err *err)
{
	return check_kind(test, result, ANNOTATION_WARNING, err) &&
	       check_kind(test, result, ANNOTATION_INFO, err);
}

/* ---- values ---- */

/* As near as Prometheus takes it: a millionth. */
static bool is_near(double one, double other)
{
	const double epsilon = 0.000001, least = 0x1p-1022;
	double sum = fabs(one) + fabs(other), difference = fabs(one - other);
	if (is_stale(one) || is_stale(other))
		return is_stale(one) && is_stale(other);
	if ((isnan(one) && isnan(other)) || one == other)
		return true;
	if (one == 0 || other == 0 || sum < least)
		return difference < epsilon * least;
	return difference / fmin(sum, DBL_MAX) < epsilon;
}

static bool say_difference(
	const struct labels *labels, double expected, double got, struct err *err)
{
	autostr struct str text = STR_INIT, one = STR_INIT, other = STR_INIT;
	labels_text(labels, &text);
	value_text(expected, &one);
	value_text(got, &other);
	return err_set(
		err, ERR_INVALID, "%.120s should be %s and is %s", text.text, one.text, other.text);
}

static bool say_labels(const char *format, const struct labels *labels, struct err *err)
{
	autostr struct str text = STR_INIT;
	labels_text(labels, &text);
	return err_set(err, ERR_INVALID, "%s: %.150s", format, text.text);
}

static const struct sequence *row_of(
	const struct test_case *test, const struct labels *labels, size_t *ret_at)
{
	for (size_t i = 0; i < test->row_count; i++) {
		*ret_at = i;
		if (labels_equal(test->rows[i].labels, labels))
			return &test->rows[i];
	}
	return NULL;
}

static bool check_count(const struct test_case *test, bool *seen, struct err *err)
{
	for (size_t i = 0; i < test->row_count; i++) {
		bool is_empty = true;
		for (size_t j = 0; j < test->rows[i].count; j++)
			is_empty = is_empty && test->rows[i].list[j].kind == POINT_NONE;
		if (!seen[i] && !is_empty)
			return say_labels("missing", test->rows[i].labels, err);
	}
	return true;
}

static bool check_vector(const struct test_case *test, const struct vector_sample *list,
	size_t count, struct err *err)
{
	autofree bool *seen = xcalloc(test->row_count + 1, sizeof(*seen));
	for (size_t i = 0; i < count; i++) {
		size_t at;
		const struct sequence *row = row_of(test, list[i].labels, &at);
		if (!row)
			return say_labels("nobody expected", list[i].labels, err);
		if (test->is_ordered && at != i)
			return say_labels("in the wrong order", list[i].labels, err);
		if (seen[at])
			return say_labels("twice", list[i].labels, err);
		seen[at] = true;
		if (row->count != 1)
			return err_set(err, ERR_INVALID,
				"an instant query has one value a series, the case has %zu",
				row->count);
		if (!is_near(row->list[0].value, list[i].value))
			return say_difference(
				list[i].labels, row->list[0].value, list[i].value, err);
	}
	return check_count(test, seen, err);
}

/* The points of a series, each at its moment. */
static bool check_points(const struct sequence *row, const struct selected *got, int64_t from_ms,
	int64_t step_ms, struct err *err)
{
	size_t at = 0;
	for (size_t i = 0; i < row->count; i++) {
		int64_t time_ms = from_ms + (int64_t)i * step_ms;
		if (row->list[i].kind == POINT_NONE)
			continue;
		if (at == got->count || got->samples[at].time_ms != time_ms)
			return err_set(err, ERR_INVALID, "%s at %.3f s, where %s",
				at < got->count && got->samples[at].time_ms < time_ms
					? "more than was expected"
					: "no value",
				(double)time_ms / 1000,
				at == got->count ? "the series has ended" : "the next is not");
		if (!is_near(row->list[i].value, got->samples[at].value))
			return say_difference(
				got->labels, row->list[i].value, got->samples[at].value, err);
		at++;
	}
	if (at < got->count)
		return err_set(err, ERR_INVALID, "a value at %.3f s that nobody expected",
			(double)got->samples[at].time_ms / 1000);
	return true;
}

static bool check_matrix(const struct test_case *test, const struct selected_set *matrix,
	int64_t from_ms, int64_t step_ms, struct err *err)
{
	autofree bool *seen = xcalloc(test->row_count + 1, sizeof(*seen));
	for (size_t i = 0; i < matrix->count; i++) {
		size_t at;
		struct err own = {.code = ERR_NONE};
		const struct sequence *row = row_of(test, matrix->list[i].labels, &at);
		if (!row)
			return say_labels("nobody expected", matrix->list[i].labels, err);
		seen[at] = true;
		if (!check_points(row, &matrix->list[i], from_ms, step_ms, &own))
			return say_labels(own.text, matrix->list[i].labels, err);
	}
	return check_count(test, seen, err);
}

static bool check_scalar(const struct test_case *test, double value, struct err *err)
{
	if (test->row_count != 1 || test->rows[0].count != 1)
		return err_set(err, ERR_INVALID, "it yields a scalar, which nobody expected");
	return is_near(test->rows[0].list[0].value, value) ||
	       say_difference(test->rows[0].labels, test->rows[0].list[0].value, value, err);
}

static bool check_string(const struct test_case *test, const char *string, struct err *err)
{
	if (!test->is_string)
		return err_set(err, ERR_INVALID, "it yields a string, which nobody expected");
	return strcmp(test->string, string) == 0 ||
	       err_set(err, ERR_INVALID, "the string should be '%.80s' and is '%.80s'",
		       test->string, string);
}

bool test_case_yields(
	const struct test_case *test, const struct query_result *result, struct err *err)
{
	if (test->is_string && result->type != VALUE_STRING)
		return err_set(err, ERR_INVALID, "it yields no string");
	switch (result->type) {
	case VALUE_SCALAR:
		return check_scalar(test, result->scalar, err);
	case VALUE_STRING:
		return check_string(test, result->string, err);
	case VALUE_VECTOR:
		return check_vector(test, result->vector, result->vector_count, err);
	case VALUE_MATRIX:
		break;
	}
	if (test->is_range)
		return check_matrix(test, &result->matrix, test->start_ms, test->step_ms, err);
	if (!test->is_matrix)
		return err_set(err, ERR_INVALID,
			"it yields a range vector: 'expect range "
			"vector' is missing");
	return check_matrix(test, &result->matrix, test->matrix_from_ms, test->matrix_step_ms, err);
}

bool test_case_yields_around(
	const struct test_case *test, const struct query_result *result, struct err *err)
{
	struct err own = {.code = ERR_NONE};
	size_t count = 0;
	autofree struct vector_sample *list = xcalloc(result->matrix.count + 1, sizeof(*list));
	for (size_t i = 0; i < result->matrix.count; i++) {
		const struct selected *series = &result->matrix.list[i];
		for (size_t j = 0; j < series->count; j++) {
			if (series->samples[j].time_ms == test->start_ms)
				list[count++] = (struct vector_sample){.labels = series->labels,
					.value = series->samples[j].value};
		}
	}
	return check_vector(test, list, count, &own) ||
	       err_set(err, ERR_INVALID, "as one step of a range query: %.200s", own.text);
}
