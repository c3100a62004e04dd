/* SPDX-License-Identifier: MIT */
/*
 * What PromQL reads from: the store of series (tsdb.h), or what a test loads. A querier is asked from any thread of the query
 * pool; what it answers belongs to who asked and never changes.
 */
#ifndef BOTSWAIN_SERIES_QUERIER_H
#define BOTSWAIN_SERIES_QUERIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/stale.h"

struct labels;
struct regex;

struct sample {
	int64_t time_ms;
	double value;
};

enum match_op { MATCH_EQUAL, MATCH_NOT_EQUAL, MATCH_REGEX, MATCH_NOT_REGEX };

/* A label that is not there has the value "". Patterns must match all of the value (REGEX_WHOLE). */
struct matcher {
	enum match_op op;
	char *name, *value;
	struct regex *regex; /* of the two that match patterns; one thread at a time */
};

struct selection {
	const struct matcher *matchers;
	size_t matcher_count;
	int64_t from_ms, to_ms;         /* both included */
	size_t series_max, samples_max; /* more is an error, ERR_LIMIT; 0: no limit */
	const atomic_bool *cancelled;   /* looked at between series: ERR_CANCELLED; may be NULL */
	bool last_only; /* a hint: of each series its last sample in the span is enough, more may come */
};

struct selected {
	const struct labels *labels; /* a reference of its own */
	struct sample *samples;      /* in order of time, each time once; stale ones among them */
	size_t count;
};

struct selected_set {
	struct selected *
		list; /* in order of the labels (labels_compare()); none without a sample in the span */
	size_t count;
	struct sample
		*block; /* one allocation with the samples of all; NULL: those of each are one */
};

struct querier {
	bool (*select)(void *context, const struct selection *selection, struct selected_set *ret,
		struct err *err);
	/* May be NULL: whether the metric is told to be a counter, whatever its name ends in. */
	bool (*counts)(void *context, const char *metric);
	void *context;
};

void selected_set_release(struct selected_set *set); /* legal on a zeroed struct */

#endif
