/* SPDX-License-Identifier: MIT */
/*
 * The sockets of libcurl on one epoll descriptor. libcurl asks for a socket when a call begins on it and takes the wish
 * back when the call ends; of a kept connection that is the same wish again and again, so its socket stays watched in
 * between, and is taken off only when it has something to say that nobody waits for: a call on a kept connection costs
 * no epoll_ctl(). Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_HTTP_WATCH_H
#define BOTSWAIN_COLLECT_HTTP_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct watched_socket {
	uint32_t watched,
		wanted; /* EPOLLIN, EPOLLOUT; 0: not on the epoll descriptor; nobody waits */
	bool is_known;  /* from http_watch_open() to http_watch_close() */
};

struct http_watch {
	int epoll_fd;                   /* -1: none */
	struct watched_socket *sockets; /* by descriptor */
	size_t count;
};

/* `epoll_fd` is -1 afterwards when there is none to be had; errno says why. */
void http_watch_init(struct http_watch *watch);
/* The sockets themselves are libcurl's. */
void http_watch_release(struct http_watch *watch);
/* socket(2), closed on exec; -1 and errno on failure. */
int http_watch_open(struct http_watch *watch, int family, int type, int protocol);
/* close(2). */
int http_watch_close(struct http_watch *watch, int fd);
/* EPOLLIN, EPOLLOUT, or 0: nothing more. Sockets that http_watch_open() did not make may be closed behind our back, and
 * are therefore taken off at once when nothing is wanted of them. */
void http_watch_want(struct http_watch *watch, int fd, uint32_t events);
/* What is ready now and waited for, at most `count`; `data.fd` says on what. */
size_t http_watch_ready(struct http_watch *watch, struct epoll_event *ret, int count);

#endif
