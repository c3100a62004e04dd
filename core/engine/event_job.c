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

enum { SLICE_LINES = 4096 };

struct snapshot_input {
	struct event_snapshot *snapshot; /* NULL: used up */
	struct redactor *redactor;       /* NULL: shapes alone */
};

void *event_input_new(struct engine *engine)
{
	struct snapshot_input *input = xcalloc(1, sizeof(*input));
	input->snapshot = event_directory_snapshot(engine->events);
	if (engine->collect)
		input->redactor = collect_redactor(engine->collect);
	return input;
}

void event_input_free(void *context)
{
	struct snapshot_input *input = context;
	if (!input)
		return;
	event_snapshot_free(input->snapshot);
	if (input->redactor)
		redactor_unref(input->redactor);
	free(input);
}

/* Times in a filter are meant where the engine is. */
static int32_t utc_offset_s(int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm parts;
	return localtime_r(&now, &parts) ? (int32_t)parts.tm_gmtoff : 0;
}

struct filter *event_filter(const char *expression, int64_t now_ms, struct err *err)
{
	const struct filter_schema schema = log_schema(now_ms, utc_offset_s(now_ms));
	size_t at = 0;
	return filter_new(expression, &schema, &at, err); /* its sentence says where */
}

struct event_query *event_input_ask(
	void *context, struct filter *filter, const struct event_question *question)
{
	struct snapshot_input *input = context;
	struct event_snapshot *snapshot = input->snapshot;
	input->snapshot = NULL;
	return event_query_new(snapshot, filter, input->redactor, question);
}

bool event_run(struct event_query *events, const struct query *query)
{
	while (!query_cancelled(query))
		if (event_query_step(events, SLICE_LINES))
			return true;
	return false;
}
