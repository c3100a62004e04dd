/* SPDX-License-Identifier: MIT */
#include "core/engine/event_job.h"

#include <stdlib.h>
#include <time.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/events/directory.h"
#include "core/collect/collect.h"
#include "core/engine/internal.h"
#include "core/engine/query_pool.h"

struct event_scan {
	struct event_snapshot *snapshot; /* NULL: used up */
	struct redactor *redactor;       /* NULL: shapes alone */
	struct event_query *query;
};

struct event_scan *event_scan_new(struct engine *engine)
{
	struct event_scan *scan = xcalloc(1, sizeof(*scan));
	engine->events_looked_at = true;
	scan->snapshot = event_directory_snapshot(engine->events);
	if (engine->collect)
		scan->redactor = collect_redactor(engine->collect);
	return scan;
}

void event_scan_free(struct event_scan *scan)
{
	if (!scan)
		return;
	event_query_free(scan->query);
	event_snapshot_free(scan->snapshot);
	if (scan->redactor)
		redactor_unref(scan->redactor);
	free(scan);
}

/* Times in a filter are meant where the engine is. */
static int32_t utc_offset_s(int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm parts;
	return localtime_r(&now, &parts) ? (int32_t)parts.tm_gmtoff : 0;
}

/* The sentence says where it is none. */
struct filter *event_filter_new(const char *expression, int64_t now_ms, struct err *err)
{
	const struct filter_schema schema = log_schema(now_ms, utc_offset_s(now_ms));
	size_t at = 0;
	return filter_new(expression, &schema, &at, err);
}

bool event_scan_begin(struct event_scan *scan, const char *expression, int64_t now_ms,
	const struct event_question *question, struct err *err)
{
	struct filter *filter = event_filter_new(expression, now_ms, err);
	if (!filter)
		return false;
	scan->query = event_query_new(event_scan_take(scan), filter, scan->redactor, question);
	return true;
}

const struct redactor *event_scan_redactor(const struct event_scan *scan)
{
	return scan->redactor;
}

const struct event_snapshot *event_scan_snapshot(const struct event_scan *scan)
{
	return scan->snapshot;
}

struct event_snapshot *event_scan_take(struct event_scan *scan)
{
	struct event_snapshot *snapshot = scan->snapshot;
	scan->snapshot = NULL;
	return snapshot;
}

struct event_query *event_scan_query(struct event_scan *scan)
{
	return scan->query;
}

bool event_scan_step(struct event_scan *scan, const struct query *query)
{
	bool done = false;
	for (int i = 0; i < SCAN_LINES / SCAN_STEP_LINES && !done && !query_cancelled(query); i++)
		done = event_query_step(scan->query, SCAN_STEP_LINES);
	event_query_rest(scan->query);
	return done;
}
