/* SPDX-License-Identifier: MIT */
#include "core/events/walk.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/marks.h"
#include "core/events/snapshot.h"
#include "core/events/view.h"

enum { COLD_VIEWS_MAX = 64 }; /* that are open at a time */

/* Lines of its part that are before a cursor. */
size_t walk_left_at(const struct walk *walk, const struct cursor *cursor)
{
	return walk->is_backwards ? cursor->line : cursor->part.count - cursor->line;
}

/* The line that is due under a cursor: before it or behind it. */
size_t walk_due(const struct walk *walk, const struct cursor *cursor)
{
	return cursor->line - walk->is_backwards;
}

/* Puts the cursor of a part before its first line at or behind the anchor. False: nothing of it is of this walk. */
static bool begin_cursor(const struct walk *walk, struct cursor *cursor)
{
	const struct store_part *part = &cursor->part;
	if (!part->count)
		return false;
	struct event_key first = part_first_key(part), last = part_last_key(part);
	bool is_before = event_key_compare(last, walk->anchor) < 0;
	bool is_across = !is_before && event_key_compare(first, walk->anchor) < 0;
	if (part_is_cold(part) && is_across) {
		cursor->is_unplaced = true;
		cursor->line = walk->is_backwards ? part->count : 0;
	} else if (part_is_indexed(part) && is_across) {
		cursor->view = part_view_open(part);
		cursor->line = part_view_find(cursor->view, walk->anchor);
	} else if (is_before || (!part_is_indexed(part) && walk->is_backwards)) {
		cursor->line =
			part->count; /* what of it is behind the anchor is seen when it is read */
	}
	cursor->key = walk->is_backwards ? last : first;
	bool is_of_walk = walk_left_at(walk, cursor) > 0;
	if (is_of_walk && cursor->view)
		cursor->key = part_view_key(cursor->view, walk_due(walk, cursor));
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

/* False: nothing of it is of this walk. */
static bool push(struct walk *walk, struct cursor cursor)
{
	if (!begin_cursor(walk, &cursor)) {
		part_view_close(cursor.view);
		return false;
	}
	walk->heap = grow(walk->heap, walk->count, &walk->room, sizeof(*walk->heap));
	walk->heap[walk->count] = cursor;
	sift_up(walk, walk->count++);
	return true;
}

/* With marks, those lines before them are not of the question. */
static void push_stream(struct walk *walk, size_t number)
{
	const struct event_snapshot *snapshot = walk->snapshot;
	const struct snapshot_stream *stream = &snapshot->streams[number];
	uint64_t floor = walk->floors && walk->is_backwards ? walk->floors[number] : 0;
	for (size_t at = stream->first; at < stream->first + stream->count; at++) {
		uint64_t first = chunk_first_seq(snapshot->chunks[at]);
		size_t length = snapshot->lengths[at];
		size_t skip = marks_before(floor, first, length);
		const struct store_part part = {
			.chunk = snapshot->chunks[at], .skip = skip, .count = length - skip};
		(void)push(walk, (struct cursor){.part = part});
	}
}

/* The blocks of a segment, or itself where nobody has read it yet: then true, if it is of this walk. */
static bool push_segment(struct walk *walk, size_t file, size_t number)
{
	struct file_segment segment;
	struct store_part part = {.file = walk->snapshot->files[file], .segment = number};
	const struct file_index *index = part.file->index;
	walk->reaches[file].is_pushed[number] = true;
	if (!file_index_segment(index, number, &segment)) {
		part.count = file_index_guess_lines(index, number);
		return push(walk, (struct cursor){.part = part, .file = file});
	}
	for (size_t i = 0; i < segment.block_count; i++) {
		part.block = segment.blocks[i];
		part.count = line_block_summary(part.block)->lines;
		(void)push(walk, (struct cursor){.part = part, .file = file});
	}
	return false;
}

static int64_t far_ms(const struct walk *walk, const struct cursor *cursor)
{
	return walk->is_backwards ? part_first_key(&cursor->part).time_ms
				  : part_last_key(&cursor->part).time_ms;
}

bool walk_has_all(const struct walk *walk, const struct cursor *cursor)
{
	return !walk->is_bounded || !walk_is_over(walk, far_ms(walk, cursor));
}

/* Lines of a part that are to come. Where the bound is in the middle of it they are taken to be spread evenly. */
static uint64_t left_at(const struct walk *walk, const struct cursor *cursor)
{
	uint64_t lines = walk_left_at(walk, cursor);
	if (walk_has_all(walk, cursor))
		return lines;
	double near_ms = (double)cursor->key.time_ms;
	double share =
		(near_ms - (double)walk->bound_ms) / (near_ms - (double)far_ms(walk, cursor));
	return walk_is_over(walk, cursor->key.time_ms)
		       ? 0
		       : 1 + (uint64_t)(share * (double)(lines - 1));
}

/* Of the segments that nobody has read one stands for all that lie behind it in the direction of the walk. */
static void reach_on(struct walk *walk, size_t file)
{
	struct reach *reach = &walk->reaches[file];
	size_t count = walk->snapshot->segments[file];
	while (walk->is_backwards ? reach->next > 0 : reach->next < count) {
		size_t number = walk->is_backwards ? --reach->next : reach->next++;
		if (!reach->is_pushed[number] && push_segment(walk, file, number))
			return;
	}
}

/* The first segment that begins behind the anchor, as far as can be told. */
static size_t find_segment(struct file_index *index, size_t count, struct event_key anchor)
{
	size_t low = 0, high = count;
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

static void push_file(struct walk *walk, size_t file)
{
	struct file_index *index = walk->snapshot->files[file]->index;
	size_t count = walk->snapshot->segments[file],
	       at = find_segment(index, count, walk->anchor);
	struct file_segment segment;
	struct reach *reach = &walk->reaches[file];
	reach->is_pushed = xcalloc(count + 1, sizeof(*reach->is_pushed));
	for (size_t i = 0; i < count; i++)
		if (file_index_segment(index, i, &segment))
			(void)push_segment(walk, file, i);
	reach->next = walk->is_backwards ? (at < count ? at + 1 : count) : at < 2 ? 0 : at - 2;
	reach_on(walk, file);
}

/* Of one that grows what came since; of one that lies there all is old. */
static void push_news(struct walk *walk, size_t file)
{
	size_t count = walk->snapshot->segments[file];
	walk->reaches[file].is_pushed = xcalloc(count + 1, sizeof(bool));
	for (size_t i = walk->file_floors[file]; i < count; i++)
		(void)push_segment(walk, file, i);
}

void walk_open(struct walk *walk)
{
	const struct event_snapshot *snapshot = walk->snapshot;
	bool is_news = walk->floors && walk->is_backwards;
	walk->is_open = true;
	walk->reaches = xcalloc(snapshot->file_count + 1, sizeof(*walk->reaches));
	for (size_t i = 0; i < snapshot->stream_count; i++)
		push_stream(walk, i);
	for (size_t i = 0; i < snapshot->file_count; i++) {
		if (is_news)
			push_news(walk, i);
		else
			push_file(walk, i);
	}
}

static void close_view(struct walk *walk, struct cursor *cursor)
{
	walk->cold_views -= cursor->view && part_is_cold(&cursor->part);
	part_view_close(cursor->view);
	cursor->view = NULL;
}

/* Takes the cursor on top out of the heap. */
static void pop(struct walk *walk)
{
	close_view(walk, &walk->heap[0]);
	walk->heap[0] = walk->heap[--walk->count];
	sift_down(walk, 0);
}

/* Moves the cursor on top over so many lines of its chunk; one that has no more leaves the heap. */
void walk_advance(struct walk *walk, size_t lines)
{
	struct cursor *top = &walk->heap[0];
	if (walk->is_backwards)
		top->line -= lines;
	else
		top->line += lines;
	if (!walk_left_at(walk, top)) {
		pop(walk);
		return;
	}
	top->key = part_view_key(top->view, walk_due(walk, top));
	sift_down(walk, 0);
}

void walk_close(struct walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		part_view_close(walk->heap[i].view);
	for (size_t i = 0; walk->reaches && i < walk->snapshot->file_count; i++)
		free(walk->reaches[i].is_pushed);
	free(walk->reaches);
	free(walk->heap);
}

void walk_rest(struct walk *walk)
{
	for (size_t i = 0; i < walk->count && walk->cold_views; i++)
		if (part_is_cold(&walk->heap[i].part))
			close_view(walk, &walk->heap[i]);
}

/* False: it cannot be read; then it is no longer there. */
static bool open_view(struct walk *walk, struct cursor *top)
{
	bool is_cold = part_is_cold(&top->part);
	if (is_cold && walk->cold_views == COLD_VIEWS_MAX)
		walk_rest(walk);
	top->view = part_view_open(&top->part);
	walk->cold_views += is_cold && top->view;
	if (!top->view)
		pop(walk);
	return top->view;
}

void walk_place_top(struct walk *walk)
{
	struct cursor *top = &walk->heap[0];
	if (!open_view(walk, top))
		return;
	top->is_unplaced = false;
	top->line = part_view_find(top->view, walk->anchor);
	if (!walk_left_at(walk, top)) {
		pop(walk);
		return;
	}
	top->key = part_view_key(top->view, walk_due(walk, top));
	sift_down(walk, 0);
}

void walk_place_all(struct walk *walk)
{
	for (const struct cursor *top; (top = walk_top(walk)) && top->is_unplaced;)
		walk_place_top(walk);
}

/* The chunk on top is read from here on: now its next line has its own key, which may put it further down. */
bool walk_open_top(struct walk *walk)
{
	struct cursor *top = &walk->heap[0];
	if (top->view)
		return true;
	if (!open_view(walk, top))
		return false;
	struct event_key bound = top->key;
	top->key = part_view_key(top->view, walk_due(walk, top));
	if (event_key_compare(top->key, bound) == 0)
		return true;
	sift_down(walk, 0);
	return false;
}

/* A segment that nobody has read is due: its blocks take its place. */
void walk_read_top(struct walk *walk)
{
	const struct cursor top = walk->heap[0];
	bool is_read = file_index_read(top.part.file->index, top.part.segment);
	pop(walk);
	if (is_read)
		(void)push_segment(walk, top.file, top.part.segment);
	reach_on(walk, top.file);
}

/* Lines that a walk has not looked at; of segments behind the one that stands for them, no more than that up to a bound. */
uint64_t walk_left(const struct walk *walk)
{
	uint64_t left = 0;
	for (size_t i = 0; i < walk->count; i++)
		left += left_at(walk, &walk->heap[i]);
	for (size_t i = 0; i < walk->snapshot->file_count; i++) {
		const struct file_index *index = walk->snapshot->files[i]->index;
		const struct reach *reach = &walk->reaches[i];
		size_t end = walk->is_backwards ? reach->next : walk->snapshot->segments[i];
		for (size_t at = walk->is_backwards ? 0 : reach->next;
			at < end && !walk->is_bounded; at++)
			left += reach->is_pushed && !reach->is_pushed[at]
					? file_index_guess_lines(index, at)
					: 0;
	}
	return left;
}
