/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "tests/fleet/common/loop.h"

enum { TIMEOUT_MS = 300, RETRY_MS = 2000, EVENTS_MAX = 1000, ARGS_MAX = 24 };

static void give_up(struct cache *cache)
{
	if (cache->context)
		redisFree(cache->context);
	cache->context = NULL;
	cache->retry_ms = loop_now_ms() + RETRY_MS;
}

void cache_release(struct cache *cache)
{
	give_up(cache);
}

static bool connected(struct cache *cache)
{
	const struct timeval timeout = {.tv_usec = TIMEOUT_MS * 1000};
	if (cache->context)
		return true;
	if (loop_now_ms() < cache->retry_ms)
		return false;
	cache->context = redisConnectUnixWithTimeout(cache->path, timeout);
	if (!cache->context || cache->context->err ||
		redisSetTimeout(cache->context, timeout) != REDIS_OK) {
		give_up(cache);
		return false;
	}
	const char *name[] = {"CLIENT", "SETNAME", cache->bot};
	redisReply *reply = redisCommandArgv(cache->context, 3, name, NULL);
	if (reply)
		freeReplyObject(reply);
	else
		give_up(cache);
	return cache->context != NULL;
}

/* One command; NULL when Redis is away or said an error. The caller frees the reply. */
static redisReply *ask(struct cache *cache, const char *const *words)
{
	const char *argv[ARGS_MAX];
	int argc = 0;
	while (argc < ARGS_MAX && words[argc]) {
		argv[argc] = words[argc];
		argc++;
	}
	if (!connected(cache))
		return NULL;
	redisReply *reply = redisCommandArgv(cache->context, argc, argv, NULL);
	if (!reply) {
		give_up(cache);
		return NULL;
	}
	if (reply->type != REDIS_REPLY_ERROR)
		return reply;
	freeReplyObject(reply);
	return NULL;
}

static bool tell(struct cache *cache, const char *const *words)
{
	redisReply *reply = ask(cache, words);
	if (reply)
		freeReplyObject(reply);
	return reply != NULL;
}

void cache_set(struct cache *cache, const char *key, const char *value, int ttl_ms)
{
	char ttl[16];
	snprintf(ttl, sizeof(ttl), "%d", ttl_ms);
	const char *words[] = {"SET", key, value, "PX", ttl, NULL};
	tell(cache, words);
}

void cache_delete(struct cache *cache, const char *key)
{
	const char *words[] = {"DEL", key, NULL};
	tell(cache, words);
}

static bool take_text(redisReply *reply, struct str *ret_value)
{
	bool found = reply && reply->type == REDIS_REPLY_STRING;
	str_clear(ret_value);
	if (found)
		str_add(ret_value, reply->str, reply->len);
	if (reply)
		freeReplyObject(reply);
	return found;
}

bool cache_get(struct cache *cache, const char *key, struct str *ret_value)
{
	const char *words[] = {"GET", key, NULL};
	return take_text(ask(cache, words), ret_value);
}

void cache_event(struct cache *cache, const char *level, const char *type, const char *correlation,
	const char *message)
{
	char key[128], limit[16], now[24];
	snprintf(key, sizeof(key), "events:%s", cache->bot);
	snprintf(limit, sizeof(limit), "%d", EVENTS_MAX);
	snprintf(now, sizeof(now), "%" PRId64, clock_wall_ms(clock_real()));
	const char *words[] = {"XADD", key, "MAXLEN", "~", limit, "*", "bot", cache->bot, "level",
		level, "msg", message, "ts", now, "type", type, "correlation_id",
		correlation ? correlation : "", NULL};
	tell(cache, words);
}

bool cache_push(struct cache *cache, const char *key, const char *value)
{
	const char *words[] = {"RPUSH", key, value, NULL};
	return tell(cache, words);
}

bool cache_pop(struct cache *cache, const char *key, struct str *ret_value)
{
	const char *words[] = {"LPOP", key, NULL};
	return take_text(ask(cache, words), ret_value);
}
