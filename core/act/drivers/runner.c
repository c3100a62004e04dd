/* SPDX-License-Identifier: MIT */
#include "core/act/drivers/runner.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/run.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/msg/mailbox.h"

enum { INBOX_MAX = 65536, TAKE_MAX = 64, WAIT_MAX_MS = 100, LEAVE_MS = 500, LEAVE_WAIT_MS = 20 };

struct runner {
	const struct clock *clock;
	struct mailbox *to_engine, *inbox;
	char *const *environment;
	pthread_t thread;
	_Atomic bool stop;
	pthread_mutex_t lock; /* of the redactor */
	struct redactor *redactor;
	struct run **runs;
	size_t count, capacity;
	struct pollfd *polled;
	size_t polled_capacity;
};

/* What comes through the inbox: a job, or an order. */
struct errand {
	struct job *job;
	uint64_t operation;
	unsigned step;
	enum runner_order order;
};

void job_free(struct job *job)
{
	if (!job)
		return;
	argv_free(job->argv);
	argv_free(job->verify);
	free(job->file);
	free(job->label);
	free(job);
}

static void free_errand(void *attachment)
{
	struct errand *errand = attachment;
	job_free(errand->job);
	free(errand);
}

static void order(struct runner *runner, const struct errand *errand)
{
	for (size_t i = 0; i < runner->count; i++) {
		const struct job *job = runner->runs[i]->job;
		if (job->operation == errand->operation && job->step == errand->step)
			run_order(runner->runs[i], errand->order);
	}
}

static struct run *start_run(struct runner *runner, struct job *job)
{
	pthread_mutex_lock(&runner->lock);
	struct redactor *redactor = redactor_ref(runner->redactor);
	pthread_mutex_unlock(&runner->lock);
	struct run *run =
		run_new(job, runner->clock, runner->to_engine, runner->environment, redactor);
	redactor_unref(redactor);
	return run;
}

static void obey(struct runner *runner, struct errand *errand)
{
	if (errand->job) {
		runner->runs =
			grow(runner->runs, runner->count, &runner->capacity, sizeof(*runner->runs));
		runner->runs[runner->count++] = start_run(runner, errand->job);
		errand->job = NULL;
	} else {
		order(runner, errand);
	}
}

static void obey_all(struct runner *runner)
{
	struct parcel parcels[TAKE_MAX];
	size_t count = mailbox_take(runner->inbox, parcels, TAKE_MAX);
	for (size_t i = 0; i < count; i++) {
		obey(runner, parcels[i].attachment);
		parcel_release(&parcels[i]);
	}
}

static int wait_ms(const struct runner *runner)
{
	int64_t now_ms = clock_mono_ms(runner->clock), due_ms = INT64_MAX;
	for (size_t i = 0; i < runner->count; i++) {
		int64_t run_ms = run_due_ms(runner->runs[i]);
		due_ms = run_ms < due_ms ? run_ms : due_ms;
	}
	if (due_ms == INT64_MAX)
		return -1;
	/* Bounded: a virtual clock may move while we wait. */
	return due_ms - now_ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int)(due_ms - now_ms);
}

static void wait_for_input(struct runner *runner, int timeout_ms)
{
	size_t count = 1 + runner->count * RUN_FDS;
	if (runner->polled_capacity < count) {
		runner->polled = xreallocarray(runner->polled, count, sizeof(*runner->polled));
		runner->polled_capacity = count;
	}
	runner->polled[0] = (struct pollfd){.fd = mailbox_fd(runner->inbox), .events = POLLIN};
	for (size_t i = 0; i < runner->count; i++) {
		int fds[RUN_FDS];
		run_fds(runner->runs[i], fds);
		for (size_t j = 0; j < RUN_FDS; j++)
			runner->polled[1 + i * RUN_FDS + j] =
				(struct pollfd){.fd = fds[j], .events = POLLIN};
	}
	poll(runner->polled, (nfds_t)count, timeout_ms);
}

