/* SPDX-License-Identifier: MIT */
/*
 * Three columns: the length of each line, the time that passed since the line before, and its kind (bot,
 * level, flags) as a place in the block's list of kinds. A column has as many bits for each value as make it
 * smallest; what does not fit into them is kept apart, with its place.
 */
#include "core/events/line_block.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum {
	BITS_MAX = 32,
	SLOTS = 1024, /* of the hash of kinds; a power of two */
	PAD = 8,      /* a value is read as part of eight bytes */
};

/* A value that its column has no bits for. */
struct odd {
	uint16_t at;
	int64_t value;
} __attribute__((packed));

struct column {
	int64_t base; /* is added to each value */
	size_t odd_count;
	const struct odd *odds; /* in order */
	const uint8_t *data;
	unsigned bits;
};

struct line_block {
	struct line_summary summary;
	size_t bytes, kind_count;
	struct column lengths, deltas, kinds_at;
	const struct line_kind *kinds;
	uint8_t rest[]; /* kinds, odds, data */
};

struct line_maker {
	struct line_summary summary;
	int64_t lengths
		[LINE_BLOCK_LINES]; /* but of the last one, which ends where the next begins */
	int64_t deltas[LINE_BLOCK_LINES];
	int64_t kinds_at[LINE_BLOCK_LINES];
	uint64_t last_offset;
	uint32_t kinds[LINE_BLOCK_KINDS]; /* packed */
	size_t kind_count;
	uint16_t slots[SLOTS]; /* kind + 1 */
};

/* ---- making ---- */

static void reset(struct line_maker *maker)
{
	memset(&maker->summary, 0, sizeof(maker->summary));
	memset(maker->slots, 0, sizeof(maker->slots));
	maker->kind_count = 0;
}

/* What is said of lines is written before it is read: a maker of a few lines need not be cleared. */
struct line_maker *line_maker_new(void)
{
	struct line_maker *maker = xmalloc(sizeof(*maker));
	reset(maker);
	return maker;
}

void line_maker_free(struct line_maker *maker)
{
	free(maker);
}

size_t line_maker_count(const struct line_maker *maker)
{
	return maker->summary.lines;
}

/* A kind as one number. */
static uint32_t pack(const struct line_entry *entry)
{
	return (uint32_t)entry->bot << 16 | (uint32_t)entry->level << 8 | entry->flags;
}

static struct line_kind unpack(uint32_t kind)
{
	return (struct line_kind){
		(uint16_t)(kind >> 16), (uint8_t)(kind >> 8 & 0xff), (uint8_t)(kind & 0xff)};
}

/* The place of a kind in the list; -1: the list is full. */
static int place_of(struct line_maker *maker, uint32_t kind)
{
	uint32_t hash = kind * 2654435761u;
	for (size_t slot = hash >> 22;; slot = (slot + 1) % SLOTS) {
		uint16_t known = maker->slots[slot];
		if (known && maker->kinds[known - 1] == kind)
			return known - 1;
		if (known)
			continue;
		if (maker->kind_count == LINE_BLOCK_KINDS)
			return -1;
		maker->kinds[maker->kind_count] = kind;
		maker->slots[slot] = (uint16_t)++maker->kind_count;
		return (int)maker->kind_count - 1;
	}
}

static void sum_up(struct line_summary *summary, const struct line_entry *entry, int64_t *ret_delta)
{
	if (!summary->lines) {
		summary->first_offset = entry->offset;
		summary->first_ms = summary->last_ms = entry->wall_ms;
		summary->min_ms = summary->max_ms = entry->wall_ms;
	}
	*ret_delta = (int64_t)((uint64_t)entry->wall_ms - (uint64_t)summary->last_ms);
	if (entry->wall_ms < summary->min_ms)
		summary->min_ms = entry->wall_ms;
	if (entry->wall_ms > summary->max_ms)
		summary->max_ms = entry->wall_ms;
	summary->last_ms = entry->wall_ms;
	summary->by_level[entry->level < LOG_LEVELS ? entry->level : 0]++;
	summary->lines++;
}

