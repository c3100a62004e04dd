/* SPDX-License-Identifier: MIT */
/* TLS under net.c, which alone includes this: TLS 1.2 or newer, the chain and the host name (or
 * address) are always checked, there is no way to turn that off. Owned by one thread. */
#ifndef BOTSWAIN_COLLECT_NET_TLS_H
#define BOTSWAIN_COLLECT_NET_TLS_H

#include "core/collect/net.h"

struct net_tls;

/* The handshake over a connected non-blocking socket, which stays the caller's. */
MUST_CHECK bool net_tls_open(int fd, const struct net_address *address,
	const struct net_limit *limit, struct net_tls **ret, struct err *err);
void net_tls_close(struct net_tls *tls); /* NULL is legal */
MUST_CHECK bool net_tls_send(struct net_tls *tls, const void *bytes, size_t length,
	const struct net_limit *limit, struct err *err);
MUST_CHECK bool net_tls_receive(struct net_tls *tls, void *bytes, size_t size,
	const struct net_limit *limit, size_t *ret_length, struct err *err);

#endif
