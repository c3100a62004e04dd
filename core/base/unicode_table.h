/* SPDX-License-Identifier: MIT */
/*
 * The pinned Unicode data behind width.c and sanitize.c; nobody else includes this. Ranges are
 * sorted and do not overlap; what is in no range is a plain one-cell character. Written by
 * unicode.pl.
 */
#ifndef BOTSWAIN_BASE_UNICODE_TABLE_H
#define BOTSWAIN_BASE_UNICODE_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum unicode_class {
	UNICODE_NARROW,
	UNICODE_WIDE,
	UNICODE_MARK,   /* no cell of its own: combining marks, Hangul vowels and finals */
	UNICODE_HIDDEN, /* never drawn as itself: controls, format, bidi, selectors, private,
			   unassigned */
};

struct unicode_range {
	uint32_t first, last;
	enum unicode_class class;
};

extern const struct unicode_range unicode_classes[];
extern const size_t unicode_classes_count;
extern const struct unicode_range unicode_pictographs[];
extern const size_t unicode_pictographs_count;

#endif
