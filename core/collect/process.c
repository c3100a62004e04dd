/* SPDX-License-Identifier: MIT */
/*
 * The processes of the bots, one thread for all. A bot's pid comes from its pid file, a command or
 * a pattern; what is alive is then known by pid and start time, so that a pid that the kernel gave
 * to somebody else is never taken for the bot. A process that dies is reported within milliseconds
 * (pidfd), everything else at the interval. A pid command runs only while its process is not known
 * to live, at most four at a time; patterns share one walk through /proc.
 */
#include "core/collect/sources.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/parse/pid.h"
#include "core/collect/command.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/proc.h"
#include "core/collect/process_find.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"
#include "core/collect/timers.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"

enum {
	COMMANDS_MAX = 4, /* running at a time */
	COMMAND_LIMIT_MS = 2000,
	COMMAND_TURN_MS = 100, /* when all are taken */
	SEARCH_AGAIN_MS = 500,
	AFTER_DEATH_MS = 250, /* the next look: a supervisor may have started it again */
	EVENTS = 64,
};

struct bot {
	const struct conf_bot *conf; /* of the roster that `process` holds */
	struct timer timer;
	struct pattern *pattern;
	struct command command;
	int64_t command_until_ms;
	bool wants_command; /* but all were taken */
	/* the process that is known; pid 0: none */
	pid_t pid;
	uint64_t start_ticks, cpu_ticks;
	int64_t start_ms, looked_ms;
	struct pidfile_mark mark;
	int pidfd;
	pid_t found; /* by the last walk */
	/* while the roster changes */
	const struct conf_bot *next_conf;
	bool is_kept;
};

struct process {
	struct worker *worker;
	struct roster *roster;
	struct bot **bots; /* those with a process reference */
	size_t count;
	struct timers timers;
	struct timer beat; /* of the source itself */
	unsigned commands;
	int64_t searched_ms; /* last walk through /proc */
	int epoll_fd;
	struct rng rng;
};

static int64_t interval_ms(const struct process *process)
{
	return process->roster->settings->process_interval_ms;
}

/* ---- what is reported ---- */

static struct msg_obs_process *new_observation(const struct bot *bot, const char *state)
{
	struct msg_obs_process *obs = msg_new(MSG_obs_process);
	msg_set(&obs->bot, bot->conf->name);
	msg_set(&obs->state, state);
	obs->cpu_percent = NAN;
	return obs;
}

static void report_missing(struct process *process, const struct bot *bot, const struct err *err)
{
	bool is_absent = err->code == ERR_NOT_FOUND;
	struct msg_obs_process *obs = new_observation(bot, is_absent ? "absent" : "unknown");
	set_text(process->worker->hub, &obs->error, err->text, strlen(err->text), POST_ERROR_CELLS);
	if (bot->command.output.length)
		set_text(process->worker->hub, &obs->words, bot->command.output.text,
			strcspn(bot->command.output.text, "\n"), POST_ERROR_CELLS);
	mailbox_post(process->worker->hub->to_engine, MSG_obs_process, obs);
}

static void report_alive(
	struct process *process, struct bot *bot, const struct proc_figures *figures)
{
	struct msg_obs_process *obs = new_observation(bot, "running");
	int64_t now_ms = worker_now_ms(process->worker);
	obs->pid = (uint64_t)bot->pid;
	obs->start_ms = bot->start_ms;
	if (bot->looked_ms && figures->cpu_ticks >= bot->cpu_ticks)
		obs->cpu_percent = proc_cpu_percent(
			figures->cpu_ticks - bot->cpu_ticks, now_ms - bot->looked_ms);
	obs->rss_bytes = figures->rss_bytes;
	obs->fds = figures->fds;
	obs->threads = figures->threads;
	bot->cpu_ticks = figures->cpu_ticks;
	bot->looked_ms = now_ms;
	mailbox_post(process->worker->hub->to_engine, MSG_obs_process, obs);
}

