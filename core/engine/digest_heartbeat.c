/* SPDX-License-Identifier: MIT */
/*
 * Heartbeats. The age of a beat is the key's full TTL less what remains of it. A sharded bot beats
 * once a worker; its own beat is the newest of theirs, its load their sum.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/digest.h"
#include "core/engine/halt.h"
#include "core/engine/internal.h"

/* The entry of a worker, made when there is room; NULL: none. */
static struct worker_facts *worker_of(struct bot_facts *facts, const char *id, bool make)
{
	char clipped[sizeof(facts->workers[0].id)];
	copy_text(clipped, sizeof(clipped), id);
	for (size_t i = 0; i < facts->worker_count; i++)
		if (strcmp(facts->workers[i].id, clipped) == 0)
			return &facts->workers[i];
	if (!make || facts->worker_count == WORKERS_MAX)
		return NULL;
	facts->workers = grow(
		facts->workers, facts->worker_count, &facts->worker_room, sizeof(*facts->workers));
	struct worker_facts *worker = &facts->workers[facts->worker_count++];
	*worker = (struct worker_facts){.updates_per_s = NAN, .p95_ms = NAN};
	memcpy(worker->id, clipped, sizeof(clipped));
	return worker;
}

static void list_workers(struct msg_bot *bot, const struct bot_facts *facts)
{
	for (size_t i = 0; i < bot->workers_count; i++)
		msg_release(MSG_worker_seen, &bot->workers[i]);
	bot->workers_count = 0;
	if (facts->worker_count < 2)
		return;
	for (size_t i = 0; i < facts->worker_count; i++) {
		if (!facts->workers[i].id[0])
			continue;
		struct msg_worker_seen *seen = msg_add(bot->workers, &bot->workers_count);
		msg_set(&seen->id, facts->workers[i].id);
		seen->seen_ms = facts->workers[i].beat_ms;
	}
}

/* Of a bot with one key; the workers of others are in their list. */
static void name_worker(
	struct msg_bot *bot, const struct bot_facts *facts, const struct msg_obs_heartbeat *seen)
{
	autofree char *text = seen->workers_total > 1 ? xasprintf("%s/%lld", seen->worker,
								(long long)seen->workers_total)
						      : xstrdup("");
	msg_set(&bot->worker, facts->worker_count > 1 ? "" : text);
}

/* Without a process its beats alone say that it runs. */
static bool is_all_beats(const struct msg_bot *bot)
{
	return strcmp(bot->proc_state, "not_configured") == 0;
}

enum { NEW_BEAT_MS = 250 }; /* the computed times of one beat differ by less */

/* A beat that is seen twice is one report. */
static void note_slowness(const struct engine *engine, struct worker_facts *worker,
	const struct msg_obs_heartbeat *seen, int64_t at_ms)
{
	if (at_ms - worker->beat_ms < NEW_BEAT_MS)
		return;
	bool slow = seen->p95_ms > engine->limits.slow_p95_ms; /* false for NaN */
	worker->slow_reports = slow ? worker->slow_reports + 1 : 0;
}

/* Who answered nothing has no latency: a zero is none. */
static bool is_idle(const struct msg_obs_heartbeat *seen)
{
	return seen->p95_ms <= 0 && !(seen->updates_per_s > 0);
}

static void note_beat(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts,
	const struct msg_obs_heartbeat *seen)
{
	int64_t now = now_wall(engine);
	bool dated = seen->ttl_ms >= 0 && seen->full_ttl_ms > 0;
	int64_t at_ms = dated ? now - (seen->full_ttl_ms - seen->ttl_ms) : now;
	struct worker_facts *worker = worker_of(facts, seen->worker, true);
	if (worker) {
		note_slowness(engine, worker, seen, at_ms);
		worker->present = true;
		worker->beat_ms = at_ms;
		worker->mono_ms = now_mono(engine);
		worker->updates_per_s = seen->updates_per_s;
		worker->p95_ms = is_idle(seen) ? NAN : seen->p95_ms;
	}
	msg_set(&bot->hb_state, dated ? "ok" : "unknown");
	bot->hb_ttl_ms = seen->ttl_ms;
	if (dated && at_ms > bot->hb_at_ms)
		bot->hb_at_ms = at_ms;
	if (dated && at_ms > facts->halted_ms && is_all_beats(bot))
		halt_over(engine, facts);
	name_worker(bot, facts, seen);
	facts->heartbeat_mono_ms = now_mono(engine);
}

/* No key. A sharded bot has several: it is missing when all are. */
static void note_missing(
	struct msg_bot *bot, struct bot_facts *facts, const struct msg_obs_heartbeat *seen)
{
	struct worker_facts *worker = worker_of(facts, seen->worker, false);
	if (worker)
		worker->present = false;
	for (size_t i = 0; i < facts->worker_count; i++)
		if (facts->workers[i].present)
			return;
	msg_set(&bot->hb_state, "missing");
	bot->hb_ttl_ms = 0;
}

/* As its entry among the workers is named. */
static uint64_t teller_of(const struct bot_facts *facts, const char *worker)
{
	char clipped[sizeof(facts->workers[0].id)];
	copy_text(clipped, sizeof(clipped), worker);
	return digest_teller(facts->id, TELLER_HEARTBEAT, clipped);
}

/* The collector gave them their labels. */
static void record_figures(
	struct engine *engine, const struct bot_facts *facts, const struct msg_obs_heartbeat *seen)
{
	uint64_t teller = teller_of(facts, seen->worker);
	static const char prefix[] = "bot_heartbeat_";
	char name[96];
	memcpy(name, prefix, sizeof(prefix));
	for (size_t i = 0; i < seen->figures_count; i++) {
		const struct msg_sample *figure = &seen->figures[i];
		copy_text(
			name + sizeof(prefix) - 1, sizeof(name) - sizeof(prefix) + 1, figure->name);
		digest_value(engine, teller, name, figure->labels, figure->value);
	}
}

/* Two intervals (heartbeat_stale_ms is three) without a look: one was missed, and what was not seen
 * meanwhile is nobody's fault. The watch begins anew. */
static void note_look(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts)
{
	int64_t gap_ms = now_mono(engine) - facts->look_mono_ms;
	if (gap_ms > engine->limits.heartbeat_stale_ms / 3 * 2)
		bot->hb_watch_ms = now_wall(engine);
	facts->look_mono_ms = now_mono(engine);
}

void digest_heartbeat(struct engine *engine, const void *body)
{
	const struct msg_obs_heartbeat *seen = body;
	struct bot_facts *facts;
	struct msg_bot *bot = digest_bot(engine, seen->bot, &facts);
	if (!bot)
		return;
	bot->hb_seen_ms = now_wall(engine);
	note_look(engine, bot, facts);
	if (seen->present)
		note_beat(engine, bot, facts, seen);
	else {
		note_missing(bot, facts, seen);
		digest_end(engine, teller_of(facts, seen->worker));
	}
	list_workers(bot, facts);
	note_load(engine, bot, facts);
	record_figures(engine, facts, seen);
}
