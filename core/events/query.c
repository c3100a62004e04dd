/* SPDX-License-Identifier: MIT */
/*
 * A stream is ordered by its keys, so the streams are merged with a heap: one cursor a stream, the
 * stream whose next key is due on top. First the rows before the anchor are collected backwards, then
 * those from it on; both walks start from a binary search for the anchor.
 */
#include "core/events/query.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/snapshot.h"
#include "core/events/text.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"

/* A place between two lines of a stream: line `line` of chunk `chunk` comes next forwards. */
struct cursor {
	size_t stream, chunk, line;
	struct event_key key; /* of the line that is due in the direction of the walk */
};

/* One direction. */
struct walk {
	bool is_backwards, is_open;
	struct cursor *heap;
	size_t count;
	struct msg_row *rows;
	size_t row_count, wanted;
	uint64_t scanned;
	struct event_key first, last; /* of the keys looked at */
};

struct event_query {
	struct event_snapshot *snapshot;
	struct filter *filter;
	struct redactor *redactor;
	struct event_key anchor;
	char **bots;
	size_t bot_count;
	bool whole_lines, has_hit;
	struct event_key hit;
	struct walk before, after;
	uint64_t hits, hidden;
};

struct event_query *event_query_new(struct event_snapshot *snapshot, struct filter *filter,
	const struct redactor *redactor, const struct event_question *question)
{
	struct event_query *query = xcalloc(1, sizeof(*query));
	query->snapshot = snapshot;
	query->filter = filter;
	query->redactor = redactor_ref(redactor);
	query->anchor = question->anchor;
	query->whole_lines = question->whole_lines;
	query->before.is_backwards = true;
	query->before.wanted =
		question->before < EVENT_ROWS_MAX ? question->before : EVENT_ROWS_MAX;
	query->after.wanted = question->after < EVENT_ROWS_MAX ? question->after : EVENT_ROWS_MAX;
	for (size_t i = 0; i < question->bot_count; i++)
		msg_add_str(&query->bots, &query->bot_count, question->bots[i]);
	return query;
}

static void release_walk(struct walk *walk)
{
	for (size_t i = 0; i < walk->row_count; i++)
		msg_release(MSG_row, &walk->rows[i]);
	free(walk->rows);
	free(walk->heap);
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
	event_snapshot_free(query->snapshot);
	filter_free(query->filter);
	redactor_unref(query->redactor);
	free(query);
}

static const struct chunk *chunk_at(const struct event_query *query, const struct cursor *cursor)
{
	return query->snapshot
		->chunks[query->snapshot->streams[cursor->stream].first + cursor->chunk];
}

static size_t length_at(const struct event_query *query, const struct cursor *cursor)
{
	return query->snapshot
		->lengths[query->snapshot->streams[cursor->stream].first + cursor->chunk];
}

static struct event_key key_of(const struct chunk *chunk, size_t line)
{
	return (struct event_key){record_order_ms(chunk_record(chunk, line)),
		chunk_stream(chunk)->source, chunk_first_seq(chunk) + line};
}

/* The line that is due under a cursor: before it or behind it. */
static size_t due_line(const struct walk *walk, const struct cursor *cursor)
{
	return cursor->line - walk->is_backwards;
}

/* Sets the key of the line that is due, moving over the ends of chunks; false at the end of the stream. */
static bool settle(const struct event_query *query, const struct walk *walk, struct cursor *cursor)
{
	size_t chunks = query->snapshot->streams[cursor->stream].count;
	if (walk->is_backwards) {
		while (cursor->line == 0) {
			if (cursor->chunk == 0)
				return false;
			cursor->chunk--;
			cursor->line = length_at(query, cursor);
		}
	} else {
		while (cursor->chunk < chunks && cursor->line >= length_at(query, cursor)) {
			cursor->chunk++;
			cursor->line = 0;
		}
		if (cursor->chunk == chunks)
			return false;
	}
	cursor->key = key_of(chunk_at(query, cursor), due_line(walk, cursor));
	return true;
}

/* True when every line of the chunk under the cursor stands before the anchor. */
static bool is_before_anchor(const struct event_query *query, const struct cursor *cursor)
{
	size_t length = length_at(query, cursor);
	return !length ||
	       event_key_compare(key_of(chunk_at(query, cursor), length - 1), query->anchor) < 0;
}

