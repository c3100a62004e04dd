/* SPDX-License-Identifier: MIT */
/*
 * All that redis_exporter would tell of a Redis, read at an interval of its own (settings: metrics_interval) and posted as one
 * obs_samples. What the server refuses is left out, and asked for again an hour later at the soonest: a refusal counts there.
 * Redis thread.
 */
#ifndef BOTSWAIN_COLLECT_REDIS_EXPORTS_H
#define BOTSWAIN_COLLECT_REDIS_EXPORTS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/collect/metric.h"

struct redisReply;
struct redis_session;
struct msg_obs_redis;

/* With the labels of this server. */
struct metric_batch redis_batch(const struct redis_session *session);

/* Zeroed at first. */
struct redis_exports {
	struct metric_past past;
	int64_t due_ms;                         /* mono */
	int64_t slow_retry_ms, config_retry_ms; /* not before; 0: it was not refused */
	bool knows_config, is_told_down;
	int databases;
	double io_threads;
};

bool redis_exports_due(const struct redis_exports *exports, const struct redis_session *session);
/* Fills the figures of an observation: those of each look. */
void redis_exports_figures(const struct redis_session *session, const struct redisReply *info,
	struct msg_obs_redis *obs);
/* When due: `info` is the answer to INFO all, `slow` that to SLOWLOG GET 1, NULL none. Asks for the rest and posts. */
void redis_exports_take(struct redis_exports *exports, struct redis_session *session,
	const struct redisReply *info, const struct redisReply *slow);
/* It does not answer: its series end, and redis_up is 0. */
void redis_exports_down(struct redis_exports *exports, struct redis_session *session);
void redis_exports_release(struct redis_exports *exports);

#endif
