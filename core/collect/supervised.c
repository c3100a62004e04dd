/* SPDX-License-Identifier: MIT */
/*
 * The bots' processes as their supervisor tells of them, one thread a supervisor: one question for
 * all its bots each process interval, the figures of each pid from /proc. A process that dies is
 * seen at once (pidfd), and its supervisor is asked what became of it. A supervisor that cannot be
 * asked leaves its bots unknown, never down.
 */
#include "core/collect/sources.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/parse/log_place.h"
#include "core/collect/deaths.h"
#include "core/collect/hub.h"
#include "core/collect/password.h"
#include "core/collect/post.h"
#include "core/collect/private_tmp.h"
#include "core/collect/proc.h"
#include "core/collect/programs.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/schedule.h"

enum {
	AFTER_DEATH_MS = 100, /* its supervisor hears of it, too */
	AGAIN_MS = 1000,      /* after one that ran does not: it may be started again */
	HURRY_MS = 100,       /* between two questions, whoever hurries */
	EVENTS = 64,
};

struct watched {
	const struct conf_bot *conf; /* of the roster */
	pid_t pid;                   /* the process that is known; 0 none */
	uint64_t start_ticks, cpu_ticks;
	int64_t looked_ms;
	int pidfd;
	bool was_up;
};

struct supervised {
	struct deaths deaths; /* data.u64 is the index */
	struct worker *worker;
	const struct conf_supervisor *conf;
	const struct supervisor_kind *kind; /* NULL: this build cannot ask it */
	struct roster *roster;
	struct watched *bots;
	const char **names; /* theirs, for the question */
	size_t count;
	struct schedule schedule;
	struct password password;
	struct rng rng;
	int64_t asked_ms;
};

static const char *name_of(const struct watched *bot)
{
	return process_program(&bot->conf->process, NULL);
}

/* ---- the process that is known ---- */

static void forget(struct watched *bot)
{
	if (bot->pidfd >= 0)
		close(bot->pidfd);
	bot->pidfd = -1;
	bot->pid = 0;
	bot->looked_ms = 0;
}

/* Without a pidfd (too many descriptors) a death is seen with the next answer. */
static void watch_death(struct supervised *supervised, struct watched *bot)
{
	bot->pidfd = (int)syscall(SYS_pidfd_open, bot->pid, 0);
	struct epoll_event event = {
		.events = EPOLLIN, .data.u64 = (uint64_t)(bot - supervised->bots)};
	if (bot->pidfd >= 0)
		epoll_ctl(supervised->deaths.epoll_fd, EPOLL_CTL_ADD, bot->pidfd, &event);
}

static void take_deaths(struct supervised *supervised)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(supervised->deaths.epoll_fd, events, EVENTS, 0);
	int64_t soon_ms = worker_now_ms(supervised->worker) + AFTER_DEATH_MS;
	for (int i = 0; i < count; i++) {
		if (events[i].data.u64 < supervised->count)
			forget(&supervised->bots[events[i].data.u64]);
		schedule_hurry(&supervised->schedule, soon_ms);
	}
}

/* Its figures, when /proc shows them: a pid of another namespace or user may be hidden. */
static void measure(struct supervised *supervised, struct watched *bot, struct msg_obs_process *obs)
{
	struct proc_figures figures;
	int64_t now_ms = worker_now_ms(supervised->worker);
	if (!proc_read((pid_t)obs->pid, &figures, NULL)) {
		forget(bot);
		return;
	}
	if (bot->pid != (pid_t)obs->pid || bot->start_ticks != figures.start_ticks) {
		forget(bot);
		bot->pid = (pid_t)obs->pid;
		bot->start_ticks = figures.start_ticks;
		watch_death(supervised, bot);
	}
	obs->start_ms = proc_start_wall_ms(figures.start_ticks);
	proc_tell(&figures, obs);
	if (bot->looked_ms && figures.cpu_ticks >= bot->cpu_ticks)
		obs->cpu_percent = proc_cpu_percent(
			figures.cpu_ticks - bot->cpu_ticks, now_ms - bot->looked_ms);
	bot->cpu_ticks = figures.cpu_ticks;
	bot->looked_ms = now_ms;
}

/* ---- what is reported ---- */