/* Puts the cursor of a stream before its first line at or behind the anchor. */
static void find_anchor(const struct event_query *query, struct cursor *cursor)
{
	size_t low = 0, high = query->snapshot->streams[cursor->stream].count;
	while (low < high) {
		cursor->chunk = low + (high - low) / 2;
		if (is_before_anchor(query, cursor))
			low = cursor->chunk + 1;
		else
			high = cursor->chunk;
	}
	cursor->chunk = low;
	cursor->line = 0;
	if (low == query->snapshot->streams[cursor->stream].count)
		return;
	size_t first = 0, end = length_at(query, cursor);
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (event_key_compare(key_of(chunk_at(query, cursor), middle), query->anchor) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	cursor->line = first;
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
	walk->is_open = true;
	walk->heap = xcalloc(query->snapshot->stream_count, sizeof(*walk->heap));
	for (size_t i = 0; i < query->snapshot->stream_count; i++) {
		struct cursor cursor = {.stream = i};
		find_anchor(query, &cursor);
		if (settle(query, walk, &cursor))
			walk->heap[walk->count++] = cursor;
	}
	for (size_t i = walk->count / 2; i-- > 0;)
		sift_down(walk, i);
}

/* Moves the cursor on top over its line. */
static void advance(const struct event_query *query, struct walk *walk)
{
	struct cursor *top = &walk->heap[0];
	if (walk->is_backwards)
		top->line--;
	else
		top->line++;
	if (!settle(query, walk, top))
		*top = walk->heap[--walk->count];
	sift_down(walk, 0);
}

static bool is_wanted_bot(
	const struct event_query *query, const struct chunk *chunk, const struct record *record)
{
	if (!query->bot_count || chunk_stream(chunk)->is_own)
		return true;
	const char *bot = chunk_bot(chunk, record);
	for (size_t i = 0; i < query->bot_count; i++) {
		if (strcmp(query->bots[i], bot) == 0)
			return true;
	}
	return false;
}

static void take_text(struct event_query *query, const struct chunk *chunk,
	const struct record *record, enum event_part part, char **to)
{
	struct str text = STR_INIT;
	event_text(chunk, record, part, query->redactor, EVENT_ROW_CELLS_MAX, &text);
	*to = str_detach(&text);
}

static void add_row(struct event_query *query, struct walk *walk, const struct chunk *chunk,
	const struct record *record, struct event_key key)
{
	struct msg_row *row = msg_add(walk->rows, &walk->row_count);
	const char *bot = chunk_bot(chunk, record);
	msg_set(&row->key, event_key_print(key).text);
	msg_set(&row->bot, *bot || !chunk_stream(chunk)->is_own ? bot : "botswain");
	msg_set(&row->source, chunk_stream(chunk)->name);
	take_text(
		query, chunk, record, query->whole_lines ? EVENT_LINE : EVENT_MESSAGE, &row->text);
	take_text(query, chunk, record, EVENT_CORRELATION, &row->correlation);
	row->time_ms = record->wall_ms;
	row->level = record->level;
	row->late = record->late_ms > 0;
	row->cont = record->flags & RECORD_CONTINUES;
	if (!query->has_hit)
		query->hit = key;
	query->has_hit = true;
}

static bool is_done(const struct walk *walk)
{
	return walk->row_count == walk->wanted || (walk->is_open && !walk->count);
}

/* Looks at lines in one direction; true when it has all that it wants. */
static bool step(struct event_query *query, struct walk *walk, size_t *lines)
{
	if (!walk->wanted)
		return true;
	if (!walk->is_open)
		open_walk(query, walk);
	while (walk->row_count < walk->wanted && walk->count && *lines) {
		const struct cursor *top = &walk->heap[0];
		const struct chunk *chunk = chunk_at(query, top);
		const struct record *record = chunk_record(chunk, due_line(walk, top));
		walk->first = walk->scanned ? walk->first : top->key;
		walk->last = top->key;
		walk->scanned++;
		--*lines;
		if (is_wanted_bot(query, chunk, record)) {
			bool fits = !query->filter ||
				    event_fits(chunk, record, query->redactor, query->filter);
			query->hits += fits;
			query->hidden += !fits;
			if (fits)
				add_row(query, walk, chunk, record, top->key);
		}
		advance(query, walk);
	}
	return is_done(walk);
}

bool event_query_step(struct event_query *query, size_t lines)
{
	return step(query, &query->before, &lines) && step(query, &query->after, &lines);
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
	for (size_t i = 0; i < walk->count; i++) {
		struct cursor at = walk->heap[i];
		size_t chunks = query->snapshot->streams[at.stream].count;
		left += walk->is_backwards ? at.line : length_at(query, &at) - at.line;
		if (walk->is_backwards)
			while (at.chunk-- > 0)
				left += length_at(query, &at);
		else
			while (++at.chunk < chunks)
				left += length_at(query, &at);
	}
	return left;
}

/* Of the lines not looked at as many fit as of those that were. */
static uint64_t estimate(const struct event_query *query, uint64_t left)
{
	uint64_t scanned = query->before.scanned + query->after.scanned;
	if (!scanned || query->hits == scanned)
		return left;
	return (uint64_t)((double)left * (double)query->hits / (double)scanned);
}

void event_query_take(struct event_query *query, struct msg_win_rows *to)
{
	struct walk *before = &query->before, *after = &query->after;
	size_t count = before->row_count + after->row_count;
	if (!before->is_open)
		open_walk(query, before);
	if (!after->is_open)
		open_walk(query, after);
	to->rows = xcalloc(count, sizeof(*to->rows));
	for (size_t i = 0; i < before->row_count; i++)
		to->rows[i] = before->rows[before->row_count - 1 - i];
	if (after->row_count)
		memcpy(to->rows + before->row_count, after->rows,
			after->row_count * sizeof(*to->rows));
	to->rows_count = count;
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
	before->row_count = after->row_count = 0;
}
