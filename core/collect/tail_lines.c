/* SPDX-License-Identifier: MIT */
#include "core/collect/tail_lines.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/collect/tail.h"
#include "core/events/open_file.h"

/* NULL: there is no descriptor for it. */
struct open_file *tail_open_of(struct tail_file *file)
{
	int own = file->open ? -1 : fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	if (own >= 0)
		file->open = open_file_new(own);
	if (file->open)
		file->open->is_nameless = file->is_nameless;
	return file->open;
}

/* Where the last line ends that begins before `to`, if that is near. */
static off_t last_end(int fd, off_t from, off_t to)
{
	char bytes[TAIL_READ_BYTES];
	off_t start = to - from > TAIL_READ_BYTES ? to - TAIL_READ_BYTES : from;
	ssize_t length = pread(fd, bytes, (size_t)(to - start), start);
	const char *newline = length > 0 ? memrchr(bytes, '\n', (size_t)length) : NULL;
	return newline ? start + (newline - bytes) + 1 : from;
}

static off_t end_of(const struct tail_file *file, off_t size)
{
	return file->end >= 0 && file->end < size ? file->end : size;
}

bool tail_take_in_place(struct tail *tail, struct tail_file *file, off_t size)
{
	off_t from = file->offset - (off_t)file->lines.partial.length, end = end_of(file, size);
	bool is_line = !file->lines.is_skipping && from >= file->back_end;
	if (!tail->in_place || !is_line || end - from < TAIL_IN_PLACE_BYTES)
		return false;
	off_t to = last_end(
		file->fd, from, end - from > TAIL_IN_PLACE_MOST ? from + TAIL_IN_PLACE_MOST : end);
	if (to <= file->offset || !tail_open_of(file) ||
		!tail->in_place(tail->context, file->open, (uint64_t)from, (uint64_t)to))
		return false;
	str_clear(&file->lines.partial);
	tail->bytes += (uint64_t)(to - file->offset);
	file->offset = to;
	tail->is_behind = end - to >= TAIL_IN_PLACE_BYTES;
	return true;
}

/* Its bytes are gone. */
void tail_forget_in_place(struct tail_file *file)
{
	if (file->open)
		atomic_store(&file->open->is_over, true);
	open_file_unref(file->open);
	file->open = NULL;
}

/* The lines that lie in it lie in the copy too, at the same places. */
void tail_move_in_place(struct tail_file *file, struct tail_file *copy)
{
	if (!file->open)
		return;
	bool is_moved = open_file_move(file->open, copy->fd);
	if (is_moved) {
		copy->open = file->open;
		file->open = NULL;
	} else {
		tail_forget_in_place(file);
	}
}
