/* SPDX-License-Identifier: MIT */
/* The file itself: written beside and renamed, read only when it is ours. These calls wait for the disk. */
#include "tui/saved.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/path.h"
#include "core/base/str.h"
#include "core/base/write_all.h"

enum { LEFT_OVER_S = 60 };

static bool is_left_over(int folder, const char *name, const char *base)
{
	struct stat status;
	size_t length = strlen(base);
	return strncmp(name, base, length) == 0 && name[length] == '.' &&
	       fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       time(NULL) - status.st_mtime > LEFT_OVER_S;
}

/* What writers that were killed half-way left behind. */
static void sweep(int folder, const char *base)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	while (listing && (entry = readdir(listing)))
		if (is_left_over(folder, entry->d_name, base))
			(void)unlinkat(folder, entry->d_name, 0);
	if (listing)
		closedir(listing);
	else if (fd >= 0)
		close(fd);
}

/* Ours, and no link; a folder of somebody else (after sudo, say) is left alone. */
static int open_folder(const char *path, int *ret_error)
{
	autofree char *folder = parent_of(path);
	struct err ignored;
	struct stat status;
	bool made UNUSED = make_dirs(folder, &ignored);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		*ret_error = errno;
		return -1;
	}
	if (fstat(fd, &status) == 0 && status.st_uid == geteuid())
		return fd;
	close(fd);
	*ret_error = EPERM;
	return -1;
}

static int replace(int folder, const char *base, const char *text, size_t length)
{
	char part[96];
	snprintf(part, sizeof(part), "%s.%ld", base, (long)getpid());
	(void)unlinkat(folder, part, 0);
	int fd = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	int error = write_all(fd, text, length) && fsync(fd) == 0 ? 0 : errno;
	close(fd);
	if (!error && renameat(folder, part, folder, base) < 0)
		error = errno;
	if (error)
		(void)unlinkat(folder, part, 0);
	return error;
}

int saved_file_write(const char *path, const char *text, size_t length)
{
	int error = 0;
	const char *base = strrchr(path, '/') + 1;
	autoclose int folder = open_folder(path, &error);
	if (folder < 0)
		return error;
	sweep(folder, base);
	if (length)
		return replace(folder, base, text, length);
	return unlinkat(folder, base, 0) == 0 || errno == ENOENT ? 0 : errno;
}

static bool is_readable(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
	       status.st_size <= SAVED_BYTES_MAX;
}

int saved_file_read(const char *path, char *ret_text, size_t size, size_t *ret_length)
{
	autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -1 : errno;
	if (!is_readable(fd))
		return -1;
	size_t length = 0;
	ssize_t got;
	while (length < size && (got = read(fd, ret_text + length, size - length)) > 0)
		length += (size_t)got;
	*ret_length = length;
	return 0;
}
