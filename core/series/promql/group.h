/* SPDX-License-Identifier: MIT */
/*
 * Expressions that are evaluated at the same moment again and again, as the rules of alerts are: each yields what promql_eval()
 * gives alone, but what several of them say is selected and worked out once. Of one thread at a time.
 */
#ifndef BOTSWAIN_SERIES_PROMQL_GROUP_H
#define BOTSWAIN_SERIES_PROMQL_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/series/promql/eval.h"

struct promql_group;

/* Of one expression: its value, or why it has none, and where. */
struct group_result {
	bool is_good;
	struct query_result value;
	struct err err;
	struct place place;
};

/* Takes over the trees, which promql_parse() gave; the array stays the caller's. */
struct promql_group *promql_group_new(struct expr *const *exprs, size_t count) MUST_CHECK;
void promql_group_free(struct promql_group *group); /* NULL is legal */

/* All of them at options->start_ms (there are no steps), in order; `ret` has room for each. The limits are of one expression; what
 * it shares with others counts for each of them. */
void promql_group_eval(struct promql_group *group, const struct querier *querier,
	const struct eval_options *options, struct group_result *ret);
void group_results_release(struct group_result *results, size_t count);

#endif
