/* SPDX-License-Identifier: MIT */
/*
 * The bot's Redis: heartbeat, events, the key that asks for trouble, and the hand-over between
 * workers. Calls are short and bounded (300 ms); after a failure the bot leaves Redis alone for 2 s
 * and goes on without it.
 */
#ifndef BOTSWAIN_FLEET_CACHE_H
#define BOTSWAIN_FLEET_CACHE_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

struct cache {
	const char *path, *bot; /* borrowed */
	redisContext *context;
	int64_t retry_ms;
};

void cache_release(struct cache *cache);
/* SET `key` value PX ttl. */
void cache_set(struct cache *cache, const char *key, const char *value, int ttl_ms);
void cache_delete(struct cache *cache, const char *key);
/* False when Redis is away or the key is; `ret_value` is then empty. */
bool cache_get(struct cache *cache, const char *key, struct str *ret_value);
/* XADD events:<bot>, bounded to about 1,000 entries. */
void cache_event(struct cache *cache, const char *level, const char *type, const char *correlation,
	const char *message);
/* Hands an update to another worker, and takes one that was handed over. */
bool cache_push(struct cache *cache, const char *key, const char *value);
bool cache_pop(struct cache *cache, const char *key, struct str *ret_value);

#endif
