/* SPDX-License-Identifier: MIT */
/*
 * A way to an engine that is not the one of our configuration, with the name that it shall have in front (NAME=) or without:
 * unix:PATH, its socket; or
 * ssh://[user@]host[:port][/path/of/botswain.yaml], a plain ssh child that runs `botswain attach --stdio` there. ssh asks
 * nothing (BatchMode): keys and known_hosts must be in order. What ssh says goes to client_tunnel_why(). Nothing waits.
 */
#ifndef BOTSWAIN_ENGINE_CLIENT_TUNNEL_H
#define BOTSWAIN_ENGINE_CLIENT_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct client_tunnel;
struct err;

enum { WAYS_MAX = 16, WAY_NAME_MAX = 33 };

/* Those of one command line; the words are borrowed. */
struct ways {
	const char *list[WAYS_MAX];
	size_t count;
};
/* Adds a good one that is not there yet. */
MUST_CHECK bool ways_add(struct ways *ways, const char *way, struct err *err);

/* Adds the words of a configuration, unless some were given. */
MUST_CHECK bool ways_add_all(struct ways *ways, char *const *words, size_t count, struct err *err);

/* The name in front of it, else the host that it leads to; "" for a socket, whose engine has a name of its own. */
void client_tunnel_name(const char *way, char ret[WAY_NAME_MAX]);
/* Whether the words name a way; `err` says what they should be. */
MUST_CHECK bool client_tunnel_check(const char *way, struct err *err);
/* *ret_fd: connected, the caller's. */
MUST_CHECK bool client_tunnel_open(
	const char *way, struct client_tunnel **ret, int *ret_fd, struct err *err);
/* What ssh said last, one line, else "". */
void client_tunnel_why(struct client_tunnel *tunnel, char *ret, size_t size);
/* Kills the child and waits for nothing: one that has not ended yet is reaped by reap_left(). NULL is legal. */
void client_tunnel_free(struct client_tunnel *tunnel);

#endif
