/* SPDX-License-Identifier: MIT */
/* The inside of the store of metrics; metrics.c, metrics_view.c and their test alone include it. */
#ifndef BOTSWAIN_ENGINE_METRICS_INSIDE_H
#define BOTSWAIN_ENGINE_METRICS_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include "core/base/id_map.h"
#include "core/engine/metrics.h"
#include "core/series/tsdb.h"

enum { RUNS_MAX = 4 };

/* A series that the engine appends to, by the texts that it has for it. */
struct referred {
	struct tsdb_series *series;
	int64_t last_ms;
	uint64_t id, owner; /* 0: nobody's */
	size_t next;        /* in the list of its owner; SIZE_MAX: the last */
	bool has_ended;     /* its last value is the stale one, or it got none for long */
};

struct metrics {
	struct tsdb *runs[RUNS_MAX]; /* one, unless it is a recording's */
	atomic_size_t run_count;
	bool is_past;
	struct tsdb_limits limits; /* of a further run */
	const struct clock *clock;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t news;
	bool stops; /* under the lock, and so: */
	struct tsdb_statistics figures;
	int64_t figured_ms; /* wall */
	int64_t kept_ms;    /* wall: when it was looked at */
	int64_t ahead_ms;   /* of a clock that was put back: where it was; INT64_MIN: it was not */
	int64_t back_mono_ms;
	/* the engine's */
	struct id_map places; /* by id, in the list */
	struct id_map owners; /* in `firsts`, each the first of its series in the list */
	size_t *firsts, owner_count, owner_room;
	struct referred *list;
	size_t count, room;
	int64_t cleared_ms;
};

/* A store in memory alone, which is always there. */
struct tsdb *metrics_open_in_memory(const struct tsdb_limits *limits) MUST_CHECK;
/* What the thread does once a second. */
void metrics_keep(struct metrics *metrics);

#endif