bool line_maker_add(struct line_maker *maker, const struct line_entry *entry)
{
	size_t at = maker->summary.lines;
	int place = at < LINE_BLOCK_LINES ? place_of(maker, pack(entry)) : -1;
	if (place < 0)
		return false;
	if (at)
		maker->lengths[at - 1] = (int64_t)(entry->offset - maker->last_offset);
	maker->last_offset = entry->offset;
	maker->kinds_at[at] = place;
	sum_up(&maker->summary, entry, &maker->deltas[at]);
	return true;
}

/* ---- columns ---- */

static unsigned bits_for(uint64_t value)
{
	return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

/* The number of bits with which `count` values take the least room. */
static void choose_bits(struct column *column, const int64_t *values, size_t count)
{
	size_t needs[65] = {0}, best = SIZE_MAX, odd = 0;
	for (size_t i = 0; i < count; i++)
		needs[values[i] < column->base
				? 64
				: bits_for((uint64_t)values[i] - (uint64_t)column->base)]++;
	for (unsigned bits = 64; bits > BITS_MAX; bits--)
		odd += needs[bits];
	for (int bits = BITS_MAX; bits >= 0; bits--) {
		size_t bytes = count * (size_t)bits / 8 + odd * sizeof(struct odd);
		if (bytes < best) {
			best = bytes;
			column->bits = (unsigned)bits;
			column->odd_count = odd;
		}
		odd += needs[bits];
	}
}

static size_t data_bytes(const struct column *column, size_t count)
{
	return (count * column->bits + 7) / 8 + PAD;
}

static size_t column_bytes(const struct column *column, size_t count)
{
	return column->odd_count * sizeof(struct odd) + data_bytes(column, count);
}

/* Values of less than 33 bits, one behind the other. */
struct bit_writer {
	uint8_t *to;
	uint64_t word; /* what is not written yet */
	unsigned used; /* bits of it */
};

static inline void put_bits(struct bit_writer *writer, uint64_t value, unsigned bits)
{
	writer->word |= value << writer->used;
	writer->used += bits;
	if (writer->used < 32)
		return;
	uint32_t half = htole32((uint32_t)writer->word);
	memcpy(writer->to, &half, sizeof(half));
	writer->to += sizeof(half);
	writer->word >>= 32;
	writer->used -= 32;
}

/* Writes the column at `to`; returns what is behind it. */
static uint8_t *write_column(
	struct column *column, const int64_t *values, size_t count, uint8_t *to)
{
	const uint64_t most = ((uint64_t)1 << column->bits) - 1;
	struct odd *odds = (struct odd *)to;
	uint8_t *data = to + column->odd_count * sizeof(*odds);
	uint8_t *end = data + data_bytes(column, count);
	struct bit_writer writer = {.to = data};
	size_t odd = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = (uint64_t)values[i] - (uint64_t)column->base;
		if (values[i] < column->base || value > most) {
			odds[odd++] = (struct odd){(uint16_t)i, values[i]};
			value = 0;
		}
		put_bits(&writer, value, column->bits);
	}
	uint64_t rest = htole64(writer.word);
	memset(writer.to, 0, (size_t)(end - writer.to));
	memcpy(writer.to, &rest, sizeof(rest));
	column->odds = odds;
	column->data = data;
	return end;
}

static inline int64_t value_at(const struct column *column, size_t at, size_t *odd)
{
	uint64_t word;
	size_t bit = at * column->bits;
	if (*odd < column->odd_count && column->odds[*odd].at == at)
		return column->odds[(*odd)++].value;
	memcpy(&word, column->data + bit / 8, sizeof(word));
	word = le64toh(word) >> bit % 8 & (((uint64_t)1 << column->bits) - 1);
	return (int64_t)(word + (uint64_t)column->base);
}

/* ---- a block ---- */

/* The smallest, which stands for nothing: most lines of a log are about as long. */
static int64_t smallest(const int64_t *values, size_t count)
{
	int64_t least = values[0];
	for (size_t i = 1; i < count; i++)
		if (values[i] < least)
			least = values[i];
	return least;
}

/* Lines that come a little late are as usual as those that come in order: then the base is below zero. */
static void choose_delta_bits(const int64_t *deltas, size_t count, struct column *column)
{
	struct column low = {.base = smallest(deltas, count)};
	choose_bits(column, deltas, count);
	if (!low.base)
		return;
	choose_bits(&low, deltas, count);
	if (column_bytes(&low, count) < column_bytes(column, count))
		*column = low;
}

