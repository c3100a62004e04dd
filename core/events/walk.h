/* SPDX-License-Identifier: MIT */
/*
 * Through the lines of a snapshot in the order of their keys, from an anchor on or back from it. Parts are merged with a heap
 * of cursors, the one whose next line is due on top; the lines of a part are in the order of their keys, those of two
 * parts of a stream may lie across each other. A part is opened when its first line is due: until then a key
 * that no line of it comes before stands for it. Of one thread.
 */
#ifndef BOTSWAIN_EVENTS_WALK_H
#define BOTSWAIN_EVENTS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/events/part.h"

struct event_snapshot;
struct part_view;

/* A place between two lines of a part: line `line` comes next forwards. */
struct cursor {
	struct store_part part;
	size_t file; /* its number in the snapshot, of a part of a file */
	size_t line;
	struct event_key key; /* of the line that is due in the direction of the walk, or a bound */
	struct part_view *view; /* NULL: not opened yet, or closed meanwhile */
	bool is_unplaced; /* the anchor is within a part that is in the history: not looked for yet */
	unsigned verdict; /* of the caller; 0 at first */
};

/* How far a walk has come in a file. */
struct reach {
	size_t next; /* forwards the segments from here on are to come, backwards those before it */
	bool *is_pushed; /* by segment */
};

struct walk {
	const struct event_snapshot *snapshot; /* borrowed */
	const uint64_t *
		floors; /* borrowed: by stream, the seq of the first line that counts; NULL: all do */
	const size_t *file_floors; /* borrowed, with them: by file, the first segment that counts */
	struct event_key anchor;
	bool is_bounded;
	int64_t bound_ms; /* backwards no line before it is of the walk, forwards none from it on */
	bool is_backwards, is_open;
	struct cursor *heap;
	size_t count, room;
	size_t cold_views; /* of parts that are in the history: what is open of them takes memory */
	struct reach *reaches; /* by file */
};

/* All but what is borrowed and the direction is set by this. */
void walk_open(struct walk *walk);
void walk_close(struct walk *walk); /* legal on one that was never opened */

/* A line of this time, and all that are due after it, are not of the walk. */
static inline bool walk_is_over(const struct walk *walk, int64_t time_ms)
{
	return walk->is_bounded &&
	       (walk->is_backwards ? time_ms < walk->bound_ms : time_ms >= walk->bound_ms);
}
/* What is due; NULL: nothing is left. */
static inline struct cursor *walk_top(const struct walk *walk)
{
	bool is_left = walk->count && !walk_is_over(walk, walk->heap[0].key.time_ms);
	return is_left ? &walk->heap[0] : NULL;
}
/* Reads the segment on top, which nobody has read: its parts take its place. */
void walk_read_top(struct walk *walk);
/* Looks for the anchor in the part on top, which is_unplaced; look at the top again. */
void walk_place_top(struct walk *walk);
/* ... in all of them. */
void walk_place_all(struct walk *walk);
/* Opens the part on top. False: its next line is not the one that is due, or it cannot be read; look at the top again. */
bool walk_open_top(struct walk *walk);
/* It goes on later: of what is in the history nothing is kept open meanwhile. */
void walk_rest(struct walk *walk);
/* The line of its part that is due under a cursor. */
size_t walk_due(const struct walk *walk, const struct cursor *cursor);
/* Lines of its part that are before a cursor. */
size_t walk_left_at(const struct walk *walk, const struct cursor *cursor);
/* False when the bound is in the middle of its part, or before it. */
bool walk_has_all(const struct walk *walk, const struct cursor *cursor);
/* Moves the cursor on top over so many lines of its part; one that has no more is gone. */
void walk_advance(struct walk *walk, size_t lines);
/* Lines that were not passed yet; about so many where nobody has read them. */
uint64_t walk_left(const struct walk *walk);

#endif
