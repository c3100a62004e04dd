/* SPDX-License-Identifier: MIT */
#include "core/collect/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/read_at.h"
#include "core/events/open_file.h"
#include "core/collect/private_tmp.h"
#include "core/collect/read_back.h"
#include "core/collect/rotated.h"
#include "core/collect/tail_lines.h"
#include "core/parse/log_line.h"

static void init_file(struct tail_file *file)
{
	*file = (struct tail_file){.fd = -1, .end = -1};
	splitter_init(&file->lines);
}

void tail_init(
	struct tail *tail, const char *path, splitter_take *line, tail_lost *lost, void *context)
{
	*tail = (struct tail){.path = xstrdup(path),
		.back_ms = LOG_NO_TIME,
		.line = line,
		.lost = lost,
		.context = context};
	init_file(&tail->now);
}

static void close_file(struct tail_file *file)
{
	open_file_unref(file->open);
	autoclose_release(&file->fd);
	splitter_release(&file->lines);
	init_file(file);
}

void tail_release(struct tail *tail)
{
	close_file(&tail->now);
	for (size_t i = 0; i < tail->old_count; i++)
		close_file(&tail->olds[i]);
	free(tail->path);
}

/* ---- files ---- */

static bool cannot_read(const struct tail *tail, int errnum, struct err *err)
{
	err_errno(err, errnum, "cannot read '%s'", tail->path);
	if (err && errnum == EACCES)
		err->code = ERR_DENIED;
	return false;
}

/* A file that is not there yet is no trouble; one that others may see is. */
static bool is_seen(const struct tail *tail, struct err *err)
{
	return !private_tmp_hides(tail->path) ||
	       err_set(err, ERR_DENIED, "cannot see log '%.80s': %s", tail->path, PRIVATE_TMP_STEP);
}

/* Only its last minutes are read. */
static bool begin_back(struct tail_file *file, const struct stat *status, struct read_back *back)
{
	struct read_back_place place = read_back_find(back, file->fd, status->st_size);
	file->offset = place.offset;
	file->lines.is_skipping = place.is_inside;
	file->back_end = status->st_size;
	file->back_ms = (int64_t)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
	return place.is_whole;
}

static bool open_file(struct tail *tail, const struct stat *status, struct err *err)
{
	struct tail_file *file = &tail->now;
	/* Non-blocking for what turned into a FIFO since it was looked at. */
	file->fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0)
		return cannot_read(tail, errno, err);
	file->device = status->st_dev;
	file->inode = status->st_ino;
	file->is_nameless = status->st_nlink == 0;
	return true;
}

/* ---- files of before ---- */

static void remove_old(struct tail *tail, size_t index)
{
	tail->old_count--;
	memmove(&tail->olds[index], &tail->olds[index + 1],
		(tail->old_count - index) * sizeof(struct tail_file));
}

/* What is in it that was not read is lost. */
static void end_old(struct tail *tail, size_t index)
{
	struct tail_file *file = &tail->olds[index];
	struct stat status;
	splitter_give(&file->lines, true, tail->line, tail->context);
	if (fstat(file->fd, &status) == 0 && status.st_size > file->offset)
		tail->lost(tail->context, (uint64_t)(status.st_size - file->offset),
			"it was rotated more often than it could be read");
	close_file(file);
	remove_old(tail, index);
}

static struct tail_file *add_old(struct tail *tail, struct tail_file file, int64_t now_ms)
{
	if (tail->old_count == TAIL_OLDS_MAX)
		end_old(tail, 0);
	struct tail_file *old = &tail->olds[tail->old_count++];
	*old = file;
	old->until_ms = now_ms + TAIL_OLD_MS;
	return old;
}

