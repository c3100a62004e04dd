/* SPDX-License-Identifier: MIT */
#include "core/events/part.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/needle.h"
#include "core/base/read_at.h"
#include "core/base/redact.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/open_file.h"
#include "core/events/skip.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"

enum { LEARN_BYTES = 16 << 10, PIECE_BYTES = 64 << 10 };

const struct stream *part_stream(const struct store_part *part)
{
	return part->chunk ? chunk_stream(part->chunk) : &part->file->stream;
}

bool part_is_cold(const struct store_part *part)
{
	return part->chunk && chunk_place(part->chunk);
}

static const struct record *record_at(const struct store_part *part, size_t line)
{
	return chunk_record(part->chunk, part->skip + line);
}

/* Of a cold one nobody looks at its lines. */
static bool is_counted_out(const struct store_part *part)
{
	return part->skip && !part_is_cold(part);
}

/* Between which times its lines are. Few are left of one of which some are not of the part. */
static void span_in_memory(
	const struct store_part *part, int64_t *ret_first_ms, int64_t *ret_last_ms)
{
	if (!is_counted_out(part)) {
		chunk_span(part->chunk, ret_first_ms, ret_last_ms);
		return;
	}
	*ret_first_ms = *ret_last_ms = record_at(part, 0)->wall_ms;
	for (size_t i = 1; i < part->count; i++) {
		int64_t wall_ms = record_at(part, i)->wall_ms;
		*ret_first_ms = wall_ms < *ret_first_ms ? wall_ms : *ret_first_ms;
		*ret_last_ms = wall_ms > *ret_last_ms ? wall_ms : *ret_last_ms;
	}
}

/* The part begins with the line that is the first in time. */
static bool begins_first(const struct store_part *part, int64_t first_ms)
{
	if (chunk_place(part->chunk))
		return !part->skip && chunk_edges(part->chunk)->begins_first;
	return record_at(part, 0)->wall_ms == first_ms;
}

static bool ends_last(const struct store_part *part, int64_t last_ms)
{
	if (chunk_place(part->chunk))
		return part->skip + part->count == chunk_written(part->chunk) &&
		       chunk_edges(part->chunk)->ends_last;
	return record_at(part, part->count - 1)->wall_ms == last_ms;
}

/* Its own key where the first line that came is the first in time, too. */
static struct event_key first_in_memory(const struct store_part *part)
{
	int64_t first_ms, last_ms;
	span_in_memory(part, &first_ms, &last_ms);
	return (struct event_key){first_ms, chunk_stream(part->chunk)->source,
		begins_first(part, first_ms) ? chunk_first_seq(part->chunk) + part->skip : 0};
}

static struct event_key last_in_memory(const struct store_part *part)
{
	int64_t first_ms, last_ms;
	span_in_memory(part, &first_ms, &last_ms);
	return (struct event_key){last_ms, chunk_stream(part->chunk)->source,
		ends_last(part, last_ms)
			? chunk_first_seq(part->chunk) + part->skip + part->count - 1
			: UINT64_MAX};
}

/* None of its lines is taken to be late by more than a whole segment. */
static struct event_key first_of_unknown(const struct store_part *part)
{
	int64_t low_ms = INT64_MIN, high_ms;
	bool is_known = part->segment &&
			file_index_begin(part->file->index, part->segment - 1, &low_ms, &high_ms);
	return (struct event_key){is_known ? low_ms : INT64_MIN, part->file->stream.source, 0};
}

static struct event_key last_of_unknown(const struct store_part *part)
{
	struct file_index *index = part->file->index;
	int64_t low_ms, high_ms = INT64_MAX;
	bool is_known = part->segment + 1 < file_index_segments(index) &&
			file_index_begin(index, part->segment + 1, &low_ms, &high_ms);
	return (struct event_key){
		is_known ? high_ms : INT64_MAX, part->file->stream.source, UINT64_MAX};
}

struct event_key part_first_key(const struct store_part *part)
{
	if (part->chunk)
		return first_in_memory(part);
	if (!part->block)
		return first_of_unknown(part);
	const struct line_summary *summary = line_block_summary(part->block);
	const struct stream *stream = &part->file->stream;
	return (struct event_key){
		summary->min_ms, stream->source, stream->id + summary->first_offset};
}

struct event_key part_last_key(const struct store_part *part)
{
	if (part->chunk)
		return last_in_memory(part);
	if (!part->block)
		return last_of_unknown(part);
	const struct line_summary *summary = line_block_summary(part->block);
	const struct stream *stream = &part->file->stream;
	return (struct event_key){
		summary->max_ms, stream->source, stream->id + summary->end_offset - 1};
}

static bool block_has(const struct store_part *part, const char *bot)
{
	uint16_t number = names_find(part->file->names, bot, strlen(bot));
	bool is_default = number == part->file->bot; /* "" and 0 where it is nobody's */
	return (is_default && line_block_has_bot(part->block, 0)) ||
	       (number && line_block_has_bot(part->block, number));
}

bool part_is_wanted_bot(const char *bot, char *const *bots, size_t count)
{
	bool is_wanted = count == 0;
	for (size_t i = 0; i < count && !is_wanted; i++)
		is_wanted = strcmp(bots[i], bot) == 0;
	return is_wanted;
}

bool part_may_be_wanted(const struct store_part *part, char *const *bots, size_t count)
{
	bool may = count == 0 || !part_is_indexed(part);
	if (part->chunk)
		return chunk_may_be_wanted(part->chunk, bots, count);
	for (size_t i = 0; i < count && !may; i++)
		may = block_has(part, bots[i]);
	return may;
}