/* ---- the process that is known ---- */

static void forget(struct bot *bot)
{
	if (bot->pidfd >= 0)
		close(bot->pidfd);
	bot->pidfd = -1;
	bot->pid = 0;
	bot->looked_ms = 0;
}

/* Without a pidfd (too many descriptors) a death is seen at the next look. */
static void watch_death(struct process *process, struct bot *bot)
{
	bot->pidfd = (int)syscall(SYS_pidfd_open, bot->pid, 0);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = bot};
	if (bot->pidfd >= 0)
		epoll_ctl(process->epoll_fd, EPOLL_CTL_ADD, bot->pidfd, &event);
}

static void adopt(struct process *process, struct bot *bot, pid_t pid, uint64_t start_ticks)
{
	forget(bot);
	bot->pid = pid;
	bot->start_ticks = start_ticks;
	bot->start_ms = proc_start_wall_ms(start_ticks);
	watch_death(process, bot);
}

/* Reports the process `pid` as the bot's, or why it is not. */
static bool look_at(struct process *process, struct bot *bot, pid_t pid, struct err *err)
{
	struct proc_figures figures;
	if (!proc_read(pid, &figures, err)) {
		forget(bot);
		return false;
	}
	if (pid != bot->pid || figures.start_ticks != bot->start_ticks)
		adopt(process, bot, pid, figures.start_ticks);
	report_alive(process, bot, &figures);
	return true;
}

static bool still_lives(struct process *process, struct bot *bot)
{
	struct proc_figures figures;
	if (bot->pid && proc_read(bot->pid, &figures, NULL) &&
		figures.start_ticks == bot->start_ticks) {
		report_alive(process, bot, &figures);
		return true;
	}
	forget(bot);
	return false;
}

/* ---- the three ways to find it ---- */

static bool look_by_file(struct process *process, struct bot *bot, struct err *err)
{
	pid_t pid;
	struct pidfile_mark mark;
	struct proc_figures figures;
	if (!pidfile_read(bot->conf->process.pidfile, &pid, &mark, err)) {
		forget(bot);
		return false;
	}
	bool is_same_file =
		mark.inode == bot->mark.inode && mark.changed_ns == bot->mark.changed_ns;
	if (!is_same_file)
		bot->start_ticks = 0;
	bot->mark = mark;
	if (bot->start_ticks && proc_read(pid, &figures, NULL) &&
		figures.start_ticks != bot->start_ticks) {
		forget(bot);
		return err_set(err, ERR_NOT_FOUND,
			"the process of pid file '%s' has ended, and %d is another one now",
			bot->conf->process.pidfile, (int)pid);
	}
	return look_at(process, bot, pid, err);
}

static bool start_command(struct process *process, struct bot *bot, struct err *err)
{
	bot->wants_command = process->commands >= COMMANDS_MAX;
	if (bot->command.pid || bot->wants_command)
		return true;
	if (!command_start(&bot->command, &bot->conf->process.pid_command, err))
		return false;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = bot};
	epoll_ctl(process->epoll_fd, EPOLL_CTL_ADD, bot->command.ended_fd, &event);
	bot->command_until_ms = worker_now_ms(process->worker) + COMMAND_LIMIT_MS;
	process->commands++;
	return true;
}

static bool end_command(struct process *process, struct bot *bot, struct err *err)
{
	const char *name = bot->conf->process.pid_command.argv[0];
	bool is_late = worker_now_ms(process->worker) >= bot->command_until_ms;
	int status = command_finish(&bot->command);
	const struct str *output = &bot->command.output;
	int32_t pid;
	process->commands--;
	if (is_late && status == 128 + SIGKILL)
		return err_set(
			err, ERR_TIMEOUT, "'%s' gave no pid in %d ms", name, COMMAND_LIMIT_MS);
	if (pid_read(output->text, output->length, &pid, NULL))
		return look_at(process, bot, pid, err);
	if (output->length || status == 0)
		return err_set(err, ERR_NOT_FOUND, "'%s' names no process", name);
	return err_set(err, ERR_IO, "'%s' ended with status %d and no pid", name, status);
}