static void step_all(struct runner *runner)
{
	size_t kept = 0;
	for (size_t i = 0; i < runner->count; i++) {
		run_step(runner->runs[i]);
		if (run_report(runner->runs[i]))
			run_free(runner->runs[i]);
		else
			runner->runs[kept++] = runner->runs[i];
	}
	runner->count = kept;
}

/* A run whose child still runs, or whose file is still to be removed. */
static bool is_left(struct runner *runner, bool (*is)(const struct run *run))
{
	for (size_t i = 0; i < runner->count; i++)
		if (is(runner->runs[i]))
			return true;
	return false;
}

static bool is_not_over(const struct run *run)
{
	return run->stage != RUN_OVER;
}

static void order_all(struct runner *runner, void (*give)(struct run *run))
{
	for (size_t i = 0; i < runner->count; i++)
		give(runner->runs[i]);
}

static void kill_run(struct run *run)
{
	run_order(run, RUNNER_KILL);
}

/* Leaving: each child gets SIGTERM, and after 3 s SIGKILL; half files go, but a disk that does not
 * answer is waited for half a second after the last child. This is about real processes and disks,
 * so it is the real clock's. */
static void end_all(struct runner *runner)
{
	int64_t now_ms = clock_mono_ms(clock_real()), kill_ms = now_ms + RUN_KILL_MS;
	int64_t leave_ms = now_ms + LEAVE_MS;
	order_all(runner, run_leave);
	while (is_left(runner, is_not_over) && now_ms < leave_ms) {
		wait_for_input(runner, LEAVE_WAIT_MS);
		now_ms = clock_mono_ms(clock_real());
		if (now_ms >= kill_ms)
			order_all(runner, kill_run);
		order_all(runner, run_step);
		if (is_left(runner, run_has_child) && now_ms < kill_ms)
			leave_ms = now_ms + LEAVE_MS;
	}
	order_all(runner, run_free);
}

static void *serve(void *context)
{
	struct runner *runner = context;
	while (!atomic_load(&runner->stop)) {
		wait_for_input(runner, wait_ms(runner));
		obey_all(runner);
		step_all(runner);
	}
	end_all(runner);
	return NULL;
}

struct runner *runner_new(
	const struct clock *clock, struct mailbox *to_engine, char *const *environment)
{
	struct mailbox *inbox = mailbox_new(INBOX_MAX);
	if (!inbox)
		return NULL;
	struct runner *runner = xcalloc(1, sizeof(*runner));
	sigset_t all, before;
	*runner = (struct runner){
		.clock = clock, .to_engine = to_engine, .inbox = inbox, .environment = environment};
	pthread_mutex_init(&runner->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&runner->thread, NULL, serve, runner);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		mailbox_free(runner->inbox);
		pthread_mutex_destroy(&runner->lock);
		free(runner);
		return NULL;
	}
	pthread_setname_np(runner->thread, "runner");
	return runner;
}

void runner_free(struct runner *runner)
{
	if (!runner)
		return;
	atomic_store(&runner->stop, true);
	mailbox_ring(runner->inbox);
	pthread_join(runner->thread, NULL);
	mailbox_free(runner->inbox);
	redactor_unref(runner->redactor);
	pthread_mutex_destroy(&runner->lock);
	free(runner->runs);
	free(runner->polled);
	free(runner);
}

static void send_errand(struct runner *runner, struct errand errand)
{
	struct errand *copy = xmemdup(&errand, sizeof(errand));
	mailbox_post_with(
		runner->inbox, (struct parcel){.attachment = copy, .release = free_errand});
}

void runner_start(struct runner *runner, struct job *job)
{
	send_errand(runner, (struct errand){.job = job});
}

void runner_order(struct runner *runner, uint64_t operation, unsigned step, enum runner_order order)
{
	send_errand(runner, (struct errand){.operation = operation, .step = step, .order = order});
}

void runner_redact_with(struct runner *runner, const struct redactor *redactor)
{
	struct redactor *next = redactor_ref(redactor);
	pthread_mutex_lock(&runner->lock);
	struct redactor *before = runner->redactor;
	runner->redactor = next;
	pthread_mutex_unlock(&runner->lock);
	redactor_unref(before);
}