static bool open_rotated(const struct rotated *found, struct tail_file *ret)
{
	init_file(ret);
	ret->fd = open(found->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	ret->device = found->device;
	ret->inode = found->inode;
	return ret->fd >= 0;
}

static bool is_file(const struct tail_file *file, const struct rotated *found)
{
	return file->fd >= 0 && file->device == found->device && file->inode == found->inode;
}

static bool is_known(const struct tail *tail, const struct rotated *found)
{
	bool is_known = is_file(&tail->now, found);
	for (size_t i = 0; i < tail->old_count; i++)
		is_known |= is_file(&tail->olds[i], found);
	return is_known;
}

/* As long as the new file cannot be opened, each look finds the same ones again. */
static bool was_told(const struct tail *tail, const struct rotated *found)
{
	for (size_t i = 0; i < tail->told_count; i++)
		if (tail->told[i].device == found->device && tail->told[i].inode == found->inode)
			return true;
	return false;
}

static void tell_lost(
	struct tail *tail, const struct rotated *found, uint64_t bytes, const char *why)
{
	if (tail->told_count == TAIL_TOLD_MAX) {
		tail->told_count--; /* the oldest is forgotten */
		memmove(tail->told, tail->told + 1, tail->told_count * sizeof(*tail->told));
	}
	tail->told[tail->told_count++] =
		(struct tail_loss){.device = found->device, .inode = found->inode};
	tail->lost(tail->context, bytes, why);
}

/* A file that came after the last one that we know, and was rotated away before we saw it. */
static void take_between(struct tail *tail, const struct rotated *found, int64_t now_ms)
{
	struct tail_file file;
	if (found->is_packed)
		tell_lost(
			tail, found, 0, "it was rotated twice, and packed before it could be read");
	else if (open_rotated(found, &file))
		add_old(tail, file, now_ms);
	else
		tell_lost(tail, found, (uint64_t)found->bytes,
			"it was rotated twice, and what it was rotated to cannot be read");
}

/* What files in between came after: the last one that we know, or the time when there was none yet. */
static bool find_last(const struct tail *tail, struct rotated *ret)
{
	*ret = (struct rotated){.born_ns = tail->since_ns, .written_ns = tail->since_ns};
	return tail->old_count ? rotated_of(tail->olds[tail->old_count - 1].fd, ret)
			       : tail->since_ns != 0;
}

static void find_between(struct tail *tail, int64_t now_ms)
{
	struct rotated *list, last;
	if (!find_last(tail, &last))
		return;
	bool is_first = !tail->old_count;
	size_t count = rotated_find(tail->path, &list);
	for (size_t i = 0; i < count; i++)
		if (rotated_is_after(&list[i], &last) && !is_known(tail, &list[i]) &&
			!was_told(tail, &list[i]) && (!is_first || list[i].knows_birth))
			take_between(tail, &list[i], now_ms);
	rotated_free(list, count);
}

/* ---- what was there before us ---- */

/* True: all of it is young enough, so the one before it is looked at too. */
static bool open_before(const struct rotated *found, struct read_back *back, struct tail_file *ret)
{
	struct stat status;
	if (!open_rotated(found, ret) || fstat(ret->fd, &status) != 0)
		return false;
	return begin_back(ret, &status, back);
}

/* What is before the part of a file that is read. */
static void tell_older(const struct tail *tail, struct tail_file *file)
{
	if (tail->older && file->fd >= 0 && file->offset > 0 && tail_open_of(file))
		tail->older(tail->context, file->open, (uint64_t)file->offset, file->back_ms);
}

/* A file that it was rotated to, of which nothing is read. */
static void tell_rotated(const struct tail *tail, const struct rotated *found)
{
	struct tail_file file;
	if (!tail->older || found->is_packed || !open_rotated(found, &file))
		return; /* of a packed one the owner was told */
	if (tail_open_of(&file))
		tail->older(tail->context, file.open, (uint64_t)found->bytes,
			found->written_ns / 1000000);
	close_file(&file);
}

/* The files that it was rotated to, from the newest back: those of the last minutes are read, as long as `is_whole`; of those
 * before it is told where they lie. */
static void take_before(struct tail *tail, int64_t now_ms, struct read_back *back, bool is_whole)
{
	struct tail_file files[TAIL_OLDS_MAX - 1];
	struct rotated *list;
	size_t count = rotated_find(tail->path, &list), taken = 0;
	for (size_t i = count; i > 0; i--) {
		const struct rotated *found = &list[i - 1];
		bool is_taken = back->is_taken && back->is_taken(back->context, found->path);
		is_whole = is_whole && found->written_ns / 1000000 >= back->since_ms;
		if (is_taken || is_known(tail, found))
			continue;
		bool is_unpacked =
			found->is_packed && tail->packed &&
			tail->packed(tail->context, found->path, found->written_ns / 1000000);
		is_whole = is_whole && !is_unpacked;
		if (is_whole && (found->is_packed || taken == COUNT_OF(files))) {
			back->left_out = "a part was rotated away and packed, or rotated too often";
			is_whole = false;
		}
		if (!is_whole) {
			tell_rotated(tail, found);
			continue;
		}
		is_whole = open_before(found, back, &files[taken]);
		tell_older(tail, &files[taken]);
		taken += files[taken].fd >= 0;
	}
	while (taken > 0)
		add_old(tail, files[--taken], now_ms);
	rotated_free(list, count);
}

/* A quiet log shows its last lines too, however old they are. */
static void begin_no_later(struct tail_file *file, off_t size, off_t least)
{
	struct read_back_place last = read_back_last_part(size, least);
	if (last.offset >= file->offset)
		return;
	file->offset = last.offset;
	file->lines.is_skipping = last.is_inside;
}

static void read_from_before(
	struct tail *tail, const struct stat *status, int64_t now_ms, struct read_back *back)
{
	bool is_whole = begin_back(&tail->now, status, back);
	bool is_wanted = back->since_ms < back->now_ms;
	if (is_wanted)
		begin_no_later(&tail->now, status->st_size, back->least);
	tell_older(tail, &tail->now);
	take_before(tail, now_ms, back, is_wanted && is_whole);
}

static void tell_news(const struct tail *tail, const char *what)
{
	if (tail->news)
		tail->news(tail->context, what);
}

/* What was at the path is there no longer. */
static void rotate(struct tail *tail, int64_t now_ms)
{
	if (tail->now.fd < 0)
		return;
	add_old(tail, tail->now, now_ms);
	init_file(&tail->now);
}

/* Renamed, and renamed back. */
static bool take_back(struct tail *tail, const struct stat *status)
{
	const struct rotated found = {.device = status->st_dev, .inode = status->st_ino};
	for (size_t i = 0; i < tail->old_count; i++)
		if (is_file(&tail->olds[i], &found)) {
			tail->now = tail->olds[i];
			tail->now.end = -1;
			remove_old(tail, i);
			return true;
		}
	return false;
}

/* ---- truncation ---- */

static bool begins_like(int fd, const struct tail_file *file)
{
	char head[TAIL_HEAD_BYTES];
	return read_all_at(fd, head, file->head_length, 0) == (ssize_t)file->head_length &&
	       memcmp(head, file->head, file->head_length) == 0;
}

/* The newest of what it was rotated to, if that was made after its last line was seen and begins
 * like it: then it is the copy of copytruncate. */
static bool open_copy(const struct tail *tail, const struct tail_file *file, struct tail_file *ret,
	off_t *ret_bytes)
{
	struct rotated *list;
	size_t count = file->head_length ? rotated_find(tail->path, &list) : 0;
	if (!file->head_length)
		return false;
	const struct rotated *newest = count ? &list[count - 1] : NULL;
	bool is_copy = newest && !newest->is_packed && newest->changed_ns >= file->seen_ns &&
		       newest->bytes >= file->offset && !is_known(tail, newest) &&
		       open_rotated(newest, ret);
	if (is_copy && !begins_like(ret->fd, file)) {
		close_file(ret);
		is_copy = false;
	}
	*ret_bytes = is_copy ? newest->bytes : 0;
	rotated_free(list, count);
	return is_copy;
}

/* Its rest goes on in the copy, where there is one. */
static void keep_rest(struct tail *tail, struct tail_file *file, int64_t now_ms)
{
	struct tail_file copy;
	off_t bytes;
	if (!open_copy(tail, file, &copy, &bytes)) {
		tail_forget_in_place(file);
		splitter_give(&file->lines, true, tail->line, tail->context);
		tell_news(tail, "was emptied; what comes is read from its start");
		if (file->seen_bytes > file->offset)
			tail->lost(tail->context, (uint64_t)(file->seen_bytes - file->offset),
				"it was truncated before it could be read");
		return;
	}
	splitter_release(&copy.lines);
	tail_move_in_place(file, &copy);
	copy.offset = file->offset;
	copy.back_end = file->back_end;
	copy.back_ms = file->back_ms;
	copy.lines = file->lines;
	splitter_init(&file->lines);
	add_old(tail, copy, now_ms);
}

static void start_over(struct tail *tail, struct tail_file *file, int64_t now_ms)
{
	keep_rest(tail, file, now_ms);
	file->offset = 0;
	file->back_end = 0;
	file->head_length = 0;
	file->seen_bytes = 0;
	file->lines.is_skipping = false;
}

/* Shorter than what was read, or it begins with something else: it was emptied and written anew. What cannot be read now says
 * nothing. */
static bool was_rewritten(struct tail_file *file, off_t size)
{
	char head[TAIL_HEAD_BYTES];
	if (size < file->offset)
		return true;
	if (!file->head_length)
		return false;
	ssize_t length = read_all_at(file->fd, head, file->head_length, 0);
	if (length < 0)
		return false;
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
	ssize_t length = read_all_at(file->fd, file->head, wanted, 0);
	file->head_length = length > 0 ? (size_t)length : 0;
}

static void see(struct tail_file *file, const struct stat *status)
{
	enum { NS = 1000000000 };
	file->seen_bytes = status->st_size;
	file->seen_ns = (int64_t)status->st_mtim.tv_sec * NS + status->st_mtim.tv_nsec;
}

/* True: still the file that it was. */
static bool look_at_now(struct tail *tail, const struct stat *status, int64_t now_ms)
{
	struct tail_file *file = &tail->now;
	if (file->fd < 0 || file->device != status->st_dev || file->inode != status->st_ino)
		return false;
	if (was_rewritten(file, status->st_size))
		start_over(tail, file, now_ms);
	see(file, status);
	return true;
}

/* A rotation may make the new file a moment later: that is no news. */
static void miss(struct tail *tail, int64_t now_ms)
{
	if (tail->now.fd >= 0)
		tail->gone_ms = now_ms + TAIL_GONE_MS;
	rotate(tail, now_ms);
	if (!tail->gone_ms || now_ms < tail->gone_ms)
		return;
	tail->gone_ms = 0;
	tell_news(tail, "is gone; it is waited for");
}

bool tail_look(struct tail *tail, int64_t now_ms, struct read_back *back, struct err *err)
{
	struct stat status;
	if (stat(tail->path, &status) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return cannot_read(tail, errno, err);
		miss(tail, now_ms);
		return is_seen(tail, err);
	}
	tail->gone_ms = 0;
	if (!S_ISREG(status.st_mode) || look_at_now(tail, &status, now_ms))
		return true;
	rotate(tail, now_ms);
	if (take_back(tail, &status))
		return look_at_now(tail, &status, now_ms);
	bool is_open = open_file(tail, &status, err);
	find_between(tail, now_ms);
	if (is_open && back)
		read_from_before(tail, &status, now_ms, back);
	if (is_open)
		tail->told_count = 0; /* what it was rotated to is older from now on */
	return is_open;
}

/* Lines without a time that were there before us are no younger than the next one that has one. */
static int64_t undated_ms(const char *bytes, size_t length, int64_t written_ms)
{
	const struct log_arrival arrival = {.received_ms = written_ms,
		.utc_offset_s = local_offset_s(written_ms),
		.is_brief = true};
	const char *end = bytes + length;
	for (const char *next; bytes < end; bytes = next) {
		struct log_line line;
		const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
		next = stop ? stop + 1 : end;
		log_line_read(bytes, (size_t)((stop ? stop : end) - bytes), &arrival, &line);
		if (line.wall_ms != LOG_NO_TIME)
			return line.wall_ms < written_ms ? line.wall_ms : written_ms;
	}
	return written_ms;
}

static bool read_file(struct tail *tail, struct tail_file *file, int64_t now_ms, size_t *budget)
{
	char bytes[TAIL_READ_BYTES];
	struct stat status;
	if (file->fd < 0)
		return false;
	if (fstat(file->fd, &status) == 0) {
		bool is_rewritten = file == &tail->now && was_rewritten(file, status.st_size);
		if (is_rewritten)
			start_over(tail, file, now_ms);
		see(file, &status);
		if (is_rewritten)
			return true; /* what it held before comes first */
		if (tail_take_in_place(tail, file, status.st_size)) {
			remember_head(file);
			return file->offset < status.st_size;
		}
	}
	while (*budget) {
		size_t wanted = *budget < sizeof(bytes) ? *budget : sizeof(bytes);
		if (file->end >= 0 && file->end - file->offset < (off_t)wanted)
			wanted = file->end > file->offset ? (size_t)(file->end - file->offset) : 0;
		bool is_back = file->offset < file->back_end;
		if (is_back && file->back_end - file->offset < (off_t)wanted)
			wanted = (size_t)(file->back_end - file->offset);
		ssize_t length = wanted ? read_at(file->fd, bytes, wanted, file->offset) : 0;
		if (length <= 0)
			break;
		file->offset += length;
		*budget -= (size_t)length;
		tail->bytes += (uint64_t)length;
		tail->back_ms =
			is_back ? undated_ms(bytes, (size_t)length, file->back_ms) : LOG_NO_TIME;
		splitter_feed(
			&file->lines, bytes, (size_t)length, now_ms, tail->line, tail->context);
		tail->back_ms = LOG_NO_TIME;
	}
	remember_head(file);
	return *budget == 0;
}

/* Its writer had time to let go of it: what it holds now is read, however much that is, and no more,
 * or a writer that stays would keep us from the file of now for ever. */
static void set_end(struct tail_file *file, int64_t now_ms)
{
	struct stat status;
	if (now_ms >= file->until_ms && file->end < 0 && fstat(file->fd, &status) == 0)
		file->end = status.st_size;
}

static bool read_olds(struct tail *tail, int64_t now_ms, size_t *budget)
{
	for (size_t i = 0; i < tail->old_count; i++) {
		set_end(&tail->olds[i], now_ms);
		if (read_file(tail, &tail->olds[i], now_ms, budget))
			return true;
	}
	for (size_t i = tail->old_count; i > 0; i--)
		if (now_ms >= tail->olds[i - 1].until_ms)
			end_old(tail, i - 1);
	return false;
}

bool tail_read(struct tail *tail, int64_t now_ms, size_t budget)
{
	tail->is_behind = false;
	bool has_more =
		read_olds(tail, now_ms, &budget) || read_file(tail, &tail->now, now_ms, &budget);
	for (size_t i = 0; i < tail->old_count; i++)
		splitter_give_late(&tail->olds[i].lines, now_ms, tail->line, tail->context);
	splitter_give_late(&tail->now.lines, now_ms, tail->line, tail->context);
	return has_more;
}

int64_t tail_due_ms(const struct tail *tail)
{
	int64_t due_ms = splitter_due_ms(&tail->now.lines);
	for (size_t i = 0; i < tail->old_count; i++)
		if (splitter_due_ms(&tail->olds[i].lines) < due_ms)
			due_ms = splitter_due_ms(&tail->olds[i].lines);
	return due_ms;
}