static struct msg_obs_process *new_observation(
	const struct supervised *supervised, const struct watched *bot, const char *state)
{
	struct msg_obs_process *obs = msg_new(MSG_obs_process);
	const struct conf_supervisor *conf = supervised->conf;
	bool is_usual = strcmp(conf->name, conf->kind) == 0;
	autofree char *by = xasprintf("%s %s%s%s%s", conf->kind, name_of(bot), is_usual ? "" : " (",
		is_usual ? "" : conf->name, is_usual ? "" : ")");
	msg_set(&obs->bot, bot->conf->name);
	msg_set(&obs->state, state);
	set_text(supervised->worker->hub, &obs->by, by, strlen(by), POST_ERROR_CELLS);
	obs->cpu_percent = NAN;
	obs->exit_status = obs->restarts = -1;
	return obs;
}

static void post(const struct supervised *supervised, struct msg_obs_process *obs)
{
	mailbox_post(supervised->worker->hub->to_engine, MSG_obs_process, obs);
}

static void say(const struct supervised *supervised, char **field, const char *text)
{
	set_text(supervised->worker->hub, field, text, strlen(text), POST_ERROR_CELLS);
}

static void report_unknown(
	const struct supervised *supervised, const struct watched *bot, const char *why)
{
	struct msg_obs_process *obs = new_observation(supervised, bot, "unknown");
	say(supervised, &obs->error, why);
	post(supervised, obs);
}

static void report_missing(const struct supervised *supervised, const struct watched *bot)
{
	struct msg_obs_process *obs = new_observation(supervised, bot, "absent");
	autofree char *why = xasprintf("%s '%s' has no '%s': look how it is called there",
		supervised->conf->kind, supervised->conf->name, name_of(bot));
	say(supervised, &obs->error, why);
	post(supervised, obs);
}

/* True when it ran the last time, and does not now. */
static bool report(
	struct supervised *supervised, struct watched *bot, const struct program *program)
{
	struct msg_obs_process *obs = new_observation(supervised, bot, program->state);
	bool is_up =
		strcmp(program->state, "running") == 0 || strcmp(program->state, "paused") == 0;
	obs->pid = is_up && program->pid > 0 ? (uint64_t)program->pid : 0;
	obs->start_ms = obs->pid ? program->start_ms : 0;
	obs->ended_ms = program->ended_ms;
	obs->exit_status = program->exit_status;
	obs->restarts = program->restarts;
	obs->oom = program->is_oom;
	say(supervised, &obs->words, program->words);
	say(supervised, &obs->log, *program->log ? program->log : program->error_log);
	if (obs->pid)
		measure(supervised, bot, obs);
	else
		forget(bot);
	post(supervised, obs);
	bool has_ended = bot->was_up && !is_up;
	bot->was_up = is_up;
	return has_ended;
}

static void report_source(struct supervised *supervised, const struct err *err, int64_t begun_us)
{
	double latency_ms = (double)(clock_cost_us() - begun_us) / 1000.0;
	post_source(supervised->worker->hub, &(struct attempt){.kind = "supervisor",
						     .name = supervised->conf->name,
						     .schedule = &supervised->schedule,
						     .err = err,
						     .latency_ms = err ? (double)NAN : latency_ms});
}

/* ---- logs ---- */

struct log_list {
	struct bot_log *logs;
	size_t count, capacity;
};

static void add_log(struct log_list *list, const struct watched *bot, char *path)
{
	if (!log_place_is_told(path))
		return;
	list->logs = grow(list->logs, list->count, &list->capacity, sizeof(*list->logs));
	list->logs[list->count++] = (struct bot_log){.bot = bot->conf->name, .path = path};
}

static void tell_logs(const struct supervised *supervised, const struct programs *programs)
{
	struct log_list list = {0};
	for (size_t i = 0; i < supervised->count; i++)
		for (size_t j = 0; j < programs->count; j++) {
			const struct watched *bot = &supervised->bots[i];
			const struct program *program = &programs->items[j];
			if (!program_is(program, name_of(bot)))
				continue;
			add_log(&list, bot, program->log);
			if (strcmp(program->log, program->error_log) != 0)
				add_log(&list, bot, program->error_log);
		}
	hub_logs(supervised->worker->hub, supervised->conf->name, list.logs, list.count);
	free(list.logs);
}

