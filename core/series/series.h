/* SPDX-License-Identifier: MIT */
/*
 * Values over time, in memory. A series is a metric name with labels, written `name{a=b,c=d}` with
 * the labels sorted (quotes around a value are allowed when asking). Each keeps a ring of (wall
 * time, value) that grows while it holds less than `span_ms` and the store less than three quarters
 * of its byte budget, and then forgets its oldest; the last quarter is for new series. When that is
 * used up, series that got no value for `span_ms` make room. Any thread: one lock, held for one
 * series at a time.
 */
#ifndef BOTSWAIN_SERIES_SERIES_H
#define BOTSWAIN_SERIES_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct series;

struct series *series_new(size_t budget_bytes, int64_t span_ms) MUST_CHECK;
void series_free(struct series *series); /* NULL is legal */

/*
 * Appends a value; `labels` is "a=b,c=d" or empty. NaN ends the line here: a gap. Points
 * that are not older than `time_ms` are forgotten (the clock was put back; not after series_keep_order()). False: the store
 * is full and this is a new series (a value that is lost: counted in series_refused()).
 */
bool series_append(
	struct series *series, const char *name, const char *labels, int64_t time_ms, double value);

/* For values read from a recording: one whose clock was wrong, or put back, takes its place in time, and what was there
 * before it stays; of times that are there twice the second is kept. Before the first value. */
void series_keep_order(struct series *series);

/* `id`: entity_id() of name and labels. */
typedef void series_watcher(void *context, uint64_t id, const char *name, const char *labels,
	int64_t time_ms, double value);
/* From now on `watch` sees every value that is appended, in the thread that does. */
void series_watch(struct series *series, series_watcher *watch, void *context);
/* Queries see nothing newer than this (a replay stands there); INT64_MAX: all. */
void series_show_until(struct series *series, int64_t time_ms);

/*
 * `columns` values over from_ms .. to_ms, oldest first: the mean of what fell into the column,
 * else the value before it while that is younger than two and a half of the series' usual
 * intervals, else NaN. False: there is no such series. `*ret_last`: its newest value (NaN after a
 * gap).
 */
bool series_query(const struct series *series, const char *key, int64_t from_ms, int64_t to_ms,
	size_t columns, double *ret_values, double *ret_last);

/* Every series whose name is `name` (NULL: all), in order of first appearance. The store is locked
 * meanwhile: copy the key. */
void series_names(const struct series *series, const char *name,
	void (*visit)(void *context, const char *key), void *context);

size_t series_bytes(const struct series *series);
uint64_t series_refused(const struct series *series);

#endif
