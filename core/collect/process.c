/* SPDX-License-Identifier: MIT */
/*
 * The processes of the bots, one thread for all. A bot's pid comes from its pid file, a command or
 * a pattern; what is alive is then known by pid and start time, so that a pid that the kernel gave
 * to somebody else is never taken for the bot. A process that dies is reported within milliseconds
 * (pidfd), everything else at the interval. A pid command runs only while its process is not known
 * to live, at most four at a time; patterns share one walk through /proc.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/collect/deaths.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/process_look.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"

enum {
	COMMAND_TURN_MS = 100, /* when all are taken */
	AFTER_DEATH_MS = 250,  /* the next look: a supervisor may have started it again */
	EVENTS = 64,
};

static int64_t interval_ms(const struct processes *processes)
{
	return processes->roster->settings->process_interval_ms;
}

/* ---- when ---- */

static void look_again_in(struct processes *processes, struct bot_process *bot, int64_t ms)
{
	timers_set(&processes->timers, &bot->timer, worker_now_ms(processes->worker) + ms);
}

static void look_and_plan(struct processes *processes, struct bot_process *bot)
{
	if (bot->command.pid)
		process_end_command(processes, bot);
	else
		process_look(processes, bot);
	if (bot->command.pid)
		look_again_in(processes, bot, PROCESS_COMMAND_MS);
	else if (bot->wants_command)
		look_again_in(processes, bot, COMMAND_TURN_MS);
	else
		look_again_in(processes, bot,
			rng_jitter(
				&processes->rng, interval_ms(processes), SCHEDULE_JITTER_PERCENT));
}

static bool is_readable(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	return fd >= 0 && poll(&one, 1, 0) > 0;
}

static void take_events(struct processes *processes)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(processes->deaths.epoll_fd, events, EVENTS, 0);
	for (int i = 0; i < count; i++) {
		struct bot_process *bot = events[i].data.ptr;
		bool has_died = is_readable(bot->pidfd);
		if (!has_died && !(bot->command.pid && is_readable(bot->command.ended_fd)))
			continue;
		look_and_plan(processes, bot);
		if (has_died && !bot->command.pid)
			look_again_in(processes, bot, AFTER_DEATH_MS);
	}
}

static void beat(struct processes *processes)
{
	struct schedule schedule;
	int64_t next_ms = worker_now_ms(processes->worker) + interval_ms(processes);
	schedule_init(&schedule, interval_ms(processes), next_ms);
	timers_set(&processes->timers, &processes->beat, next_ms);
	if (processes->count)
		post_source(processes->worker->hub, &(struct attempt){.kind = "process",
							    .name = "processes",
							    .schedule = &schedule,
							    .latency_ms = NAN});
}

static void take_due(struct processes *processes)
{
	int64_t now_ms = worker_now_ms(processes->worker);
	for (struct timer *timer; (timer = timers_take_due(&processes->timers, now_ms));)
		if (timer == &processes->beat)
			beat(processes);
		else
			look_and_plan(processes, timer->owner);
}

/* ---- which bots ---- */

static int by_name(const void *one, const void *other)
{
	const struct bot_process *const *a = one, *const *b = other;
	return strcmp((*a)->conf->name, (*b)->conf->name);
}

static struct bot_process *find(struct processes *processes, const char *name)
{
	const struct conf_bot conf = {.name = (char *)(uintptr_t)name};
	const struct bot_process wanted = {.conf = &conf}, *key = &wanted;
	struct bot_process **found = processes->count
					     ? bsearch(&key, processes->bots, processes->count,
						       sizeof(struct bot_process *), by_name)
					     : NULL;
	return found ? *found : NULL;
}

static void free_bot(struct processes *processes, struct bot_process *bot)
{
	timers_remove(&processes->timers, &bot->timer);
	processes->commands -= bot->command.pid != 0;
	command_release(&bot->command);
	pattern_free(bot->pattern);
	process_forget(bot);
	free(bot);
}

static struct bot_process *new_bot(struct processes *processes)
{
	struct bot_process *bot = xcalloc(1, sizeof(*bot));
	bot->pidfd = -1;
	bot->timer.owner = bot;
	look_again_in(processes, bot,
		(int64_t)rng_below(&processes->rng, (uint64_t)interval_ms(processes) / 4));
	return bot;
}

static bool is_watched(const struct process_ref *ref)
{
	return ref->pidfile[0] || ref->pid_command.count || ref->match[0];
}

/* Takes ownership of the reference. Bots whose process is found in the same way stay known. */
static void set_roster(struct processes *processes, struct roster *roster)
{
	struct bot_process **bots = xcalloc(roster->count + 1, sizeof(struct bot_process *));
	struct roster *old_roster = processes->roster;
	size_t count = 0;
	processes->roster = roster;
	for (size_t i = 0; i < roster->count; i++) {
		const struct conf_bot *conf = roster->bots[i];
		if (!is_watched(&conf->process))
			continue;
		struct bot_process *bot = find(processes, conf->name);
		if (bot && !same_process(&bot->conf->process, &conf->process))
			bot = NULL;
		if (bot)
			bot->is_kept = true;
		else
			bot = new_bot(processes);
		bots[count++] = bot;
		bot->next_conf = conf;
	}
	for (size_t i = 0; i < processes->count; i++)
		if (!processes->bots[i]->is_kept)
			free_bot(processes, processes->bots[i]);
	free(processes->bots);
	processes->bots = bots;
	processes->count = count;
	for (size_t i = 0; i < count; i++) {
		bots[i]->conf = bots[i]->next_conf;
		bots[i]->is_kept = false;
	}
	qsort(bots, count, sizeof(struct bot_process *), by_name);
	roster_unref(old_roster);
	beat(processes);
}

static void take_orders(struct processes *processes)
{
	for (struct order *order; (order = worker_next_order(processes->worker));) {
		struct bot_process *bot = order->bot ? find(processes, order->bot) : NULL;
		if (order->kind == ORDER_ROSTER)
			set_roster(processes, roster_ref(order->roster));
		else if (order->kind == ORDER_HURRY && bot && !bot->command.pid)
			look_again_in(processes, bot, 0);
		order_free(order);
	}
}

static void run(struct worker *worker)
{
	struct processes *processes = worker->context;
	processes->worker = worker;
	rng_init(&processes->rng, (uint64_t)clock_cost_us());
	while (!worker_stopping(worker)) {
		const struct timer *first = timers_first(&processes->timers);
		worker_wait(worker, processes->deaths.epoll_fd, POLLIN,
			first ? first->due_ms : INT64_MAX);
		take_orders(processes);
		take_events(processes);
		take_due(processes);
	}
	for (size_t i = 0; i < processes->count; i++)
		free_bot(processes, processes->bots[i]);
	free(processes->bots);
	timers_release(&processes->timers);
	roster_unref(processes->roster);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "processes",
		.prepare = deaths_prepare,
		.run = run,
		.context = xcalloc(1, sizeof(struct processes)),
		.release = deaths_release};
}

const struct source_kind source_processes = {
	.name = "processes",
	.help = "the bots' processes: alive, since when, CPU, memory, descriptors",
	.listens = true,
	.count = source_one,
	.part = source_whole,
	.same = source_always_same,
	.make = make,
};
