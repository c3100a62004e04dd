/* SPDX-License-Identifier: MIT */
#include "core/events/file_index.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"
#include "core/base/scan.h"
#include "core/base/str.h"
#include "core/events/bulk_lines.h"
#include "core/events/chunk.h"
#include "core/events/line_block.h"
#include "core/events/line_source.h"
#include "core/events/open_file.h"
#include "core/parse/log_memo.h"

enum {
	BOT_MEMO_BITS = 8,
	BOT_MEMOS = 1 << BOT_MEMO_BITS,
	BOT_MEMO_WORDS = 3, /* of eight bytes */
	BOT_MEMO_BYTES = BOT_MEMO_WORDS * 8,
};

enum segment_state { WAITS, IS_READ, IS_DONE };

struct segment {
	uint64_t offset;
	enum segment_state state;
	bool has_begin;
	int64_t low_ms, high_ms; /* about when it begins */
	struct line_block **blocks;
	size_t block_count, lines;
};

struct file_index {
	struct file_source source;
	size_t room;
	atomic_size_t segment_count, done, bytes; /* read without the lock: by the engine's turn */
	_Atomic uint64_t lines;
	_Atomic int64_t newest_ms;
	size_t next; /* segments from here on were begun with */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct segment segments[]; /* under the lock; what a done one points to is constant */
};

/* ---- segments ---- */

/* How the part is divided: the last segment is small, those before begin at equal distances. */
static size_t count_segments(uint64_t bytes)
{
	if (bytes <= FILE_LAST_BYTES)
		return 1;
	return (size_t)((bytes - FILE_LAST_BYTES + FILE_SEGMENT_BYTES - 1) / FILE_SEGMENT_BYTES) +
	       1;
}

static struct file_index *new_index(const struct file_source *source, size_t segments)
{
	struct file_index *index = xcalloc(1, sizeof(*index) + segments * sizeof(struct segment));
	index->source = *source;
	(void)open_file_ref(source->file);
	index->room = segments;
	atomic_init(&index->newest_ms, INT64_MIN);
	pthread_mutex_init(&index->lock, NULL);
	pthread_cond_init(&index->changed, NULL);
	return index;
}

struct file_index *file_index_new(const struct file_source *source)
{
	size_t count = count_segments(source->to - source->from);
	struct file_index *index = new_index(source, count);
	for (size_t i = 0; i < count; i++)
		index->segments[i].offset = source->from + (uint64_t)i * FILE_SEGMENT_BYTES;
	if (count > 1)
		index->segments[count - 1].offset = source->to - FILE_LAST_BYTES;
	index->next = count;
	atomic_init(&index->segment_count, count);
	return index;
}

struct file_index *file_index_new_growing(const struct file_source *source, size_t segments)
{
	struct file_index *index = new_index(source, segments);
	index->source.to = source->from;
	return index;
}

size_t file_index_segments(const struct file_index *index)
{
	return atomic_load(&index->segment_count);
}

uint64_t file_index_offset(const struct file_index *index, size_t segment)
{
	struct file_index *mine = (struct file_index *)(uintptr_t)index;
	pthread_mutex_lock(&mine->lock);
	uint64_t offset =
		segment < index->segment_count ? index->segments[segment].offset : index->source.to;
	pthread_mutex_unlock(&mine->lock);
	return offset;
}

size_t file_index_guess_lines(const struct file_index *index, size_t segment)
{
	enum { LINE_GUESS = 128 };
	uint64_t bytes = file_index_offset(index, segment + 1) - file_index_offset(index, segment);
	return (size_t)(bytes / LINE_GUESS) + 1;
}

static void release_segment(struct segment *segment)
{
	for (size_t i = 0; i < segment->block_count; i++)
		free(segment->blocks[i]);
	free(segment->blocks);
}

void file_index_free(struct file_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < index->segment_count; i++)
		release_segment(&index->segments[i]);
	pthread_cond_destroy(&index->changed);
	pthread_mutex_destroy(&index->lock);
	open_file_unref(index->source.file);
	free(index);
}

/* ---- reading one ---- */

struct bot_name {
	uint64_t words[BOT_MEMO_WORDS]; /* zeros behind it */
};

/* The bots that were named last, as they were written. */
struct bot_memo {
	struct bot_name name;
	size_t length;
	uint16_t number;
};

struct reading {
	const struct file_source *source;
	struct bot_memo bots[BOT_MEMOS];
	struct log_arrival arrival;
	struct log_memo memo;
	struct log_flow own, *flow;
	const struct file_growth *growth; /* NULL: the file is as it was when the index was made */
	int64_t undated_ms;               /* of lines that have no time, nor has one before them */
	struct str plain;                 /* scratch */
	struct line_maker *maker;
	struct segment done;
	size_t room;
};

