/* SPDX-License-Identifier: MIT */
/*
 * What a Redis tells of itself, as redis_exporter names it: from the text of INFO, and the few things that INFO does not hold.
 * Pure; any thread.
 */
#ifndef BOTSWAIN_COLLECT_REDIS_METRICS_H
#define BOTSWAIN_COLLECT_REDIS_METRICS_H

#include <stddef.h>
#include <stdint.h>
#include "core/collect/metric.h"

struct redisReply;

enum { REDIS_COMMANDS_MAX = 100, REDIS_ERRORS_MAX = 50, REDIS_DATABASES_MAX = 64 };

struct redis_answers {
	const char *info;
	size_t length;
	int64_t wall_ms;
	int databases;     /* of its configuration, 0 unknown */
	double io_threads; /* NaN unknown */
};

/* Those that are cheap, and drawn: at each look. */
void redis_metrics_look(const struct redis_answers *answers, metric_sink *sink, void *context);
/* All others that the text holds: of INFO all also of commands and errors. */
void redis_metrics_rest(const struct redis_answers *answers, metric_sink *sink, void *context);
/* Of SLOWLOG LEN, SLOWLOG GET 1 and LATENCY LATEST; NULL: not known. */
void redis_metrics_slow(const struct redisReply *length, const struct redisReply *last,
	const struct redisReply *events, metric_sink *sink, void *context);

/* Every metric of a Redis, in the order of docs/metrics.md. */
void redis_metrics_words(metric_visitor *visit, void *context);
/* The names of redis_metrics_look(); NULL behind the last. */
const char *redis_metrics_look_name(size_t index);

#endif
