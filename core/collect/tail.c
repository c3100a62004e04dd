/* SPDX-License-Identifier: MIT */
#include "core/collect/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

enum { READ_BYTES = 64 << 10 };

void tail_init(struct tail *tail, const char *path, tail_line *line, void *context)
{
	*tail = (struct tail){.path = xstrdup(path), .line = line, .context = context};
	tail->now.fd = tail->old.fd = -1;
	str_init(&tail->now.partial);
	str_init(&tail->old.partial);
}

static void close_file(struct tail_file *file)
{
	autoclose_release(&file->fd);
	str_release(&file->partial);
	*file = (struct tail_file){.fd = -1};
	str_init(&file->partial);
}

void tail_release(struct tail *tail)
{
	close_file(&tail->now);
	close_file(&tail->old);
	free(tail->path);
}

/* ---- lines ---- */

static void give_partial(struct tail *tail, struct tail_file *file, bool is_cut)
{
	if (file->partial.length)
		tail->line(tail->context, file->partial.text, file->partial.length, is_cut);
	str_clear(&file->partial);
}

static void give_line(struct tail *tail, const char *line, size_t length)
{
	if (length && line[length - 1] == '\r')
		length--;
	tail->line(tail->context, line, length, false);
}

static void end_line(struct tail *tail, struct tail_file *file, const char *bytes, size_t length)
{
	if (file->is_skipping) {
		file->is_skipping = false;
	} else if (file->partial.length) {
		str_add(&file->partial, bytes, length);
		give_line(tail, file->partial.text, file->partial.length);
		str_clear(&file->partial);
	} else {
		give_line(tail, bytes, length);
	}
}

static void keep_partial(
	struct tail *tail, struct tail_file *file, const char *bytes, size_t length, int64_t now_ms)
{
	if (!length || file->is_skipping)
		return;
	str_add(&file->partial, bytes, length);
	file->partial_ms = now_ms;
	if (file->partial.length <= LIMIT_LOG_STORED_BYTES)
		return;
	give_partial(tail, file, true);
	file->is_skipping = true;
}

static void split(
	struct tail *tail, struct tail_file *file, const char *bytes, size_t length, int64_t now_ms)
{
	const char *end = bytes + length;
	for (const char *newline; (newline = memchr(bytes, '\n', (size_t)(end - bytes)));
		bytes = newline + 1)
		end_line(tail, file, bytes, (size_t)(newline - bytes));
	keep_partial(tail, file, bytes, (size_t)(end - bytes), now_ms);
}

/* ---- files ---- */

static bool cannot_read(const struct tail *tail, int errnum, struct err *err)
{
	err_errno(err, errnum, "cannot read '%s'", tail->path);
	if (err && errnum == EACCES)
		err->code = ERR_DENIED;
	return false;
}

static bool open_file(struct tail *tail, const struct stat *status, bool is_start, struct err *err)
{
	struct tail_file *file = &tail->now;
	/* Non-blocking for what turned into a FIFO since it was looked at. */
	file->fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0)
		return cannot_read(tail, errno, err);
	file->device = status->st_dev;
	file->inode = status->st_ino;
	if (is_start && status->st_size > TAIL_FIRST_BYTES) {
		/* One byte more: if that one ends a line, the first line is whole. */
		file->offset = status->st_size - TAIL_FIRST_BYTES - 1;
		file->is_skipping = true;
	}
	return true;
}

static void rotate(struct tail *tail, int64_t now_ms)
{
	struct tail_file old = tail->old;
	tail->old = tail->now;
	tail->now = old;
	give_partial(tail, &tail->now, true);
	close_file(&tail->now);
	tail->old_until_ms = now_ms + TAIL_OLD_MS;
}

static void start_over(struct tail *tail, struct tail_file *file)
{
	give_partial(tail, file, true);
	file->offset = 0;
	file->head_length = 0;
	file->is_skipping = false;
}

/* Shorter than what was read, or it begins with something else: it was emptied and written anew. */
static bool was_rewritten(struct tail_file *file, off_t size)
{
	char head[TAIL_HEAD_BYTES];
	if (size < file->offset)
		return true;
	if (!file->head_length)
		return false;
	ssize_t length = pread(file->fd, head, file->head_length, 0);
	return length != (ssize_t)file->head_length ||
	       memcmp(head, file->head, file->head_length) != 0;
}

static void remember_head(struct tail_file *file)
{
	if (file->head_length == sizeof(file->head) || !file->offset)
		return;
	size_t wanted = sizeof(file->head);
	if (file->offset < (off_t)wanted)
		wanted = (size_t)file->offset;
	ssize_t length = pread(file->fd, file->head, wanted, 0);
	file->head_length = length > 0 ? (size_t)length : 0;
}

bool tail_look(struct tail *tail, int64_t now_ms, bool is_start, struct err *err)
{
	struct stat status;
	if (stat(tail->path, &status) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return true;
		return cannot_read(tail, errno, err);
	}
	if (!S_ISREG(status.st_mode))
		return true;
	bool is_same = tail->now.fd >= 0 && tail->now.device == status.st_dev &&
		       tail->now.inode == status.st_ino;
	if (is_same && was_rewritten(&tail->now, status.st_size))
		start_over(tail, &tail->now);
	if (is_same)
		return true;
	if (tail->now.fd >= 0)
		rotate(tail, now_ms);
	return open_file(tail, &status, is_start, err);
}

static bool read_file(struct tail *tail, struct tail_file *file, int64_t now_ms, size_t *budget)
{
	char bytes[READ_BYTES];
	struct stat status;
	if (file->fd < 0)
		return false;
	if (fstat(file->fd, &status) == 0 && was_rewritten(file, status.st_size))
		start_over(tail, file);
	while (*budget) {
		size_t wanted = *budget < sizeof(bytes) ? *budget : sizeof(bytes);
		ssize_t length = pread(file->fd, bytes, wanted, file->offset);
		if (length <= 0)
			break;
		file->offset += length;
		*budget -= (size_t)length;
		split(tail, file, bytes, (size_t)length, now_ms);
	}
	remember_head(file);
	return *budget == 0;
}

static void give_late_partial(struct tail *tail, struct tail_file *file, int64_t now_ms)
{
	if (file->partial.length && now_ms - file->partial_ms >= TAIL_PARTIAL_MS)
		give_partial(tail, file, true);
}

bool tail_read(struct tail *tail, int64_t now_ms, size_t budget)
{
	bool has_more = read_file(tail, &tail->old, now_ms, &budget);
	if (!has_more && tail->old.fd >= 0 && now_ms >= tail->old_until_ms) {
		give_partial(tail, &tail->old, true);
		close_file(&tail->old);
	}
	has_more = has_more || read_file(tail, &tail->now, now_ms, &budget);
	give_late_partial(tail, &tail->old, now_ms);
	give_late_partial(tail, &tail->now, now_ms);
	return has_more;
}

int64_t tail_due_ms(const struct tail *tail)
{
	int64_t due_ms = INT64_MAX;
	if (tail->now.partial.length)
		due_ms = tail->now.partial_ms + TAIL_PARTIAL_MS;
	if (tail->old.partial.length && tail->old.partial_ms + TAIL_PARTIAL_MS < due_ms)
		due_ms = tail->old.partial_ms + TAIL_PARTIAL_MS;
	return due_ms;
}