static void seal(struct reading *reading, uint64_t end_offset)
{
	size_t lines = line_maker_count(reading->maker);
	struct line_block *block = line_maker_seal(reading->maker, end_offset);
	if (!block)
		return;
	reading->done.blocks = grow(reading->done.blocks, reading->done.block_count, &reading->room,
		sizeof(*reading->done.blocks));
	reading->done.blocks[reading->done.block_count++] = block;
	reading->done.lines += lines;
}

static void add(struct reading *reading, const struct line_entry *entry)
{
	if (line_maker_add(reading->maker, entry))
		return;
	seal(reading, entry->offset);
	if (!line_maker_add(reading->maker, entry))
		abort(); /* an empty one takes any */
}

/* The first `length` of the `size` bytes at `text`. */
static void set_name(struct bot_name *name, const char *text, size_t length, size_t size)
{
	*name = (struct bot_name){{0}};
	if (length <= sizeof(uint64_t) && size >= sizeof(uint64_t)) {
		name->words[0] = scan_first(text, length);
		return;
	}
	memcpy(name->words, text, length);
	for (size_t i = 0; i < BOT_MEMO_WORDS; i++)
		name->words[i] = le64toh(name->words[i]);
}

/* Word by word, as they were written: a wider look waits until they are stored. */
static bool is_same_name(const struct bot_name *a, const struct bot_name *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2];
}

/* Names mostly differ in their last bytes: all count, and the high bits of the product depend on them. */
static size_t slot_of(const struct bot_name *name)
{
	uint64_t hash = name->words[0] ^ name->words[1] * 31 ^ name->words[2] * 961;
	return (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BOT_MEMO_BITS);
}

static uint16_t bot_of(
	struct reading *reading, const char *text, size_t size, const struct log_part *part)
{
	const struct file_source *source = reading->source;
	const char *name = text + part->offset;
	size_t length = part->length;
	struct bot_name known;
	if (!length)
		return 0;
	if (length > BOT_MEMO_BYTES)
		return source->bot(source->context, name, length);
	set_name(&known, name, length, size - part->offset);
	struct bot_memo *memo = &reading->bots[slot_of(&known)];
	if (memo->length != length || !is_same_name(&memo->name, &known)) {
		memo->name = known;
		memo->length = length;
		memo->number = source->bot(source->context, name, length);
	}
	return memo->number;
}

/* A line without a time is as old as the one before it, or the first that has one, or the file; one that is appended is of now. */
static int64_t time_of(struct reading *reading, const struct log_line *line)
{
	const struct file_growth *growth = reading->growth;
	int64_t now_ms = growth ? growth->now_ms : reading->source->now_ms;
	bool is_believed =
		now_ms ? log_is_believed(line->wall_ms, now_ms) : line->wall_ms != LOG_NO_TIME;
	if (is_believed && !growth)
		reading->undated_ms = line->wall_ms;
	return is_believed ? line->wall_ms : growth ? now_ms : reading->undated_ms;
}

static void take_line(struct reading *reading, const struct bulk_line *bulk, bool is_wanted)
{
	const struct raw_line *raw = &bulk->raw;
	const char *text = raw->text;
	size_t length = raw->length;
	struct log_line line;
	bool is_odd = bulk->is_odd;
	if (!length)
		return;
	if (is_odd ? log_needs_normalising(text, length) : log_is_wrapped(text, length)) {
		is_odd = true;
		str_clear(&reading->plain);
		log_normalise(text, length, &reading->plain);
		text = reading->plain.text;
		length = reading->plain.length;
	}
	log_line_read(text, length, &reading->arrival, &line);
	log_flow_take(reading->flow, text, length, &line);
	int64_t wall_ms = time_of(reading, &line);
	if (!is_wanted)
		return;
	const struct line_entry entry = {.offset = raw->offset,
		.wall_ms = wall_ms,
		.bot = bot_of(reading, text, length, &line.bot),
		.level = (uint8_t)line.level,
		.flags = (uint8_t)((line.is_continuation ? RECORD_CONTINUES : 0) |
				   (raw->is_cut ? RECORD_CUT : 0) | (is_odd ? RECORD_HIDES : 0))};
	add(reading, &entry);
	if (reading->growth)
		reading->growth->line(reading->growth->context,
			&(struct file_line){text, length, &line, entry.wall_ms, entry.bot});
}

static int read_lines(struct reading *reading, uint64_t start, uint64_t from, uint64_t to)
{
	struct bulk_lines *lines = bulk_lines_new(reading->source->file->fd, start, to);
	struct bulk_line line;
	while (bulk_lines_next(lines, &line))
		take_line(reading, &line, line.raw.offset >= from);
	seal(reading, bulk_lines_offset(lines));
	int errnum = bulk_lines_errno(lines);
	bulk_lines_free(lines);
	return errnum;
}