struct line_block *line_maker_seal(struct line_maker *maker, uint64_t end_offset)
{
	size_t count = maker->summary.lines;
	struct column lengths = {0}, deltas = {0}, kinds = {0};
	if (!count)
		return NULL;
	maker->lengths[count - 1] = (int64_t)(end_offset - maker->last_offset);
	lengths.base = smallest(maker->lengths, count);
	choose_bits(&lengths, maker->lengths, count);
	choose_delta_bits(maker->deltas, count, &deltas);
	kinds.bits = bits_for(maker->kind_count - 1);
	size_t list = maker->kind_count * sizeof(struct line_kind);
	size_t bytes = sizeof(struct line_block) + list + column_bytes(&lengths, count) +
		       column_bytes(&deltas, count) + column_bytes(&kinds, count);
	struct line_block *block = xmalloc(bytes);
	*block = (struct line_block){.summary = maker->summary,
		.bytes = bytes,
		.kind_count = maker->kind_count,
		.kinds = (struct line_kind *)block->rest};
	block->summary.end_offset = end_offset;
	struct line_kind *kind = (struct line_kind *)block->rest;
	for (size_t i = 0; i < maker->kind_count; i++)
		kind[i] = unpack(maker->kinds[i]);
	uint8_t *to = write_column(&deltas, maker->deltas, count, block->rest + list);
	to = write_column(&lengths, maker->lengths, count, to);
	(void)write_column(&kinds, maker->kinds_at, count, to);
	block->lengths = lengths;
	block->deltas = deltas;
	block->kinds_at = kinds;
	reset(maker);
	return block;
}

const struct line_summary *line_block_summary(const struct line_block *block)
{
	return &block->summary;
}

size_t line_block_kinds(const struct line_block *block, const struct line_kind **ret_kinds)
{
	*ret_kinds = block->kinds;
	return block->kind_count;
}

bool line_block_has_bot(const struct line_block *block, uint16_t bot)
{
	for (size_t i = 0; i < block->kind_count; i++)
		if (block->kinds[i].bot == bot)
			return true;
	return false;
}

size_t line_block_bytes(const struct line_block *block)
{
	return block->bytes;
}

/* ---- reading ---- */

struct line_reader line_reader_at(const struct line_block *block, size_t from)
{
	struct line_reader reader = {.block = block,
		.offset = block->summary.first_offset,
		.wall_ms = block->summary.first_ms};
	struct line_entry entry;
	while (reader.at < from && line_reader_next(&reader, &entry))
		;
	return reader;
}

int64_t line_reader_skip(struct line_reader *reader, uint64_t offset)
{
	const struct line_block *block = reader->block;
	const struct column lengths = block->lengths, deltas = block->deltas;
	struct line_reader at = *reader;
	int64_t newest_ms = INT64_MIN;
	while (at.at < block->summary.lines) {
		size_t odd = at.odd_length;
		uint64_t length = (uint64_t)value_at(&lengths, at.at, &odd);
		if (at.offset + length > offset)
			break;
		at.odd_length = odd;
		at.offset += length;
		at.wall_ms = (int64_t)((uint64_t)at.wall_ms +
				       (uint64_t)value_at(&deltas, at.at++, &at.odd_delta));
		newest_ms = at.wall_ms > newest_ms ? at.wall_ms : newest_ms;
	}
	*reader = at;
	return newest_ms;
}

bool line_reader_next(struct line_reader *reader, struct line_entry *ret_entry)
{
	const struct line_block *block = reader->block;
	size_t at = reader->at, none = 0;
	if (at >= block->summary.lines)
		return false;
	reader->wall_ms = (int64_t)((uint64_t)reader->wall_ms +
				    (uint64_t)value_at(&block->deltas, at, &reader->odd_delta));
	uint8_t place = (uint8_t)value_at(&block->kinds_at, at, &none);
	const struct line_kind *kind = &block->kinds[place];
	*ret_entry = (struct line_entry){.offset = reader->offset,
		.wall_ms = reader->wall_ms,
		.bot = kind->bot,
		.level = kind->level,
		.flags = kind->flags,
		.kind = place};
	reader->offset += (uint64_t)value_at(&block->lengths, at, &reader->odd_length);
	reader->at++;
	return true;
}
