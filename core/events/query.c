/* SPDX-License-Identifier: MIT */
/*
 * Chunks are merged with a heap of cursors, the one whose next line is due on top; the lines of a chunk
 * are in the order of their keys, those of two chunks of a stream may lie across each other. A chunk is
 * judged and opened when its first line is due: until then a key that no line of it comes before stands
 * for it. The rows before the anchor are collected backwards, those from it on forwards, by turns.
 */
#include "core/events/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/skip.h"
#include "core/events/snapshot.h"
#include "core/events/text.h"
#include "core/events/view.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"

/* What is to be done with the lines of a chunk. */
enum verdict {
	NOT_JUDGED,
	READ,
	COUNT,     /* none fits: those of the wanted bots are hidden */
	PASS_HIDE, /* none fits, and all are of wanted bots */
	PASS,      /* none is of a wanted bot */
};

/* A place between two lines of a chunk of the snapshot: line `line` comes next forwards. */
struct cursor {
	size_t chunk, line;
	size_t least;         /* lines before this one are not of the question */
	struct event_key key; /* of the line that is due in the direction of the walk, or a bound */
	struct chunk_view *view; /* NULL: not opened yet */
	enum verdict verdict;    /* on the chunk */
};

/* One direction. */
struct walk {
	bool is_backwards, is_open;
	struct cursor *heap;
	size_t count;
	struct msg_row *rows;
	size_t row_count, taken, wanted;
	uint64_t scanned;
	struct event_key first, last; /* of the keys looked at */
};

struct event_marks {
	size_t count;
	struct {
		uint64_t source, stream, next_seq;
	} marks[]; /* by source and stream */
};

struct event_query {
	struct event_snapshot *snapshot;
	struct filter *filter;
	struct redactor *redactor;
	struct event_key anchor;
	char **bots;
	size_t bot_count;
	bool whole_lines, has_hit;
	struct event_key hit, oldest, newest; /* of rows */
	uint64_t *floors;                     /* by stream, the first line's seq; NULL: all lines */
	struct walk before, after;
	const struct walk *last_walk; /* that looked at a line */
	uint64_t hits, hidden;
};

static const struct stream *stream_at(const struct event_snapshot *snapshot, size_t index)
{
	return chunk_stream(snapshot->chunks[snapshot->streams[index].first]);
}

/* Both lists are in the same order. */
static uint64_t *floors_of(const struct event_snapshot *snapshot, const struct event_marks *marks)
{
	uint64_t *floors = xcalloc(snapshot->stream_count + 1, sizeof(*floors));
	for (size_t i = 0, at = 0; i < snapshot->stream_count; i++) {
		const struct stream *stream = stream_at(snapshot, i);
		while (at < marks->count && (marks->marks[at].source < stream->source ||
						    (marks->marks[at].source == stream->source &&
							    marks->marks[at].stream < stream->id)))
			at++;
		if (at < marks->count && marks->marks[at].source == stream->source &&
			marks->marks[at].stream == stream->id)
			floors[i] = marks->marks[at].next_seq;
	}
	return floors;
}

struct event_marks *event_query_marks(const struct event_query *query)
{
	const struct event_snapshot *snapshot = query->snapshot;
	struct event_marks *marks =
		xcalloc(1, sizeof(*marks) + snapshot->stream_count * sizeof(marks->marks[0]));
	marks->count = snapshot->stream_count;
	for (size_t i = 0; i < snapshot->stream_count; i++) {
		const struct stream *stream = stream_at(snapshot, i);
		size_t last = snapshot->streams[i].first + snapshot->streams[i].count - 1;
		marks->marks[i].source = stream->source;
		marks->marks[i].stream = stream->id;
		marks->marks[i].next_seq =
			chunk_first_seq(snapshot->chunks[last]) + snapshot->lengths[last];
	}
	return marks;
}

static void begin_walks(struct event_query *query, size_t before, size_t after)
{
	query->before = (struct walk){.is_backwards = true, .wanted = before};
	query->after = (struct walk){.wanted = after};
}

struct event_query *event_query_new(struct event_snapshot *snapshot, struct filter *filter,
	const struct redactor *redactor, const struct event_question *question)
{
	struct event_query *query = xcalloc(1, sizeof(*query));
	query->snapshot = snapshot;
	query->filter = filter;
	query->redactor = redactor_ref(redactor);
	query->anchor = question->anchor;
	query->whole_lines = question->whole_lines;
	begin_walks(query, question->before < EVENT_ROWS_MAX ? question->before : EVENT_ROWS_MAX,
		question->after < EVENT_ROWS_MAX ? question->after : EVENT_ROWS_MAX);
	if (question->since)
		query->floors = floors_of(snapshot, question->since);
	for (size_t i = 0; i < question->bot_count; i++)
		msg_add_str(&query->bots, &query->bot_count, question->bots[i]);
	return query;
}

