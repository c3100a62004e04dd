/* SPDX-License-Identifier: MIT */
/*
 * Sources: what their workers report, and what the clock makes of it. A source that said `ok` and
 * then nothing for two of its intervals missed one: late; after three: stale. Ages are taken from
 * the monotonic clock, so that setting the wall clock makes nothing stale.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/engine/sources.h"

enum { SCRAPE_MISSED = 2 /* looks at a page in a row that failed: no longer chance */ };

/* There is one for every log file too, so they are kept in order of id. */
struct source_facts *sources_facts(struct engine *engine, uint64_t id)
{
	struct sources *sources = &engine->sources;
	size_t low = 0, high = sources->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (sources->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < sources->count && sources->list[low].id == id)
		return &sources->list[low];
	sources->list = grow(sources->list, sources->count, &sources->room, sizeof(*sources->list));
	memmove(sources->list + low + 1, sources->list + low,
		(sources->count++ - low) * sizeof(*sources->list));
	sources->list[low] = (struct source_facts){.id = id, .heard_mono_ms = NEVER};
	return &sources->list[low];
}

uint64_t source_id(const char *scope, const char *kind, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", kind, name);
	return entity_id(scope, path);
}

struct msg_source *source_draft(struct engine *engine, const char *kind, const char *name)
{
	struct msg_source *source = draft_make(engine, MSG_source, source_id("source", kind, name));
	if (msg_set(&source->name, name) | msg_set(&source->kind, kind)) {
		msg_set(&source->state, "checking");
		source->latency_ms = NAN;
		source->since_ms = now_wall(engine);
	}
	return source;
}

/* Samples that are whole are of a path, or of a name alone (digest_samples()). */
void source_end(const struct engine *engine, const char *kind, const char *name, bool was_silent)
{
	autofree char *path = xasprintf("%s/%s", kind, name);
	const uint64_t tellers[] = {
		entity_id("source", path), entity_id("samples", path), entity_id("samples", name)};
	for (size_t i = 0; i < COUNT_OF(tellers); i++)
		(was_silent ? digest_end_silent : digest_end)(engine, tellers[i]);
}

static void forget_source(struct engine *engine, const char *kind, const char *name)
{
	drafts_commit(engine);
	source_end(engine, kind, name, false);
	draft_remove(engine, MSG_source, source_id("source", kind, name));
	draft_remove(engine, MSG_service, source_id("service", kind, name));
}

/* Degraded is well, but for something. */
static bool is_answered(const char *state)
{
	return strcmp(state, "ok") == 0 || strcmp(state, "degraded") == 0;
}

void digest_source(struct engine *engine, const void *body)
{
	const struct msg_obs_source *seen = body;
	if (seen->gone) {
		forget_source(engine, seen->kind, seen->name);
		return;
	}
	struct msg_source *source = source_draft(engine, seen->kind, seen->name);
	struct source_facts *facts = sources_facts(engine, source->id);
	snprintf(facts->reported, sizeof(facts->reported), "%s", seen->state);
	facts->heard_mono_ms = now_mono(engine);
	if (is_answered(seen->state)) {
		source->ok_ms = now_wall(engine);
		source->latency_ms = seen->latency_ms;
	}
	msg_set(&source->error, seen->error);
	msg_set(&source->circuit, seen->circuit);
	source->interval_ms = seen->interval_ms;
	source->next_ms = seen->next_in_ms ? now_wall(engine) + seen->next_in_ms : 0;
	source->fails = seen->fails;
	source->dropped = seen->dropped;
}

static const char *state_by_clock(
	const struct engine *engine, const struct source_facts *facts, int64_t interval_ms)
{
	int64_t age_ms = now_mono(engine) - facts->heard_mono_ms;
	if (!is_answered(facts->reported) || interval_ms <= 0)
		return facts->reported[0] ? facts->reported : "checking";
	return age_ms > 3 * interval_ms   ? "stale"
	       : age_ms > 2 * interval_ms ? "late"
					  : facts->reported;
}

/* Nothing of a source that does not answer stands still. Of one that is stale its worker hangs, and ends nothing itself. */
static void end_figures(const struct engine *engine, const struct msg_source *source)
{
	if (strcmp(source->state, "stale") == 0)
		source_end(engine, source->kind, source->name, true);
	else
		digest_end(engine, source->id);
}

void refresh_source(struct engine *engine, struct msg_source *source)
{
	const struct source_facts *facts = sources_facts(engine, source->id);
	const char *state = state_by_clock(engine, facts, source->interval_ms);
	if (msg_set(&source->state, state)) {
		source->since_ms = now_wall(engine);
		if (!is_answered(state) && strcmp(state, "late") != 0)
			end_figures(engine, source);
	}
	if (!is_answered(state))
		source->latency_ms = NAN;
	source->severity = state_severity(state);
	/* What a page of figures says is missed, whatever it fails of, and nothing stands still for it. */
	bool is_missed = source->severity > SEVERITY_WARN ||
			 (source->severity == SEVERITY_UNKNOWN && source->fails >= SCRAPE_MISSED);
	if (strcmp(source->kind, "scrape") == 0 && is_missed)
		source->severity = SEVERITY_WARN;
	if (strcmp(source->kind, "telegram") == 0) {
		source->done = engine->checking_done;
		source->total = engine->checking_total;
	}
}
