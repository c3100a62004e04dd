/* SPDX-License-Identifier: MIT */
#include "core/engine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/path.h"

bool folder_make_private(const char *path, struct err *err)
{
	struct stat found;
	if (path[0] != '/')
		return err_set(err, ERR_INVALID, "the folder '%s' is not an absolute path", path);
	if (!make_dirs(path, err))
		return false;
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &found) != 0)
		return err_errno(err, errno, "cannot open the folder '%s'", path);
	if (found.st_uid != geteuid())
		return err_set(err, ERR_DENIED,
			"the folder '%s' belongs to uid %u, not to us: name another state "
			"directory",
			path, (unsigned)found.st_uid);
	if ((found.st_mode & 077) && fchmod(fd, 0700) != 0)
		return err_errno(err, errno, "cannot make '%s' private: chmod 700 %s", path, path);
	return true;
}