static void release_walk(struct walk *walk)
{
	for (size_t i = walk->taken; i < walk->row_count; i++)
		msg_release(MSG_row, &walk->rows[i]);
	for (size_t i = 0; i < walk->count; i++)
		chunk_view_close(walk->heap[i].view);
	free(walk->rows);
	free(walk->heap);
}

void event_query_whole(struct event_query *query)
{
	size_t before = query->before.wanted, after = query->after.wanted;
	release_walk(&query->before);
	release_walk(&query->after);
	free(query->floors);
	query->floors = NULL;
	query->last_walk = NULL;
	query->has_hit = false;
	query->hits = query->hidden = 0;
	begin_walks(query, before, after);
}

void event_query_free(struct event_query *query)
{
	if (!query)
		return;
	release_walk(&query->before);
	release_walk(&query->after);
	for (size_t i = 0; i < query->bot_count; i++)
		free(query->bots[i]);
	free(query->bots);
	free(query->floors);
	event_snapshot_free(query->snapshot);
	filter_free(query->filter);
	redactor_unref(query->redactor);
	free(query);
}

static const struct chunk *chunk_at(const struct event_query *query, const struct cursor *cursor)
{
	return query->snapshot->chunks[cursor->chunk];
}

static size_t length_at(const struct event_query *query, const struct cursor *cursor)
{
	return query->snapshot->lengths[cursor->chunk];
}

/* Lines of its chunk that are before a cursor. */
static size_t left_at(
	const struct event_query *query, const struct walk *walk, const struct cursor *cursor)
{
	return walk->is_backwards ? cursor->line - cursor->least
				  : length_at(query, cursor) - cursor->line;
}

/* The line that is due under a cursor: before it or behind it. */
static size_t due_line(const struct walk *walk, const struct cursor *cursor)
{
	return cursor->line - walk->is_backwards;
}

static void open_cursor(const struct event_query *query, struct cursor *cursor)
{
	cursor->view = chunk_view_open(chunk_at(query, cursor), length_at(query, cursor));
}

/* Puts the cursor of a chunk before its first line at or behind the anchor. False: nothing of the chunk is of
 * this walk. */
static bool begin_cursor(
	const struct event_query *query, const struct walk *walk, struct cursor *cursor)
{
	const struct chunk *chunk = chunk_at(query, cursor);
	size_t length = length_at(query, cursor);
	if (!length)
		return false;
	struct event_key first = chunk_first_key(chunk), last = chunk_last_key(chunk, length);
	if (event_key_compare(first, query->anchor) >= 0) {
		cursor->line = 0;
	} else if (event_key_compare(last, query->anchor) < 0) {
		cursor->line = length;
	} else {
		open_cursor(query, cursor);
		cursor->line = chunk_view_find(cursor->view, query->anchor);
	}
	cursor->key = walk->is_backwards ? last : first;
	if (cursor->line < cursor->least)
		cursor->line = cursor->least;
	bool is_of_walk = left_at(query, walk, cursor) > 0;
	if (is_of_walk && cursor->view)
		cursor->key = chunk_view_key(cursor->view, due_line(walk, cursor));
	return is_of_walk;
}

static bool is_due_before(const struct walk *walk, const struct cursor *a, const struct cursor *b)
{
	int order = event_key_compare(a->key, b->key);
	return walk->is_backwards ? order > 0 : order < 0;
}

static void sift_down(struct walk *walk, size_t at)
{
	for (;;) {
		size_t best = at, left = at * 2 + 1;
		for (size_t child = left; child < left + 2 && child < walk->count; child++) {
			if (is_due_before(walk, &walk->heap[child], &walk->heap[best]))
				best = child;
		}
		if (best == at)
			return;
		struct cursor moved = walk->heap[at];
		walk->heap[at] = walk->heap[best];
		walk->heap[best] = moved;
		at = best;
	}
}

