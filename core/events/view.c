/* SPDX-License-Identifier: MIT */
#include "core/events/view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/needle.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/history.h"
#include "core/events/line_block.h"
#include "core/events/part.h"
#include "core/parse/log_line.h"
#include "core/parse/log_memo.h"

/* A line of a block. */
struct row {
	int64_t wall_ms;
	uint64_t offset;
	uint32_t length;
	int32_t late_ms; /* behind the latest line before it */
	struct line_kind kind;
};

/* A line of a chunk in which some came late. */
struct place {
	int64_t wall_ms;
	size_t at; /* in the chunk */
};

struct part_view {
	struct store_part part;
	struct chunk *hot;    /* a reference: what was read of a cold one */
	struct place *places; /* of a chunk, in the order of their keys; NULL: they lie so */
	/* of a block: */
	struct row *rows; /* in the order of their keys */
	char *bytes;      /* the whole block; NULL: not read yet, or too large */
	size_t length;
	bool is_lent;                /* the bytes are the scratch of who opened it */
	bool has_only_hits;          /* its lines may say what is looked for */
	const struct needle *sought; /* of these are the hits */
	size_t *hits; /* where lines of the block have it, one a line, from its start on */
	size_t hit_count, hit_room;
	char *one;            /* a line of a large one */
	struct str plain;     /* scratch */
	struct record record; /* of the line that was given out last */
	struct log_memo memo;
};

/* ---- opening ---- */

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	if (a->wall_ms != b->wall_ms)
		return a->wall_ms < b->wall_ms ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static int32_t late_by(int64_t newest_ms, int64_t wall_ms)
{
	if (newest_ms <= wall_ms)
		return 0;
	uint64_t late_ms = (uint64_t)newest_ms - (uint64_t)wall_ms;
	return late_ms < INT32_MAX ? (int32_t)late_ms : INT32_MAX;
}

/* The latest time in the blocks of a segment before this one; NULL: in all. */
static int64_t newest_in(
	const struct store_part *part, size_t number, const struct line_block *before)
{
	struct file_segment segment;
	int64_t newest_ms = INT64_MIN;
	if (!file_index_segment(part->file->index, number, &segment))
		return newest_ms;
	for (size_t i = 0; i < segment.block_count && segment.blocks[i] != before; i++) {
		int64_t max_ms = line_block_summary(segment.blocks[i])->max_ms;
		newest_ms = max_ms > newest_ms ? max_ms : newest_ms;
	}
	return newest_ms;
}

/* Of what stands before a block, as far back as the segment before its own, if anybody has read that. */
static int64_t newest_before(const struct store_part *part)
{
	int64_t own_ms = newest_in(part, part->segment, part->block), before_ms = INT64_MIN;
	if (part->segment)
		before_ms = newest_in(part, part->segment - 1, NULL);
	return own_ms > before_ms ? own_ms : before_ms;
}

/* Rows are made of the lines of a block in the order of the file. */
struct filling {
	struct part_view *view;
	const struct scratch *only; /* of those lines in which something was found; NULL: of all */
	size_t hit;                 /* the next one */
	size_t count, room;
	int64_t newest_ms, last_ms; /* of all lines before; of the last row */
	bool is_sorted;
};

static bool has_more_hits(const struct filling *filling)
{
	return filling->hit < filling->only->hit_count;
}

/* It is before that place of the block. */
static bool is_hit_before(const struct filling *filling, uint64_t end)
{
	return has_more_hits(filling) && filling->only->hits[filling->hit] < end;
}

static void add_row(
	struct filling *filling, const struct line_entry *entry, uint64_t end, int32_t late_ms)
{
	struct part_view *view = filling->view;
	uint64_t length = end - entry->offset;
	view->rows = grow(view->rows, filling->count, &filling->room, sizeof(*view->rows));
	view->rows[filling->count++] = (struct row){.wall_ms = entry->wall_ms,
		.offset = entry->offset,
		.length = (uint32_t)(length < UINT32_MAX ? length : UINT32_MAX),
		.late_ms = late_ms,
		.kind = {entry->bot, entry->level, entry->flags}};
	filling->is_sorted &= entry->wall_ms >= filling->last_ms;
	filling->last_ms = entry->wall_ms;
}

