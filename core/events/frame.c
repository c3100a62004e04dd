/* SPDX-License-Identifier: MIT */
/*
 * Numbers are as this machine has them: a history does not leave it. Lines are columns, a field of all records after the
 * other, with the steps from line to line of what grows: so they become smallest.
 */
#include "core/events/frame.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"

enum { MAGIC = 0x31484642, LEVEL = 3, NAME_MAX_BYTES = 1024 };

/* As it stands in the file, the texts behind it. */
struct head {
	uint32_t magic, head_bytes, packed_bytes, raw_bytes;
	uint32_t checksum; /* of all of the head, with 0 in its place */
	uint32_t count;
	uint64_t source, stream, first_seq;
	int64_t first_ms, last_ms, first_order_ms, last_order_ms;
	uint32_t by_level[LOG_LEVELS];
	uint32_t bot_count;
	uint8_t is_own, begins_first, ends_last, has_many, has_nameless;
	uint8_t unused[7];
};

/* ---- lines ---- */

#define COLUMN(field)                                                                              \
	{                                                                                          \
		offsetof(struct record, field), sizeof(((struct record *)NULL)->field)             \
	}
static const struct column {
	size_t offset, size;
} columns[] = {COLUMN(wall_ms), COLUMN(late_ms), COLUMN(offset), COLUMN(bot), COLUMN(length),
	COLUMN(message_offset), COLUMN(message_length), COLUMN(correlation_offset),
	COLUMN(correlation_length), COLUMN(level), COLUMN(trouble), COLUMN(flags)};

static size_t record_bytes(void)
{
	size_t bytes = 0;
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		bytes += columns[i].size;
	return bytes;
}

/* Between two records, the first behind one of nothing. */
static void to_steps(struct record *records, size_t count)
{
	struct record before = {0};
	for (size_t i = 0; i < count; i++) {
		struct record now = records[i];
		records[i].wall_ms = (int64_t)((uint64_t)now.wall_ms - (uint64_t)before.wall_ms);
		records[i].offset = now.offset - before.offset - before.length;
		before = now;
	}
}

static void from_steps(struct record *records, size_t count)
{
	const struct record nothing = {0}, *before = &nothing;
	for (size_t i = 0; i < count; before = &records[i++]) {
		records[i].wall_ms =
			(int64_t)((uint64_t)records[i].wall_ms + (uint64_t)before->wall_ms);
		records[i].offset += before->offset + before->length;
	}
}

/* All columns, then the text. */
static void put_lines(const struct chunk *chunk, size_t count, struct str *to)
{
	struct record *records = xcalloc(count, sizeof(*records));
	size_t text;
	const char *bytes = chunk_text(chunk, &text);
	memcpy(records, chunk_record(chunk, 0), count * sizeof(*records));
	to_steps(records, count);
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		for (size_t j = 0; j < count; j++)
			str_add(to, (const char *)&records[j] + columns[i].offset, columns[i].size);
	str_add(to, bytes, text);
	free(records);
}

static struct record *take_records(const char *raw, size_t count)
{
	struct record *records = xcalloc(count, sizeof(*records));
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		for (size_t j = 0; j < count; j++, raw += columns[i].size)
			memcpy((char *)&records[j] + columns[i].offset, raw, columns[i].size);
	from_steps(records, count);
	return records;
}

/* ---- packing ---- */

static struct head head_of(const struct chunk_summary *summary)
{
	const struct stream *stream = &summary->stream;
	struct head head = {.magic = MAGIC,
		.count = (uint32_t)summary->count,
		.source = stream->source,
		.stream = stream->id,
		.first_seq = summary->first_seq,
		.first_ms = summary->first_ms,
		.last_ms = summary->last_ms,
		.first_order_ms = summary->first_order_ms,
		.last_order_ms = summary->last_order_ms,
		.bot_count = (uint32_t)summary->bot_count,
		.is_own = stream->is_own,
		.begins_first = summary->begins_first,
		.ends_last = summary->ends_last,
		.has_many = summary->has_many,
		.has_nameless = summary->has_nameless};
	memcpy(head.by_level, summary->by_level, sizeof(head.by_level));
	return head;
}

static uint32_t checksum_of(const char *bytes, size_t length)
{
	return (uint32_t)crc32(0, (const unsigned char *)bytes, (unsigned)length);
}

