/* SPDX-License-Identifier: MIT */
/*
 * One question to a snapshot: so many rows before a key and so many from it on, of all streams merged
 * in the order of their keys, that fit a filter. It is answered in slices, so that a thread of the
 * query pool never holds a chunk for long and a stale question can be dropped between two slices.
 * The rows are safe text; nothing of the snapshot is needed for them afterwards.
 *
 * To follow the end, ask again for the rows before EVENT_KEY_END with a fresh snapshot: a line of a
 * slow source that belongs between shown rows then appears where it belongs.
 *
 * A query belongs to one thread at a time.
 */
#ifndef BOTSWAIN_EVENTS_QUERY_H
#define BOTSWAIN_EVENTS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/events/key.h"

struct event_query;
struct event_snapshot;
struct filter;
struct msg_win_rows;
struct redactor;

enum {
	EVENT_ROWS_MAX = 1000, /* before and after, each */
	EVENT_ROW_CELLS_MAX = 2000,
};

struct event_question {
	struct event_key anchor;
	size_t before, after;    /* rows before the anchor; rows from it on */
	const char *const *bots; /* only these and botswain's own; copied; count 0: all */
	size_t bot_count;
	bool whole_lines; /* the text of a row is the whole line, not its message */
};

/* Takes ownership of the snapshot and the filter (NULL: everything), and a reference to the redactor
 * (may be NULL). */
struct event_query *event_query_new(struct event_snapshot *snapshot, struct filter *filter,
	const struct redactor *redactor, const struct event_question *question) MUST_CHECK;
void event_query_free(struct event_query *query); /* NULL is legal */

/* Looks at up to `lines` lines. True: done. */
bool event_query_step(struct event_query *query, size_t lines);

/* Moves the rows found so far into `to`, in order, and sets what is known: more_before, more_after
 * (estimates), scanned_from_ms, scanned_to_ms, hits, hidden, dropped, done. To be called once. */
void event_query_take(struct event_query *query, struct msg_win_rows *to);

/* The key of the row found first in the direction of the question (with before + after = 1 this is a
 * seek); false when none was found. */
bool event_query_hit(const struct event_query *query, struct event_key *ret_key);

#endif
