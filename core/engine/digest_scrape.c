/* SPDX-License-Identifier: MIT */
/* Pages of Prometheus text: what is recorded of them, and the load of a bot where its names are known. Their series went into the
 * store by the worker. */
#include <math.h>

#include "core/base/err.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/sources.h"
#include "core/engine/metrics.h"
#include "core/engine/recorder.h"
#include "core/engine/rules.h"

enum { STALE_INTERVALS = 3 };

static void keep_load(struct engine *engine, const struct msg_obs_scrape *seen)
{
	struct bot_facts *facts;
	struct msg_bot *bot = digest_bot(engine, seen->bot, &facts);
	if (!bot)
		return;
	bot->metrics_at_ms = now_wall(engine);
	bot->metrics_refused = seen->refused;
	facts->metrics.updates_per_s = seen->updates_per_s;
	facts->metrics.p95_ms = seen->p95_ms;
	facts->metrics.errors_per_min = seen->errors_per_min;
	facts->metrics.mono_ms = now_mono(engine);
	facts->metrics.stale_ms = STALE_INTERVALS * seen->interval_ms;
	if (!facts->worker_count)
		note_load(engine, bot, facts);
}

void digest_scrape(struct engine *engine, const void *body)
{
	const struct msg_obs_scrape *seen = body;
	for (size_t i = 0; engine->recorder && i < seen->samples_count; i++) {
		const struct msg_sample *sample = &seen->samples[i];
		uint64_t id = sample->id ? sample->id : metrics_id(sample->name, sample->labels);
		recorder_value(engine->recorder, id, sample->name, sample->labels, now_wall(engine),
			sample->value);
	}
	engine->refused_samples += seen->refused;
	rules_see_scrape(engine->rules, seen);
	if (seen->code == ERR_NONE && seen->bot[0])
		keep_load(engine, seen);
}