static void take_entry(struct filling *filling, const struct line_entry *entry, uint64_t end)
{
	uint64_t first = line_block_summary(filling->view->part.block)->first_offset;
	int32_t late_ms = late_by(filling->newest_ms, entry->wall_ms);
	bool is_hit = !filling->only || is_hit_before(filling, end - first);
	if (!late_ms)
		filling->newest_ms = entry->wall_ms;
	if (is_hit || entry->flags & RECORD_HIDES)
		add_row(filling, entry, end, late_ms);
	while (filling->only && is_hit_before(filling, end - first))
		filling->hit++;
}

/* To the line with the next hit; there is one. */
static void skip(struct filling *filling, struct line_reader *reader, uint64_t first)
{
	int64_t newest_ms = line_reader_skip(reader, first + filling->only->hits[filling->hit]);
	filling->newest_ms = newest_ms > filling->newest_ms ? newest_ms : filling->newest_ms;
}

/* Where lines came late they are brought into the order of time. */
static void fill_rows(struct part_view *view, const struct scratch *only)
{
	struct line_reader reader = line_reader_at(view->part.block, 0);
	struct filling filling = {.view = view,
		.only = only,
		.newest_ms = newest_before(&view->part),
		.last_ms = INT64_MIN,
		.is_sorted = true};
	uint64_t first = reader.offset;
	bool is_quick = only && !part_has_hiding_lines(&view->part);
	struct line_entry entry;
	while (!is_quick || has_more_hits(&filling)) {
		if (is_quick)
			skip(&filling, &reader, first);
		if (!line_reader_next(&reader, &entry))
			break;
		take_entry(&filling, &entry, reader.offset);
	}
	view->part.count = filling.count;
	if (!filling.is_sorted)
		qsort(view->rows, filling.count, sizeof(*view->rows), compare_rows);
}

static bool has_late(const struct store_part *part)
{
	for (size_t i = 0; i < part->count; i++)
		if (chunk_record(part->chunk, part->skip + i)->late_ms > 0)
			return true;
	return false;
}

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	if (a->wall_ms != b->wall_ms)
		return a->wall_ms < b->wall_ms ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static void fill_places(struct part_view *view)
{
	const struct store_part *part = &view->part;
	view->places = xcalloc(part->count, sizeof(*view->places));
	for (size_t i = 0; i < part->count; i++) {
		size_t at = part->skip + i;
		view->places[i] = (struct place){chunk_record(part->chunk, at)->wall_ms, at};
	}
	qsort(view->places, part->count, sizeof(*view->places), compare_places);
}

/* NULL: what is cold cannot be read. */
static struct part_view *new_view(const struct store_part *part)
{
	struct chunk *hot = part_is_cold(part) ? history_read(part->chunk) : NULL;
	if (part_is_cold(part) && !hot)
		return NULL;
	struct part_view *view = xcalloc(1, sizeof(*view));
	view->part = *part;
	view->hot = hot;
	if (hot)
		view->part.chunk = hot;
	str_init(&view->plain);
	return view;
}

struct part_view *part_view_open(const struct store_part *part)
{
	struct part_view *view = new_view(part);
	if (view && part->block)
		fill_rows(view, NULL);
	else if (view && has_late(&view->part))
		fill_places(view);
	return view;
}

struct part_view *part_view_of_hits(const struct store_part *part, const struct scratch *scratch)
{
	if (!scratch->hit_count && !part_has_hiding_lines(part))
		return NULL;
	struct part_view *view = new_view(part);
	if (!view)
		return NULL;
	view->bytes = scratch->bytes;
	view->length = scratch->length;
	view->is_lent = view->has_only_hits = true;
	fill_rows(view, scratch);
	return view;
}