/* Whole lines. */
static void take_lines(struct reading *reading, const char *bytes, size_t length, uint64_t offset)
{
	struct line_end end;
	struct bulk_line line;
	line_end_init(&end);
	for (size_t at = 0; bulk_line_at(&end, bytes + at, length - at, offset + at, &line);
		at += line.size)
		take_line(reading, &line, true);
	seal(reading, offset + length);
}

static struct reading *new_reading(const struct file_index *index)
{
	struct reading *reading = xcalloc(1, sizeof(*reading));
	reading->source = &index->source;
	reading->arrival = (struct log_arrival){.received_ms = index->source.received_ms,
		.utc_offset_s = index->source.utc_offset_s,
		.memo = &reading->memo,
		.is_brief = true};
	reading->flow = &reading->own;
	reading->undated_ms = index->source.received_ms;
	reading->maker = line_maker_new();
	str_init(&reading->plain);
	return reading;
}

static void free_reading(struct reading *reading)
{
	if (!reading)
		return;
	line_maker_free(reading->maker);
	str_release(&reading->plain);
	release_segment(&reading->done);
	free(reading);
}

/* What was read, if all of it was. */
static void take_segment(struct reading *reading, int errnum, struct segment *ret_segment)
{
	if (errnum)
		release_segment(&reading->done);
	else
		*ret_segment = reading->done;
	reading->done = (struct segment){0};
	reading->room = 0;
}

static void peek(const struct file_index *index, size_t number, struct segment *ret)
{
	const struct file_source *source = &index->source;
	struct log_memo memo = {0};
	const struct log_arrival arrival = {.received_ms = source->received_ms,
		.utc_offset_s = source->utc_offset_s,
		.memo = &memo,
		.is_brief = true};
	uint64_t from = file_index_offset(index, number), to = file_index_offset(index, number + 1);
	struct line_source *lines = line_source_new(
		source->file->fd, from, to - from < FILE_LOOK_BACK ? to : from + FILE_LOOK_BACK);
	struct raw_line raw;
	ret->low_ms = INT64_MAX;
	ret->high_ms = INT64_MIN;
	while (line_source_next(lines, &raw)) {
		struct log_line line;
		log_line_read(raw.text, raw.length, &arrival, &line);
		if (line.wall_ms == LOG_NO_TIME)
			continue;
		/* as time_of(): where the line before is older, the segment begins with that */
		if (source->now_ms && !log_is_believed(line.wall_ms, source->now_ms))
			line.wall_ms = source->received_ms;
		ret->low_ms = line.wall_ms < ret->low_ms ? line.wall_ms : ret->low_ms;
		ret->high_ms = line.wall_ms > ret->high_ms ? line.wall_ms : ret->high_ms;
	}
	line_source_free(lines);
}

/* A file may begin with lines without a time, which were there before those that have one. */
static void date_first_lines(const struct file_index *index, struct reading *reading)
{
	struct segment found = {0};
	peek(index, 0, &found);
	if (found.low_ms <= found.high_ms && found.low_ms < reading->undated_ms)
		reading->undated_ms = found.low_ms;
}

/* The lines just before it tell what its first ones go on from. */
static int read_segment(const struct file_index *index, size_t number, struct segment *ret_segment)
{
	struct reading *reading = new_reading(index);
	uint64_t from = file_index_offset(index, number), least = index->source.from;
	uint64_t start = from - least > FILE_LOOK_BACK ? from - FILE_LOOK_BACK : least;
	if (number == 0)
		date_first_lines(index, reading);
	int errnum = read_lines(reading, start, from, file_index_offset(index, number + 1));
	take_segment(reading, errnum, ret_segment);
	free_reading(reading);
	return errnum;
}

/* ---- all of them ---- */

/* Under the lock. True: it is ours to read. */
static bool claim(struct file_index *index, struct segment *segment)
{
	while (segment->state == IS_READ)
		pthread_cond_wait(&index->changed, &index->lock);
	if (segment->state == IS_DONE)
		return false;
	segment->state = IS_READ;
	return true;
}

static void publish(struct file_index *index, struct segment *segment, const struct segment *done)
{
	segment->blocks = done->blocks;
	segment->block_count = done->block_count;
	segment->lines = done->lines;
	segment->state = IS_DONE;
	for (size_t i = 0; i < done->block_count; i++) {
		int64_t max_ms = line_block_summary(done->blocks[i])->max_ms;
		if (max_ms > atomic_load(&index->newest_ms))
			atomic_store(&index->newest_ms, max_ms);
		atomic_fetch_add(&index->bytes, line_block_bytes(done->blocks[i]) + sizeof(void *));
	}
	atomic_fetch_add(&index->lines, done->lines);
	atomic_fetch_add(&index->done, 1);
}