/* One walk answers for every bot that is looked for by pattern. */
static void search_all(struct process *process)
{
	struct search *searches = xcalloc(process->count, sizeof(*searches));
	for (size_t i = 0; i < process->count; i++)
		searches[i].pattern = process->bots[i]->pattern;
	processes_search(searches, process->count);
	for (size_t i = 0; i < process->count; i++)
		process->bots[i]->found = searches[i].found;
	free(searches);
	process->searched_ms = worker_now_ms(process->worker);
}

static bool look_by_pattern(struct process *process, struct bot *bot, struct err *err)
{
	const char *match = bot->conf->process.match;
	if (!bot->pattern && !pattern_new(match, &bot->pattern, err))
		return false;
	int64_t age_ms = worker_now_ms(process->worker) - process->searched_ms;
	if (!process->searched_ms || age_ms >= SEARCH_AGAIN_MS)
		search_all(process);
	if (!bot->found)
		return err_set(err, ERR_NOT_FOUND, "no process matches '%s'", match);
	return look_at(process, bot, bot->found, err);
}

static void look(struct process *process, struct bot *bot)
{
	const struct process_ref *ref = &bot->conf->process;
	struct err err = {0};
	bool is_well;
	if (ref->pidfile[0])
		is_well = look_by_file(process, bot, &err);
	else if (still_lives(process, bot))
		is_well = true;
	else if (ref->pid_command.count)
		is_well = start_command(process, bot, &err);
	else
		is_well = look_by_pattern(process, bot, &err);
	if (!is_well)
		report_missing(process, bot, &err);
}

/* ---- when ---- */

static void look_again_in(struct process *process, struct bot *bot, int64_t ms)
{
	timers_set(&process->timers, &bot->timer, worker_now_ms(process->worker) + ms);
}

static void look_and_plan(struct process *process, struct bot *bot)
{
	struct err err = {0};
	bool has_waited = bot->command.pid != 0;
	if (has_waited && !end_command(process, bot, &err))
		report_missing(process, bot, &err);
	else if (!has_waited)
		look(process, bot);
	if (bot->command.pid)
		look_again_in(process, bot, COMMAND_LIMIT_MS);
	else if (bot->wants_command)
		look_again_in(process, bot, COMMAND_TURN_MS);
	else
		look_again_in(process, bot,
			rng_jitter(&process->rng, interval_ms(process), SCHEDULE_JITTER_PERCENT));
}

static bool is_readable(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	return fd >= 0 && poll(&one, 1, 0) > 0;
}

static void take_events(struct process *process)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(process->epoll_fd, events, EVENTS, 0);
	for (int i = 0; i < count; i++) {
		struct bot *bot = events[i].data.ptr;
		bool has_died = is_readable(bot->pidfd);
		if (!has_died && !(bot->command.pid && is_readable(bot->command.ended_fd)))
			continue;
		look_and_plan(process, bot);
		if (has_died && !bot->command.pid)
			look_again_in(process, bot, AFTER_DEATH_MS);
	}
}

static void beat(struct process *process)
{
	struct schedule schedule;
	int64_t next_ms = worker_now_ms(process->worker) + interval_ms(process);
	schedule_init(&schedule, interval_ms(process), next_ms);
	timers_set(&process->timers, &process->beat, next_ms);
	if (process->count)
		post_source(process->worker->hub, &(struct attempt){.kind = "process",
							  .name = "processes",
							  .schedule = &schedule,
							  .latency_ms = NAN});
}

static void take_due(struct process *process)
{
	int64_t now_ms = worker_now_ms(process->worker);
	for (struct timer *timer; (timer = timers_take_due(&process->timers, now_ms));)
		if (timer == &process->beat)
			beat(process);
		else
			look_and_plan(process, timer->owner);
}