struct part_view *part_view_open_hits(
	const struct store_part *part, struct needle *needle, struct scratch *scratch)
{
	bool is_sought =
		part->block && !part_needle_is_mark(needle) && part_seek(part, needle, scratch);
	return is_sought ? part_view_of_hits(part, scratch) : part_view_open(part);
}

void part_view_close(struct part_view *view)
{
	if (!view)
		return;
	str_release(&view->plain);
	chunk_unref(view->hot);
	free(view->rows);
	free(view->places);
	if (!view->is_lent)
		free(view->bytes);
	free(view->hits);
	free(view->one);
	free(view);
}

/* ---- keys ---- */

size_t part_view_count(const struct part_view *view)
{
	return view->part.count;
}

/* Where a line of a part lies in its chunk. */
static size_t place_of(const struct part_view *view, size_t line)
{
	return view->places ? view->places[line].at : view->part.skip + line;
}

struct event_key part_view_key(const struct part_view *view, size_t line)
{
	const struct stream *stream = part_stream(&view->part);
	const struct chunk *chunk = view->part.chunk;
	if (chunk) {
		size_t at = place_of(view, line);
		return (struct event_key){chunk_record(chunk, at)->wall_ms, stream->source,
			chunk_first_seq(chunk) + at};
	}
	const struct row *row = &view->rows[line];
	return (struct event_key){row->wall_ms, stream->source, stream->id + row->offset};
}

