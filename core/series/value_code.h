/* SPDX-License-Identifier: MIT */
/*
 * Values as bits that tell how each differs from the one before: nothing for the same, a few bits for a whole number that is
 * near (counters), or what the exclusive or of the two leaves between its zeroes (gauges; "Gorilla", VLDB 2015). Every bit
 * of a value comes back, those of NaNs among them. Pure.
 *
 *   0                       the same
 *   10  size:2 delta        both are whole: zigzag, of 4, 8, 14 or 33 bits
 *   110 bits                the exclusive or, in the window that was used last
 *   111 zeroes:5 width-1:6 bits   in a new window: so many zeroes before it
 */
#ifndef BOTSWAIN_SERIES_VALUE_CODE_H
#define BOTSWAIN_SERIES_VALUE_CODE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "core/base/attr.h"
#include "core/series/bits.h"

enum { VALUE_CODE_BITS_MAX = 3 + 11 + 64 };

static inline uint64_t value_bits(double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline double value_of(uint64_t bits)
{
	double value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Zeroed: before the first value, which is told as one that differs from +0. */
struct value_code {
	uint64_t bits;         /* of the value before */
	uint8_t zeroes, width; /* the window; width 0: none */
};

void value_code_put(struct value_code *code, struct bit_writer *writer, uint64_t bits);
/* Sets code->bits. False: no writer wrote this. */
MUST_CHECK bool value_code_get(struct value_code *code, struct bit_reader *reader);

#endif
