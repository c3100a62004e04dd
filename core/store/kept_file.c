/* SPDX-License-Identifier: MIT */
#include "core/store/kept_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/write_all.h"

static int write_part(const char *path, const void *bytes, size_t length)
{
	(void)unlink(path); /* of a writer that was killed */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	int error = write_all(fd, bytes, length) ? 0 : errno;
	if (close(fd) != 0 && !error)
		error = errno;
	return error;
}

bool kept_file_replace(
	const char *folder, const char *name, const void *bytes, size_t length, struct err *err)
{
	autofree char *path = xasprintf("%s/%s", folder, name);
	autofree char *part = xasprintf("%s.part", path);
	int error = write_part(part, bytes, length);
	if (!error && rename(part, path) != 0)
		error = errno;
	if (!error)
		return true;
	(void)unlink(part);
	return err_errno(err, error, "cannot write '%s'", path);
}
