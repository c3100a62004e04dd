/* SPDX-License-Identifier: MIT */
#include "core/series/value_code.h"

#include <math.h>

enum { SIZES = 4, ZEROES_MAX = 31, INT_HEAD_BITS = 4, NEW_HEAD_BITS = 14, OLD_HEAD_BITS = 3 };

static const uint8_t delta_bits[SIZES] = {4, 8, 14, 33};
static const double whole_max = 9007199254740992.0; /* 2^53: up to here each whole number is one */

/* -0 is not: it would come back as +0. */
static bool whole(uint64_t bits, int64_t *ret)
{
	double value = value_of(bits);
	if (!(fabs(value) <= whole_max))
		return false;
	*ret = (int64_t)value;
	return value_bits((double)*ret) == bits;
}

/* The size that holds the difference of the two; SIZES: none does. */
static unsigned whole_size(uint64_t before, uint64_t now, uint64_t *ret_zigzag)
{
	int64_t from, to;
	if (!whole(before, &from) || !whole(now, &to))
		return SIZES;
	*ret_zigzag = zigzag(to - from);
	unsigned size = 0;
	while (size < SIZES && *ret_zigzag >> delta_bits[size])
		size++;
	return size;
}

static void put_difference(
	struct value_code *code, struct bit_writer *writer, uint64_t difference, bool is_new)
{
	if (is_new) {
		unsigned zeroes = (unsigned)__builtin_clzll(difference);
		code->zeroes = (uint8_t)(zeroes < ZEROES_MAX ? zeroes : ZEROES_MAX);
		code->width = (uint8_t)(64 - code->zeroes - __builtin_ctzll(difference));
		bits_put(writer, 7, 3);
		bits_put(writer, code->zeroes, 5);
		bits_put(writer, code->width - 1U, 6);
	} else {
		bits_put(writer, 6, 3);
	}
	bits_put(writer, difference >> (64 - code->zeroes - code->width), code->width);
}

/* Bits that the window takes; 0: it does not hold it. */
static unsigned old_cost(const struct value_code *code, uint64_t difference)
{
	if (code->width == 0 || __builtin_clzll(difference) < code->zeroes ||
		__builtin_ctzll(difference) < 64 - code->zeroes - code->width)
		return 0;
	return OLD_HEAD_BITS + code->width;
}

static unsigned new_cost(uint64_t difference)
{
	int zeroes = __builtin_clzll(difference);
	return NEW_HEAD_BITS + 64 - (unsigned)(zeroes < ZEROES_MAX ? zeroes : ZEROES_MAX) -
	       (unsigned)__builtin_ctzll(difference);
}

void value_code_put(struct value_code *code, struct bit_writer *writer, uint64_t bits)
{
	uint64_t difference = code->bits ^ bits, delta = 0;
	if (!difference) {
		bits_put(writer, 0, 1);
		return;
	}
	unsigned size = whole_size(code->bits, bits, &delta);
	unsigned old = old_cost(code, difference), fresh = new_cost(difference);
	bool is_new = old == 0 || fresh < old;
	code->bits = bits;
	if (size < SIZES && INT_HEAD_BITS + (unsigned)delta_bits[size] <= (is_new ? fresh : old)) {
		bits_put(writer, 8 | size, INT_HEAD_BITS);
		bits_put(writer, delta, delta_bits[size]);
	} else {
		put_difference(code, writer, difference, is_new);
	}
}

/* `raw`: its next bits. */
static bool get_whole(struct value_code *code, struct bit_reader *reader, uint64_t raw)
{
	int64_t from;
	unsigned bits = delta_bits[raw >> 60 & 3];
	uint64_t delta = raw << INT_HEAD_BITS >> (64 - bits);
	if (!bits_pass(reader, INT_HEAD_BITS + bits) || !whole(code->bits, &from))
		return false;
	double value = (double)(from + zagzig(delta));
	code->bits = value_bits(value);
	return fabs(value) <= whole_max;
}

static bool get_difference(struct value_code *code, struct bit_reader *reader)
{
	uint64_t difference;
	if (code->width == 0 || !bits_get(reader, code->width, &difference))
		return false;
	code->bits ^= difference << (64 - code->zeroes - code->width);
	return true;
}

bool value_code_get(struct value_code *code, struct bit_reader *reader)
{
	uint64_t raw = bits_peek(reader);
	if (raw >> 63 == 0)
		return bits_pass(reader, 1);
	if (raw >> 62 == 2)
		return get_whole(code, reader, raw);
	if (raw >> 61 == 6)
		return bits_pass(reader, OLD_HEAD_BITS) && get_difference(code, reader);
	unsigned zeroes = (unsigned)(raw >> 56 & 31), width = (unsigned)(raw >> 50 & 63) + 1;
	if (zeroes + width > 64 || !bits_pass(reader, NEW_HEAD_BITS))
		return false;
	code->zeroes = (uint8_t)zeroes;
	code->width = (uint8_t)width;
	return get_difference(code, reader);
}
