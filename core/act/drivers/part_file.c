/* SPDX-License-Identifier: MIT */
#include "core/act/drivers/part_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/path.h"
#include "core/base/str.h"

enum { SYNC_EVERY_BYTES = 32 << 20, NAMES_MAX = 1000 };
static const char ending[] = ".part";

struct part_file {
	int fd;
	char *path, *final;
	uint64_t bytes, synced;
	bool finished;
};

char *part_name(const char *final)
{
	return xasprintf("%s%s", final, ending);
}

const char *part_path(const struct part_file *part)
{
	return part->path;
}

uint64_t part_bytes(const struct part_file *part)
{
	return part->bytes;
}

static bool fail(const char *what, const char *path, int errnum, struct err *err)
{
	err_errno(err, errnum, "cannot %s '%s'", what, path);
	if (err && (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG))
		err->code = ERR_LIMIT;
	return false;
}

static bool is_there(int fd)
{
	struct stat info;
	return fstat(fd, &info) == 0 && info.st_nlink > 0;
}

/* What nobody holds is a leftover; once it is locked and still there, its name is its own. */
static bool sweep_one(const char *path)
{
	struct stat info;
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
	       info.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_there(fd) &&
	       unlink(path) == 0;
}

/* A sweep may take a new file for a leftover as long as it is not locked: then it is made again. */
static int open_new(const char *path)
{
	enum { TRIES = 10 };
	for (unsigned i = 0; i < TRIES; i++) {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != EEXIST)
			return -1;
		if (fd < 0 && !sweep_one(path))
			break;
		if (fd < 0)
			continue;
		flock(fd, LOCK_EX); /* fails where there are no locks, and nobody sweeps either */
		if (is_there(fd))
			return fd;
		close(fd);
	}
	errno = EEXIST;
	return -1;
}

bool part_open(const char *final, struct part_file **ret, struct err *err)
{
	autofree char *folder = parent_of(final);
	autofree char *path = part_name(final);
	if (!make_dirs(folder, err))
		return false;
	int fd = open_new(path);
	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_CONFLICT,
			"cannot write '%s': it is there already; another backup writes it, or "
			"remove it",
			path);
	if (fd < 0)
		return fail("write", path, errno, err);
	struct part_file *part = xcalloc(1, sizeof(*part));
	*part = (struct part_file){.fd = fd, .path = xstrdup(path), .final = xstrdup(final)};
	*ret = part;
	return true;
}

bool part_write(struct part_file *part, const char *bytes, size_t length, struct err *err)
{
	while (length) {
		ssize_t done = write(part->fd, bytes, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return fail("write", part->path, done < 0 ? errno : ENOSPC, err);
		bytes += done;
		length -= (size_t)done;
		part->bytes += (uint64_t)done;
	}
	/* In pieces, so that the last sync of a large file is short. */
	return part->bytes - part->synced < SYNC_EVERY_BYTES || part_sync(part, err);
}

bool part_sync(struct part_file *part, struct err *err)
{
	part->synced = part->bytes;
	return fsync(part->fd) == 0 || fail("write", part->path, errno, err);
}

/* The n-th name to try: fleet.dump, fleet-2.dump, fleet-3.dump. */
static char *nth_name(const char *final, unsigned n)
{
	if (n == 1)
		return xstrdup(final);
	const char *slash = strrchr(final, '/'), *base = slash ? slash + 1 : final;
	const char *dot = strrchr(base + 1, '.');
	size_t stem = dot ? (size_t)(dot - final) : strlen(final);
	return xasprintf("%.*s-%u%s", (int)stem, final, n, final + stem);
}

/* A file system without RENAME_NOREPLACE has link(), which never replaces either. */
static bool rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	return link(from, to) == 0 && unlink(from) == 0;
}

static bool check_size(const struct part_file *part, struct err *err)
{
	struct stat info;
	if (fstat(part->fd, &info) != 0)
		return fail("look at", part->path, errno, err);
	return (uint64_t)info.st_size == part->bytes ||
	       err_set(err, ERR_INVALID,
		       "the file is not good: '%s' has %lld bytes, and %llu were written to it",
		       part->path, (long long)info.st_size, (unsigned long long)part->bytes);
}

bool part_finish(struct part_file *part, char **ret_name, struct err *err)
{
	if (!part_sync(part, err) || !check_size(part, err))
		return false;
	for (unsigned n = 1; n < NAMES_MAX; n++) {
		autofree char *name = nth_name(part->final, n);
		if (rename_new(part->path, name)) {
			part->finished = true;
			if (!sync_parent(name, err)) {
				unlink(name); /* what failed leaves nothing */
				return false;
			}
			*ret_name = xstrdup(name);
			return true;
		}
		if (errno != EEXIST)
			return fail("name", name, errno, err);
	}
	return err_set(err, ERR_LIMIT,
		"cannot name '%s': all names up to -%d are taken; use {time}", part->final,
		NAMES_MAX - 1);
}

void part_free(struct part_file *part)
{
	if (!part)
		return;
	if (!part->finished)
		unlink(part->path);
	close(part->fd);
	free(part->path);
	free(part->final);
	free(part);
}

unsigned part_sweep(const char *pattern)
{
	autofree char *folder = parent_of(pattern);
	autofree char *parts = part_name(pattern);
	const char *slash = strrchr(parts, '/');
	DIR *listing = opendir(folder);
	unsigned removed = 0;
	for (struct dirent *entry; listing && (entry = readdir(listing));) {
		if (fnmatch(slash ? slash + 1 : parts, entry->d_name, FNM_PERIOD) != 0)
			continue;
		autofree char *path = xasprintf("%s/%s", folder, entry->d_name);
		removed += sweep_one(path);
	}
	if (listing)
		closedir(listing);
	return removed;
}
