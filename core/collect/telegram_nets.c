/* SPDX-License-Identifier: MIT */
#include "core/collect/telegram_nets.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"

static const struct {
	unsigned char bytes[6]; /* the rest is 0 */
	unsigned bits;
	bool is_v6;
} nets[] = {
	{{149, 154, 160}, 20, false},
	{{91, 108, 4}, 22, false},
	{{91, 108, 8}, 22, false},
	{{91, 108, 12}, 22, false},
	{{91, 108, 16}, 22, false},
	{{91, 108, 20}, 22, false},
	{{91, 108, 56}, 22, false},
	{{91, 105, 192}, 23, false},
	{{185, 76, 151}, 24, false},
	{{0x20, 0x01, 0x0b, 0x28, 0xf2, 0x3d}, 48, true},
	{{0x20, 0x01, 0x0b, 0x28, 0xf2, 0x3f}, 48, true},
	{{0x20, 0x01, 0x06, 0x7c, 0x04, 0xe8}, 48, true},
	{{0x20, 0x01, 0x0b, 0x28, 0xf2, 0x3c}, 48, true},
	{{0x2a, 0x0a, 0xf2, 0x80, 0x02, 0x03}, 48, true},
};

static bool is_within(const unsigned char *bytes, const unsigned char *net, unsigned bits)
{
	size_t whole = bits / 8;
	unsigned mask = 0xffU << (8 - bits % 8) & 0xffU;
	return memcmp(bytes, net, whole) == 0 &&
	       (bits % 8 == 0 || (bytes[whole] & mask) == (net[whole] & mask));
}

bool telegram_has_address(const struct peer_address *address)
{
	for (size_t i = 0; i < COUNT_OF(nets); i++)
		if (nets[i].is_v6 == address->is_v6 &&
			is_within(address->bytes, nets[i].bytes, nets[i].bits))
			return true;
	return false;
}

bool peer_address_equal(const struct peer_address *one, const struct peer_address *other)
{
	return one->is_v6 == other->is_v6 && one->port == other->port &&
	       memcmp(one->bytes, other->bytes, one->is_v6 ? 16 : 4) == 0;
}

/* ::ffff:a.b.c.d is a.b.c.d. */
static void unmap(struct peer_address *address)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (!address->is_v6 || memcmp(address->bytes, mapped, sizeof(mapped)) != 0)
		return;
	memmove(address->bytes, address->bytes + 12, 4);
	address->is_v6 = false;
}

/* The kernel prints words of 32 bits as this machine has them in memory. */
bool peer_address_read(const char *text, struct peer_address *ret)
{
	const char *colon = strchr(text, ':');
	size_t digits = colon ? (size_t)(colon - text) : 0;
	struct peer_address address = {.is_v6 = digits == 32};
	if (digits != 8 && digits != 32)
		return false;
	for (size_t word = 0; word < digits / 8; word++) {
		char hex[9];
		snprintf(hex, sizeof(hex), "%.8s", text + word * 8);
		uint32_t value = (uint32_t)strtoul(hex, NULL, 16);
		memcpy(address.bytes + word * 4, &value, sizeof(value));
	}
	address.port = (uint16_t)strtoul(colon + 1, NULL, 16);
	unmap(&address);
	*ret = address;
	return true;
}

bool peer_address_of_url(const char *url, struct peer_address *ret)
{
	char host[64];
	const char *start = strstr(url, "://");
	struct peer_address address = {0};
	if (!start)
		return false;
	start += 3;
	size_t bracket = *start == '[';
	size_t length = bracket ? strcspn(start, "]") : strcspn(start, ":/");
	bool is_open = bracket && !start[length]; /* no ']' ends it */
	if (is_open || length - bracket >= sizeof(host))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(length - bracket), start + bracket);
	const char *rest = start + length + bracket;
	address.port = *rest == ':'                ? (uint16_t)strtoul(rest + 1, NULL, 10)
		       : starts_with(url, "http:") ? 80
						   : 443;
	address.is_v6 = bracket;
	const char *digits = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
	if (inet_pton(bracket ? AF_INET6 : AF_INET, digits, address.bytes) != 1)
		return false;
	*ret = address;
	return true;
}

/* ---- sockets ---- */

static void add_line(struct socket_inodes *inodes, const char *line, const struct peer_address *own)
{
	char remote[64];
	uint64_t inode;
	struct peer_address peer;
	if (sscanf(line, " %*d: %*s %63s %*s %*s %*s %*s %*s %*s %" SCNu64, remote, &inode) != 2 ||
		!inode || !peer_address_read(remote, &peer))
		return;
	if (!telegram_has_address(&peer) && !(own && peer_address_equal(&peer, own)))
		return;
	inodes->items =
		grow(inodes->items, inodes->count, &inodes->capacity, sizeof(*inodes->items));
	inodes->items[inodes->count++] = inode;
}

bool socket_inodes_add(
	struct socket_inodes *inodes, const char *path, const struct peer_address *own)
{
	autofree char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	while (getline(&line, &size, file) > 0)
		add_line(inodes, line, own);
	fclose(file);
	return true;
}

bool socket_inodes_have(const struct socket_inodes *inodes, uint64_t inode)
{
	for (size_t i = 0; i < inodes->count; i++)
		if (inodes->items[i] == inode)
			return true;
	return false;
}

void socket_inodes_release(struct socket_inodes *inodes)
{
	free(inodes->items);
	*inodes = (struct socket_inodes){0};
}
