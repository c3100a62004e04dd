/* SPDX-License-Identifier: MIT */
/* The shapes of secrets that nobody told us about; used by redact.c alone. Pure. */
#ifndef BOTSWAIN_BASE_REDACT_SHAPE_H
#define BOTSWAIN_BASE_REDACT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	size_t start, end; /* bytes [start, end) to replace; start > the trigger */
};

/* True for the bytes at which redact_shape() may find something. */
static inline bool redact_is_trigger(unsigned char byte)
{
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
