/* SPDX-License-Identifier: MIT */
/*
 * A bot's process. A new start is a new pid, or the same pid with another start time by both the
 * wall clock and the monotonic one: the kernel's start times move when the wall clock is set, and
 * that is no restart.
 */
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

static void note_running(
	struct engine *engine, struct bot_facts *facts, const struct msg_obs_process *seen)
{
	int64_t start_mono_ms = seen->start_ms - (now_wall(engine) - now_mono(engine));
	if (is_new_start(facts, seen, start_mono_ms))
		times_add(&facts->starts, seen->start_ms ? seen->start_ms : now_wall(engine));
	halt_over(engine, facts);
	facts->pid = seen->pid;
	facts->start_ms = seen->start_ms;
	facts->start_mono_ms = start_mono_ms;
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
	if (running)
		bot->proc_fails = 0;
	else if (!unknown)
		bot->proc_fails++;
	facts->process_mono_ms = now_mono(engine);
	if (running)
		note_running(engine, facts, seen);
	digest_record(engine, "bot_up", "bot", bot->name, running);
	digest_record(engine, "process_cpu_percent", "bot", bot->name, seen->cpu_percent);
	digest_record(
		engine, "process_resident_memory_bytes", "bot", bot->name, (double)seen->rss_bytes);
}
