/* SPDX-License-Identifier: MIT */
#include "core/collect/net.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/net_tls.h"
#include "core/collect/resolve.h"

struct net {
	int fd;
	struct net_tls *tls; /* NULL: plain */
	bool has_asked;      /* since it was last read: the answer is hardly there yet */
};

bool net_wait(
	int fd, short events, const struct net_limit *limit, const char *what, struct err *err)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = events}, {.fd = limit->stop_fd, .events = POLLIN}};
	for (;;) {
		int64_t left_ms = limit->deadline_ms - clock_mono_ms(limit->clock);
		int wait_ms = left_ms <= 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
		int count = poll(fds, COUNT_OF(fds), wait_ms);
		if (count > 0 && fds[1].revents)
			return err_set(err, ERR_CANCELLED, "stopped");
		if (count > 0)
			return true;
		if (count < 0 && errno != EINTR)
			return err_errno(err, errno, "cannot wait");
		if (count == 0 && left_ms <= 0)
			return err_set(err, ERR_TIMEOUT, "%s in time", what);
	}
}

static bool failed(struct err *err, int errnum)
{
	return err_set(err, ERR_UNREACHABLE, "%s", strerror(errnum));
}

/* A dead peer is noticed even when nothing is to be sent. */
static void keep_alive(int fd)
{
	int on = 1, idle_s = 5, count = 3, user_ms = 10000;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle_s, sizeof(idle_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_ms, sizeof(user_ms));
}

static bool finish_connect(int fd, const struct net_limit *limit, struct err *err)
{
	int failure = 0;
	socklen_t size = sizeof(failure);
	if (!net_wait(fd, POLLOUT, limit, "no connection", err))
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
		return failed(err, errno);
	return failure ? failed(err, failure) : true;
}

static bool connect_to(int family, const struct sockaddr *address, socklen_t size,
	const struct net_limit *limit, int *ret_fd, struct err *err)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, errno, "cannot make a socket");
	if (family != AF_UNIX)
		keep_alive(fd);
	bool is_connected = connect(fd, address, size) == 0;
	/* A Unix socket whose queue is full says EAGAIN and would never become writable. */
	if (!is_connected && errno != EINPROGRESS)
		failed(err, errno);
	else if (!is_connected)
		is_connected = finish_connect(fd, limit, err);
	if (!is_connected)
		close(fd);
	else
		*ret_fd = fd;
	return is_connected;
}

static bool open_unix(const char *path, const struct net_limit *limit, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!copy_text(address.sun_path, sizeof(address.sun_path), path))
		return err_set(err, ERR_INVALID, "the path of the socket is too long");
	return connect_to(
		AF_UNIX, (const struct sockaddr *)&address, sizeof(address), limit, ret_fd, err);
}

static bool open_tcp(const struct net_address *address, const struct net_limit *limit, int *ret_fd,
	struct err *err)
{
	struct addrinfo *all;
	bool is_connected = false;
	if (!resolve(address->host, address->port, limit, &all, err))
		return false;
	for (const struct addrinfo *one = all; one && !is_connected; one = one->ai_next)
		is_connected = connect_to(
			one->ai_family, one->ai_addr, one->ai_addrlen, limit, ret_fd, err);
	freeaddrinfo(all);
	return is_connected;
}

bool net_open(const struct net_address *address, const struct net_limit *limit, struct net **ret,
	struct err *err)
{
	int fd = -1;
	struct net_tls *tls = NULL;
	bool is_open = address->socket[0] ? open_unix(address->socket, limit, &fd, err)
					  : open_tcp(address, limit, &fd, err);
	if (!is_open)
		return false;
	if (address->tls && !net_tls_open(fd, address, limit, &tls, err)) {
		close(fd);
		return false;
	}
	struct net *net = xcalloc(1, sizeof(*net));
	net->fd = fd;
	net->tls = tls;
	*ret = net;
	return true;
}

void net_close(struct net *net)
{
	if (!net)
		return;
	net_tls_close(net->tls);
	close(net->fd);
	free(net);
}

static bool send_plain(
	int fd, const char *bytes, size_t length, const struct net_limit *limit, struct err *err)
{
	while (length) {
		ssize_t count = send(fd, bytes, length, MSG_NOSIGNAL);
		if (count < 0 && errno != EAGAIN && errno != EINTR)
			return failed(err, errno);
		if (count < 0 && !net_wait(fd, POLLOUT, limit, "could not send", err))
			return false;
		if (count > 0) {
			bytes += count;
			length -= (size_t)count;
		}
	}
	return true;
}

static bool receive_plain(int fd, void *bytes, size_t size, const struct net_limit *limit,
	size_t *ret_length, struct err *err)
{
	for (;;) {
		ssize_t count = recv(fd, bytes, size, 0);
		if (count == 0)
			return err_set(err, ERR_UNREACHABLE, "the server closed the connection");
		if (count > 0) {
			*ret_length = (size_t)count;
			return true;
		}
		if (errno != EAGAIN && errno != EINTR)
			return failed(err, errno);
		if (!net_wait(fd, POLLIN, limit, "no answer", err))
			return false;
	}
}

bool net_send(struct net *net, const void *bytes, size_t length, const struct net_limit *limit,
	struct err *err)
{
	net->has_asked = true;
	if (net->tls)
		return net_tls_send(net->tls, bytes, length, limit, err);
	return send_plain(net->fd, bytes, length, limit, err);
}

bool net_receive(struct net *net, void *bytes, size_t size, const struct net_limit *limit,
	size_t *ret_length, struct err *err)
{
	if (net->tls)
		return net_tls_receive(net->tls, bytes, size, limit, ret_length, err);
	if (net->has_asked && !net_wait(net->fd, POLLIN, limit, "no answer", err))
		return false;
	net->has_asked = false;
	return receive_plain(net->fd, bytes, size, limit, ret_length, err);
}