static void put_head(struct head *head, const struct chunk_summary *summary, struct str *to)
{
	size_t at = to->length;
	str_add(to, (const char *)head, sizeof(*head));
	str_add(to, summary->stream.name, strlen(summary->stream.name) + 1);
	for (size_t i = 0; i < summary->bot_count; i++)
		str_add(to, summary->bots[i], strlen(summary->bots[i]) + 1);
	head->head_bytes = (uint32_t)(to->length - at);
	memcpy(to->text + at, head, sizeof(*head));
	head->checksum = checksum_of(to->text + at, head->head_bytes);
	memcpy(to->text + at, head, sizeof(*head));
}

/* With a checksum of what it becomes again. */
static char *pack(const struct str *raw, size_t *ret_length)
{
	size_t room = ZSTD_compressBound(raw->length);
	char *packed = xmalloc(room);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	if (!context)
		abort(); /* no memory */
	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	*ret_length = ZSTD_compress2(context, packed, room, raw->text, raw->length);
	ZSTD_freeCCtx(context);
	if (ZSTD_isError(*ret_length)) {
		free(packed);
		return NULL;
	}
	return packed;
}

bool frame_pack(const struct chunk *chunk, struct str *to, struct frame_start *ret_start)
{
	const char *bots[CHUNK_BOTS + 1];
	autostr struct str raw = STR_INIT;
	const struct chunk_summary summary = chunk_summary_of(chunk, bots);
	struct head head = head_of(&summary);
	size_t at = to->length, length;
	put_lines(chunk, summary.count, &raw);
	autofree char *packed = pack(&raw, &length);
	if (!packed || raw.length > FRAME_RAW_MAX)
		return false;
	head.raw_bytes = (uint32_t)raw.length;
	head.packed_bytes = (uint32_t)length;
	put_head(&head, &summary, to);
	str_add(to, packed, length);
	*ret_start = (struct frame_start){head.head_bytes, head.packed_bytes, head.raw_bytes};
	if (head.head_bytes <= FRAME_HEAD_MAX)
		return true;
	str_truncate(to, at);
	return false;
}

/* ---- reading ---- */

bool frame_read_start(const char *bytes, struct frame_start *ret)
{
	struct head head = {0};
	memcpy(&head, bytes, FRAME_START_BYTES);
	*ret = (struct frame_start){head.head_bytes, head.packed_bytes, head.raw_bytes};
	return head.magic == MAGIC && head.head_bytes >= sizeof(head) + 1 &&
	       head.head_bytes <= FRAME_HEAD_MAX && head.raw_bytes <= FRAME_RAW_MAX &&
	       head.packed_bytes <= ZSTD_compressBound(FRAME_RAW_MAX);
}

/* As a writer makes names: shown as it is. */
static bool is_safe_name(const char *name)
{
	autostr struct str safe = STR_INIT;
	size_t length = strlen(name);
	if (length > NAME_MAX_BYTES)
		return false;
	sanitize(&safe, name, length);
	return strcmp(safe.text, name) == 0;
}

/* The next text of a head. */
static bool take_name(const char **at, const char *end, const char **ret)
{
	const char *stop = memchr(*at, '\0', (size_t)(end - *at));
	if (!stop || !is_safe_name(*at))
		return false;
	*ret = *at;
	*at = stop + 1;
	return true;
}

static bool is_possible(const struct head *head)
{
	uint64_t lines = 0;
	for (size_t i = 0; i < LOG_LEVELS; i++)
		lines += head->by_level[i];
	return head->count && lines == head->count && head->first_ms <= head->last_ms &&
	       head->bot_count <= CHUNK_BOTS && head->first_seq >= head->stream &&
	       head->raw_bytes >= head->count * (uint64_t)record_bytes();
}

static struct chunk_summary summary_of(const struct head *head)
{
	struct chunk_summary summary = {
		.stream = {.source = head->source, .id = head->stream, .is_own = head->is_own},
		.first_seq = head->first_seq,
		.count = head->count,
		.first_ms = head->first_ms,
		.last_ms = head->last_ms,
		.first_order_ms = head->first_order_ms,
		.last_order_ms = head->last_order_ms,
		.begins_first = head->begins_first,
		.ends_last = head->ends_last,
		.has_many = head->has_many,
		.has_nameless = head->has_nameless,
		.bot_count = head->bot_count};
	memcpy(summary.by_level, head->by_level, sizeof(summary.by_level));
	return summary;
}

