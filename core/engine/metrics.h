/* SPDX-License-Identifier: MIT */
/*
 * The engine's store of metrics (core/series/tsdb.h), with a thread of its own that keeps it: it waits for the disk, which a turn
 * never does. Workers append to the store themselves; what the engine learns of goes in by metrics_add().
 *
 * A recording has a store too, in memory alone and without a thread, which is asked up to the time at which a replay stands. A
 * clock that was put back while it was made takes nothing away: what came after it goes into a further store (a run), and
 * where two runs tell of the same minutes the later one counts.
 */
#ifndef BOTSWAIN_ENGINE_METRICS_H
#define BOTSWAIN_ENGINE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/querier.h"

struct clock;
struct err;
struct metrics;
struct settings;
struct tsdb;
struct tsdb_statistics;

/* `folder` NULL: it is in memory alone. When the folder cannot be used `err` says why, and it is in memory as well. */
struct metrics *metrics_new(const struct settings *settings, const struct clock *clock,
	const char *folder, struct err *err) MUST_CHECK;
/* Of a recording, with so much memory; the oldest makes room. */
struct metrics *metrics_new_past(size_t bytes) MUST_CHECK;
void metrics_free(struct metrics *metrics); /* writes what is not written yet; NULL is legal */
struct tsdb *metrics_store(const struct metrics *metrics);

/* As of some seconds ago. Any thread. */
void metrics_figures(struct metrics *metrics, struct tsdb_statistics *ret);

/* What metrics_add() knows a series by. */
uint64_t metrics_id(const char *name, const char *labels);
/* A value of name{labels}; labels as label_pairs.h has them, or "". NaN: it is not known any more. False: it was refused, and counted.
 * Engine thread. */
bool metrics_add(struct metrics *metrics, uint64_t id, const char *name, const char *labels,
	int64_t time_ms, double value);
/* Whose a series is that was added: whoever says so last. 0: nobody's. Engine thread, as the following. */
void metrics_own(struct metrics *metrics, uint64_t id, uint64_t owner);
/* When the next value of the series may stand, now or a little later: an end does not go for a value of the same ms, nor this for
 * an end. INT64_MIN: the value is one more end, of which there is no need. */
int64_t metrics_free_ms(const struct metrics *metrics, uint64_t id, int64_t now_ms, double value);

/* Hears of a series that ended. */
typedef void metrics_ended(
	void *context, uint64_t id, const char *name, const char *labels, int64_t time_ms);
/* Its owner tells nothing of them any more: all series of it that have not ended end, now, or (INT64_MIN) each behind its last value.
 * `ended` NULL: nobody hears. */
void metrics_end(struct metrics *metrics, uint64_t owner, int64_t now_ms, metrics_ended *ended,
	void *context);
/* Of a recording, once in a while as it is read: where there is no more room the oldest goes. */
void metrics_make_room(struct metrics *metrics);
/* Values of a recording that made room. */
uint64_t metrics_made_room(const struct metrics *metrics);

/* Up to when it may be asked at that time: a replay does not look ahead. */
int64_t metrics_until_ms(const struct metrics *metrics, int64_t now_ms);

/* What of it is seen; of a recording nothing that is newer than `until_ms`. Any thread. */
struct metrics_view {
	const struct metrics *metrics;
	int64_t until_ms;
};

/* Valid as long as the view. */
struct querier metrics_querier(struct metrics_view *view);

#endif
