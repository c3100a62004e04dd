/* SPDX-License-Identifier: MIT */
/*
 * The lines of a part of a file, in order, read where they lie: those that begin in [from, to). A line may
 * end behind `to`; of one that is longer than LIMIT_LOG_STORED_BYTES only the start is given. Memory is one
 * buffer, whatever the file holds. Of one thread; the descriptor may be shared (pread).
 */
#ifndef BOTSWAIN_EVENTS_LINE_SOURCE_H
#define BOTSWAIN_EVENTS_LINE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct line_source;

struct raw_line {
	const char *
		text; /* without its end, LF or CR LF; valid until the next call of anything here */
	size_t length;
	uint64_t offset;
	bool is_cut; /* it is longer */
};

/* Borrows the descriptor. A `from` inside a line begins at the next one, unless it is 0 or follows a newline. */
struct line_source *line_source_new(int fd, uint64_t from, uint64_t to) MUST_CHECK;
void line_source_free(struct line_source *source); /* NULL is legal */
/* False: no line begins any more, or the file cannot be read (line_source_errno). */
bool line_source_next(struct line_source *source, struct raw_line *ret_line);
/* Where the line after the last one begins, or would. */
uint64_t line_source_offset(struct line_source *source);
/* The file ends in the last line: there is no newline behind it, yet. */
bool line_source_is_open(struct line_source *source);
int line_source_errno(const struct line_source *source); /* 0: all is well */

#endif
