/* SPDX-License-Identifier: MIT */
/*
 * What windows and seeks on events have in common: a snapshot with the redactor of now, taken on the
 * engine's thread; compiling the filter and asking, slice by slice, on a pool thread. Between two
 * slices the engine decides whether the scan goes on: others get their turn on the pool meanwhile, and
 * nobody waits for a question that is stale.
 */
#ifndef BOTSWAIN_ENGINE_EVENT_JOB_H
#define BOTSWAIN_ENGINE_EVENT_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/events/query.h"

struct engine;
struct err;
struct event_scan;
struct event_snapshot;
struct filter;
struct query;
struct redactor;

enum {
	SCAN_LINES = 4096,     /* of one slice */
	SCAN_STEP_LINES = 256, /* between two looks at whether it is still wanted */
};

/* Engine thread. */
struct event_scan *event_scan_new(struct engine *engine) MUST_CHECK;
/* Any thread; NULL is legal. */
void event_scan_free(struct event_scan *scan);

/* What it redacts with: a shared object, another one when a secret became known; NULL: shapes alone.
 * Valid as long as the scan. */
const struct redactor *event_scan_redactor(const struct event_scan *scan);

/* Its snapshot, for a question of another kind; NULL: used up. */
const struct event_snapshot *event_scan_snapshot(const struct event_scan *scan);

/* ---- pool thread ---- */
/* Gives it away. */
struct event_snapshot *event_scan_take(struct event_scan *scan) MUST_CHECK;
/* NULL, with why, when it is no filter of log lines. */
struct filter *event_filter_new(const char *expression, int64_t now_ms, struct err *err) MUST_CHECK;
/* Asks; uses up the snapshot: once a scan. False: `err` says what is wrong with the expression, and
 * where. */
MUST_CHECK bool event_scan_begin(struct event_scan *scan, const char *expression, int64_t now_ms,
	const struct event_question *question, struct err *err);
/* The question; NULL before event_scan_begin(). */
struct event_query *event_scan_query(struct event_scan *scan);
/* Looks through one slice. True: done. A cancelled one ends early, with false. */
bool event_scan_step(struct event_scan *scan, const struct query *query);

#endif
