/* SPDX-License-Identifier: MIT */
/*
 * How many cells text takes on a terminal. The table is ours and pinned (Unicode 14, as the C
 * library under ncurses on Debian 12), so the same text has the same width on every machine and in
 * every test. East Asian ambiguous is narrow. Pure; any thread.
 *
 * A cluster is what moves and is cut as one: a base, its combining marks, and emoji joined to it.
 * Text that went through sanitize() holds only clusters of one spacing code point and at most four
 * marks, which is what a curses cell can hold; only other text meets the longer emoji forms.
 */
#ifndef BOTSWAIN_BASE_WIDTH_H
#define BOTSWAIN_BASE_WIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster {
	size_t size;    /* bytes; 0 only at the end of the text */
	unsigned cells; /* 0, 1 or 2; invalid bytes count as one U+FFFD, one cell */
};

/* 0 (mark, control, format), 1 or 2. */
unsigned code_width(uint32_t code);
/* Combining marks and conjoining Hangul: no cell of their own. */
bool code_is_mark(uint32_t code);
/* Controls, format and bidi characters, selectors, private use, noncharacters, unassigned: never
 * drawn as is. */
bool code_is_hidden(uint32_t code);
/* Extended_Pictographic: what ZWJ may join. */
bool code_is_pictograph(uint32_t code);

/* The cluster at the start of `text`. A ZWJ sequence, a skin tone or VS16 makes one cluster of two
 * cells. */
struct cluster text_cluster(const char *text, size_t length);
/* The cluster that ends at byte `end` (for moving back); `text` is read from its start. */
struct cluster text_cluster_before(const char *text, size_t end);

/* Cells of the whole text. */
size_t text_width(const char *text, size_t length);
/* Bytes of the longest prefix of whole clusters that fits in `cells`; its true width in `ret_cells`
 * (may be NULL). Trailing marks of the last cluster come along. */
size_t text_clip(const char *text, size_t length, size_t cells, size_t *ret_cells);

#endif
