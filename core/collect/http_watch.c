/* SPDX-License-Identifier: MIT */
#include "core/collect/http_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"

void http_watch_init(struct http_watch *watch)
{
	*watch = (struct http_watch){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
}

void http_watch_release(struct http_watch *watch)
{
	if (watch->epoll_fd >= 0)
		close(watch->epoll_fd);
	free(watch->sockets);
	*watch = (struct http_watch){.epoll_fd = -1};
}

static struct watched_socket *entry_of(struct http_watch *watch, int fd)
{
	size_t index = (size_t)fd, old = watch->count;
	if (index >= old) {
		size_t count = index < 32 ? 64 : 2 * index;
		watch->sockets =
			xreallocarray(watch->sockets, count, sizeof(struct watched_socket));
		for (size_t i = old; i < count; i++)
			watch->sockets[i] = (struct watched_socket){0};
		watch->count = count;
	}
	return &watch->sockets[index];
}

static void take_off(struct http_watch *watch, int fd, struct watched_socket *entry)
{
	if (entry->watched)
		epoll_ctl(watch->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	entry->watched = 0;
}

int http_watch_open(struct http_watch *watch, int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);
	if (fd >= 0)
		*entry_of(watch, fd) = (struct watched_socket){.is_known = true};
	return fd;
}

/* Not left to close(): a child that was forked a moment ago would keep the socket on the epoll descriptor. */
int http_watch_close(struct http_watch *watch, int fd)
{
	struct watched_socket *entry = entry_of(watch, fd);
	take_off(watch, fd, entry);
	*entry = (struct watched_socket){0};
	return close(fd);
}

/* What we believe of a socket that we did not open may be of an earlier one with its number. */
static void put_on(struct http_watch *watch, int fd, struct watched_socket *entry)
{
	struct epoll_event event = {.data.fd = fd, .events = entry->wanted};
	int first = entry->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	int second = entry->watched ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(watch->epoll_fd, first, fd, &event) < 0)
		epoll_ctl(watch->epoll_fd, second, fd, &event);
	entry->watched = entry->wanted;
}

void http_watch_want(struct http_watch *watch, int fd, uint32_t events)
{
	struct watched_socket *entry = entry_of(watch, fd);
	entry->wanted = events;
	if (events && (events != entry->watched || !entry->is_known))
		put_on(watch, fd, entry);
	else if (!events && !entry->is_known)
		take_off(watch, fd, entry);
}

size_t http_watch_ready(struct http_watch *watch, struct epoll_event *ret, int count)
{
	int ready = epoll_wait(watch->epoll_fd, ret, count, 0);
	size_t kept = 0;
	for (int i = 0; i < ready; i++) {
		struct watched_socket *entry = entry_of(watch, ret[i].data.fd);
		if (entry->wanted)
			ret[kept++] = ret[i];
		else
			take_off(watch, ret[i].data.fd, entry);
	}
	return kept;
}
