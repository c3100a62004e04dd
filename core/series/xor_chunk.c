/* SPDX-License-Identifier: MIT */
#include "core/series/xor_chunk.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/mem.h"

enum {
	STEP_BYTES = 48,   /* by so much the memory of a chunk grows */
	SAMPLE_BYTES = 19, /* of the largest sample, begun in any bit */
	FIRST_BYTES = 16,  /* of the first */
	TIME_CODES = 3,
};

static const struct {
	uint8_t head, head_bits, bits;
} time_codes[TIME_CODES] = {{2, 2, 4}, {6, 3, 8}, {14, 4, 18}};

/* ---- writing ---- */

bool xor_chunk_is_full(const struct xor_chunk *chunk)
{
	return chunk->count == XOR_SAMPLES_MAX || chunk->bits / 8 + SAMPLE_BYTES >= XOR_BYTES_MAX;
}

bool xor_chunk_grows(const struct xor_chunk *chunk)
{
	return chunk->bits / 8U + SAMPLE_BYTES + BITS_BEYOND > chunk->room;
}

static void make_room(struct xor_chunk *chunk)
{
	if (!xor_chunk_grows(chunk))
		return;
	chunk->room = (uint16_t)(chunk->room + STEP_BYTES);
	chunk->bytes = xrealloc(chunk->bytes, chunk->room);
}

static void put_time(struct xor_chunk *chunk, struct bit_writer *writer, int64_t time_ms)
{
	int64_t delta = time_ms - chunk->time_ms, change = delta - chunk->delta_ms;
	uint64_t raw = zigzag(change);
	unsigned code = 0;
	while (code < TIME_CODES && raw >> time_codes[code].bits)
		code++;
	if (change == 0) {
		bits_put(writer, 0, 1);
	} else if (code < TIME_CODES) {
		bits_put(writer, time_codes[code].head, time_codes[code].head_bits);
		bits_put(writer, raw, time_codes[code].bits);
	} else {
		bits_put(writer, 15, 4);
		bits_put(writer, (uint64_t)time_ms, 64);
	}
	chunk->delta_ms = delta;
}

bool xor_chunk_append(struct xor_chunk *chunk, int64_t time_ms, double value)
{
	uint64_t bits = value_bits(value);
	if (xor_chunk_is_full(chunk))
		return false;
	make_room(chunk);
	struct bit_writer writer = {.bytes = chunk->bytes, .at = chunk->bits};
	if (chunk->count == 0) {
		bits_put(&writer, (uint64_t)time_ms, 64);
		bits_put(&writer, bits, 64);
		chunk->delta_ms = 0;
		chunk->value = (struct value_code){.bits = bits};
	} else {
		assert(time_ms > chunk->time_ms);
		put_time(chunk, &writer, time_ms);
		value_code_put(&chunk->value, &writer, bits);
	}
	chunk->time_ms = time_ms;
	chunk->bits = (uint16_t)writer.at;
	chunk->count++;
	return true;
}

size_t xor_chunk_length(const struct xor_chunk *chunk)
{
	return (chunk->bits + 7U) / 8;
}

int64_t xor_chunk_from(const struct xor_chunk *chunk)
{
	struct bit_reader reader = {.bytes = chunk->bytes, .length = FIRST_BYTES};
	return (int64_t)bits_peek(&reader);
}

void xor_chunk_release(struct xor_chunk *chunk)
{
	free(chunk->bytes);
	*chunk = (struct xor_chunk){0};
}

/* ---- reading ---- */

void xor_iterator_init(
	struct xor_iterator *iterator, const uint8_t *bytes, size_t length, uint32_t count)
{
	*iterator =
		(struct xor_iterator){.reader = {.bytes = bytes, .length = length}, .count = count};
}

static bool get_first(struct xor_iterator *iterator)
{
	uint64_t time;
	if (!bits_get(&iterator->reader, 64, &time) ||
		!bits_get(&iterator->reader, 64, &iterator->value.bits))
		return false;
	iterator->time_ms = (int64_t)time;
	return iterator->time_ms >= -XOR_TIME_MAX && iterator->time_ms <= XOR_TIME_MAX;
}

static bool get_time(struct xor_iterator *iterator)
{
	struct bit_reader *reader = &iterator->reader;
	uint64_t raw = bits_peek(reader);
	int64_t time = iterator->time_ms + iterator->delta_ms;
	unsigned code = raw == UINT64_MAX ? 4 : (unsigned)__builtin_clzll(~raw);
	if (code == 0) {
		if (!bits_pass(reader, 1))
			return false;
	} else if (code <= TIME_CODES) {
		unsigned head = time_codes[code - 1].head_bits, bits = time_codes[code - 1].bits;
		raw = raw << head >> (64 - bits);
		time += zagzig(raw);
		if (!bits_pass(reader, head + bits))
			return false;
	} else {
		if (!bits_pass(reader, 4) || !bits_get(reader, 64, &raw))
			return false;
		time = (int64_t)raw;
	}
	if (time <= iterator->time_ms || time > XOR_TIME_MAX)
		return false;
	iterator->delta_ms = time - iterator->time_ms;
	iterator->time_ms = time;
	return true;
}

bool xor_iterator_next(struct xor_iterator *iterator, struct sample *ret)
{
	if (iterator->given == iterator->count || iterator->is_damaged)
		return false;
	bool is_good = iterator->given == 0 ? get_first(iterator)
					    : get_time(iterator) && value_code_get(&iterator->value,
									    &iterator->reader);
	if (!is_good) {
		iterator->is_damaged = true;
		return false;
	}
	iterator->given++;
	*ret = (struct sample){iterator->time_ms, value_of(iterator->value.bits)};
	return true;
}