static void open_walk(struct event_query *query, struct walk *walk)
{
	const struct event_snapshot *snapshot = query->snapshot;
	walk->is_open = true;
	walk->heap = xcalloc(snapshot->chunk_count, sizeof(*walk->heap));
	for (size_t i = 0; i < snapshot->stream_count; i++) {
		const struct snapshot_stream *stream = &snapshot->streams[i];
		uint64_t floor = query->floors && walk->is_backwards ? query->floors[i] : 0;
		for (size_t chunk = stream->first; chunk < stream->first + stream->count; chunk++) {
			uint64_t first = chunk_first_seq(snapshot->chunks[chunk]);
			size_t length = snapshot->lengths[chunk];
			struct cursor cursor = {.chunk = chunk,
				.least = floor <= first           ? 0
					 : floor - first < length ? (size_t)(floor - first)
								  : length};
			if (begin_cursor(query, walk, &cursor))
				walk->heap[walk->count++] = cursor;
			else
				chunk_view_close(cursor.view);
		}
	}
	for (size_t i = walk->count / 2; i-- > 0;)
		sift_down(walk, i);
}

/* Moves the cursor on top over so many lines of its chunk; one that has no more leaves the heap. */
static void advance(const struct event_query *query, struct walk *walk, size_t lines)
{
	struct cursor *top = &walk->heap[0];
	if (walk->is_backwards)
		top->line -= lines;
	else
		top->line += lines;
	if (left_at(query, walk, top)) {
		top->key = chunk_view_key(top->view, due_line(walk, top));
	} else {
		chunk_view_close(top->view);
		*top = walk->heap[--walk->count];
	}
	sift_down(walk, 0);
}

static bool is_wanted_bot(const struct event_query *query, const char *bot)
{
	if (!query->bot_count)
		return true;
	for (size_t i = 0; i < query->bot_count; i++) {
		if (strcmp(query->bots[i], bot) == 0)
			return true;
	}
	return false;
}

static void take_text(
	struct event_query *query, const struct event_line *line, enum event_part part, char **to)
{
	struct str text = STR_INIT;
	event_text(line, part, query->redactor, EVENT_ROW_CELLS_MAX, &text);
	*to = str_detach(&text);
}

static void add_row(struct event_query *query, struct walk *walk, const struct event_line *line,
	struct event_key key)
{
	const struct record *record = line->record;
	struct msg_row *row = msg_add(walk->rows, &walk->row_count);
	msg_set(&row->key, event_key_print(key).text);
	msg_set(&row->bot, *line->bot || !line->stream->is_own ? line->bot : "botswain");
	msg_set(&row->source, line->stream->name);
	take_text(query, line, query->whole_lines ? EVENT_LINE : EVENT_MESSAGE, &row->text);
	take_text(query, line, EVENT_CORRELATION, &row->correlation);
	row->time_ms = record->wall_ms;
	row->level = record->level;
	row->late = record->late_ms > 0;
	row->cont = record->flags & RECORD_CONTINUES;
	if (!query->has_hit)
		query->hit = query->oldest = query->newest = key;
	if (event_key_compare(key, query->oldest) < 0)
		query->oldest = key;
	if (event_key_compare(key, query->newest) > 0)
		query->newest = key;
	query->has_hit = true;
}

static bool is_done(const struct walk *walk)
{
	return walk->row_count == walk->wanted || (walk->is_open && !walk->count);
}

/* Each look of the filter at what a chunk says of itself counts as one at a line; of `lines` one stays,
 * for the line or the chunk itself. */
static void judge(const struct event_query *query, struct cursor *cursor, size_t *lines)
{
	size_t looks = 0;
	const struct chunk *chunk = chunk_at(query, cursor);
	if (!chunk_may_be_wanted(chunk, query->bots, query->bot_count))
		cursor->verdict = PASS;
	else if (chunk_may_fit(chunk, query->filter, &looks))
		cursor->verdict = READ;
	else
		cursor->verdict = query->bot_count ? COUNT : PASS_HIDE;
	if (looks)
		*lines -= looks < *lines ? looks - 1 : *lines - 1;
}

/* Passes over the rest of the chunk on top: of its lines all is known. */
static void pass_over(struct event_query *query, struct walk *walk)
{
	const struct cursor *top = &walk->heap[0];
	size_t lines = left_at(query, walk, top);
	walk->scanned += lines;
	query->hidden += top->verdict == PASS_HIDE ? lines : 0;
	advance(query, walk, lines);
}

static void look_at_line(struct event_query *query, struct walk *walk)
{
	struct cursor *top = &walk->heap[0];
	const struct event_line line = chunk_view_line(top->view, due_line(walk, top));
	walk->scanned++;
	if (is_wanted_bot(query, line.bot)) {
		bool fits = top->verdict == READ &&
			    (!query->filter || event_fits(&line, query->redactor, query->filter));
		query->hits += fits;
		query->hidden += !fits;
		if (fits)
			add_row(query, walk, &line, top->key);
	}
	advance(query, walk, 1);
}

static bool is_passed(const struct cursor *cursor)
{
	return cursor->verdict == PASS || cursor->verdict == PASS_HIDE;
}

