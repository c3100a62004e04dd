/* SPDX-License-Identifier: MIT */
/* What the files of promqltest share. */
#ifndef BOTSWAIN_SERIES_PROMQL_PROMQLTEST_INTERNAL_H
#define BOTSWAIN_SERIES_PROMQL_PROMQLTEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/series/promql/value.h"
#include "core/series/querier.h"

/* ---- promqltest_series.c: metric{a="b"} 0+10x5 _ stale ---- */

enum point_kind { POINT_NONE, POINT_VALUE, POINT_NATIVE };

struct point {
	enum point_kind kind;
	double value;
};

struct sequence {
	const struct labels *labels; /* owned */
	struct point *list;
	size_t count, capacity;
};

bool sequence_read(const char *line, struct sequence *ret, struct err *err) MUST_CHECK;
/* A number alone, which is a sequence without labels. */
bool sequence_read_number(const char *line, struct sequence *ret);
void sequence_release(struct sequence *sequence);

/* ---- promqltest_store.c ---- */

struct test_series {
	const struct labels *labels;
	struct sample *samples;
	size_t count, capacity;
	int64_t *natives; /* when it has native histograms */
	size_t native_count, native_capacity;
};

struct test_store {
	struct test_series *list;
	size_t count, capacity;
	bool met_native; /* a selection found some; whoever looks sets it back */
};

void test_store_load(struct test_store *store, const struct sequence *sequence, int64_t step_ms,
	bool with_natives);
void test_store_clear(struct test_store *store);
struct querier test_store_querier(struct test_store *store);

/* ---- promqltest_check.c ---- */

enum expected_kind { EXPECT_FAIL, EXPECT_WARN, EXPECT_INFO, EXPECT_NO_WARN, EXPECT_NO_INFO };

struct expectation {
	enum expected_kind kind;
	char *text; /* NULL: any */
	bool is_regex;
};

struct test_case {
	size_t line;
	char *query;
	bool is_range, is_ordered, is_string, is_matrix, expects_native;
	int64_t start_ms, end_ms, step_ms;
	int64_t matrix_from_ms, matrix_step_ms; /* of an expected range vector */
	char *string;
	struct expectation *expectations;
	size_t expectation_count, expectation_capacity;
	struct sequence *rows;
	size_t row_count, row_capacity;
};

void test_case_release(struct test_case *test);
bool test_case_expects(const struct test_case *test, enum expected_kind kind);
bool test_case_failed(const struct test_case *test, const struct err *failure, struct err *err);
bool test_case_notes(
	const struct test_case *test, const struct query_result *result, struct err *err);
bool test_case_yields(
	const struct test_case *test, const struct query_result *result, struct err *err);
/* What a range query around the moment of an instant one yielded at it. */
bool test_case_yields_around(
	const struct test_case *test, const struct query_result *result, struct err *err);

#endif
