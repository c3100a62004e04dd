/* SPDX-License-Identifier: MIT */
#include "core/collect/process_look.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/parse/pid.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/post.h"
#include "core/collect/proc.h"
#include "core/collect/worker.h"

enum { SEARCH_AGAIN_MS = 500 };

/* ---- what is reported ---- */

static struct msg_obs_process *new_observation(const struct bot_process *bot, const char *state)
{
	struct msg_obs_process *obs = msg_new(MSG_obs_process);
	msg_set(&obs->bot, bot->conf->name);
	msg_set(&obs->state, state);
	obs->cpu_percent = NAN;
	return obs;
}

static void report_missing(
	struct processes *processes, const struct bot_process *bot, const struct err *err)
{
	bool is_absent = err->code == ERR_NOT_FOUND;
	struct msg_obs_process *obs = new_observation(bot, is_absent ? "absent" : "unknown");
	set_text(processes->worker->hub, &obs->error, err->text, strlen(err->text),
		POST_ERROR_CELLS);
	if (bot->command.output.length)
		set_text(processes->worker->hub, &obs->words, bot->command.output.text,
			strcspn(bot->command.output.text, "\n"), POST_ERROR_CELLS);
	mailbox_post(processes->worker->hub->to_engine, MSG_obs_process, obs);
}

static void report_alive(
	struct processes *processes, struct bot_process *bot, const struct proc_figures *figures)
{
	struct msg_obs_process *obs = new_observation(bot, "running");
	int64_t now_ms = worker_now_ms(processes->worker);
	obs->pid = (uint64_t)bot->pid;
	obs->start_ms = bot->start_ms;
	if (bot->looked_ms && figures->cpu_ticks >= bot->cpu_ticks)
		obs->cpu_percent = proc_cpu_percent(
			figures->cpu_ticks - bot->cpu_ticks, now_ms - bot->looked_ms);
	proc_tell(figures, obs);
	bot->cpu_ticks = figures->cpu_ticks;
	bot->looked_ms = now_ms;
	mailbox_post(processes->worker->hub->to_engine, MSG_obs_process, obs);
}

/* ---- the process that is known ---- */

void process_forget(struct bot_process *bot)
{
	if (bot->pidfd >= 0)
		close(bot->pidfd);
	bot->pidfd = -1;
	bot->pid = 0;
	bot->looked_ms = 0;
}

/* Without a pidfd (too many descriptors) a death is seen at the next look. */
static void watch_death(struct processes *processes, struct bot_process *bot)
{
	bot->pidfd = (int)syscall(SYS_pidfd_open, bot->pid, 0);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = bot};
	if (bot->pidfd >= 0)
		epoll_ctl(processes->deaths.epoll_fd, EPOLL_CTL_ADD, bot->pidfd, &event);
}

static void adopt(
	struct processes *processes, struct bot_process *bot, pid_t pid, uint64_t start_ticks)
{
	process_forget(bot);
	bot->pid = pid;
	bot->start_ticks = start_ticks;
	bot->start_ms = proc_start_wall_ms(start_ticks);
	watch_death(processes, bot);
}

/* Reports the process `pid` as the bot's, or why it is not. */
static bool look_at(
	struct processes *processes, struct bot_process *bot, pid_t pid, struct err *err)
{
	struct proc_figures figures;
	if (!proc_read(pid, &figures, err)) {
		process_forget(bot);
		return false;
	}
	if (pid != bot->pid || figures.start_ticks != bot->start_ticks)
		adopt(processes, bot, pid, figures.start_ticks);
	report_alive(processes, bot, &figures);
	return true;
}

static bool still_lives(struct processes *processes, struct bot_process *bot)
{
	struct proc_figures figures;
	if (bot->pid && proc_read(bot->pid, &figures, NULL) &&
		figures.start_ticks == bot->start_ticks) {
		report_alive(processes, bot, &figures);
		return true;
	}
	process_forget(bot);
	return false;
}

/* ---- the three ways to find it ---- */

static bool look_by_file(struct processes *processes, struct bot_process *bot, struct err *err)
{
	pid_t pid;
	struct pidfile_mark mark;
	struct proc_figures figures;
	if (!pidfile_read(bot->conf->process.pidfile, &pid, &mark, err)) {
		process_forget(bot);
		return false;
	}
	bool is_same_file =
		mark.inode == bot->mark.inode && mark.changed_ns == bot->mark.changed_ns;
	if (!is_same_file)
		bot->start_ticks = 0;
	bot->mark = mark;
	if (bot->start_ticks && proc_read(pid, &figures, NULL) &&
		figures.start_ticks != bot->start_ticks) {
		process_forget(bot);
		return err_set(err, ERR_NOT_FOUND,
			"the process of pid file '%s' has ended, and %d is another one now",
			bot->conf->process.pidfile, (int)pid);
	}
	return look_at(processes, bot, pid, err);
}

