/* SPDX-License-Identifier: MIT */
/*
 * Files that somebody else could have put there: opened without waiting, judged by what was opened
 * (never by the name again), read up to a limit.
 */
#include "core/conf/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/secret.h"
#include "core/base/str.h"

static bool is_private(const char *path, const struct stat *status, struct err *err)
{
	if (status->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, ERR_REFUSED, "others can read this secret: chmod 600 %s", path);
	return true;
}

static bool is_ours(const char *path, const struct stat *status, struct err *err)
{
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return err_set(err, ERR_REFUSED,
			"'%s' belongs to uid %u: it must be yours or root's (chown it, or copy it)",
			path, (unsigned)status->st_uid);
	if (status->st_mode & S_IWOTH)
		return err_set(err, ERR_REFUSED, "everybody can write it: chmod o-w %s", path);
	return true;
}

static bool is_trusted(const char *path, const struct stat *status, enum file_trust trust,
	size_t max, struct err *err)
{
	if (S_ISDIR(status->st_mode))
		return err_set(err, ERR_INVALID, "'%s' is a folder: give the file in it", path);
	if (!S_ISREG(status->st_mode))
		return err_set(err, ERR_INVALID, "'%s' is no regular file", path);
	if (status->st_size > (off_t)max)
		return err_set(err, ERR_LIMIT, "'%s' has %lld bytes, at most %zu are read", path,
			(long long)status->st_size, max);
	if (trust == FILE_SECRET)
		return is_private(path, status, err);
	return trust == FILE_CREDENTIAL || is_ours(path, status, err);
}

static bool failed(const char *path, int errnum, struct err *err)
{
	err_errno(err, errnum, "cannot read '%s'", path);
	if (err && (errnum == ENOENT || errnum == ENOTDIR))
		err->code = ERR_NOT_FOUND;
	if (err && (errnum == EACCES || errnum == EPERM))
		err->code = ERR_DENIED;
	return false;
}

/* Into a buffer of its final size, so that no copy of a secret stays behind in the heap. */
static bool read_all(int fd, const char *path, size_t max, struct str *ret, struct err *err)
{
	char buffer[4096];
	bool fine = true;
	for (;;) {
		ssize_t got = read(fd, buffer, sizeof(buffer));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			fine = failed(path, errno, err);
		if (got <= 0)
			break;
		if (ret->length + (size_t)got > max) {
			fine = err_set(err, ERR_LIMIT, "'%s' has more than %zu bytes", path, max);
			break;
		}
		str_add(ret, buffer, (size_t)got);
	}
	wipe(buffer, sizeof(buffer));
	return fine;
}

bool read_file(
	const char *path, enum file_trust trust, size_t max, struct str *ret, struct err *err)
{
	int fd autoclose = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	if (fd < 0 || fstat(fd, &status))
		return failed(path, errno, err);
	return is_trusted(path, &status, trust, max, err) && read_all(fd, path, max, ret, err);
}

bool settings_read_file(const char *path, size_t max, struct str *to, struct err *err)
{
	return read_file(path, FILE_CONFIG, max, to, err);
}

bool check_file(const char *path, enum file_trust trust, size_t max, struct err *err)
{
	struct stat status;
	if (stat(path, &status))
		return failed(path, errno, err);
	return is_trusted(path, &status, trust, max, err) &&
	       (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0 || failed(path, errno, err));
}
