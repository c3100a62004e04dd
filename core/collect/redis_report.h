/* SPDX-License-Identifier: MIT */
/* What a Redis says of itself, as one observation. Redis thread. */
#ifndef BOTSWAIN_COLLECT_REDIS_REPORT_H
#define BOTSWAIN_COLLECT_REDIS_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct msg_obs_redis;
struct redis_info;
struct redis_session;

/* PING, INFO and the latest slow command, each as far as it is permitted. Posts obs_redis when the
 * server said anything. False: the connection is broken. `ret_latency_ms`: PING's. */
MUST_CHECK bool redis_report(struct redis_session *session, double *ret_latency_ms,
	struct err *ret_refused, struct err *err);
/* Fills an observation whose name is set. Pure. */
void redis_report_info(struct msg_obs_redis *obs, const struct redis_info *info);

#endif
