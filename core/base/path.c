/* SPDX-License-Identifier: MIT */
#include "core/base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return xstrdup(".");
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static bool make_dir(const char *path, struct err *err)
{
	struct stat info;
	if (mkdir(path, 0700) == 0)
		return true;
	int failed = errno;
	if (failed == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return true;
	return err_errno(err, failed, "cannot make the directory '%s'", path);
}

bool make_dirs(const char *path, struct err *err)
{
	autofree char *part = xstrdup(path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(part, F_OK) != 0 && !make_dir(part, err))
			return false;
		*slash = '/';
	}
	return make_dir(path, err);
}

bool sync_parent(const char *path, struct err *err)
{
	autofree char *parent = parent_of(path);
	autoclose int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_errno(err, errno, "cannot write the directory '%s'", parent);
	return true;
}
