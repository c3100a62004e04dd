/* SPDX-License-Identifier: MIT */
/*
 * A proxy that makes the trouble of a bad line between a client and a server: an epoll loop in a process of its own, which
 * dies with the one that started it. TCP of 127.0.0.1 and Unix sockets, on either side. Every call returns when the proxy
 * has done it. Owned by one thread.
 */
#ifndef BOTSWAIN_TESTS_PROXY_H
#define BOTSWAIN_TESTS_PROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "tests/support/lane.h"

struct proxy;

enum proxy_way { PROXY_UP /* to the server */, PROXY_DOWN /* to the client */ };

/* Where: a path, or (NULL) a port of 127.0.0.1; to listen at port 0 takes a free one. */
struct proxy_place {
	const char *path;
	uint16_t port;
};

struct proxy_counts {
	uint64_t accepted;
	unsigned open;
	uint64_t bytes[2]; /* passed, by enum proxy_way */
};

/* NULL: it cannot listen there, or there is no process for it. */
struct proxy *proxy_start(struct proxy_place listen, struct proxy_place server) MUST_CHECK;
void proxy_stop(struct proxy *proxy); /* NULL is legal */
uint16_t proxy_port(const struct proxy *proxy);
pid_t proxy_pid(const struct proxy *proxy);
/* From now on, on connections that there are and that come. */
void proxy_set(struct proxy *proxy, enum proxy_way way, const struct toxics *toxics);
/* Resets every connection. */
void proxy_cut(struct proxy *proxy);
/* Closed: resets all, and a new connection is refused as if there were no server. Open: as at the start. */
void proxy_door(struct proxy *proxy, bool is_open);
/* Who comes from now on is led to another TCP server of 127.0.0.1; who is there is reset. */
void proxy_lead_to(struct proxy *proxy, uint16_t port);
struct proxy_counts proxy_counts(struct proxy *proxy);

#endif