static bool is_whole(const char *bytes, size_t length, const struct head *head)
{
	struct head plain = *head;
	plain.checksum = 0;
	uLong sum = crc32(0, (const unsigned char *)&plain, sizeof(plain));
	sum = crc32(sum, (const unsigned char *)bytes + sizeof(plain),
		(unsigned)(length - sizeof(plain)));
	return sum == head->checksum;
}

bool frame_read_head(const char *bytes, const struct frame_start *start, struct frame_head *ret)
{
	struct head head;
	const char *at = bytes + sizeof(head), *end = bytes + start->head_bytes;
	memcpy(&head, bytes, sizeof(head));
	if (!is_whole(bytes, start->head_bytes, &head) || !is_possible(&head))
		return false;
	ret->summary = summary_of(&head);
	ret->summary.bots = ret->bots;
	bool is_good = take_name(&at, end, &ret->summary.stream.name);
	for (size_t i = 0; i < head.bot_count && is_good; i++)
		is_good = take_name(&at, end, &ret->bots[i]);
	return is_good && at == end;
}

/* ---- unpacking ---- */

struct unpacked {
	const struct chunk *cold;
	struct record *records;
	size_t count;
	const char *text;
	size_t text_bytes;
	uint32_t bot; /* the name that was looked at last */
	int64_t newest_ms;
};

/* A name stands in the text whole, and is one that is shown. */
static bool has_bot(struct unpacked *lines, uint32_t bot)
{
	if (!bot || bot == lines->bot)
		return true;
	if (bot >= lines->text_bytes || !memchr(lines->text + bot, '\0', lines->text_bytes - bot) ||
		!is_safe_name(lines->text + bot))
		return false;
	lines->bot = bot;
	return chunk_may_hold(lines->cold, lines->text + bot);
}

static bool is_line(struct unpacked *lines, const struct record *record)
{
	int64_t first_ms, last_ms;
	chunk_span(lines->cold, &first_ms, &last_ms);
	bool is_late = record->wall_ms < lines->newest_ms;
	lines->newest_ms = is_late ? lines->newest_ms : record->wall_ms;
	return record->wall_ms >= first_ms && record->wall_ms <= last_ms &&
	       record->late_ms >= is_late && record->offset <= lines->text_bytes &&
	       record->length <= lines->text_bytes - record->offset &&
	       record->message_offset + record->message_length <= record->length &&
	       record->correlation_offset + record->correlation_length <= record->length &&
	       record->level < LOG_LEVELS && chunk_levels(lines->cold) & 1u << record->level &&
	       has_bot(lines, record->bot);
}

static struct chunk *take_lines(struct unpacked *lines)
{
	/* room for a line is that for its name too, whether it stands there or not */
	struct chunk *chunk = chunk_new(chunk_stream(lines->cold), chunk_first_seq(lines->cold),
		lines->text_bytes + NAME_MAX_BYTES + 1, lines->count);
	chunk_set_reread(chunk);
	for (size_t i = 0; i < lines->count; i++) {
		const struct record *record = &lines->records[i];
		if (is_line(lines, record) &&
			chunk_append(chunk, *record, lines->text + record->offset, record->length,
				lines->text + record->bot))
			continue;
		chunk_unref(chunk);
		return NULL;
	}
	return chunk;
}

struct chunk *frame_unpack(
	const struct chunk *cold, const char *packed, const struct frame_start *start)
{
	size_t count = chunk_written(cold), records = count * record_bytes();
	if (records >= start->raw_bytes)
		return NULL;
	autofree char *raw = xmalloc(start->raw_bytes);
	size_t length = ZSTD_decompress(raw, start->raw_bytes, packed, start->packed_bytes);
	if (ZSTD_isError(length) || length != start->raw_bytes || raw[records])
		return NULL;
	struct unpacked lines = {.cold = cold,
		.records = take_records(raw, count),
		.count = count,
		.text = raw + records,
		.text_bytes = start->raw_bytes - records,
		.newest_ms = INT64_MIN};
	struct chunk *chunk = take_lines(&lines);
	free(lines.records);
	return chunk;
}