size_t part_view_find(const struct part_view *view, struct event_key key)
{
	size_t first = 0, end = view->part.count;
	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (event_key_compare(part_view_key(view, middle), key) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* ---- lines ---- */

const char *part_view_bot(const struct part_view *view, size_t line)
{
	const struct store_part *part = &view->part;
	if (part->chunk)
		return chunk_bot(part->chunk, chunk_record(part->chunk, place_of(view, line)));
	uint16_t bot = view->rows[line].kind.bot;
	return names_text(part->file->names, bot ? bot : part->file->bot);
}

struct event_line part_view_line(struct part_view *view, size_t line)
{
	const struct store_part *part = &view->part;
	if (part->chunk)
		return event_line_of(part->chunk, chunk_record(part->chunk, place_of(view, line)));
	const struct row *row = &view->rows[line];
	view->record = (struct record){.wall_ms = row->wall_ms,
		.late_ms = row->late_ms,
		.level = row->kind.level,
		.flags = row->kind.flags};
	return (struct event_line){.stream = &part->file->stream,
		.record = &view->record,
		.bot = part_view_bot(view, line),
		.is_raw = true,
		.unread = view,
		.at = line};
}

/* ---- their text ---- */

static void read_block(struct part_view *view)
{
	const struct line_summary *summary = line_block_summary(view->part.block);
	uint64_t length = summary->end_offset - summary->first_offset;
	if (view->bytes || length > PART_BYTES_MAX)
		return;
	view->bytes = xmalloc((size_t)length);
	view->length = (size_t)length;
	if (part_read(&view->part, view->bytes, view->length, summary->first_offset))
		return;
	free(view->bytes); /* it has become shorter */
	view->bytes = NULL;
}

/* The bytes of a line without its end, the first that are kept; what cannot be read any more is empty. */
static const char *raw_of(struct part_view *view, const struct row *row, size_t *ret_length)
{
	size_t length = row->length < LIMIT_LOG_STORED_BYTES ? row->length : LIMIT_LOG_STORED_BYTES;
	read_block(view);
	const char *text = view->bytes;
	if (text) {
		text += row->offset - line_block_summary(view->part.block)->first_offset;
	} else {
		if (!view->one)
			view->one = xmalloc(LIMIT_LOG_STORED_BYTES);
		if (!part_read(&view->part, view->one, length, row->offset))
			length = 0;
		text = view->one;
	}
	/* with its end, and those of empty lines behind it */
	bool is_whole = length == row->length;
	while (is_whole && length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	*ret_length = length;
	return text;
}

static void read_parts(struct part_view *view, const char *text, size_t length)
{
	const struct log_arrival arrival = {
		.received_ms = view->rows[0].wall_ms, .memo = &view->memo};
	struct record *record = &view->record;
	struct log_line line;
	log_line_read(text, length, &arrival, &line);
	record->length = (uint16_t)length;
	record->message_offset = (uint16_t)line.message.offset;
	record->message_length = (uint16_t)line.message.length;
	if (line.correlation.length <= UINT8_MAX) {
		record->correlation_offset = (uint16_t)line.correlation.offset;
		record->correlation_length = (uint8_t)line.correlation.length;
	}
	bool hides = line.form != LOG_TEXT && memchr(text, '\\', length);
	record->flags = (uint8_t)((record->flags & ~RECORD_HIDES) |
				  (line.message.is_escaped ? RECORD_ESCAPED : 0) |
				  (hides ? RECORD_HIDES : 0));
}

/* Looks through the block once for all of its lines. False: it is not to be had as a whole. */
static bool seek_hits(struct part_view *view, const struct needle *needle)
{
	read_block(view);
	if (!view->bytes || view->sought == needle)
		return view->bytes;
	view->sought = needle;
	view->hit_count = 0;
	const char *at = view->bytes, *end = view->bytes + view->length;
	while (at < end && (at = needle_find(needle, at, (size_t)(end - at)))) {
		view->hits =
			grow(view->hits, view->hit_count, &view->hit_room, sizeof(*view->hits));
		view->hits[view->hit_count++] = (size_t)(at - view->bytes);
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at++)
			break;
	}
	return true;
}

static bool has_hit(const struct part_view *view, const struct row *row)
{
	size_t from = (size_t)(row->offset - line_block_summary(view->part.block)->first_offset);
	size_t low = 0, high = view->hit_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (view->hits[middle] < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low < view->hit_count && view->hits[low] < from + row->length;
}

bool part_view_may_say(struct part_view *view, size_t line, const struct needle *needle)
{
	const struct row *row = view->rows ? &view->rows[line] : NULL;
	if (!row || view->has_only_hits || row->kind.flags & RECORD_HIDES ||
		part_needle_is_mark(needle))
		return true;
	if (seek_hits(view, needle))
		return has_hit(view, row);
	size_t length;
	const char *text = raw_of(view, row, &length);
	return needle_find(needle, text, length) != NULL;
}

bool event_line_may_say(struct event_line *line, const struct needle *needle)
{
	return !line->unread || line->bytes || part_view_may_say(line->unread, line->at, needle);
}

void event_line_take(struct event_line *line)
{
	struct part_view *view = line->unread;
	if (line->bytes)
		return;
	size_t length;
	const char *text = raw_of(view, &view->rows[line->at], &length);
	const size_t most = LIMIT_LOG_STORED_BYTES - 1;
	size_t kept = utf8_cut(text, length, most);
	if (kept < length)
		view->record.flags |= RECORD_CUT;
	if (log_needs_normalising(text, kept)) {
		str_clear(&view->plain);
		log_normalise(text, kept, &view->plain);
		text = view->plain.text;
		kept = view->plain.length;
	}
	view->record.length = (uint16_t)kept;
	line->bytes = text;
	/* what is escaped depends on what the line is */
	if (memchr(text, '\\', kept))
		event_line_read(line);
	else
		view->record.flags &= (uint8_t)~RECORD_HIDES;
}

void event_line_read(struct event_line *line)
{
	event_line_take(line);
	if (!line->unread || line->has_parts)
		return;
	line->has_parts = true;
	read_parts(line->unread, line->bytes, line->record->length);
}