/* ---- the question ---- */

/* "Start it" would be wrong of one whose socket is in a /tmp that is not ours. */
static bool is_hidden(const struct conf_supervisor *conf)
{
	static const char scheme[] = "unix://";
	const char *path = conf->address;
	if (!*path && strcmp(conf->kind, "supervisord") == 0)
		path = "/tmp/supervisor.sock"; /* the last of its usual places */
	return private_tmp_hides(path + (starts_with(path, scheme) ? strlen(scheme) : 0));
}

static bool ask(struct supervised *supervised, struct programs *ret, struct err *err)
{
	const struct conf_supervisor *conf = supervised->conf;
	autofree char *owner = xasprintf("supervisor/%s", conf->name);
	struct err why = {0};
	if (!supervised->kind)
		return err_set(err, ERR_UNSUPPORTED, "this build cannot ask %s", conf->kind);
	if (!password_read(&supervised->password, supervised->worker, &conf->password, owner, err))
		return false;
	bool has_login = *conf->user || conf->password.given;
	const struct programs_question question = {.address = conf->address,
		.only = supervised->names,
		.only_count = supervised->count,
		.user = has_login ? conf->user : NULL,
		.password = has_login ? secret_reveal(&supervised->password.secret) : NULL,
		.timeout_ms = conf->timeout_ms,
		.stop_fd = supervised->worker->stop_fd};
	if (supervised->kind->list(&question, ret, &why))
		return true;
	password_judge(&supervised->password, &why);
	if (why.code == ERR_NOT_FOUND && is_hidden(conf))
		return err_set(err, ERR_UNREACHABLE, "cannot see %s at '%.60s': %s", conf->kind,
			*conf->address ? conf->address : "/tmp", PRIVATE_TMP_STEP);
	*err = why;
	if (why.code == ERR_NOT_FOUND) /* it is configured, so it should be there */
		err->code = ERR_UNREACHABLE;
	return false;
}

/* They are near: a failure is no reason to look away for longer than the interval. */
static void plan(struct supervised *supervised, bool is_well)
{
	int64_t now_ms = worker_now_ms(supervised->worker);
	if (is_well)
		schedule_ok(&supervised->schedule, now_ms, &supervised->rng);
	else
		schedule_fail(&supervised->schedule, now_ms, &supervised->rng);
	if (supervised->schedule.due_ms > now_ms + supervised->schedule.interval_ms)
		supervised->schedule.due_ms = now_ms + supervised->schedule.interval_ms;
}

static void ask_and_report(struct supervised *supervised)
{
	struct programs programs = {0};
	struct err err = {0};
	int64_t begun_us = clock_cost_us();
	schedule_begin(&supervised->schedule);
	supervised->asked_ms = worker_now_ms(supervised->worker);
	bool is_well = ask(supervised, &programs, &err);
	if (!is_well && err.code == ERR_CANCELLED)
		return;
	plan(supervised, is_well);
	for (size_t i = 0; i < supervised->count; i++) {
		struct watched *bot = &supervised->bots[i];
		const struct program *program = programs_find(&programs, name_of(bot));
		if (!is_well)
			report_unknown(supervised, bot, err.text);
		else if (!program)
			report_missing(supervised, bot);
		else if (report(supervised, bot, program))
			schedule_hurry(&supervised->schedule, supervised->asked_ms + AGAIN_MS);
	}
	report_source(supervised, is_well ? NULL : &err, begun_us);
	if (is_well)
		tell_logs(supervised, &programs);
	programs_release(&programs);
}

/* ---- which bots ---- */

static bool is_ours(const struct supervised *supervised, const struct conf_bot *conf)
{
	return *process_program(&conf->process, NULL) &&
	       strcmp(conf->process.supervisor, supervised->conf->name) == 0;
}

static void drop_bots(struct supervised *supervised)
{
	for (size_t i = 0; i < supervised->count; i++)
		forget(&supervised->bots[i]);
	free(supervised->bots);
	free(supervised->names);
}

static bool same_bots(const struct supervised *supervised, const struct roster *roster)
{
	size_t count = 0;
	for (size_t i = 0; i < roster->count; i++) {
		if (!is_ours(supervised, roster->bots[i]))
			continue;
		if (count == supervised->count ||
			strcmp(supervised->bots[count].conf->name, roster->bots[i]->name) != 0 ||
			!same_process(
				&supervised->bots[count].conf->process, &roster->bots[i]->process))
			return false;
		count++;
	}
	return count == supervised->count;
}

