/* SPDX-License-Identifier: MIT */
/*
 * One question to a snapshot: so many rows before a key and so many from it on, of all streams merged
 * in the order of their keys, that fit a filter. It is answered in slices, so that a thread of the
 * query pool never holds a chunk for long and a stale question can be dropped between two slices.
 * What was found so far can be taken between two slices. The rows are safe text; nothing of the
 * snapshot is needed for them afterwards. A chunk that says that none of its lines can fit is not
 * read.
 *
 * To follow the end, ask again for the rows before EVENT_KEY_END of a fresh snapshot, `since` the
 * marks of the one before: only lines that came meanwhile are looked at. A line of a slow source that
 * belongs between shown rows tells so by its key. When as many rows came as were asked for there may
 * be more, between others: then event_query_whole() asks for all.
 *
 * A query belongs to one thread at a time.
 */
#ifndef BOTSWAIN_EVENTS_QUERY_H
#define BOTSWAIN_EVENTS_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/msg/event_key.h"

struct event_marks; /* how far each stream went in a snapshot; one block, freed with free() */
struct event_query;
struct event_snapshot;
struct filter;
struct msg_win_rows;
struct redactor;

enum {
	EVENT_ROWS_MAX = 1000, /* before and after, each */
	EVENT_ROW_CELLS_MAX = 2000,
	EVENT_LINE_CELLS_MAX = 20000, /* of a row with its fields */
};

struct event_question {
	struct event_key anchor;
	size_t before, after;    /* rows before the anchor; rows from it on */
	int64_t from_ms, to_ms;  /* no line before, none from it on; 0: no such limit */
	const char *const *bots; /* only these; copied; count 0: all */
	size_t bot_count;
	bool whole_lines;         /* the text of a row is the whole line, not its message */
	bool with_lines;          /* a row carries the whole line, too */
	const char *const *names; /* rows have the values of these fields; copied; few */
	size_t name_count;
	bool fields;     /* the row of the anchor has all its fields, and more of its text */
	bool all_fields; /* every row has */
	size_t room; /* bytes of texts and fields: with more, the rows are taken for enough; every row has more of its
			text; 0: no bound but their number */
	const struct event_marks
		*since; /* before the anchor only lines behind these; borrowed; NULL: all */
};

/* Takes ownership of the snapshot and the filter (NULL: everything), and a reference to the redactor
 * (may be NULL). */
struct event_query *event_query_new(struct event_snapshot *snapshot, struct filter *filter,
	const struct redactor *redactor, const struct event_question *question) MUST_CHECK;
void event_query_free(struct event_query *query); /* NULL is legal */

/* Looks at up to `lines` lines, in both directions by turns; a chunk that is passed over counts as one,
 * or as many as it has bots and levels that the filter was asked about. True: done. */
bool event_query_step(struct event_query *query, size_t lines);

/* It goes on later: what was read of the history for it takes no memory meanwhile. */
void event_query_rest(struct event_query *query);

/* Moves the rows found since it was called last into `to`, in order. Sets what is known so far:
 * more_before, more_after (estimates; with a hit 0 only where no line is left), scanned_from_ms,
 * scanned_to_ms, hits, hidden, costly, dropped, done. */
void event_query_take(struct event_query *query, struct msg_win_rows *to);

/* The time (wall ms) of the line that was looked at last; 0: none yet. */
int64_t event_query_reached_ms(const struct event_query *query);
/* How many rows were found so far; when there are some, the keys of the oldest and the newest. */
size_t event_query_span(const struct event_query *query, struct event_key *ret_oldest,
	struct event_key *ret_newest);
/* Its filter compares times, which may be meant from now: of the rows found some may not fit later. */
bool event_query_ages(const struct event_query *query);
/* Where the streams end in its snapshot. */
struct event_marks *event_query_marks(const struct event_query *query) MUST_CHECK;
/* Forgets what it found and the marks it began at, and begins again with all lines. */
void event_query_whole(struct event_query *query);
/* The key of the row found first in the direction of the question (with before + after = 1 this is a
 * seek); false when none was found. */
bool event_query_hit(const struct event_query *query, struct event_key *ret_key);

#endif
