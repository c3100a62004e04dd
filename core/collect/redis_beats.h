/* SPDX-License-Identifier: MIT */
/*
 * The heartbeats in one Redis. The keys of the configured bots are asked for by name; further
 * workers of a bot beat under <key>:<worker>, which a slow walk with SCAN finds. A key's age is its
 * full TTL less what is left of it, so the largest TTL seen is remembered for each. Redis thread.
 */
#ifndef BOTSWAIN_COLLECT_REDIS_BEATS_H
#define BOTSWAIN_COLLECT_REDIS_BEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct beats;
struct conf_redis;
struct err;
struct msg_obs_heartbeat;
struct redis_session;
struct roster;

struct beats *beats_new(const struct conf_redis *conf) MUST_CHECK;
void beats_free(struct beats *beats); /* NULL is legal */
/* The bots whose heartbeats are here; what is remembered of a key that stays is kept. */
void beats_set_roster(struct beats *beats, const struct roster *roster);
/* Asks for all keys and posts obs_heartbeat for each bot. False: the connection is broken. What the
 * server refused is in `ret_refused`. */
MUST_CHECK bool beats_look(struct beats *beats, struct redis_session *session,
	struct err *ret_refused, struct err *err);

/* Remembers the TTL of one key. Pure. */
struct beat_ttl {
	int64_t full_ms, last_ms;
	unsigned below; /* beats in a row that came nowhere near full_ms */
};
void beat_ttl_see(struct beat_ttl *ttl, int64_t left_ms);
/* Fills the figures of a heartbeat from its value: a JSON object of figures, or anything. Pure. */
void beat_read_value(struct msg_obs_heartbeat *beat, const char *value, size_t length);

#endif
