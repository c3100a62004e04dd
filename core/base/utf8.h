/* SPDX-License-Identifier: MIT */
/*
 * Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. An ill-formed sequence is
 * taken one maximal subpart at a time (Unicode 3.9, table 3-8), each of which reads as U+FFFD.
 * Pure; any thread.
 */
#ifndef BOTSWAIN_BASE_UTF8_H
#define BOTSWAIN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT UINT32_C(0xfffd)
#define UTF8_MAX_BYTES   4

struct utf8_char {
	uint32_t code; /* UTF8_REPLACEMENT when not valid */
	unsigned size; /* bytes taken, 1..4; 0 only for length 0 */
	bool valid;
};

/* The code point at the start of `bytes`. */
struct utf8_char utf8_next(const char *bytes, size_t length);

/* Writes `code` and returns its size; what is not a scalar value is written as U+FFFD. Not
 * terminated. */
unsigned utf8_encode(uint32_t code, char ret_bytes[UTF8_MAX_BYTES]);

/* True when every byte belongs to a well-formed sequence. */
bool utf8_valid(const char *bytes, size_t length);

/* The longest prefix of at most `limit` bytes that does not cut a well-formed sequence. */
size_t utf8_cut(const char *bytes, size_t length, size_t limit);

#endif