/* The chunk on top is read from here on: now its next line has its own key, which may put it further down. */
static bool open_top(const struct event_query *query, struct walk *walk)
{
	struct cursor *top = &walk->heap[0];
	if (top->view)
		return true;
	open_cursor(query, top);
	struct event_key bound = top->key;
	top->key = chunk_view_key(top->view, due_line(walk, top));
	if (event_key_compare(top->key, bound) == 0)
		return true;
	sift_down(walk, 0);
	return false;
}

/* Looks at what is on top of the heap. */
static void look(struct event_query *query, struct walk *walk, size_t *lines)
{
	struct cursor *top = &walk->heap[0];
	if (top->verdict == NOT_JUDGED)
		judge(query, top, lines);
	if (!is_passed(top) && !open_top(query, walk))
		return;
	walk->first = walk->scanned ? walk->first : top->key;
	walk->last = top->key;
	query->last_walk = walk;
	if (is_passed(top))
		pass_over(query, walk);
	else
		look_at_line(query, walk);
}

/* Looks at lines in one direction; true when it has all that it wants. */
static bool step(struct event_query *query, struct walk *walk, size_t *lines)
{
	if (!walk->wanted)
		return true;
	if (!walk->is_open)
		open_walk(query, walk);
	for (; walk->row_count < walk->wanted && walk->count && *lines; --*lines)
		look(query, walk, lines);
	return is_done(walk);
}

bool event_query_step(struct event_query *query, size_t lines)
{
	size_t rest = lines / 2, half = lines - rest;
	bool done = step(query, &query->after, &half);
	rest += half;
	bool all_done = step(query, &query->before, &rest) && done;
	return all_done ||
	       (!done && rest && step(query, &query->after, &rest) && is_done(&query->before));
}

int64_t event_query_reached_ms(const struct event_query *query)
{
	return query->last_walk ? query->last_walk->last.time_ms : 0;
}

bool event_query_ages(const struct event_query *query)
{
	return query->filter && filter_compares(query->filter, LOG_COLUMN_TIME);
}

size_t event_query_span(
	const struct event_query *query, struct event_key *ret_oldest, struct event_key *ret_newest)
{
	if (!query->has_hit)
		return 0;
	*ret_oldest = query->oldest;
	*ret_newest = query->newest;
	return query->before.row_count + query->after.row_count;
}

bool event_query_hit(const struct event_query *query, struct event_key *ret_key)
{
	if (query->has_hit)
		*ret_key = query->hit;
	return query->has_hit;
}

/* Lines that a walk has not looked at. */
static uint64_t left_of(const struct event_query *query, const struct walk *walk)
{
	uint64_t left = 0;
	for (size_t i = 0; i < walk->count; i++)
		left += left_at(query, walk, &walk->heap[i]);
	return left;
}

/* Of the lines not looked at as many fit as of those that were, and one at least: 0 says that none is
 * left. */
static uint64_t estimate(const struct event_query *query, uint64_t left)
{
	uint64_t scanned = query->before.scanned + query->after.scanned;
	if (!scanned || query->hits == scanned)
		return left;
	return (uint64_t)ceil((double)left * (double)query->hits / (double)scanned);
}

/* The rows found since the last time, forwards, behind those of `to`. */
static void move_rows(struct walk *walk, struct msg_win_rows *to)
{
	for (size_t i = walk->taken; i < walk->row_count; i++) {
		size_t from = walk->is_backwards ? walk->row_count - 1 - (i - walk->taken) : i;
		to->rows[to->rows_count++] = walk->rows[from];
	}
	walk->taken = walk->row_count;
}

void event_query_take(struct event_query *query, struct msg_win_rows *to)
{
	struct walk *before = &query->before, *after = &query->after;
	if (!before->is_open)
		open_walk(query, before);
	if (!after->is_open)
		open_walk(query, after);
	size_t count = before->row_count - before->taken + after->row_count - after->taken;
	to->rows = xcalloc(count, sizeof(*to->rows));
	move_rows(before, to);
	move_rows(after, to);
	to->more_before = estimate(query, left_of(query, before));
	to->more_after = estimate(query, left_of(query, after));
	if (before->scanned || after->scanned) {
		to->scanned_from_ms = before->scanned ? before->last.time_ms : after->first.time_ms;
		to->scanned_to_ms = after->scanned ? after->last.time_ms : before->first.time_ms;
	}
	to->hits = query->hits;
	to->hidden = query->hidden;
	to->dropped = query->snapshot->evicted_lines;
	to->done = is_done(before) && is_done(after);
}
