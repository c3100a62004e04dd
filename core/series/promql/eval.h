/* SPDX-License-Identifier: MIT */
/*
 * Evaluates a query as Prometheus 3 does (its engine's defaults: windows and look-back are open on the left, names of metrics are
 * dropped at once). Each selector is asked for once, over the whole span, then all is stepped through. Whatever it costs is bounded
 * by the limits, and it can be cancelled at any moment.
 */
#ifndef BOTSWAIN_SERIES_PROMQL_EVAL_H
#define BOTSWAIN_SERIES_PROMQL_EVAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/value.h"
#include "core/series/querier.h"

struct clock;

enum { EVAL_LOOKBACK_MS = 5 * 60 * 1000, EVAL_SUBQUERY_STEP_MS = 60 * 1000 };

/* 0: no limit. */
struct eval_limits {
	size_t samples; /* that are read or kept at a time */
	size_t series;  /* that are read, that are made, or of a result */
	size_t steps;   /* of the query, and of each subquery */
	int64_t time_ms;
};

struct eval_options {
	int64_t start_ms, end_ms;
	int64_t step_ms;          /* 0: an instant query, at start_ms */
	int64_t lookback_ms;      /* 0: EVAL_LOOKBACK_MS */
	int64_t subquery_step_ms; /* of a subquery that names none; 0: EVAL_SUBQUERY_STEP_MS */
	struct eval_limits limits;
	const struct clock *clock;    /* for limits.time_ms; NULL: none */
	const atomic_bool *cancelled; /* NULL: it cannot be */
};

/* The thread that owns the tree. False: `err` says why, `ret_place` (may be NULL) where; ERR_LIMIT and ERR_TIMEOUT name the limit,
 * ERR_CANCELLED, ERR_INVALID when the series do not allow what is asked. */
bool promql_eval(const struct expr *expr, const struct querier *querier,
	const struct eval_options *options, struct query_result *ret, struct place *ret_place,
	struct err *err) MUST_CHECK;

#endif
