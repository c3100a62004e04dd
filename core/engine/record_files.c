/* SPDX-License-Identifier: MIT */
/* The files of a recording: one, or a folder of them whose oldest go when the budget is used up. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/write_all.h"
#include "core/engine/folder.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"

/* A file that is there. Names begin with their wall time, so that the oldest is the first by name. */
struct held {
	char *name;
	uint64_t bytes;
	int64_t from_ms;
};

struct record_files {
	char *path; /* of the folder, or the file */
	bool rolls;
	uint64_t budget, bytes; /* of all */
	struct held *held;      /* oldest first; the last one is written to */
	size_t count, room;
	int fd;                /* -1: none is open */
	int64_t begun_mono_ms; /* the file that is written to */
	bool is_over;          /* the one file that does not roll is full */
	bool is_torn;          /* what a failed write left behind could not be cut off */
};

/* "1772366400000.rec"; anything else in the folder is not ours. */
static bool read_name(const char *name, int64_t *ret_from_ms)
{
	char *end;
	errno = 0;
	long long from_ms = strtoll(name, &end, 10);
	*ret_from_ms = from_ms;
	return errno == 0 && end != name && from_ms > 0 && strcmp(end, RECORD_SUFFIX) == 0;
}

static void add_held(struct record_files *files, const char *name, uint64_t bytes, int64_t from_ms)
{
	files->held = grow(files->held, files->count, &files->room, sizeof(*files->held));
	files->held[files->count++] =
		(struct held){.name = xstrdup(name), .bytes = bytes, .from_ms = from_ms};
	files->bytes += bytes;
}

static int compare_held(const void *a, const void *b)
{
	int64_t left = ((const struct held *)a)->from_ms, right = ((const struct held *)b)->from_ms;
	return (left > right) - (left < right);
}

/* What an earlier engine recorded stays, within the same budget. */
static bool list_held(struct record_files *files, struct err *err)
{
	DIR *folder = opendir(files->path);
	struct dirent *entry;
	if (!folder)
		return err_errno(err, errno, "cannot read the folder '%s'", files->path);
	while ((entry = readdir(folder))) {
		struct stat found;
		int64_t from_ms;
		if (read_name(entry->d_name, &from_ms) &&
			fstatat(dirfd(folder), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(found.st_mode))
			add_held(files, entry->d_name, (uint64_t)found.st_size, from_ms);
	}
	closedir(folder);
	if (files->count)
		qsort(files->held, files->count, sizeof(*files->held), compare_held);
	return true;
}

static bool make_file(struct record_files *files, const char *path, struct err *err)
{
	files->fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (files->fd < 0 && errno == EEXIST)
		return err_set(err, ERR_CONFLICT,
			"'%s' is there already: a recording overwrites nothing, name another file",
			path);
	return files->fd >= 0 || err_errno(err, errno, "cannot make the recording '%s'", path);
}

bool record_files_open(
	const struct record_options *options, struct record_files **ret, struct err *err)
{
	struct record_files *files = xcalloc(1, sizeof(*files));
	*files = (struct record_files){.path = xstrdup(options->path),
		.rolls = options->rolls,
		.budget = options->budget,
		.fd = -1};
	bool good = options->rolls ? folder_make_private(files->path, err) && list_held(files, err)
				   : make_file(files, files->path, err);
	if (good)
		*ret = files;
	else
		record_files_free(files);
	return good;
}

static void close_file(struct record_files *files)
{
	if (files->fd >= 0)
		close(files->fd);
	files->fd = -1;
}

void record_files_free(struct record_files *files)
{
	if (!files)
		return;
	close_file(files);
	for (size_t i = 0; i < files->count; i++)
		free(files->held[i].name);
	free(files->held);
	free(files->path);
	free(files);
}

/* The wall clock has no say in it: it may be set back, or stand behind that of the files that are there. */
bool record_files_begins(const struct record_files *files, int64_t mono_ms)
{
	if (files->fd < 0 || files->count == 0)
		return true;
	const struct held *last = &files->held[files->count - 1];
	return last->bytes == 0 ||
	       (files->rolls && (last->bytes >= files->budget / RECORD_FILES ||
					mono_ms - files->begun_mono_ms >= RECORD_FILE_MS));
}

/* A name is later than that of the file before, also when the time is not. */
static bool begin_next(struct record_files *files, int64_t wall_ms, struct err *err)
{
	if (files->count && wall_ms <= files->held[files->count - 1].from_ms)
		wall_ms = files->held[files->count - 1].from_ms + 1;
	char name[40];
	snprintf(name, sizeof(name), "%" PRId64 RECORD_SUFFIX, wall_ms);
	autofree char *path = xasprintf("%s/%s", files->path, name);
	close_file(files);
	if (!make_file(files, path, err))
		return false;
	add_held(files, name, 0, wall_ms);
	return true;
}

bool record_files_begin(
	struct record_files *files, int64_t wall_ms, int64_t mono_ms, struct err *err)
{
	files->begun_mono_ms = mono_ms;
	if (files->rolls)
		return begin_next(files, wall_ms, err);
	if (files->count == 0)
		add_held(files, "", 0, wall_ms);
	return true;
}

/* The oldest that is not written to; false: there is none. */
static bool remove_oldest(struct record_files *files)
{
	if (!files->rolls || files->count < 2)
		return false;
	autofree char *path = xasprintf("%s/%s", files->path, files->held[0].name);
	(void)unlink(path);
	files->bytes -= files->held[0].bytes;
	free(files->held[0].name);
	files->count--;
	memmove(files->held, files->held + 1, files->count * sizeof(*files->held));
	return true;
}

static bool make_room(struct record_files *files, size_t length, struct err *err)
{
	while (files->bytes + length > files->budget)
		if (!remove_oldest(files))
			break;
	files->is_over |= !files->rolls && files->bytes + length > files->budget;
	return !files->is_over || err_set(err, ERR_LIMIT, "the recording '%s' is full (%s)",
					  files->path, format_bytes((int64_t)files->budget).text);
}

/* Half a batch is worse than none: nothing is written behind one. */
static bool cut_off(struct record_files *files)
{
	files->is_torn = ftruncate(files->fd, (off_t)files->held[files->count - 1].bytes) != 0;
	return !files->is_torn;
}

/* A file that rolls is not gone on with; one that holds nothing is not kept. */
static void give_up(struct record_files *files)
{
	const struct held *last = &files->held[files->count - 1];
	autofree char *path = xasprintf("%s/%s", files->path, last->name);
	close_file(files);
	files->is_torn = false;
	if (last->bytes || unlink(path) != 0)
		return;
	free(last->name);
	files->count--;
}

bool record_files_write(
	struct record_files *files, const char *bytes, size_t length, struct err *err)
{
	if (!make_room(files, length, err))
		return false;
	if (files->is_torn && !cut_off(files))
		return err_errno(err, errno, "cannot write the recording '%s'", files->path);
	struct held *last = &files->held[files->count - 1];
	if (write_all(files->fd, bytes, length)) {
		last->bytes += length;
		files->bytes += length;
		return true;
	}
	int error = errno;
	(void)cut_off(files);
	if (files->rolls)
		give_up(files);
	return err_errno(err, error, "cannot write the recording '%s'", files->path);
}

void record_files_set_budget(struct record_files *files, uint64_t bytes)
{
	files->budget = bytes;
}

uint64_t record_files_bytes(const struct record_files *files)
{
	return files->bytes;
}

int64_t record_files_from_ms(const struct record_files *files)
{
	return files->count ? files->held[0].from_ms : 0;
}
