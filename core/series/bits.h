/* SPDX-License-Identifier: MIT */
/* Bits one after the other, the highest of a byte first. A writer's owner sees to the room; a reader never looks beyond its
 * bytes. Pure. */
#ifndef BOTSWAIN_SERIES_BITS_H
#define BOTSWAIN_SERIES_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/attr.h"

struct bit_writer {
	uint8_t *bytes;
	size_t at; /* bits that are written */
};

struct bit_reader {
	const uint8_t *bytes;
	size_t length; /* bytes */
	size_t at;     /* bits that were read */
};

/* A number with a sign as one without, near ones short; and back. */
static inline uint64_t zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t zagzig(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

enum { BITS_BEYOND = 9 }; /* bytes behind what is written that a writer needs */

/* The lowest `count` (1 to 64) bits of the value; zeroes come behind them. */
static inline void bits_put(struct bit_writer *writer, uint64_t value, unsigned count)
{
	uint8_t *to = writer->bytes + (writer->at >> 3);
	unsigned skip = (unsigned)(writer->at & 7);
	uint64_t high = value << (64 - count), word = high >> skip;
	if (skip)
		word |= (uint64_t)(*to >> (8 - skip)) << (64 - skip);
	word = __builtin_bswap64(word);
	memcpy(to, &word, sizeof(word));
	if (skip + count > 64)
		to[8] = (uint8_t)(high << (64 - skip) >> 56);
	writer->at += count;
}

static inline uint64_t bits_load(const uint8_t *bytes, unsigned skip)
{
	uint64_t high;
	memcpy(&high, bytes, sizeof(high));
	high = __builtin_bswap64(high);
	return skip ? high << skip | (uint64_t)bytes[8] >> (8 - skip) : high;
}

/* Its next 64 bits, zeroes behind the end. */
static inline uint64_t bits_peek(const struct bit_reader *reader)
{
	size_t byte = reader->at >> 3;
	unsigned skip = (unsigned)(reader->at & 7);
	if (byte + 9 <= reader->length)
		return bits_load(reader->bytes + byte, skip);
	uint8_t window[9] = {0};
	for (size_t i = 0; byte + i < reader->length; i++)
		window[i] = reader->bytes[byte + i];
	return bits_load(window, skip);
}

/* False: it went beyond the end. */
MUST_CHECK static inline bool bits_pass(struct bit_reader *reader, unsigned count)
{
	reader->at += count;
	return reader->at <= reader->length * 8;
}

/* `count`: 1 to 64. False: there are not so many. */
MUST_CHECK static inline bool bits_get(struct bit_reader *reader, unsigned count, uint64_t *ret)
{
	*ret = bits_peek(reader) >> (64 - count);
	return bits_pass(reader, count);
}

#endif
