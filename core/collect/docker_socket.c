/* SPDX-License-Identifier: MIT */
#include "core/collect/docker_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"

/* 0, or the errno of connecting: a socket file of a daemon that has gone refuses. */
static int try_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	if (!copy_text(address.sun_path, sizeof(address.sun_path), path))
		return ENAMETOOLONG;
	bool is_there = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	return is_there || errno == EAGAIN ? 0 : errno;
}

static bool say_socket(const char *path, int errnum, struct err *err)
{
	if (errnum == EACCES || errnum == EPERM)
		return err_set(err, ERR_DENIED,
			"may not open '%.80s': add this user to the socket's group (docker: as "
			"good as "
			"root), or ask its own Podman (podman.socket)",
			path);
	if (errnum == ENOENT || errnum == ENOTDIR)
		return err_set(err, ERR_NOT_FOUND, "there is no socket '%.120s'", path);
	if (errnum == ECONNREFUSED)
		return err_set(err, ERR_NOT_FOUND,
			"nobody answers on '%.100s': start Docker, or podman.socket", path);
	return err_set(
		err, ERR_UNREACHABLE, "cannot connect to '%.100s': %s", path, strerror(errnum));
}

/* The first that answers; else what is wrong with the first that may not be opened. */
static bool find_usual(char **ret, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	autofree char *own = xasprintf("%s/podman/podman.sock", runtime ? runtime : "/nowhere");
	const char *const usual[] = {"/var/run/docker.sock", "/run/podman/podman.sock", own};
	const char *denied = NULL;
	for (size_t i = 0; i < COUNT_OF(usual); i++) {
		int errnum = try_socket(usual[i]);
		if (!errnum)
			*ret = xstrdup(usual[i]);
		if (!errnum)
			return true;
		if (errnum == EACCES && !denied)
			denied = usual[i];
	}
	if (denied)
		return say_socket(denied, EACCES, err);
	return err_set(err, ERR_NOT_FOUND,
		"there is no Docker and no Podman here: nobody answers on %s, %s%s%s", usual[0],
		usual[1], runtime ? " or " : "", runtime ? usual[2] : "");
}

bool docker_socket_find(const char *address, char **ret, struct err *err)
{
	static const char scheme[] = "unix://";
	const char *path = address + (starts_with(address, scheme) ? strlen(scheme) : 0);
	if (!*address)
		return find_usual(ret, err);
	if (path[0] != '/')
		return err_set(err, ERR_INVALID,
			"'%.100s' is no local socket: give the path of Docker's or Podman's",
			address);
	int errnum = try_socket(path);
	if (errnum)
		return say_socket(path, errnum, err);
	*ret = xstrdup(path);
	return true;
}