/* ---- which bots ---- */

static int by_name(const void *one, const void *other)
{
	const struct bot *const *a = one, *const *b = other;
	return strcmp((*a)->conf->name, (*b)->conf->name);
}

static struct bot *find(struct process *process, const char *name)
{
	const struct conf_bot conf = {.name = (char *)(uintptr_t)name};
	const struct bot wanted = {.conf = &conf}, *key = &wanted;
	struct bot **found = process->count ? bsearch(&key, process->bots, process->count,
						      sizeof(struct bot *), by_name)
					    : NULL;
	return found ? *found : NULL;
}

static void free_bot(struct process *process, struct bot *bot)
{
	timers_remove(&process->timers, &bot->timer);
	process->commands -= bot->command.pid != 0;
	command_release(&bot->command);
	pattern_free(bot->pattern);
	forget(bot);
	free(bot);
}

static struct bot *new_bot(struct process *process)
{
	struct bot *bot = xcalloc(1, sizeof(*bot));
	bot->pidfd = -1;
	bot->timer.owner = bot;
	look_again_in(process, bot,
		(int64_t)rng_below(&process->rng, (uint64_t)interval_ms(process) / 4));
	return bot;
}

static bool is_watched(const struct process_ref *ref)
{
	return ref->pidfile[0] || ref->pid_command.count || ref->match[0];
}

/* Takes ownership of the reference. Bots whose process is found in the same way stay known. */
static void set_roster(struct process *process, struct roster *roster)
{
	struct bot **bots = xcalloc(roster->count + 1, sizeof(struct bot *));
	struct roster *old_roster = process->roster;
	size_t count = 0;
	process->roster = roster;
	for (size_t i = 0; i < roster->count; i++) {
		const struct conf_bot *conf = roster->bots[i];
		if (!is_watched(&conf->process))
			continue;
		struct bot *bot = find(process, conf->name);
		if (bot && !same_process(&bot->conf->process, &conf->process))
			bot = NULL;
		if (bot)
			bot->is_kept = true;
		else
			bot = new_bot(process);
		bots[count++] = bot;
		bot->next_conf = conf;
	}
	for (size_t i = 0; i < process->count; i++)
		if (!process->bots[i]->is_kept)
			free_bot(process, process->bots[i]);
	free(process->bots);
	process->bots = bots;
	process->count = count;
	for (size_t i = 0; i < count; i++) {
		bots[i]->conf = bots[i]->next_conf;
		bots[i]->is_kept = false;
	}
	qsort(bots, count, sizeof(struct bot *), by_name);
	roster_unref(old_roster);
	beat(process);
}

static void take_orders(struct process *process)
{
	for (struct order *order; (order = worker_next_order(process->worker));) {
		struct bot *bot = order->bot ? find(process, order->bot) : NULL;
		if (order->kind == ORDER_ROSTER)
			set_roster(process, roster_ref(order->roster));
		else if (order->kind == ORDER_HURRY && bot && !bot->command.pid)
			look_again_in(process, bot, 0);
		order_free(order);
	}
}

static void run(struct worker *worker)
{
	struct process *process = worker->context;
	process->worker = worker;
	process->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	rng_init(&process->rng, (uint64_t)clock_cost_us());
	while (!worker_stopping(worker)) {
		const struct timer *first = timers_first(&process->timers);
		worker_wait(worker, process->epoll_fd, POLLIN, first ? first->due_ms : INT64_MAX);
		take_orders(process);
		take_events(process);
		take_due(process);
	}
	for (size_t i = 0; i < process->count; i++)
		free_bot(process, process->bots[i]);
	free(process->bots);
	timers_release(&process->timers);
	roster_unref(process->roster);
	close(process->epoll_fd);
}

static struct worker_spec make(const void *part)
{
	(void)part;
	return (struct worker_spec){.name = "processes",
		.run = run,
		.context = xcalloc(1, sizeof(struct process)),
		.release = free};
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
