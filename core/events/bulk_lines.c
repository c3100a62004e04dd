/* SPDX-License-Identifier: MIT */
#include "core/events/bulk_lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"

enum { READ_BYTES = 256 << 10, ROOM = READ_BYTES + LIMIT_LOG_STORED_BYTES };

struct bulk_lines {
	int fd, errnum;
	uint64_t to;
	uint64_t base;       /* of the buffer in the file */
	size_t start, count; /* of what is in it: where the next line begins, where it ends */
	struct line_end end;
	struct line_source
		*single; /* of a line that is not whole in the buffer; it was given last */
	char buffer[ROOM];
};

/* Moves what is left to the front and reads more; false: there is none, or no room for it. */
static bool fill(struct bulk_lines *lines)
{
	size_t left = lines->count - lines->start;
	if (left > LIMIT_LOG_STORED_BYTES)
		return false;
	memmove(lines->buffer, lines->buffer + lines->start, left);
	lines->base += lines->start;
	lines->start = 0;
	lines->count = left;
	ssize_t length =
		read_at(lines->fd, lines->buffer + left, READ_BYTES, (off_t)(lines->base + left));
	lines->count += length > 0 ? (size_t)length : 0;
	return length > 0; /* an error is found again by the line_source */
}

/* Goes on at `offset`, of which nothing is in the buffer. */
static void go_on_at(struct bulk_lines *lines, uint64_t offset)
{
	lines->base = offset;
	lines->start = lines->count = 0;
}

static void end_single(struct bulk_lines *lines)
{
	lines->errnum = line_source_errno(lines->single);
	line_source_free(lines->single);
	lines->single = NULL;
}

/* Goes on where the line_source ended. */
static void leave_single(struct bulk_lines *lines)
{
	if (!lines->single)
		return;
	go_on_at(lines, line_source_offset(lines->single));
	end_single(lines);
}

/* Behind the first newline from the byte before `from` on, however far that is. */
static void find_first(struct bulk_lines *lines, uint64_t from)
{
	go_on_at(lines, from - 1);
	bool is_read = fill(lines);
	const char *newline = is_read ? memchr(lines->buffer, '\n', lines->count) : NULL;
	if (newline) {
		lines->start = (size_t)(newline - lines->buffer) + 1;
		return;
	}
	lines->single = line_source_new(lines->fd, from, lines->to);
	leave_single(lines);
}

struct bulk_lines *bulk_lines_new(int fd, uint64_t from, uint64_t to)
{
	struct bulk_lines *lines = xmalloc(sizeof(*lines));
	lines->fd = fd;
	lines->errnum = 0;
	lines->to = to;
	lines->single = NULL;
	line_end_init(&lines->end);
	go_on_at(lines, from);
	if (from)
		find_first(lines, from);
	return lines;
}

void bulk_lines_free(struct bulk_lines *lines)
{
	if (lines)
		line_source_free(lines->single);
	free(lines);
}

bool bulk_line_at(const struct line_end *end, const char *text, size_t length, uint64_t offset,
	struct bulk_line *ret_line)
{
	bool is_odd;
	size_t size = line_end_find(end, text, length, &is_odd);
	if (size == length)
		return false;
	bool is_cut = size > LIMIT_LOG_STORED_BYTES, has_cr = size && text[size - 1] == '\r';
	size_t kept = is_cut ? LIMIT_LOG_STORED_BYTES : size - has_cr;
	if (is_cut)
		(void)line_end_find(end, text, kept, &is_odd);
	ret_line->raw = (struct raw_line){text, kept, offset, is_cut};
	ret_line->is_odd = is_odd;
	ret_line->size = size + 1;
	return true;
}

/* One that the file ends in, or that is longer than what is kept. */
static bool next_single(struct bulk_lines *lines, struct bulk_line *ret_line)
{
	uint64_t offset = lines->base + lines->start;
	lines->single = line_source_new(lines->fd, offset, offset + 1);
	if (!line_source_next(lines->single, &ret_line->raw)) {
		end_single(lines);
		return false;
	}
	(void)line_end_find(
		&lines->end, ret_line->raw.text, ret_line->raw.length, &ret_line->is_odd);
	return true;
}

bool bulk_lines_next(struct bulk_lines *lines, struct bulk_line *ret_line)
{
	leave_single(lines);
	if (lines->errnum)
		return false;
	do {
		uint64_t offset = lines->base + lines->start;
		if (offset >= lines->to)
			return false;
		if (bulk_line_at(&lines->end, lines->buffer + lines->start,
			    lines->count - lines->start, offset, ret_line)) {
			lines->start += ret_line->size;
			return true;
		}
	} while (fill(lines));
	return next_single(lines, ret_line);
}

uint64_t bulk_lines_offset(struct bulk_lines *lines)
{
	leave_single(lines);
	return lines->base + lines->start;
}

int bulk_lines_errno(const struct bulk_lines *lines)
{
	return lines->errnum;
}
