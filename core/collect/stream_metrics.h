/* SPDX-License-Identifier: MIT */
/* What XINFO tells of streams, groups and consumers, as redis_exporter names it; into the session's batch, when that is being
 * filled. Stream thread. */
#ifndef BOTSWAIN_COLLECT_STREAM_METRICS_H
#define BOTSWAIN_COLLECT_STREAM_METRICS_H

#include <stdint.h>

struct redisReply;
struct redis_session;
struct watched_stream;

struct stream_consumer {
	const char *name;
	int64_t pending, idle_ms;
};

/* `reply`: of XINFO STREAM; one list of XINFO GROUPS. */
void stream_metrics_of_stream(struct redis_session *session, const struct watched_stream *stream,
	const struct redisReply *reply);
void stream_metrics_of_group(struct redis_session *session, const struct watched_stream *stream,
	const struct redisReply *reply);
void stream_metrics_of_consumer(struct redis_session *session, const struct watched_stream *stream,
	const char *group, const struct stream_consumer *consumer);

#endif
