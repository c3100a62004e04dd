/* SPDX-License-Identifier: MIT */
/*
 * How many lines of each level there are in each column of a grid of time: of a snapshot, of those that fit a filter, the
 * time of a line being that of its key, as it stands among the others. Parts are looked at one by one, the newest of a
 * file first, not merged, for a sum has no order: one that lies within a column and of which all lines are of the question
 * is added by what it says of itself; of one whose lines are told apart by bot, level and source no text is read.
 *
 * To go on with a later snapshot, ask `since` the marks of the one before: only lines that came meanwhile are looked at,
 * and go on top of what was counted.
 *
 * A count belongs to one thread at a time.
 */
#ifndef BOTSWAIN_EVENTS_COUNT_H
#define BOTSWAIN_EVENTS_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/msg/event_key.h"
#include "core/parse/log_level.h"

struct event_count;
struct event_marks;
struct event_snapshot;
struct filter;
struct redactor;

/* Column i is [from_ms + i * step_ms, + step_ms). */
struct count_grid {
	int64_t from_ms, step_ms;
	size_t columns;
};

/* The smallest usual step with which the span has no more than so many columns (1 at least, 2 across 1970). A span that is empty has one;
 * one that is longer than any calendar is taken to end there. */
struct count_grid count_grid_of(int64_t from_ms, int64_t to_ms, size_t columns);

struct count_question {
	struct count_grid grid;
	struct event_key behind; /* only lines behind this one; EVENT_KEY_FIRST: all */
	const char *const *bots; /* only these; copied; count 0: all */
	size_t bot_count;
	const struct event_marks *since; /* only lines behind these; borrowed; NULL: all */
	int64_t again_ms; /* with marks: those before this time all the same; INT64_MIN: none */
};

/* Where the lines of a snapshot begin and end, our own events only where they do not more than double that; of a file that is not indexed there an estimate, for which its ends are
 * read. False: there is none. */
bool event_snapshot_span(
	const struct event_snapshot *snapshot, int64_t *ret_first_ms, int64_t *ret_last_ms);

/* Takes ownership of the snapshot and the filter (NULL: everything), and a reference to the redactor (may be NULL). */
struct event_count *event_count_new(struct event_snapshot *snapshot, struct filter *filter,
	const struct redactor *redactor, const struct count_question *question) MUST_CHECK;
void event_count_free(struct event_count *count); /* NULL is legal */

/* Looks at up to `lines` lines, or a little more; what is passed over or added whole counts as one. True: done. */
bool event_count_step(struct event_count *count, size_t lines);

struct count_sums {
	uint64_t cost; /* what it took, in lines that were read */
	/* [level * columns + column] */
	uint64_t *lines;
	uint64_t before, after; /* of the question, but not in the grid */
	uint64_t looked,
		left; /* lines that were looked at; about so many that were not, yet: 0 says done */
};
/* So far; valid until it begins again. */
const struct count_sums *event_count_sums(const struct event_count *count);
struct event_marks *event_count_marks(const struct event_count *count) MUST_CHECK;
/* Where its snapshot begins and ends by now, as event_snapshot_span(). */
bool event_count_span(const struct event_count *count, int64_t *ret_first_ms, int64_t *ret_last_ms);
/* Forgets what was counted, and begins again with another grid: all lines, also where it was asked `since`. */
void event_count_again(struct event_count *count, const struct count_grid *grid);
/* Its filter compares times, which may be meant from now. */
bool event_count_ages(const struct event_count *count);

#endif
