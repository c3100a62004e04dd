/* SPDX-License-Identifier: MIT */
/* What a Redis says of itself, as one observation. Redis thread. */
#ifndef BOTSWAIN_COLLECT_REDIS_REPORT_H
#define BOTSWAIN_COLLECT_REDIS_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/collect/redis_exports.h"
#include "core/parse/redis_info.h"

struct err;
struct msg_obs_redis;
struct redis_session;

/* What must be known from the look before; zeroed at first. */
struct redis_memory {
	bool has_looked;
	int64_t refusals[REDIS_REFUSALS];
	int64_t grew_ms[REDIS_REFUSALS]; /* mono, 0 never */
	struct redis_exports exports;
};

/* PING, INFO and the latest slow command, each as far as it is permitted. Posts obs_redis when the
 * server said anything. False: the connection is broken. `ret_latency_ms`: PING's. */
MUST_CHECK bool redis_report(struct redis_session *session, struct redis_memory *memory,
	double *ret_latency_ms, struct err *ret_refused, struct err *err);
/* Fills an observation whose name is set. Pure. */
void redis_report_info(struct msg_obs_redis *obs, const struct redis_info *info);
/* Says by which error writes were refused in the last seconds: who writes is told at once, and we never write. Pure. */
void redis_report_refusals(struct msg_obs_redis *obs, struct redis_memory *memory,
	const struct redis_info *info, int64_t now_ms);

#endif
