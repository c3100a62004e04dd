/* SPDX-License-Identifier: MIT */
/*
 * Where a line ends, and whether it holds one of the two bytes (ESC, backslash) without which nothing in it is hidden: one
 * look at each byte, 32 at a time where the processor can. Constant once made; any thread.
 */
#ifndef BOTSWAIN_BASE_LINE_END_H
#define BOTSWAIN_BASE_LINE_END_H

#include <stdbool.h>
#include <stddef.h>

struct line_end {
	size_t (*find)(const char *text, size_t length, bool *ret_is_odd);
};

void line_end_init(struct line_end *end);

/* The place of the first newline; `length`: there is none. `ret_is_odd`: one of the two stands before it. */
static inline size_t line_end_find(
	const struct line_end *end, const char *text, size_t length, bool *ret_is_odd)
{
	return end->find(text, length, ret_is_odd);
}

#endif
