/* SPDX-License-Identifier: MIT */
/* First the chunks in memory, then the files by turns, each from its end. */
#include "core/events/count.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/needle.h"
#include "core/base/redact.h"
#include "core/events/ahead.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/marks.h"
#include "core/events/part.h"
#include "core/events/snapshot.h"
#include "core/events/text.h"
#include "core/events/view.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"

enum {
	ESTIMATE_COST =
		256, /* lines that could be looked at while the time of a segment is found out */
};

/* Where a time is beside the grid. COUNTED: it was when the marks were made. */
enum side { BEFORE, WITHIN, AFTER, COUNTED, UNASKED };

/* Where it is in a file. */
struct reach {
	size_t next, least; /* those before `next`, from `least` on, are to come */
	enum side rest;     /* of those that nobody has read: BEFORE, UNASKED; WITHIN: may be any */
};

struct event_count {
	struct event_snapshot *snapshot;
	struct filter *filter;
	struct redactor *redactor;
	struct count_grid grid;
	struct event_key behind;
	char **bots;
	size_t bot_count;
	uint64_t *floors;    /* by stream; NULL: all lines */
	size_t *file_floors; /* with them: by file, the first segment */
	int64_t again_ms;    /* with them: lines of before are counted again */
	int64_t until_ms;    /* of the part that is looked at: only lines before this time count */
	struct needle certain; /* of length 0: nothing is */
	struct ahead *ahead;   /* NULL: not yet */
	bool is_alone;         /* ... and never */
	size_t blocks_read;
	struct scratch scratch;
	size_t stream, chunk; /* the next one */
	size_t file;          /* whose turn it is */
	struct reach *reaches;
	struct count_sums sums;
};

/* ---- beginning ---- */

/* A segment counts as many lines as it is taken to have until it has been looked at. */
static size_t lines_of(const struct file_index *index, size_t number)
{
	struct file_segment segment;
	return file_index_segment(index, number, &segment) ? segment.lines
							   : file_index_guess_lines(index, number);
}

static uint64_t all_lines(const struct event_count *count)
{
	const struct event_snapshot *snapshot = count->snapshot;
	uint64_t lines = snapshot->lines;
	for (size_t i = 0; i < snapshot->file_count; i++)
		for (size_t j = count->reaches[i].least; j < count->reaches[i].next; j++)
			lines += lines_of(snapshot->files[i]->index, j);
	return lines;
}

/* Of a file that lies there all is old with marks; of one that grows what came since is new. */
static void begin(struct event_count *count, const struct count_grid *grid)
{
	const struct event_snapshot *snapshot = count->snapshot;
	for (size_t i = 0; i < snapshot->file_count; i++)
		count->reaches[i] = (struct reach){.next = snapshot->segments[i],
			.rest = WITHIN,
			.least = count->again_ms == INT64_MIN && count->file_floors
					 ? count->file_floors[i]
					 : 0};
	count->grid = *grid;
	count->stream = count->chunk = count->file = 0;
	count->sums = (struct count_sums){
		.lines = xcalloc(LOG_LEVELS * grid->columns, sizeof(*count->sums.lines)),
		.left = all_lines(count)};
}

struct event_count *event_count_new(struct event_snapshot *snapshot, struct filter *filter,
	const struct redactor *redactor, const struct count_question *question)
{
	struct event_count *count = xcalloc(1, sizeof(*count));
	count->snapshot = snapshot;
	count->filter = filter && filter_is_empty(filter) ? NULL : filter;
	if (filter && !count->filter)
		filter_free(filter);
	count->redactor = redactor_ref(redactor);
	count->behind = question->behind;
	count->again_ms = question->since ? question->again_ms : INT64_MIN;
	count->until_ms = INT64_MAX;
	const struct needle *certain =
		count->filter ? filter_certain(count->filter, EVENT_SHOWN_COLUMNS) : NULL;
	if (certain)
		count->certain = *certain;
	for (size_t i = 0; i < question->bot_count; i++)
		msg_add_str(&count->bots, &count->bot_count, question->bots[i]);
	if (question->since) {
		count->floors = marks_floors(snapshot, question->since);
		count->file_floors = marks_file_floors(snapshot, question->since);
	}
	count->reaches = xcalloc(snapshot->file_count, sizeof(*count->reaches));
	begin(count, &question->grid);
	return count;
}

bool event_count_span(const struct event_count *count, int64_t *ret_first_ms, int64_t *ret_last_ms)
{
	return event_snapshot_span(count->snapshot, ret_first_ms, ret_last_ms);
}

static void end_ahead(struct event_count *count)
{
	ahead_free(count->ahead);
	count->ahead = NULL;
	count->blocks_read = 0;
}

