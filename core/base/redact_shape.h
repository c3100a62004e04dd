/* SPDX-License-Identifier: MIT */
/* The shapes of secrets that nobody told us about; used by redact.c alone. Pure. */
#ifndef BOTSWAIN_BASE_REDACT_SHAPE_H
#define BOTSWAIN_BASE_REDACT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	size_t start, end; /* bytes [start, end) to replace; start > the trigger */
};

/* Bits of the letters that stand before a second one (a is 1) at the end of a key of redact_shape.c. */
#define SECOND(letter) (1u << ((letter)&31))
static const uint32_t redact_key_ends[32] = {['r' & 31] = SECOND('d'),
	['w' & 31] = SECOND('d'),
	['s' & 31] = SECOND('e') | SECOND('s') | SECOND('h'),
	['t' & 31] = SECOND('h'),
	['o' & 31] = SECOND('n'),
	['e' & 31] = SECOND('t') | SECOND('n') | SECOND('y'),
	['n' & 31] = SECOND('g'),
	['i' & 31] = SECOND('e')};
#undef SECOND

/* Whether a key may end with these two letters: most words are told apart by them. */
static inline bool redact_may_end_key(const char *two)
{
	return redact_key_ends[two[0] & 31] >> (two[1] & 31) & 1;
}

/* The words that a key may end with, in small letters; NULL behind the last. */
const char *redact_key_word(size_t index);

/* False: redact_shape() finds nothing at this place. */
static inline bool redact_is_trigger(const char *bytes, size_t at)
{
	char byte = bytes[at], before = at ? bytes[at - 1] : '\0';
	if (byte == '=' && at > 2 && before > '\\') /* a letter, and no blank or quote */
		return redact_may_end_key(bytes + at - 2);
	return byte == ':' || byte == '=' || byte == '%' || (byte | 0x20) == 'b';
}

struct shape_text {
	const char *bytes;
	size_t length;
	bool is_cut;      /* at its end */
	size_t last_word; /* of a cut text: redact_last_word() */
};

/* Where the last word of a text begins, as words of URLs go; its length if it ends with a blank. */
size_t redact_last_word(const char *bytes, size_t length);

/* Whether the byte at `at` announces a secret; where it lies. `is_inside`: the byte is part of a
 * value already found, so that keys no longer count (and text full of them costs no more than it is
 * long). */
bool redact_shape(const struct shape_text *text, size_t at, bool is_inside, struct span *ret_span);

#endif
