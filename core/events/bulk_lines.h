/* SPDX-License-Identifier: MIT */
/*
 * The lines of a part of a file as line_source.h gives them, in the same order and cut alike, for who reads all of them:
 * one look at each byte finds the end of a line and what may be hidden in it. What does not lie whole in the buffer is left to
 * a line_source. Of one thread; the descriptor may be shared (pread).
 */
#ifndef BOTSWAIN_EVENTS_BULK_LINES_H
#define BOTSWAIN_EVENTS_BULK_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/line_end.h"
#include "core/events/line_source.h"

struct bulk_lines;

struct bulk_line {
	struct raw_line raw;
	size_t size; /* of all of it and its end; of a single one unknown */
	bool is_odd; /* what is kept of it holds ESC or a backslash */
};

/* The line that begins at `text`, in what ends `length` bytes behind it. False: it does not end there. */
bool bulk_line_at(const struct line_end *end, const char *text, size_t length, uint64_t offset,
	struct bulk_line *ret_line);

struct bulk_lines *bulk_lines_new(int fd, uint64_t from, uint64_t to) MUST_CHECK;
void bulk_lines_free(struct bulk_lines *lines); /* NULL is legal */
/* False: no line begins any more, or the file cannot be read (bulk_lines_errno). */
bool bulk_lines_next(struct bulk_lines *lines, struct bulk_line *ret_line);
/* Where the line after the last one begins, or would. */
uint64_t bulk_lines_offset(struct bulk_lines *lines);
int bulk_lines_errno(const struct bulk_lines *lines); /* 0: all is well */

#endif
