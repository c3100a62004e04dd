/* SPDX-License-Identifier: MIT */
/* Numbers as bytes: 32 and 64 bits with the lowest byte first, and short ones in 7 bits a byte, the highest bit saying that there
 * are more. What is taken of too few bytes, or of more than 64 bits, is 0 and sets is_bad. Pure. */
#ifndef BOTSWAIN_SERIES_PACK_H
#define BOTSWAIN_SERIES_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/str.h"
#include "core/series/bits.h"

struct unpack {
	const uint8_t *at;
	size_t left;
	bool is_bad;
};

static inline void pack_u32(struct str *to, uint32_t value)
{
	const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
		(uint8_t)(value >> 24)};
	str_add(to, bytes, sizeof(bytes));
}

static inline void pack_u64(struct str *to, uint64_t value)
{
	pack_u32(to, (uint32_t)value);
	pack_u32(to, (uint32_t)(value >> 32));
}

static inline void pack_short(struct str *to, uint64_t value)
{
	uint8_t bytes[10];
	size_t length = 0;
	for (; value >= 0x80; value >>= 7)
		bytes[length++] = (uint8_t)(value | 0x80);
	bytes[length++] = (uint8_t)value;
	str_add(to, bytes, length);
}

/* A number with a sign. */
static inline void pack_signed(struct str *to, int64_t value)
{
	pack_short(to, zigzag(value));
}

static inline const uint8_t *unpack_bytes(struct unpack *from, size_t length)
{
	const uint8_t *bytes = from->at;
	if (from->is_bad || length > from->left) {
		from->is_bad = true;
		return NULL;
	}
	from->at += length;
	from->left -= length;
	return bytes;
}

static inline uint32_t unpack_u32(struct unpack *from)
{
	const uint8_t *bytes = unpack_bytes(from, 4);
	return bytes ? bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
			       (uint32_t)bytes[3] << 24
		     : 0;
}

static inline uint64_t unpack_u64(struct unpack *from)
{
	uint64_t low = unpack_u32(from);
	return low | (uint64_t)unpack_u32(from) << 32;
}

static inline uint64_t unpack_short(struct unpack *from)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		const uint8_t *byte = unpack_bytes(from, 1);
		if (!byte || (shift == 63 && *byte > 1))
			break;
		value |= (uint64_t)(*byte & 0x7f) << shift;
		if (*byte < 0x80)
			return value;
	}
	from->is_bad = true;
	return 0;
}

static inline int64_t unpack_signed(struct unpack *from)
{
	return zagzig(unpack_short(from));
}

#endif
