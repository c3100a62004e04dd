/* SPDX-License-Identifier: MIT */
/* Which grid a count has: the span of what there is, and usual steps. */
#include "core/events/chunk.h"
#include "core/events/count.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/part.h"
#include "core/events/snapshot.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define FAR_MS    (INT64_C(1) << 52) /* twice as long, in steps of twice its length, is no overflow */

static int64_t floor_to(int64_t ms, int64_t step_ms)
{
	return ms - (ms % step_ms + step_ms) % step_ms;
}

static size_t columns_of(int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
	int64_t first_ms = floor_to(from_ms, step_ms);
	return (size_t)((to_ms - first_ms + step_ms - 1) / step_ms);
}

static int64_t bounded(int64_t ms, int64_t least_ms, int64_t most_ms)
{
	return ms < least_ms ? least_ms : ms > most_ms ? most_ms : ms;
}

struct count_grid count_grid_of(int64_t from_ms, int64_t to_ms, size_t columns)
{
	static const int64_t steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND_MS,
		2 * SECOND_MS, 5 * SECOND_MS, 10 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS,
		MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS,
		30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS,
		DAY_MS};
	int64_t step_ms = DAY_MS;
	from_ms = bounded(from_ms, -FAR_MS, FAR_MS - 1);
	to_ms = bounded(to_ms, from_ms + 1, FAR_MS);
	size_t least = from_ms < 0 && to_ms > 0 ? 2 : 1; /* 0 is an end of columns of any step */
	columns = columns > least ? columns : least;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		step_ms = steps[i];
		if (columns_of(from_ms, to_ms, step_ms) <= columns)
			break;
	}
	while (columns_of(from_ms, to_ms, step_ms) > columns)
		step_ms *= 2;
	return (struct count_grid){
		floor_to(from_ms, step_ms), step_ms, columns_of(from_ms, to_ms, step_ms)};
}

struct span {
	int64_t first_ms, last_ms;
	bool is_known;
};

static void widen(struct span *span, int64_t first_ms, int64_t last_ms)
{
	if (!span->is_known || first_ms < span->first_ms)
		span->first_ms = first_ms;
	if (!span->is_known || last_ms > span->last_ms)
		span->last_ms = last_ms;
	span->is_known = true;
}

/* Of segments that nobody has read the first and the last one tell. */
static void widen_by_file(struct span *span, struct file_index *index, size_t count)
{
	struct file_segment segment;
	int64_t low_ms, high_ms;
	for (size_t i = 0; i < count; i++) {
		bool is_read = file_index_segment(index, i, &segment);
		for (size_t j = 0; is_read && j < segment.block_count; j++) {
			const struct line_summary *summary = line_block_summary(segment.blocks[j]);
			widen(span, summary->min_ms, summary->max_ms);
		}
		if (!is_read && (i == 0 || i + 1 == count) &&
			file_index_begin(index, i, &low_ms, &high_ms))
			widen(span, low_ms, high_ms);
	}
}

/* Our own events alone would not make a log of last week one bar among thousands: they are shown where they do not more than
 * double its span. */
static void widen_by_own(struct span *span, const struct span *own)
{
	int64_t length_ms = span->last_ms - span->first_ms;
	if (own->is_known && own->last_ms - span->last_ms <= length_ms)
		widen(span, span->first_ms, own->last_ms);
	if (own->is_known && span->first_ms - own->first_ms <= length_ms)
		widen(span, own->first_ms, span->last_ms);
}

bool event_snapshot_span(
	const struct event_snapshot *snapshot, int64_t *ret_first_ms, int64_t *ret_last_ms)
{
	struct span span = {0}, own = {0};
	for (size_t i = 0; i < snapshot->chunk_count; i++) {
		const struct store_part part = {
			.chunk = snapshot->chunks[i], .count = snapshot->lengths[i]};
		if (part.count)
			widen(part_stream(&part)->is_own ? &own : &span,
				part_first_key(&part).time_ms, part_last_key(&part).time_ms);
	}
	for (size_t i = 0; i < snapshot->file_count; i++)
		widen_by_file(&span, snapshot->files[i]->index, snapshot->segments[i]);
	if (!span.is_known)
		span = own;
	else
		widen_by_own(&span, &own);
	if (!span.is_known)
		return false;
	*ret_first_ms = span.first_ms;
	*ret_last_ms = span.last_ms;
	return true;
}
