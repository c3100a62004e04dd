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

static inline uint64_t bits_low(uint64_t value, unsigned count)
{
	return count >= 64 ? value : value & ((UINT64_C(1) << count) - 1);
}

/* The lowest `count` (1 to 64) bits of the value. */
static inline void bits_put(struct bit_writer *writer, uint64_t value, unsigned count)
{
	while (count) {
		unsigned room = 8 - (unsigned)(writer->at & 7);
		unsigned take = count < room ? count : room;
		uint64_t part = bits_low(value >> (count - take), take);
		uint8_t *byte = &writer->bytes[writer->at >> 3];
		uint8_t before = room == 8 ? 0 : *byte;
		*byte = (uint8_t)(before | part << (room - take));
		writer->at += take;
		count -= take;
	}
}

/* Its next 64 bits, zeroes behind the end. */
static inline uint64_t bits_peek(const struct bit_reader *reader)
{
	size_t byte = reader->at >> 3;
	unsigned skip = (unsigned)(reader->at & 7);
	uint8_t window[9] = {0};
	uint64_t high;
	if (byte >= reader->length)
		return 0;
	size_t left = reader->length - byte;
	memcpy(window, reader->bytes + byte, left < sizeof(window) ? left : sizeof(window));
	memcpy(&high, window, sizeof(high));
	high = __builtin_bswap64(high);
	return skip ? high << skip | (uint64_t)window[8] >> (8 - skip) : high;
}

/* `count`: 1 to 64. False: there are not so many. */
MUST_CHECK static inline bool bits_get(struct bit_reader *reader, unsigned count, uint64_t *ret)
{
	if (reader->length * 8 - reader->at < count)
		return false;
	*ret = bits_peek(reader) >> (64 - count);
	reader->at += count;
	return true;
}

#endif
