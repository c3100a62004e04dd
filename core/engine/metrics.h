/* SPDX-License-Identifier: MIT */
/*
 * The engine's store of metrics (core/series/tsdb.h), with a thread of its own that keeps it: it waits for the disk, which a turn
 * never does. Workers append to the store themselves; what the engine learns of goes in by metrics_add().
 */
#ifndef BOTSWAIN_ENGINE_METRICS_H
#define BOTSWAIN_ENGINE_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct clock;
struct engine;
struct err;
struct metrics;
struct settings;
struct tsdb;

/* `folder` NULL: it is in memory alone. When the folder cannot be used `err` says why, and it is in memory as well. */
struct metrics *metrics_new(const struct settings *settings, const struct clock *clock,
	const char *folder, struct err *err) MUST_CHECK;
void metrics_free(struct metrics *metrics); /* writes what is not written yet; NULL is legal */
struct tsdb *metrics_store(const struct metrics *metrics);

/* A value of name{labels}; labels as "a=b,c=d", or "". NaN: it is not known any more. Engine thread. */
void metrics_add(struct metrics *metrics, const char *name, const char *labels, int64_t time_ms,
	double value);

#endif
