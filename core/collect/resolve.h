/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses without waiting longer than we want to: getaddrinfo() has no deadline, so each
 * lookup that needs one runs in a thread of its own that nobody joins; when the asker gives up, the
 * answer is thrown away by whoever comes last. Numeric addresses are answered at once.
 */
#ifndef BOTSWAIN_COLLECT_RESOLVE_H
#define BOTSWAIN_COLLECT_RESOLVE_H

#include <netdb.h>
#include <stdbool.h>
#include "core/base/attr.h"
#include "core/collect/net.h"

struct err;

/* `ret` is freed with freeaddrinfo(). */
MUST_CHECK bool resolve(const char *host, int port, const struct net_limit *limit,
	struct addrinfo **ret, struct err *err);

#endif
