/* SPDX-License-Identifier: MIT */
#include "core/base/unnamed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

const char *unnamed_file_folder(void)
{
	const char *set = getenv("TMPDIR");
	return set && *set ? set : "/tmp";
}

int unnamed_file(struct err *err)
{
	const char *folder = unnamed_file_folder();
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) { /* a file system that knows none */
		autofree char *path = xasprintf("%s/botswain-XXXXXX", folder);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		err_errno(err, errno, "cannot make a file in '%s' (TMPDIR says where)", folder);
	return fd;
}