void event_count_again(struct event_count *count, const struct count_grid *grid)
{
	free(count->sums.lines);
	free(count->floors);
	free(count->file_floors);
	count->floors = NULL;
	count->file_floors = NULL;
	count->again_ms = INT64_MIN;
	end_ahead(count);
	begin(count, grid);
}

void event_count_free(struct event_count *count)
{
	if (!count)
		return;
	end_ahead(count);
	for (size_t i = 0; i < count->bot_count; i++)
		free(count->bots[i]);
	free(count->bots);
	free(count->floors);
	free(count->file_floors);
	scratch_release(&count->scratch);
	free(count->reaches);
	free(count->sums.lines);
	event_snapshot_free(count->snapshot);
	filter_free(count->filter);
	redactor_unref(count->redactor);
	free(count);
}

/* ---- a line ---- */

static enum side side_of(const struct event_count *count, int64_t time_ms, size_t *ret_column)
{
	const struct count_grid *grid = &count->grid;
	if (time_ms >= count->until_ms)
		return COUNTED;
	if (time_ms < grid->from_ms)
		return BEFORE;
	uint64_t column = ((uint64_t)time_ms - (uint64_t)grid->from_ms) / (uint64_t)grid->step_ms;
	*ret_column = (size_t)column;
	return column < grid->columns ? WITHIN : AFTER;
}

/* Our own events may be outside (event_snapshot_span). */
static void note_outside(
	struct event_count *count, const struct store_part *part, enum side side, uint64_t lines)
{
	if (part_stream(part)->is_own)
		return;
	count->sums.before += side == BEFORE ? lines : 0;
	count->sums.after += side == AFTER ? lines : 0;
}

static void add(struct event_count *count, const struct store_part *part, int64_t time_ms,
	unsigned level, uint64_t lines)
{
	size_t column = 0;
	enum side side = side_of(count, time_ms, &column);
	if (side == WITHIN)
		count->sums
			.lines[(level < LOG_LEVELS ? level : 0) * count->grid.columns + column] +=
			lines;
	else
		note_outside(count, part, side, lines);
}

static bool fits(struct event_count *count, struct event_line *line)
{
	if (!part_is_wanted_bot(line->bot, count->bots, count->bot_count))
		return false;
	return !count->filter ||
	       ((!count->certain.length || event_line_may_say(line, &count->certain)) &&
		       event_fits(line, count->redactor, count->filter));
}

/* All of its lines are of the question, so that what does not fit need not be told apart. */
static bool lies_within(const struct event_count *count, const struct store_part *part)
{
	size_t column;
	struct event_key first = part_first_key(part);
	return side_of(count, first.time_ms, &column) == WITHIN &&
	       side_of(count, part_last_key(part).time_ms, &column) == WITHIN &&
	       event_key_compare(first, count->behind) > 0;
}

/* Line by line; closes the view, which is NULL where nothing can be read (the history counts that) or nothing fits. */
static void read_view(
	struct event_count *count, const struct store_part *part, struct part_view *view)
{
	size_t lines = view ? part_view_count(view) : 0;
	for (size_t i = 0; i < lines; i++) {
		size_t column;
		struct event_key key = part_view_key(view, i);
		if (event_key_compare(key, count->behind) <= 0)
			continue;
		enum side side = side_of(count, key.time_ms, &column);
		if (side != WITHIN) {
			note_outside(count, part, side, 1);
			continue;
		}
		struct event_line line = part_view_line(view, i);
		if (fits(count, &line))
			add(count, part, key.time_ms, line.record->level, 1);
	}
	part_view_close(view);
}

/* The first of the blocks that are read ahead: all of them lay before the time up to which lines counted then. */
static void take_ahead(struct event_count *count)
{
	const struct store_part *part;
	int64_t until_ms = count->until_ms;
	const struct scratch *scratch = ahead_wait(count->ahead, &part);
	count->until_ms = INT64_MAX;
	read_view(count, part, scratch ? part_view_of_hits(part, scratch) : part_view_open(part));
	count->until_ms = until_ms;
	ahead_release(count->ahead);
}

/* True: it is counted later. For a few blocks no thread is worth its while. */
static bool begin_ahead(struct event_count *count, const struct store_part *part)
{
	if (!part->block || part_needle_is_mark(&count->certain) || !count->certain.has_learnt ||
		count->blocks_read++ < AHEAD_BLOCKS)
		return false;
	if (!count->ahead && !count->is_alone)
		count->ahead = ahead_new(&count->certain);
	count->is_alone = !count->ahead;
	if (!count->ahead)
		return false;
	if (ahead_count(count->ahead) == AHEAD_BLOCKS)
		take_ahead(count);
	ahead_begin(count->ahead, part);
	return true;
}

/* Only lines that may fit, as far as the bytes say it. */
static void read_part(struct event_count *count, const struct store_part *part)
{
	bool only_hits = count->certain.length && lies_within(count, part);
	if (only_hits && begin_ahead(count, part))
		return;
	read_view(count, part,
		only_hits ? part_view_open_hits(part, &count->certain, &count->scratch)
			  : part_view_open(part));
}

