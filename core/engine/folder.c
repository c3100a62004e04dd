/* SPDX-License-Identifier: MIT */
#include "core/engine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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

bool folder_find_group(const char *name, gid_t *ret, struct err *err)
{
	struct group entry, *found = NULL;
	char buffer[16384];
	int error = getgrnam_r(name, &entry, buffer, sizeof(buffer), &found);
	if (!found)
		return err_set(err, error ? ERR_INTERNAL : ERR_NOT_FOUND,
			"there is no group '%s' (socket: {group: ...}): make it, or name another",
			name);
	*ret = found->gr_gid;
	return true;
}

bool folder_close(const char *path, const char *socket_path, struct err *err)
{
	if (chmod(socket_path, 0600) != 0 || chmod(path, 0700) != 0)
		return err_errno(err, errno, "cannot close '%s' to others", socket_path);
	return true;
}

bool folder_open_to(const char *path, const char *socket_path, const struct folder_group *group,
	struct err *err)
{
	gid_t gid = group->id;
	if (chown(path, (uid_t)-1, gid) != 0 || chmod(path, 0710) != 0 ||
		chown(socket_path, (uid_t)-1, gid) != 0 || chmod(socket_path, 0660) != 0)
		return err_errno(err, errno,
			"cannot open '%s' to the group '%s': the engine's user must be in it",
			socket_path, group->name);
	return true;
}
