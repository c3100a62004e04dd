/* SPDX-License-Identifier: MIT */
/* What ours is compared with. */
#include "tests/xread/xread.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

/* ---- the bytes alone ---- */

enum { PIPELINED = 4, RAW_BYTES = 256 << 10 };

static bool ask(int fd, size_t number)
{
	char text[160];
	int length = snprintf(text, sizeof(text),
		"XREAD COUNT %d STREAMS " XREAD_STREAM " %" PRId64 "-%zu\r\nECHO @end-of-it@\r\n",
		XREAD_COUNT, (int64_t)XREAD_ID_MS, number * XREAD_COUNT);
	return write(fd, text, (size_t)length) == length;
}

/* How many marks end in these bytes; `state`: how much of one stood before them. */
static size_t count_marks(const char *bytes, size_t length, size_t *state)
{
	static const char mark[] = "@end-of-it@\r\n";
	size_t count = 0;
	for (const char *at = bytes, *end = bytes + length; at < end;) {
		if (!*state && !(at = memchr(at, '@', (size_t)(end - at))))
			break;
		*state = *at == mark[*state] ? *state + 1 : *at == mark[0];
		at++;
		if (*state < sizeof(mark) - 1)
			continue;
		*state = 0;
		count++;
	}
	return count;
}

bool xread_raw(const char *socket, size_t entries)
{
	size_t replies = entries / XREAD_COUNT, asked = 0, come = 0, state = 0;
	redisContext *redis = redisConnectUnix(socket);
	char *bytes = malloc(RAW_BYTES);
	bool good = redis && !redis->err && bytes;
	while (good && asked < PIPELINED && asked < replies)
		good = ask(redis->fd, asked++);
	while (good && come < replies) {
		ssize_t length = read(redis->fd, bytes, RAW_BYTES);
		size_t more = length > 0 ? count_marks(bytes, (size_t)length, &state) : 0;
		come += more;
		good = length > 0;
		for (; good && more && asked < replies; more--)
			good = ask(redis->fd, asked++);
	}
	free(bytes);
	redisFree(redis);
	return good;
}

/* ---- the plain loop ---- */

/* Every field is looked at, as whoever reads a stream does. */
static size_t look(const redisReply *fields)
{
	size_t bytes = 0;
	for (size_t i = 0; i < fields->elements; i++)
		bytes += fields->element[i]->len;
	return bytes;
}

bool xread_hiredis(const char *socket, size_t entries)
{
	char id[48] = "0-0";
	size_t come = 0, bytes = 0;
	redisContext *redis = redisConnectUnix(socket);
	bool good = redis && !redis->err;
	while (good && come < entries) {
		redisReply *reply = redisCommand(
			redis, "XREAD COUNT %d STREAMS " XREAD_STREAM " %s", XREAD_COUNT, id);
		good = reply && reply->type == REDIS_REPLY_ARRAY;
		const redisReply *all = good ? reply->element[0]->element[1] : NULL;
		for (size_t i = 0; good && i < all->elements; i++) {
			bytes += look(all->element[i]->element[1]);
			come++;
		}
		if (good && all->elements)
			snprintf(id, sizeof(id), "%s",
				all->element[all->elements - 1]->element[0]->str);
		freeReplyObject(reply);
	}
	redisFree(redis);
	return good && bytes > 0;
}
