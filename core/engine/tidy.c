/* SPDX-License-Identifier: MIT */
#include "core/engine/tidy.h"

#include <malloc.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/query_pool.h"

enum { EVERY_MS = 600000, SOON_MS = 5000 };

static void work(struct query *query)
{
	(void)query;
	(void)malloc_trim(0);
}

static void release(struct query *query)
{
	free(query);
}

void tidy_beat(struct engine *engine)
{
	if (!engine->tidy_mono_ms)
		engine->tidy_mono_ms = now_mono(engine) + EVERY_MS;
	if (now_mono(engine) < engine->tidy_mono_ms)
		return;
	struct query *query = xcalloc(1, sizeof(*query));
	query_init(query, work, release);
	bool is_queued UNUSED = query_pool_add(engine->pool, query); /* or the next time */
	query_unref(query);
	engine->tidy_mono_ms = now_mono(engine) + EVERY_MS;
}

void tidy_soon(struct engine *engine)
{
	engine->tidy_mono_ms = now_mono(engine) + SOON_MS;
}
