/* SPDX-License-Identifier: MIT */
#include "core/engine/http_door.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum { WAITING_MAX = 1024 }; /* beyond it a Unix socket refuses, and a scrape fails */

static bool say_errno(struct err *err, const char *address)
{
	int error = errno;
	return err_errno(err, error, "cannot listen on '%s' for /metrics", address);
}

static int stream_socket(int family)
{
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool somebody_listens(const struct sockaddr_un *at)
{
	autoclose int fd = stream_socket(AF_UNIX);
	return fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0;
}

static bool open_unix(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct stat found;
	if (!copy_text(at.sun_path, sizeof(at.sun_path), path))
		return err_set(err, ERR_INVALID, "the path '%s' is too long for a socket", path);
	if (somebody_listens(&at))
		return err_set(err, ERR_CONFLICT, "somebody else listens on '%s'", path);
	if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode))
		unlink(path);
	autoclose int fd = stream_socket(AF_UNIX);
	if (fd < 0)
		return say_errno(err, path);
	mode_t mask = umask(0117);
	bool bound = bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
	int error = errno;
	umask(mask);
	errno = error;
	if (!bound || listen(fd, WAITING_MAX) != 0)
		return say_errno(err, path);
	*ret_fd = keep_fd(&fd);
	return true;
}

static bool bind_loopback(
	const char *address, const struct addrinfo *at, int *ret_fd, struct err *err)
{
	const int on = 1;
	autoclose int fd = stream_socket(at->ai_family);
	if (fd < 0)
		return say_errno(err, address);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, WAITING_MAX) != 0)
		return say_errno(err, address);
	*ret_fd = keep_fd(&fd);
	return true;
}

/* The configuration has made sure that it is a number of loopback, with a port. */
static bool open_tcp(const char *address, int *ret_fd, struct err *err)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const char *colon = strrchr(address, ':');
	if (!colon)
		return err_set(err, ERR_INVALID, "'%s' has no port", address);
	bool bracketed = *address == '[' && colon > address + 2;
	autofree char *host =
		xstrndup(address + bracketed, (size_t)(colon - address) - (bracketed ? 2 : 0));
	int error = getaddrinfo(host, colon + 1, &hints, &found);
	if (error != 0)
		return err_set(
			err, ERR_INVALID, "'%s' is no address: %s", address, gai_strerror(error));
	bool good = bind_loopback(address, found, ret_fd, err);
	freeaddrinfo(found);
	return good;
}

bool http_door_open(const char *address, int *ret_fd, struct err *err)
{
	return *address == '/' ? open_unix(address, ret_fd, err) : open_tcp(address, ret_fd, err);
}