static void take_bots(struct supervised *supervised)
{
	const struct roster *roster = supervised->roster;
	supervised->bots = xcalloc(roster->count + 1, sizeof(*supervised->bots));
	supervised->names = xcalloc(roster->count + 1, sizeof(char *));
	supervised->count = 0;
	for (size_t i = 0; i < roster->count; i++)
		if (is_ours(supervised, roster->bots[i]))
			supervised->bots[supervised->count++] =
				(struct watched){.conf = roster->bots[i], .pidfd = -1};
	for (size_t i = 0; i < supervised->count; i++)
		supervised->names[i] = name_of(&supervised->bots[i]);
}

/* The same bots of a new roster: what is known of them stays. */
static void point_bots(struct supervised *supervised)
{
	size_t count = 0;
	for (size_t i = 0; i < supervised->roster->count; i++)
		if (is_ours(supervised, supervised->roster->bots[i]))
			supervised->bots[count++].conf = supervised->roster->bots[i];
	for (size_t i = 0; i < count; i++)
		supervised->names[i] = name_of(&supervised->bots[i]);
}

/* Takes ownership of the reference. */
static void set_roster(struct supervised *supervised, struct roster *roster)
{
	struct roster *old = supervised->roster;
	int64_t now_ms = worker_now_ms(supervised->worker);
	bool is_same = old && same_bots(supervised, roster);
	supervised->roster = roster;
	if (is_same) {
		point_bots(supervised);
	} else {
		drop_bots(supervised);
		take_bots(supervised);
	}
	roster_unref(old);
	if (!old)
		schedule_init(&supervised->schedule, roster->settings->process_interval_ms, now_ms);
	schedule_set_interval(&supervised->schedule, roster->settings->process_interval_ms, now_ms);
	if (!is_same)
		schedule_hurry(&supervised->schedule, now_ms);
}

static void take_orders(struct supervised *supervised)
{
	for (struct order *order; (order = worker_next_order(supervised->worker));) {
		if (order->kind == ORDER_ROSTER)
			set_roster(supervised, roster_ref(order->roster));
		else if (order->kind == ORDER_HURRY && supervised->roster)
			schedule_hurry(&supervised->schedule, supervised->asked_ms + HURRY_MS);
		order_free(order);
	}
}

static int64_t next_ms(const struct supervised *supervised)
{
	return supervised->count ? schedule_next_ms(&supervised->schedule) : INT64_MAX;
}

static void run(struct worker *worker)
{
	struct supervised *supervised = worker->context;
	supervised->worker = worker;
	supervised->kind = supervisor_find(supervised->conf->kind);
	rng_init(&supervised->rng, (uint64_t)clock_cost_us());
	while (!worker_stopping(worker)) {
		worker_wait(worker, supervised->deaths.epoll_fd, POLLIN, next_ms(supervised));
		take_orders(supervised);
		take_deaths(supervised);
		if (next_ms(supervised) <= worker_now_ms(worker) && !worker_stopping(worker))
			ask_and_report(supervised);
	}
	drop_bots(supervised);
	password_release(&supervised->password);
	roster_unref(supervised->roster);
}

/* ---- the kind ---- */

static size_t count_parts(const struct settings *settings)
{
	return settings->supervisor_count;
}

static const void *part_of(const struct settings *settings, size_t index)
{
	return &settings->supervisors[index];
}

static bool is_same_part(const void *one, const void *other)
{
	return same_supervisor(one, other);
}

static struct worker_spec make(const void *part)
{
	struct supervised *supervised = xcalloc(1, sizeof(*supervised));
	supervised->conf = part;
	return (struct worker_spec){.name = "supervised",
		.prepare = deaths_prepare,
		.run = run,
		.context = supervised,
		.release = deaths_release};
}

const struct source_kind source_supervised = {
	.name = "supervised",
	.help = "the bots' processes as systemd, Docker, supervisord and pm2 tell of them",
	.listens = true,
	.count = count_parts,
	.part = part_of,
	.same = is_same_part,
	.make = make,
};
