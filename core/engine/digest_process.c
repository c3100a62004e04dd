/* SPDX-License-Identifier: MIT */
/*
 * A bot's process. A new start is a new pid, or the same pid with another start time by both the
 * wall clock and the monotonic one: the kernel's start times move when the wall clock is set, and
 * that is no restart.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine/digest.h"
#include "core/engine/halt.h"
#include "core/engine/internal.h"

enum { SAME_START_MS = 2000 };

static bool is_new_start(
	const struct bot_facts *facts, const struct msg_obs_process *seen, int64_t start_mono_ms)
{
	if (facts->pid == 0 || seen->pid == 0)
		return false;
	if (facts->pid != seen->pid)
		return true;
	return llabs(facts->start_ms - seen->start_ms) > SAME_START_MS &&
	       llabs(facts->start_mono_ms - start_mono_ms) > SAME_START_MS;
}

/* True when it is a new start. */
static bool note_running(
	struct engine *engine, struct bot_facts *facts, const struct msg_obs_process *seen)
{
	int64_t start_mono_ms = seen->start_ms - (now_wall(engine) - now_mono(engine));
	bool is_new = is_new_start(facts, seen, start_mono_ms);
	if (is_new)
		facts_add_start(facts, seen->start_ms ? seen->start_ms : now_wall(engine));
	halt_over(engine, facts);
	facts->pid = seen->pid;
	facts->start_ms = seen->start_ms;
	facts->start_mono_ms = start_mono_ms;
	return is_new;
}

/* What its supervisor counted beyond the new start that we saw ourselves. */
static void note_restarts(
	struct engine *engine, struct bot_facts *facts, const struct msg_obs_process *seen)
{
	bool is_new = false;
	if (strcmp(seen->state, "running") == 0)
		is_new = note_running(engine, facts, seen);
	if (!seen->by[0] || seen->restarts < 0)
		return;
	int64_t more = facts->is_counted ? seen->restarts - facts->counted_restarts - is_new : 0;
	for (int64_t i = 0; i < more && i < TIMES_MAX; i++)
		facts_add_start(facts, now_wall(engine));
	facts->is_counted = true;
	facts->counted_restarts = seen->restarts;
}

static void take_supervisor(struct msg_bot *bot, const struct msg_obs_process *seen)
{
	bool is_told = seen->by[0] != '\0';
	msg_set(&bot->proc_by, seen->by);
	msg_set(&bot->proc_words, seen->words);
	msg_set(&bot->proc_error, seen->error);
	msg_set(&bot->proc_log, seen->log);
	bot->proc_ended_ms = is_told ? seen->ended_ms : 0;
	bot->exit_status = is_told ? seen->exit_status : -1;
	bot->proc_oom = is_told && seen->oom;
	bot->proc_restarts = is_told ? seen->restarts : -1;
}

/* What could not be asked is a gap, and so is what is stopped on purpose: it is neither up nor down. Nothing runs in no
 * memory: of a process that does, its size may not be seen then. */
static void record_process(struct engine *engine, const struct msg_bot *bot,
	const struct bot_facts *facts, const struct msg_obs_process *seen)
{
	uint64_t teller = digest_teller(facts->id, TELLER_PROCESS, "");
	bool is_wanted = bot->enabled && !facts->halted_ms;
	bool is_running = strcmp(seen->state, "running") == 0;
	bool is_unknown = strcmp(seen->state, "unknown") == 0;
	bool is_hidden = is_unknown || (is_running && !seen->rss_bytes);
	digest_record(engine, teller, "bot_up", "bot", seen->bot,
		is_unknown || (!is_running && !is_wanted) ? (double)NAN : is_running);
	digest_record(engine, teller, "process_cpu_percent", "bot", seen->bot, seen->cpu_percent);
	digest_record(engine, teller, "process_resident_memory_bytes", "bot", seen->bot,
		is_hidden ? (double)NAN : (double)seen->rss_bytes);
}

void digest_process(struct engine *engine, const void *body)
{
	const struct msg_obs_process *seen = body;
	struct bot_facts *facts;
	struct msg_bot *bot = digest_bot(engine, seen->bot, &facts);
	if (!bot)
		return;
	bool running = strcmp(seen->state, "running") == 0;
	bool unknown = strcmp(seen->state, "unknown") == 0;
	msg_set(&bot->proc_state, seen->state);
	bot->proc_at_ms = now_wall(engine);
	bot->pid = seen->pid;
	bot->proc_start_ms = seen->start_ms;
	bot->cpu_percent = seen->cpu_percent;
	bot->rss_bytes = seen->rss_bytes;
	bot->fds = seen->fds;
	bot->proc_held = seen->held;
	if (running || strcmp(seen->state, "paused") == 0)
		bot->proc_fails = 0;
	else if (!unknown)
		bot->proc_fails++;
	facts->process_mono_ms = now_mono(engine);
	note_restarts(engine, facts, seen);
	take_supervisor(bot, seen);
	record_process(engine, bot, facts, seen);
}
