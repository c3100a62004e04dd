/* SPDX-License-Identifier: MIT */
/* One PromQL query, from its text to the message that answers it. Any thread. */
#ifndef BOTSWAIN_ENGINE_QUERY_ANSWER_H
#define BOTSWAIN_ENGINE_QUERY_ANSWER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/msg/msg.h"

struct querier;
struct query_result;

enum {
	QUERY_STEPS_MAX = 11000, /* points of one series (Prometheus has the same limit) */
	QUERY_POINTS_MAX = 500000,
	QUERY_SERIES_MAX = 10000,
	QUERY_TEXT_BYTES =
		4 << 20, /* names and labels of all series: a message has its limit, too */
	QUERY_SAMPLES_MAX = 20000000,
	QUERY_TIME_MS = 10000,
};

/* step 0: an instant, at to_ms. */
struct query_span {
	int64_t from_ms, to_ms, step_ms;
	int64_t lookback_ms; /* so old a value still counts; 0: 5 minutes */
};

/* What is asked for by the times of a request: an end of 0 is now and moves, a beginning below 0 is so long before the end. Without a
 * step it is the least usual one that gives no more points than there are columns, and all times are its multiples, so that the points of a
 * moving window stay where they are. */
struct query_span query_span_of(
	const struct msg_win_open *request, int64_t opened_ms, int64_t now_ms);
/* Nothing later than that is asked for. */
void query_span_end(struct query_span *span, int64_t until_ms);
bool query_span_is_good(const struct query_span *span, struct err *err) MUST_CHECK;

/* Fills the reply but for its window, generation and `done`: the result, or an error with its place. Points that are not there are
 * the stale value (querier.h): NaN is a value. */
void query_answer(const char *query, const struct querier *querier, const struct query_span *span,
	const atomic_bool *cancelled, struct msg_win_points *reply);
/* The same of several: their series one behind the other, each with its number. The first error ends it, with the number of its expression. */
void query_answer_all(const struct msg_win_open *request, const struct querier *querier,
	const struct query_span *span, const atomic_bool *cancelled, struct msg_win_points *reply);
/* The result alone; the times of a matrix on a grid are those of the span. */
bool query_answer_result(struct msg_win_points *reply, const struct query_result *result,
	const struct query_span *span, struct err *err) MUST_CHECK;

#endif
