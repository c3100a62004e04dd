/* SPDX-License-Identifier: MIT */
/*
 * Looking for a byte among others, eight at a time: for the short stretches (a key, a word) for which
 * a call of memchr() costs more than it finds, and for two bytes at once. Pure; any thread.
 */
#ifndef BOTSWAIN_BASE_SCAN_H
#define BOTSWAIN_BASE_SCAN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SCAN_ONES  UINT64_C(0x0101010101010101)
#define SCAN_HIGHS UINT64_C(0x8080808080808080)

/* The high bit of each byte of `word` that is zero; above the lowest one there may be others that are not. */
static inline uint64_t scan_zeros(uint64_t word)
{
	return (word - SCAN_ONES) & ~word & SCAN_HIGHS;
}

/* The first `length` of the eight bytes at `text`, zeros behind them; the first byte is the lowest. */
static inline uint64_t scan_first(const char *text, size_t length)
{
	uint64_t word;
	memcpy(&word, text, sizeof(word));
	word = le64toh(word);
	return length < sizeof(word) ? word & ((UINT64_C(1) << 8 * length) - 1) : word;
}

/* The place of the first `a` or `b` in `text` from `at` on; `length` when there is none. */
static inline size_t scan_for(const char *text, size_t length, size_t at, char a, char b)
{
	const uint64_t all_a = SCAN_ONES * (unsigned char)a, all_b = SCAN_ONES * (unsigned char)b;
	for (; at + sizeof(uint64_t) <= length; at += sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, text + at, sizeof(word));
		word = le64toh(word);
		uint64_t found = scan_zeros(word ^ all_a) | scan_zeros(word ^ all_b);
		if (found)
			return at + (size_t)__builtin_ctzll(found) / 8;
	}
	while (at < length && text[at] != a && text[at] != b)
		at++;
	return at;
}

#endif