/* ---- a block of a file ---- */

enum verdict { NONE_FITS, ALL_FIT, ASK };

struct asked {
	const struct file_stream *file;
	struct line_kind kind;
	bool *needs_more;
};

static void get(const void *of, size_t column, struct filter_value *value)
{
	const struct asked *asked = of;
	*asked->needs_more |= !part_kind_value(asked->file, &asked->kind, column, value);
}

/* What the filter says of lines of a kind holds of all of them when it asked for nothing else. */
static enum verdict judge(
	struct event_count *count, const struct file_stream *file, struct line_kind kind)
{
	bool needs_more = false;
	const struct asked asked = {file, kind, &needs_more};
	if (!part_is_wanted_bot(part_kind_bot(file, &kind), count->bots, count->bot_count))
		return NONE_FITS;
	if (!count->filter)
		return ALL_FIT;
	bool fits = filter_match(count->filter, get, &asked);
	return needs_more ? ASK : fits ? ALL_FIT : NONE_FITS;
}

struct kinds {
	const struct line_kind *list;
	size_t count;
	bool fits[LINE_BLOCK_KINDS];
};

/* What is to be done with the lines of a block. */
static enum verdict judge_all(
	struct event_count *count, const struct store_part *part, struct kinds *kinds)
{
	size_t fitting = 0;
	kinds->count = line_block_kinds(part->block, &kinds->list);
	for (size_t i = 0; i < kinds->count; i++) {
		enum verdict verdict = judge(count, part->file, kinds->list[i]);
		if (verdict == ASK)
			return ASK;
		kinds->fits[i] = verdict == ALL_FIT;
		fitting += kinds->fits[i];
	}
	return fitting == kinds->count ? ALL_FIT : NONE_FITS;
}

/* No text is read. */
static void read_entries(
	struct event_count *count, const struct store_part *part, const struct kinds *kinds)
{
	struct line_reader reader = line_reader_at(part->block, 0);
	const struct stream *stream = &part->file->stream;
	struct line_entry entry;
	while (line_reader_next(&reader, &entry)) {
		struct event_key key = {entry.wall_ms, stream->source, stream->id + entry.offset};
		if (kinds->fits[entry.kind] && event_key_compare(key, count->behind) > 0)
			add(count, part, entry.wall_ms, entry.level, 1);
	}
}

static bool is_in_one_column(const struct event_count *count, const struct line_summary *summary)
{
	size_t first, last;
	return summary->min_ms > count->behind.time_ms &&
	       side_of(count, summary->min_ms, &first) == WITHIN &&
	       side_of(count, summary->max_ms, &last) == WITHIN && first == last;
}

static size_t count_block(struct event_count *count, const struct store_part *part)
{
	const struct line_summary *summary = line_block_summary(part->block);
	struct kinds kinds;
	enum verdict verdict = judge_all(count, part, &kinds);
	if (verdict == ALL_FIT && is_in_one_column(count, summary)) {
		for (unsigned level = 0; level < LOG_LEVELS; level++)
			add(count, part, summary->min_ms, level, summary->by_level[level]);
		return kinds.count;
	}
	if (verdict != ASK)
		read_entries(count, part, &kinds);
	else
		read_part(count, part);
	return part->count;
}

/* ---- parts ---- */

/* Where its last line is. UNASKED: not behind the key from which on lines are asked for. */
static enum side side_of_last(const struct event_count *count, struct event_key last)
{
	size_t column;
	return event_key_compare(last, count->behind) < 0 ? UNASKED
							  : side_of(count, last.time_ms, &column);
}

/* True when lines of it may be of the question and in the grid. Of a part that nobody has read its bounds are an
 * estimate, for which they are asked for no more often than needed. */
static bool may_count(struct event_count *count, const struct store_part *part, enum side last)
{
	size_t column;
	if (last == WITHIN ||
		((last == AFTER || last == COUNTED) &&
			side_of(count, part_first_key(part).time_ms, &column) < AFTER))
		return true;
	note_outside(count, part, last, part->count);
	return false;
}

/* Of what is in the history nothing is read that is known: all of its lines are of the question, and of one column. */
static bool count_cold(struct event_count *count, const struct store_part *part)
{
	size_t column, last_column;
	if (!part_is_cold(part) || count->filter || count->bot_count || part->skip ||
		part->count != chunk_written(part->chunk))
		return false;
	struct event_key first = part_first_key(part), last = part_last_key(part);
	if (first.time_ms <= count->behind.time_ms ||
		side_of(count, first.time_ms, &column) != WITHIN ||
		side_of(count, last.time_ms, &last_column) != WITHIN || column != last_column)
		return false;
	for (unsigned level = 0; level < LOG_LEVELS; level++)
		add(count, part, first.time_ms, level, chunk_edges(part->chunk)->by_level[level]);
	return true;
}

