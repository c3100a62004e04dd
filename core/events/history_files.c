/* SPDX-License-Identifier: MIT */
#include "core/events/history_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/write_all.h"

struct history_files {
	char *folder;
	uint64_t budget, bytes;     /* of all */
	struct history_file **list; /* by number, a reference each; the last one is written to */
	size_t count, room;
	uint64_t last_number;
	uint64_t own_number; /* from this one on they are ours */
	uint64_t seen;       /* the last number that history_files_next() gave */
	bool is_writing;     /* the last one may be gone on with */
};

/* ---- a file ---- */

static struct history_file *new_file(const char *folder, uint64_t number)
{
	struct history_file *file = xcalloc(1, sizeof(*file));
	file->fd = -1;
	file->number = number;
	file->path = xasprintf("%s/%012" PRIu64 HISTORY_SUFFIX, folder, number);
	atomic_init(&file->users, 1);
	return file;
}

struct history_file *history_file_ref(struct history_file *file)
{
	atomic_fetch_add_explicit(&file->users, 1, memory_order_relaxed);
	return file;
}

void history_file_unref(struct history_file *file)
{
	if (!file || atomic_fetch_sub(&file->users, 1) != 1)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file);
}

/* ---- those that are there ---- */

/* Anything else in the folder is not ours. */
static bool read_name(const char *name, uint64_t *ret_number)
{
	char *end;
	errno = 0;
	*ret_number = strtoull(name, &end, 10);
	return errno == 0 && end == name + 12 && *ret_number && strcmp(end, HISTORY_SUFFIX) == 0;
}

static void add(struct history_files *files, struct history_file *file)
{
	files->list = grow(files->list, files->count, &files->room, sizeof(struct history_file *));
	files->list[files->count++] = file;
	files->bytes += file->bytes;
	files->last_number = file->number > files->last_number ? file->number : files->last_number;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = (*(struct history_file *const *)a)->number,
		 right = (*(struct history_file *const *)b)->number;
	return (left > right) - (left < right);
}

static bool list_files(struct history_files *files, struct err *err)
{
	DIR *folder = opendir(files->folder);
	struct dirent *entry;
	if (!folder)
		return err_errno(err, errno, "cannot read the folder '%s'", files->folder);
	while ((entry = readdir(folder))) {
		struct stat found;
		uint64_t number;
		if (!read_name(entry->d_name, &number) ||
			fstatat(dirfd(folder), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0 ||
			!S_ISREG(found.st_mode))
			continue;
		struct history_file *file = new_file(files->folder, number);
		file->bytes = (uint64_t)found.st_size;
		add(files, file);
	}
	closedir(folder);
	if (files->count)
		qsort(files->list, files->count, sizeof(struct history_file *), compare);
	return true;
}

/* Whoever has it open may read it on; nobody who asks from now on finds it. */
static void remove_oldest(struct history_files *files)
{
	struct history_file *file = files->list[0];
	(void)unlink(file->path);
	files->bytes -= file->bytes;
	files->is_writing &= files->count > 1;
	files->count--;
	memmove(files->list, files->list + 1, files->count * sizeof(struct history_file *));
	atomic_store(&file->is_gone, true);
	history_file_unref(file);
}

static void make_room(struct history_files *files, uint64_t length)
{
	while (files->count && files->bytes + length > files->budget)
		remove_oldest(files);
}

bool history_files_open(
	const char *folder, uint64_t budget, struct history_files **ret, struct err *err)
{
	struct history_files *files = xcalloc(1, sizeof(*files));
	files->folder = xstrdup(folder);
	files->budget = budget;
	if (!list_files(files, err)) {
		history_files_free(files);
		return false;
	}
	make_room(files, 0);
	files->own_number = files->last_number + 1;
	*ret = files;
	return true;
}

void history_files_free(struct history_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->count; i++)
		history_file_unref(files->list[i]);
	free(files->list);
	free(files->folder);
	free(files);
}

struct history_file *history_files_next(struct history_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		struct history_file *file = files->list[i];
		if (file->number <= files->seen || file->number >= files->own_number)
			continue;
		files->seen = file->number;
		file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (file->fd >= 0)
			return history_file_ref(file);
	}
	return NULL;
}

/* ---- writing ---- */

static bool begin_file(struct history_files *files, struct err *err)
{
	struct history_file *file = new_file(files->folder, files->last_number + 1);
	file->fd = open(
		file->path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->fd < 0) {
		(void)err_errno(err, errno, "cannot make '%s'", file->path);
		history_file_unref(file);
		return false;
	}
	if (!write_all(file->fd, HISTORY_MAGIC, HISTORY_MAGIC_BYTES)) {
		(void)err_errno(err, errno, "cannot write '%s'", file->path);
		(void)unlink(file->path);
		history_file_unref(file);
		return false;
	}
	file->bytes = HISTORY_MAGIC_BYTES;
	add(files, file);
	files->is_writing = true;
	return true;
}

/* Half a frame is worse than none: nothing is written behind one. */
static void cut_off(struct history_files *files, struct history_file *file)
{
	files->is_writing = ftruncate(file->fd, (off_t)file->bytes) == 0;
	if (file->bytes > HISTORY_MAGIC_BYTES)
		return;
	(void)unlink(file->path); /* one that holds nothing is not kept */
	files->count--;
	files->bytes -= file->bytes;
	files->is_writing = false;
	history_file_unref(file);
}

bool history_files_write(struct history_files *files, const char *bytes, size_t length,
	struct history_file **ret_file, uint64_t *ret_offset, struct err *err)
{
	if (length + HISTORY_MAGIC_BYTES > files->budget)
		return err_set(err, ERR_LIMIT, "what is to be written is more than it may hold");
	make_room(files, length + HISTORY_MAGIC_BYTES);
	bool is_full = files->is_writing &&
		       files->list[files->count - 1]->bytes >= files->budget / HISTORY_FILES;
	if ((!files->is_writing || is_full) && !begin_file(files, err))
		return false;
	struct history_file *file = files->list[files->count - 1];
	if (!write_all(file->fd, bytes, length)) {
		(void)err_errno(err, errno, "cannot write '%s'", file->path);
		cut_off(files, file);
		return false;
	}
	*ret_file = history_file_ref(file);
	*ret_offset = file->bytes;
	file->bytes += length;
	files->bytes += length;
	return true;
}

void history_files_set_budget(struct history_files *files, uint64_t bytes)
{
	files->budget = bytes;
}

uint64_t history_files_bytes(const struct history_files *files)
{
	return files->bytes;
}
