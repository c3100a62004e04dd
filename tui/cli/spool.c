/* SPDX-License-Identifier: MIT */
#include "tui/cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/mem.h"

enum { FD_LEAST = 10, COPY_BYTES = 256 << 10 };

static const char *folder(void)
{
	const char *set = getenv("TMPDIR");
	return set && *set ? set : "/tmp";
}

static int open_unnamed(struct err *err)
{
	int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		autofree char *path = xasprintf("%s/botswain-XXXXXX", folder());
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		err_errno(err, errno, "cannot make a file in '%s' (TMPDIR says where)", folder());
	return fd;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t wrote = write(fd, bytes, length);
		if (wrote < 0 && errno != EINTR)
			return false;
		bytes += wrote > 0 ? wrote : 0;
		length -= wrote > 0 ? (size_t)wrote : 0;
	}
	return true;
}

static bool copy_input(int to, struct err *err)
{
	autofree char *bytes = xmalloc(COPY_BYTES);
	for (;;) {
		ssize_t length = read(STDIN_FILENO, bytes, COPY_BYTES);
		if (length == 0)
			return true;
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return err_errno(err, errno, "cannot read standard input");
		if (!write_all(to, bytes, (size_t)length))
			return err_errno(err, errno,
				"cannot keep standard input in '%s': set TMPDIR to where there is "
				"room, or follow it with -f",
				folder());
	}
}

static bool move_up(int fd, int *ret_fd, struct err *err)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_LEAST);
	if (moved < 0)
		return err_errno(err, errno, "cannot keep standard input open");
	*ret_fd = moved;
	return true;
}

bool spool_input(bool as_it_comes, int *ret_fd, struct err *err)
{
	struct stat status;
	if (fstat(STDIN_FILENO, &status) != 0)
		return err_errno(err, errno, "cannot read standard input");
	if (S_ISDIR(status.st_mode))
		return err_set(err, ERR_UNSUPPORTED, "standard input is a folder");
	if (as_it_comes || S_ISREG(status.st_mode))
		return move_up(STDIN_FILENO, ret_fd, err);
	autoclose int fd = open_unnamed(err);
	return fd >= 0 && copy_input(fd, err) && move_up(fd, ret_fd, err);
}
