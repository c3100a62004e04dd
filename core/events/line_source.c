/* SPDX-License-Identifier: MIT */
#include "core/events/line_source.h"

#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/base/mem.h"

enum { READ_BYTES = 256 << 10, ROOM = READ_BYTES + LIMIT_LOG_STORED_BYTES };

struct line_source {
	int fd, errnum;
	bool is_at_end;
	bool is_inside; /* of a line that was given: its end is to be found */
	bool is_open;   /* it has none */
	uint64_t to;
	uint64_t base;       /* of the buffer in the file */
	size_t start, count; /* of what is in it: where the next line begins, where it ends */
	char buffer[ROOM];
};

/* Moves what is left to the front and reads more; false: there is none. */
static bool fill(struct line_source *source)
{
	size_t left = source->count - source->start;
	if (source->is_at_end)
		return false;
	memmove(source->buffer, source->buffer + source->start, left);
	source->base += source->start;
	source->start = 0;
	source->count = left;
	ssize_t length;
	do {
		length = pread(source->fd, source->buffer + left, READ_BYTES,
			(off_t)(source->base + left));
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		source->errnum = errno;
	if (length <= 0)
		source->is_at_end = true;
	else
		source->count += (size_t)length;
	return length > 0;
}

/* To behind the next newline, however far that is; false: the file ends before. */
static bool skip_to_next(struct line_source *source)
{
	do {
		char *from = source->buffer + source->start;
		char *newline = memchr(from, '\n', source->count - source->start);
		source->start = newline ? (size_t)(newline - source->buffer) + 1 : source->count;
		if (newline)
			return true;
	} while (fill(source));
	return false;
}

struct line_source *line_source_new(int fd, uint64_t from, uint64_t to)
{
	struct line_source *source = xmalloc(sizeof(*source));
	source->fd = fd;
	source->errnum = 0;
	source->is_at_end = source->is_inside = source->is_open = false;
	source->to = to;
	source->base = from ? from - 1 : 0;
	source->start = source->count = 0;
	if (from)
		(void)skip_to_next(
			source); /* of the byte before: a newline, or a line that began earlier */
	return source;
}

void line_source_free(struct line_source *source)
{
	free(source);
}

/* The end of the line at `start`, if it is in reach; NULL: it is longer than what is kept, or the file ends in it. */
static const char *find_end(struct line_source *source)
{
	for (size_t seen = 0;;) {
		size_t have = source->count - source->start;
		const char *line = source->buffer + source->start;
		const char *newline = memchr(line + seen, '\n', have - seen);
		if (newline || have > LIMIT_LOG_STORED_BYTES || !fill(source))
			return newline;
		seen = have;
	}
}

/* Goes on behind the line that was given last. */
static void leave_line(struct line_source *source)
{
	if (!source->is_inside)
		return;
	source->is_inside = false;
	source->is_open = !skip_to_next(source);
}

bool line_source_next(struct line_source *source, struct raw_line *ret_line)
{
	leave_line(source);
	uint64_t offset = source->base + source->start;
	if (offset >= source->to || (source->start == source->count && !fill(source)))
		return false;
	const char *newline = find_end(source);
	const char *text = source->buffer + source->start;
	size_t length = newline ? (size_t)(newline - text) : source->count - source->start;
	bool is_cut = length > LIMIT_LOG_STORED_BYTES;
	bool has_cr = newline && length && text[length - 1] == '\r';
	*ret_line = (struct raw_line){.text = text,
		.length = is_cut ? LIMIT_LOG_STORED_BYTES : length - has_cr,
		.offset = offset,
		.is_cut = is_cut};
	source->start += length + (newline ? 1 : 0);
	source->is_inside = !newline;
	return true;
}

uint64_t line_source_offset(struct line_source *source)
{
	leave_line(source);
	return source->base + source->start;
}

bool line_source_is_open(struct line_source *source)
{
	leave_line(source);
	return source->is_open;
}

int line_source_errno(const struct line_source *source)
{
	return source->errnum;
}