/* What it took, in lines. */
static size_t count_part(struct event_count *count, const struct store_part *part)
{
	size_t looks = 0;
	if (!part->count || !may_count(count, part, side_of_last(count, part_last_key(part))) ||
		!part_may_be_wanted(part, count->bots, count->bot_count) ||
		(count->filter && !part_may_fit(part, count->filter, &looks)))
		return looks + 1;
	if (part->block)
		return looks + count_block(count, part);
	if (count_cold(count, part))
		return looks + 1;
	read_part(count, part);
	return looks + part->count;
}

static void pass(struct event_count *count, uint64_t lines)
{
	count->sums.looked += lines;
	count->sums.left -= lines < count->sums.left ? lines : count->sums.left;
}

/* Of its lines only those before that time. */
static size_t count_before(
	struct event_count *count, const struct store_part *part, int64_t until_ms)
{
	count->until_ms = until_ms;
	return count_part(count, part);
}

static size_t count_chunk(struct event_count *count)
{
	const struct event_snapshot *snapshot = count->snapshot;
	size_t at = count->chunk++;
	while (at >=
		snapshot->streams[count->stream].first + snapshot->streams[count->stream].count)
		count->stream++;
	size_t lines = snapshot->lengths[at];
	uint64_t floor = count->floors ? count->floors[count->stream] : 0;
	size_t skip = marks_before(floor, chunk_first_seq(snapshot->chunks[at]), lines);
	const struct store_part old = {.chunk = snapshot->chunks[at], .count = skip};
	const struct store_part new = {
		.chunk = snapshot->chunks[at], .skip = skip, .count = lines - skip};
	pass(count, lines);
	return count_before(count, &old, count->again_ms) + count_before(count, &new, INT64_MAX);
}

/* Reads what nobody has read, unless none of it counts: as far before the grid, or before what is asked for, as no later
 * line reaches. */
static bool read_segment(
	struct event_count *count, struct reach *reach, const struct store_part *part)
{
	if (reach->rest != WITHIN) {
		note_outside(count, part, reach->rest, part->count);
		return false;
	}
	enum side last = side_of_last(count, part_last_key(part));
	if (may_count(count, part, last))
		return file_index_read(part->file->index, part->segment);
	if (last == BEFORE || last == UNASKED)
		reach->rest = last;
	return false;
}

static size_t count_segment(struct event_count *count, size_t number)
{
	struct file_stream *file = count->snapshot->files[number];
	struct reach *reach = &count->reaches[number];
	struct store_part part = {.file = file, .segment = --reach->next};
	struct file_segment segment;
	size_t taken = 1;
	bool is_old = count->file_floors && part.segment < count->file_floors[number];
	count->until_ms = is_old ? count->again_ms : INT64_MAX;
	part.count = lines_of(file->index, part.segment);
	pass(count, part.count);
	if (!file_index_segment(file->index, part.segment, &segment)) {
		taken = reach->rest != WITHIN ? 1 : ESTIMATE_COST;
		if (!read_segment(count, reach, &part) ||
			!file_index_segment(file->index, part.segment, &segment))
			return taken;
		taken = part.count;
	}
	for (size_t i = 0; i < segment.block_count; i++) {
		part.block = segment.blocks[i];
		part.count = line_block_summary(part.block)->lines;
		taken += count_part(count, &part);
	}
	return taken;
}

/* The next file that has something; the number of files: none. */
static size_t next_file(struct event_count *count)
{
	size_t files = count->snapshot->file_count;
	for (size_t i = 0; i < files; i++) {
		size_t file = count->file++ % files;
		if (count->reaches[file].next > count->reaches[file].least)
			return file;
	}
	return files;
}

bool event_count_step(struct event_count *count, size_t lines)
{
	const struct event_snapshot *snapshot = count->snapshot;
	size_t taken = 0;
	while (taken < lines) {
		size_t file = 0;
		if (count->chunk < snapshot->chunk_count)
			taken += count_chunk(count);
		else if ((file = next_file(count)) < snapshot->file_count)
			taken += count_segment(count, file);
		else
			break;
	}
	count->sums.cost += taken;
	if (taken >= lines)
		return false;
	while (count->ahead && ahead_count(count->ahead))
		take_ahead(count);
	end_ahead(count);
	count->sums.left = 0;
	return true;
}

const struct count_sums *event_count_sums(const struct event_count *count)
{
	return &count->sums;
}

struct event_marks *event_count_marks(const struct event_count *count)
{
	return marks_of(count->snapshot);
}

bool event_count_ages(const struct event_count *count)
{
	return count->filter && filter_compares(count->filter, LOG_COLUMN_TIME);
}