bool file_index_read(struct file_index *index, size_t number)
{
	struct segment *segment = &index->segments[number], done = {0};
	pthread_mutex_lock(&index->lock);
	bool is_ours = claim(index, segment);
	pthread_mutex_unlock(&index->lock);
	if (!is_ours)
		return true;
	int errnum = read_segment(index, number, &done);
	pthread_mutex_lock(&index->lock);
	if (errnum)
		segment->state = WAITS;
	else
		publish(index, segment, &done);
	pthread_cond_broadcast(&index->changed);
	pthread_mutex_unlock(&index->lock);
	errno = errnum;
	return !errnum;
}

/* All is read before the first line is told, so that a file that cannot be read tells none. */
static bool read_growth(struct file_index *index, uint64_t from, uint64_t to,
	const struct file_growth *growth, struct segment *ret_segment)
{
	size_t length = (size_t)(to - from);
	autofree char *bytes = xmalloc(length);
	errno = 0;
	ssize_t got = read_all_at(index->source.file->fd, bytes, length, (off_t)from);
	if (got != (ssize_t)length) {
		errno = got < 0 ? errno : EIO; /* it has become shorter */
		return false;
	}
	struct reading *reading = new_reading(index);
	reading->growth = growth;
	reading->flow = growth->flow;
	reading->arrival.received_ms = growth->now_ms;
	take_lines(reading, bytes, length, from);
	take_segment(reading, 0, ret_segment);
	free_reading(reading);
	return true;
}

bool file_index_append(
	struct file_index *index, uint64_t from, uint64_t to, const struct file_growth *growth)
{
	struct segment done = {0};
	size_t number = atomic_load(&index->segment_count);
	errno = 0;
	if (number == index->room || !read_growth(index, from, to, growth, &done))
		return false;
	pthread_mutex_lock(&index->lock);
	struct segment *segment = &index->segments[number];
	index->next = number + 1;
	index->source.to = to;
	segment->offset = from;
	publish(index, segment, &done);
	atomic_store(&index->segment_count, number + 1);
	pthread_mutex_unlock(&index->lock);
	return true;
}

size_t file_index_bytes(const struct file_index *index)
{
	return sizeof(*index) + index->room * sizeof(struct segment) +
	       atomic_load_explicit(&index->bytes, memory_order_relaxed);
}

bool file_index_next(struct file_index *index, size_t *ret_segment)
{
	pthread_mutex_lock(&index->lock);
	while (index->next && index->segments[index->next - 1].state != WAITS)
		index->next--;
	bool is_one = index->next > 0;
	if (is_one)
		*ret_segment = --index->next;
	pthread_mutex_unlock(&index->lock);
	return is_one;
}

bool file_index_segment(
	const struct file_index *index, size_t number, struct file_segment *ret_segment)
{
	struct file_index *mine = (struct file_index *)(uintptr_t)index;
	pthread_mutex_lock(&mine->lock);
	const struct segment *segment = &index->segments[number];
	bool is_done = segment->state == IS_DONE;
	*ret_segment = (struct file_segment){is_done ? segment->blocks : NULL,
		is_done ? segment->block_count : 0, is_done ? segment->lines : 0};
	pthread_mutex_unlock(&mine->lock);
	return is_done;
}

bool file_index_begin(
	struct file_index *index, size_t number, int64_t *ret_low_ms, int64_t *ret_high_ms)
{
	struct segment *segment = &index->segments[number], found = {0};
	pthread_mutex_lock(&index->lock);
	bool is_known = segment->has_begin;
	pthread_mutex_unlock(&index->lock);
	if (!is_known)
		peek(index, number, &found);
	pthread_mutex_lock(&index->lock);
	if (!segment->has_begin) {
		segment->low_ms = found.low_ms;
		segment->high_ms = found.high_ms;
		segment->has_begin = true;
	}
	*ret_low_ms = segment->low_ms;
	*ret_high_ms = segment->high_ms;
	pthread_mutex_unlock(&index->lock);
	return *ret_low_ms <= *ret_high_ms;
}

const struct open_file *file_index_file(const struct file_index *index)
{
	return index->source.file;
}

int64_t file_index_newest_ms(const struct file_index *index)
{
	return atomic_load(&index->newest_ms);
}

struct file_progress file_index_progress(const struct file_index *index)
{
	return (struct file_progress){.segments = atomic_load(&index->segment_count),
		.done = atomic_load(&index->done),
		.lines = atomic_load(&index->lines),
		.bytes = atomic_load(&index->bytes)};
}
