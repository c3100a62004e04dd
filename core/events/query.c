/* SPDX-License-Identifier: MIT */
/*
 * Parts are merged with a heap of cursors, the one whose next line is due on top; the lines of a part
 * are in the order of their keys, those of two parts of a stream may lie across each other. A part is
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
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/part.h"
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

/* A place between two lines of a part: line `line` comes next forwards. */
struct cursor {
	struct store_part part;
	size_t file; /* its number in the snapshot, of a part of a file */
	size_t line;
	size_t least;         /* lines before this one are not of the question */
	struct event_key key; /* of the line that is due in the direction of the walk, or a bound */
	struct part_view *view; /* NULL: not opened yet */
	enum verdict verdict;   /* on the part */
};

/* How far a walk has come in a file. */
struct reach {
	size_t next; /* forwards the segments from here on are to come, backwards those before it */
	bool *is_pushed; /* by segment */
};

/* One direction. */
struct walk {
	bool is_backwards, is_open;
	struct cursor *heap;
	size_t count, room;
	struct reach *reaches; /* by file */
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

static void release_walk(struct walk *walk, size_t files)
{
	for (size_t i = walk->taken; i < walk->row_count; i++)
		msg_release(MSG_row, &walk->rows[i]);
	for (size_t i = 0; i < walk->count; i++)
		part_view_close(walk->heap[i].view);
	for (size_t i = 0; walk->reaches && i < files; i++)
		free(walk->reaches[i].is_pushed);
	free(walk->reaches);
	free(walk->rows);
	free(walk->heap);
}

void event_query_whole(struct event_query *query)
{
	size_t before = query->before.wanted, after = query->after.wanted;
	release_walk(&query->before, query->snapshot->file_count);
	release_walk(&query->after, query->snapshot->file_count);
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
	release_walk(&query->before, query->snapshot->file_count);
	release_walk(&query->after, query->snapshot->file_count);
	for (size_t i = 0; i < query->bot_count; i++)
		free(query->bots[i]);
	free(query->bots);
	free(query->floors);
	event_snapshot_free(query->snapshot);
	filter_free(query->filter);
	redactor_unref(query->redactor);
	free(query);
}

/* Lines of its part that are before a cursor. */
static size_t left_at(const struct walk *walk, const struct cursor *cursor)
{
	return walk->is_backwards ? cursor->line - cursor->least
				  : cursor->part.count - cursor->line;
}

/* The line that is due under a cursor: before it or behind it. */
static size_t due_line(const struct walk *walk, const struct cursor *cursor)
{
	return cursor->line - walk->is_backwards;
}

/* Puts the cursor of a part before its first line at or behind the anchor. False: nothing of it is of this walk. */
static bool begin_cursor(
	const struct event_query *query, const struct walk *walk, struct cursor *cursor)
{
	const struct store_part *part = &cursor->part;
	if (!part->count)
		return false;
	struct event_key first = part_first_key(part), last = part_last_key(part);
	if (event_key_compare(last, query->anchor) < 0) {
		cursor->line = part->count;
	} else if (event_key_compare(first, query->anchor) < 0 && part_is_indexed(part)) {
		cursor->view = part_view_open(part);
		cursor->line = part_view_find(cursor->view, query->anchor);
	} else if (!part_is_indexed(part) && walk->is_backwards) {
		cursor->line = part->count; /* what of it is behind the anchor is seen then */
	}
	cursor->key = walk->is_backwards ? last : first;
	if (cursor->line < cursor->least)
		cursor->line = cursor->least;
	bool is_of_walk = left_at(walk, cursor) > 0;
	if (is_of_walk && cursor->view)
		cursor->key = part_view_key(cursor->view, due_line(walk, cursor));
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

static void sift_up(struct walk *walk, size_t at)
{
	while (at && is_due_before(walk, &walk->heap[at], &walk->heap[(at - 1) / 2])) {
		struct cursor moved = walk->heap[at];
		walk->heap[at] = walk->heap[(at - 1) / 2];
		walk->heap[(at - 1) / 2] = moved;
		at = (at - 1) / 2;
	}
}

static void push(const struct event_query *query, struct walk *walk, struct cursor cursor)
{
	if (!begin_cursor(query, walk, &cursor)) {
		part_view_close(cursor.view);
		return;
	}
	walk->heap = grow(walk->heap, walk->count, &walk->room, sizeof(*walk->heap));
	walk->heap[walk->count] = cursor;
	sift_up(walk, walk->count++);
}

/* With marks, those lines before them are not of the question. */
static void push_stream(const struct event_query *query, struct walk *walk, size_t number)
{
	const struct event_snapshot *snapshot = query->snapshot;
	const struct snapshot_stream *stream = &snapshot->streams[number];
	uint64_t floor = query->floors && walk->is_backwards ? query->floors[number] : 0;
	for (size_t at = stream->first; at < stream->first + stream->count; at++) {
		uint64_t first = chunk_first_seq(snapshot->chunks[at]);
		size_t length = snapshot->lengths[at];
		size_t least = floor <= first           ? 0
			       : floor - first < length ? (size_t)(floor - first)
							: length;
		push(query, walk,
			(struct cursor){.part = {.chunk = snapshot->chunks[at], .count = length},
				.least = least});
	}
}

enum { LINE_GUESS = 128 }; /* bytes of a line in a segment that nobody has read */

static size_t guess_lines(const struct file_index *index, size_t segment)
{
	uint64_t bytes = file_index_offset(index, segment + 1) - file_index_offset(index, segment);
	return (size_t)(bytes / LINE_GUESS) + 1;
}

/* The blocks of a segment, or itself where nobody has read it yet: then true. */
static bool push_segment(
	const struct event_query *query, struct walk *walk, size_t file, size_t number)
{
	struct file_segment segment;
	struct store_part part = {.file = query->snapshot->files[file], .segment = number};
	const struct file_index *index = part.file->index;
	walk->reaches[file].is_pushed[number] = true;
	if (!file_index_segment(index, number, &segment)) {
		part.count = guess_lines(index, number);
		push(query, walk, (struct cursor){.part = part, .file = file});
		return true;
	}
	for (size_t i = 0; i < segment.block_count; i++) {
		part.block = segment.blocks[i];
		part.count = line_block_summary(part.block)->lines;
		push(query, walk, (struct cursor){.part = part, .file = file});
	}
	return false;
}

/* Of the segments that nobody has read one stands for all that lie behind it in the direction of the walk. */
static void reach_on(const struct event_query *query, struct walk *walk, size_t file)
{
	struct reach *reach = &walk->reaches[file];
	size_t count = file_index_segments(query->snapshot->files[file]->index);
	while (walk->is_backwards ? reach->next > 0 : reach->next < count) {
		size_t number = walk->is_backwards ? --reach->next : reach->next++;
		if (!reach->is_pushed[number] && push_segment(query, walk, file, number))
			return;
	}
}

/* The first segment that begins behind the anchor, as far as can be told. */
static size_t find_segment(struct file_index *index, struct event_key anchor)
{
	size_t low = 0, high = file_index_segments(index);
	int64_t low_ms, high_ms;
	if (anchor.time_ms == INT64_MIN || anchor.time_ms == INT64_MAX)
		return anchor.time_ms == INT64_MIN ? 0 : high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (file_index_begin(index, middle, &low_ms, &high_ms) && low_ms > anchor.time_ms)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void push_file(const struct event_query *query, struct walk *walk, size_t file)
{
	struct file_index *index = query->snapshot->files[file]->index;
	size_t count = file_index_segments(index), at = find_segment(index, query->anchor);
	struct file_segment segment;
	struct reach *reach = &walk->reaches[file];
	reach->is_pushed = xcalloc(count, sizeof(*reach->is_pushed));
	for (size_t i = 0; i < count; i++)
		if (file_index_segment(index, i, &segment))
			(void)push_segment(query, walk, file, i);
	reach->next = walk->is_backwards ? (at < count ? at + 1 : count) : at < 2 ? 0 : at - 2;
	reach_on(query, walk, file);
}

/* A file is not written to behind what of it is indexed: with marks it has nothing new. */
static void open_walk(struct event_query *query, struct walk *walk)
{
	const struct event_snapshot *snapshot = query->snapshot;
	bool is_news = query->floors && walk->is_backwards;
	walk->is_open = true;
	walk->reaches = xcalloc(snapshot->file_count, sizeof(*walk->reaches));
	for (size_t i = 0; i < snapshot->stream_count; i++)
		push_stream(query, walk, i);
	for (size_t i = 0; i < snapshot->file_count && !is_news; i++)
		push_file(query, walk, i);
}

/* Takes the cursor on top out of the heap. */
static void pop(struct walk *walk)
{
	part_view_close(walk->heap[0].view);
	walk->heap[0] = walk->heap[--walk->count];
	sift_down(walk, 0);
}

/* Moves the cursor on top over so many lines of its chunk; one that has no more leaves the heap. */
static void advance(struct walk *walk, size_t lines)
{
	struct cursor *top = &walk->heap[0];
	if (walk->is_backwards)
		top->line -= lines;
	else
		top->line += lines;
	if (!left_at(walk, top)) {
		pop(walk);
		return;
	}
	top->key = part_view_key(top->view, due_line(walk, top));
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
	struct event_query *query, struct event_line *line, enum event_part part, char **to)
{
	struct str text = STR_INIT;
	event_text(line, part, query->redactor, EVENT_ROW_CELLS_MAX, &text);
	*to = str_detach(&text);
}

static void add_row(
	struct event_query *query, struct walk *walk, struct event_line *line, struct event_key key)
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
	if (!part_may_be_wanted(&cursor->part, query->bots, query->bot_count))
		cursor->verdict = PASS;
	else if (part_may_fit(&cursor->part, query->filter, &looks))
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
	size_t lines = left_at(walk, top);
	walk->scanned += lines;
	query->hidden += top->verdict == PASS_HIDE ? lines : 0;
	advance(walk, lines);
}

static void look_at_line(struct event_query *query, struct walk *walk)
{
	struct cursor *top = &walk->heap[0];
	struct event_line line = part_view_line(top->view, due_line(walk, top));
	walk->scanned++;
	if (is_wanted_bot(query, line.bot)) {
		bool fits = top->verdict == READ &&
			    (!query->filter || event_fits(&line, query->redactor, query->filter));
		query->hits += fits;
		query->hidden += !fits;
		if (fits)
			add_row(query, walk, &line, top->key);
	}
	advance(walk, 1);
}

static bool is_passed(const struct cursor *cursor)
{
	return cursor->verdict == PASS || cursor->verdict == PASS_HIDE;
}

/* The chunk on top is read from here on: now its next line has its own key, which may put it further down. */
static bool open_top(struct walk *walk)
{
	struct cursor *top = &walk->heap[0];
	if (top->view)
		return true;
	top->view = part_view_open(&top->part);
	struct event_key bound = top->key;
	top->key = part_view_key(top->view, due_line(walk, top));
	if (event_key_compare(top->key, bound) == 0)
		return true;
	sift_down(walk, 0);
	return false;
}

/* A segment that nobody has read is due: its blocks take its place. All of it counts as looked at. */
static void read_top(const struct event_query *query, struct walk *walk, size_t *lines)
{
	const struct cursor top = walk->heap[0];
	bool is_read = file_index_read(top.part.file->index, top.part.segment);
	pop(walk);
	if (is_read)
		(void)push_segment(query, walk, top.file, top.part.segment);
	reach_on(query, walk, top.file);
	*lines = 1;
}

/* Looks at what is on top of the heap. */
static void look(struct event_query *query, struct walk *walk, size_t *lines)
{
	struct cursor *top = &walk->heap[0];
	if (!part_is_indexed(&top->part)) {
		read_top(query, walk, lines);
		return;
	}
	if (top->verdict == NOT_JUDGED)
		judge(query, top, lines);
	if (!is_passed(top) && !open_top(walk))
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
		left += left_at(walk, &walk->heap[i]);
	for (size_t i = 0; i < query->snapshot->file_count; i++) {
		const struct file_index *index = query->snapshot->files[i]->index;
		const struct reach *reach = &walk->reaches[i];
		size_t end = walk->is_backwards ? reach->next : file_index_segments(index);
		for (size_t at = walk->is_backwards ? 0 : reach->next; at < end; at++)
			left += reach->is_pushed && !reach->is_pushed[at] ? guess_lines(index, at)
									  : 0;
	}
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