/* Lines of a block of a kind; everything else may be anything. */
struct asked {
	const struct store_part *part;
	struct line_kind kind;
};

const char *part_kind_bot(const struct file_stream *file, const struct line_kind *kind)
{
	return names_text(file->names, kind->bot ? kind->bot : file->bot);
}

bool part_kind_value(const struct file_stream *file, const struct line_kind *kind, size_t column,
	struct filter_value *value)
{
	if (column == LOG_COLUMN_LEVEL) {
		value->number = kind->level;
		value->is_known = kind->level != LOG_LEVEL_NONE;
		return true;
	}
	if (column == LOG_COLUMN_SOURCE)
		value->text = file->stream.name;
	else if (column == LOG_COLUMN_BOT)
		value->text = part_kind_bot(file, kind);
	value->length = value->text ? strlen(value->text) : 0;
	value->is_known = value->length > 0;
	return value->text;
}

static void get(const void *of, size_t column, struct filter_value *value)
{
	const struct asked *asked = of;
	value->is_any = !part_kind_value(asked->part->file, &asked->kind, column, value);
}

bool part_has_hiding_lines(const struct store_part *part)
{
	const struct line_kind *kinds;
	size_t count = line_block_kinds(part->block, &kinds);
	for (size_t i = 0; i < count; i++)
		if (kinds[i].flags & RECORD_HIDES)
			return true;
	return false;
}

/* What stands in place of a secret stands in no file: whoever looks for that, or for what may reach into it. */
bool part_needle_is_mark(const struct needle *needle)
{
	return memchr(needle->bytes, '<', needle->length) ||
	       memchr(needle->bytes, '>', needle->length) ||
	       needle_find(needle, REDACTED, strlen(REDACTED));
}

/* False: it is too large. */
static bool make_room(const struct store_part *part, struct scratch *scratch)
{
	const struct line_summary *summary = line_block_summary(part->block);
	uint64_t length = summary->end_offset - summary->first_offset;
	if (length > PART_BYTES_MAX)
		return false;
	if (length > scratch->room) {
		free(scratch->bytes);
		scratch->room = (size_t)length;
		scratch->bytes = xmalloc(scratch->room);
	}
	scratch->length = (size_t)length;
	scratch->hit_count = 0;
	return true;
}

/* Looks through what was read behind `from`, in which a line is at most found once. Returns from where on more is to be
 * looked through: SIZE_MAX when the rest of a line that was found is not read yet. */
static size_t look_through(struct scratch *scratch, struct needle *needle, size_t from, size_t have)
{
	const char *bytes = scratch->bytes, *end = bytes + have, *at = bytes + from;
	if (!needle->has_learnt)
		needle_learn(needle, at, have - from < LEARN_BYTES ? have - from : LEARN_BYTES);
	for (const char *hit; (hit = needle_find(needle, at, (size_t)(end - at))); at++) {
		scratch->hits = grow(scratch->hits, scratch->hit_count, &scratch->hit_room,
			sizeof(*scratch->hits));
		scratch->hits[scratch->hit_count++] = (size_t)(hit - bytes);
		at = memchr(hit, '\n', (size_t)(end - hit));
		if (!at)
			return SIZE_MAX;
	}
	size_t left = (size_t)(end - at);
	return have - (left < needle->length ? left : needle->length - 1);
}

/* Behind the next newline of what was read last; SIZE_MAX: there is none. */
static size_t next_line(const struct scratch *scratch, size_t from, size_t have)
{
	const char *newline = memchr(scratch->bytes + from, '\n', have - from);
	return newline ? (size_t)(newline - scratch->bytes) + 1 : SIZE_MAX;
}

/* Each piece is looked through while it is near. */
bool part_seek(const struct store_part *part, struct needle *needle, struct scratch *scratch)
{
	uint64_t first = line_block_summary(part->block)->first_offset;
	size_t from = 0;
	if (!make_room(part, scratch))
		return false;
	for (size_t have = 0, before; have < scratch->length;) {
		size_t left = scratch->length - have;
		before = have;
		have += left < PIECE_BYTES ? left : PIECE_BYTES;
		if (!part_read(part, scratch->bytes + before, have - before, first + before))
			return false;
		if (from == SIZE_MAX)
			from = next_line(scratch, before, have);
		if (from != SIZE_MAX)
			from = look_through(scratch, needle, from, have);
	}
	return true;
}

bool part_read(const struct store_part *part, char *to, size_t length, uint64_t offset)
{
	int fd = file_index_file(part->file->index)->fd;
	return read_all_at(fd, to, length, (off_t)offset) == (ssize_t)length;
}

void scratch_release(struct scratch *scratch)
{
	free(scratch->bytes);
	free(scratch->hits);
	*scratch = (struct scratch){0};
}

bool part_may_say(const struct store_part *part, struct needle *needle, struct scratch *scratch)
{
	if (!part->block || part_needle_is_mark(needle) || part_has_hiding_lines(part))
		return true;
	return !part_seek(part, needle, scratch) || scratch->hit_count;
}

bool part_may_fit(const struct store_part *part, struct filter *filter, size_t *looks)
{
	const struct line_kind *kinds;
	if (!filter || filter_is_empty(filter) || !part_is_indexed(part))
		return true;
	if (part->chunk)
		return chunk_may_fit(part->chunk, filter, looks);
	size_t count = line_block_kinds(part->block, &kinds);
	for (size_t i = 0; i < count; i++) {
		const struct asked asked = {part, kinds[i]};
		++*looks;
		if (filter_may_match(filter, get, &asked))
			return true;
	}
	return false;
}