static bool start_command(struct processes *processes, struct bot_process *bot, struct err *err)
{
	bot->wants_command = processes->commands >= PROCESS_COMMANDS_MAX;
	if (bot->command.pid || bot->wants_command)
		return true;
	if (!command_start(&bot->command, &bot->conf->process.pid_command, err))
		return false;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = bot};
	epoll_ctl(processes->deaths.epoll_fd, EPOLL_CTL_ADD, bot->command.ended_fd, &event);
	bot->command_until_ms = worker_now_ms(processes->worker) + PROCESS_COMMAND_MS;
	processes->commands++;
	return true;
}

static bool take_pid(struct processes *processes, struct bot_process *bot, struct err *err)
{
	const char *name = bot->conf->process.pid_command.argv[0];
	bool is_late = worker_now_ms(processes->worker) >= bot->command_until_ms;
	int status = command_finish(&bot->command);
	const struct str *output = &bot->command.output;
	int32_t pid;
	processes->commands--;
	if (is_late && status == 128 + SIGKILL)
		return err_set(
			err, ERR_TIMEOUT, "'%s' gave no pid in %d ms", name, PROCESS_COMMAND_MS);
	if (pid_read(output->text, output->length, &pid, NULL))
		return look_at(processes, bot, pid, err);
	if (output->length || status == 0)
		return err_set(err, ERR_NOT_FOUND, "'%s' names no process", name);
	return err_set(err, ERR_IO, "'%s' ended with status %d and no pid", name, status);
}

/* One walk answers for every bot that is looked for by pattern, also for those that were not looked at
 * before: one that it did not look for would seem to be absent. */
static void search_all(struct processes *processes)
{
	struct search *searches = xcalloc(processes->count, sizeof(*searches));
	for (size_t i = 0; i < processes->count; i++) {
		struct bot_process *bot = processes->bots[i];
		const struct process_ref *ref = &bot->conf->process;
		if (!bot->pattern && ref->match[0] && !pattern_new(ref->match, &bot->pattern, NULL))
			continue; /* its own look says why */
		searches[i] = (struct search){.pattern = bot->pattern, .directory = ref->directory};
	}
	processes->search_error = processes_search(searches, processes->count);
	for (size_t i = 0; i < processes->count; i++) {
		processes->bots[i]->found = searches[i].found;
		processes->bots[i]->hidden = searches[i].hidden;
	}
	free(searches);
	processes->searched_ms = worker_now_ms(processes->worker);
}

static bool say_hidden(const struct bot_process *bot, struct err *err)
{
	return err_set(err, ERR_DENIED,
		"may not read the working directory of process %d, which may be it: find it by a "
		"pidfile or its supervisor, or run botswain as its user",
		(int)bot->hidden);
}

static bool look_by_pattern(struct processes *processes, struct bot_process *bot, struct err *err)
{
	const char *match = bot->conf->process.match, *directory = bot->conf->process.directory;
	bool is_new = !bot->pattern;
	if (is_new && !pattern_new(match, &bot->pattern, err))
		return false;
	int64_t age_ms = worker_now_ms(processes->worker) - processes->searched_ms;
	if (is_new || !processes->searched_ms || age_ms >= SEARCH_AGAIN_MS)
		search_all(processes);
	if (!bot->found && processes->search_error)
		return err_errno(err, processes->search_error, "cannot look for '%s'", match);
	if (!bot->found && bot->hidden)
		return say_hidden(bot, err);
	if (!bot->found)
		return err_set(err, ERR_NOT_FOUND, "no process matches '%.120s'%s%s", match,
			*directory ? " in " : "", directory);
	return look_at(processes, bot, bot->found, err);
}

void process_look(struct processes *processes, struct bot_process *bot)
{
	const struct process_ref *ref = &bot->conf->process;
	struct err err = {0};
	bool is_well;
	if (ref->pidfile[0])
		is_well = look_by_file(processes, bot, &err);
	else if (still_lives(processes, bot))
		is_well = true;
	else if (ref->pid_command.count)
		is_well = start_command(processes, bot, &err);
	else
		is_well = look_by_pattern(processes, bot, &err);
	if (!is_well)
		report_missing(processes, bot, &err);
}

void process_end_command(struct processes *processes, struct bot_process *bot)
{
	struct err err = {0};
	if (!take_pid(processes, bot, &err))
		report_missing(processes, bot, &err);
}
