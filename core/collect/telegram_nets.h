/* SPDX-License-Identifier: MIT */
/* Who is connected to Telegram: its networks (https://core.telegram.org/resources/cidr.txt), and a
 * Bot API server of one's own. Any thread. */
#ifndef BOTSWAIN_COLLECT_TELEGRAM_NETS_H
#define BOTSWAIN_COLLECT_TELEGRAM_NETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address of a socket as /proc/net/tcp has it: 4 or 16 bytes in network order. */
struct peer_address {
	unsigned char bytes[16];
	bool is_v6; /* false also for ::ffff:a.b.c.d */
	uint16_t port;
};

bool telegram_has_address(const struct peer_address *address);

/* "0100007F:1F90" or 32 hex digits and a port. */
bool peer_address_read(const char *text, struct peer_address *ret);
/* The host and port of an http(s) URL with an address of digits or localhost; false: it has none. */
bool peer_address_of_url(const char *url, struct peer_address *ret);
bool peer_address_equal(const struct peer_address *one, const struct peer_address *other);

/* Inodes of the sockets that are connected to Telegram, or to `own` (NULL: none). */
struct socket_inodes {
	uint64_t *items;
	size_t count, capacity;
};

/* Adds those of a table like /proc/PID/net/tcp. False: it may not be read. */
bool socket_inodes_add(
	struct socket_inodes *inodes, const char *path, const struct peer_address *own);
bool socket_inodes_have(const struct socket_inodes *inodes, uint64_t inode);
void socket_inodes_release(struct socket_inodes *inodes);

#endif
