/* SPDX-License-Identifier: MIT */
/*
 * A stream connection for the blocking workers: plain code with deadlines. Every call returns at
 * its deadline or as soon as the worker is told to stop, whatever the peer does. TCP, Unix sockets,
 * and TLS (OpenSSL, 1.2 or newer, host name checked) over either. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_NET_H
#define BOTSWAIN_COLLECT_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct clock;
struct err;
struct net;

struct net_address {
	const char *host, *socket; /* one of them is not empty */
	int port;
	bool tls;
	const char *ca_file; /* empty: the system's bundle */
};

struct net_limit {
	const struct clock *clock;
	int64_t deadline_ms; /* mono */
	int stop_fd;         /* readable: give up with ERR_CANCELLED; -1 none */
};

MUST_CHECK bool net_open(const struct net_address *address, const struct net_limit *limit,
	struct net **ret, struct err *err);
void net_close(struct net *net); /* NULL is legal; never waits */
/* Sends all of it. */
MUST_CHECK bool net_send(struct net *net, const void *bytes, size_t length,
	const struct net_limit *limit, struct err *err);
/* Waits for at least one byte and takes what there is. A peer that closed is ERR_UNREACHABLE. */
MUST_CHECK bool net_receive(struct net *net, void *bytes, size_t size,
	const struct net_limit *limit, size_t *ret_length, struct err *err);
/* Waits for `events` on `fd`; false with ERR_TIMEOUT or ERR_CANCELLED. `what` is being waited for
 * ("no answer"). */
MUST_CHECK bool net_wait(
	int fd, short events, const struct net_limit *limit, const char *what, struct err *err);

#endif
