/* SPDX-License-Identifier: MIT */
/* What the looks at a stream and at its groups share: reading XINFO's lists of names and values, and the observation
 * that they become. Stream thread. */
#ifndef BOTSWAIN_COLLECT_STREAM_REPLY_H
#define BOTSWAIN_COLLECT_STREAM_REPLY_H

#include <stdint.h>
#include "core/base/attr.h"

struct msg_obs_stream;
struct redisReply;
struct redis_session;
struct watched_stream;

/* The value behind a name; NULL: none. */
const struct redisReply *stream_value(const struct redisReply *list, const char *name);
/* -1: none, or not a number. */
int64_t stream_number(const struct redisReply *list, const char *name);
/* An entry's id, or that of the entry that the value is; "" without one. */
const char *stream_id_of(const struct redisReply *list, const char *name);

/* Of the stream itself (`group` "") or of a group, with every figure unknown. */
struct msg_obs_stream *stream_observation(const struct redis_session *session,
	const struct watched_stream *stream, const char *group) MUST_CHECK;
void stream_post(struct redis_session *session, struct msg_obs_stream *obs);
void stream_post_gone(
	struct redis_session *session, const struct watched_stream *stream, const char *group);

/* A second's share of what a counter grew by between two looks; NaN: unknown, or it did not grow but begin anew. */
double stream_rate(int64_t before, int64_t before_ms, int64_t now, int64_t now_ms);

#endif
