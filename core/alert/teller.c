/* SPDX-License-Identifier: MIT */
#include "core/alert/teller.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/conf/command.h"
#include "core/conf/settings.h"
#include "core/msg/mailbox.h"

enum { LEAVE_MS = 500 };
enum stage { IDLE, ORDERED, RUNNING, ENDED };

/* Shared by the two threads; whoever lets go last frees it. */
struct teller {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned holders;
	enum stage stage;
	bool leaves;
	int stop_fd; /* readable: end what runs */
	struct argv command;
	char *line;
	int64_t timeout_ms;
	struct err err;            /* of the last run */
	struct mailbox *to_engine; /* NULL once the engine left */
};

static void free_order(struct teller *teller)
{
	for (size_t i = 0; i < teller->command.count; i++)
		free(teller->command.argv[i]);
	free(teller->command.argv);
	free(teller->line);
	teller->command = (struct argv){.argv = NULL};
	teller->line = NULL;
}

/* The lock is held, and given up. */
static void let_go(struct teller *teller)
{
	bool last = --teller->holders == 0;
	pthread_mutex_unlock(&teller->lock);
	if (!last)
		return;
	free_order(teller);
	autoclose_release(&teller->stop_fd);
	pthread_cond_destroy(&teller->changed);
	pthread_mutex_destroy(&teller->lock);
	free(teller);
}

/* The lock is held, but not while it runs. */
static void run(struct teller *teller)
{
	struct err err = {.code = ERR_NONE};
	teller->stage = RUNNING;
	pthread_mutex_unlock(&teller->lock);
	if (command_feed(&teller->command, teller->line, strlen(teller->line), teller->timeout_ms,
		    teller->stop_fd, &err))
		err = (struct err){.code = ERR_NONE};
	pthread_mutex_lock(&teller->lock);
	teller->err = err;
	teller->stage = ENDED;
	if (teller->to_engine)
		mailbox_ring(teller->to_engine);
}

static void block_pipe_signal(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *serve(void *context)
{
	struct teller *teller = context;
	pthread_setname_np(pthread_self(), "on_alert");
	block_pipe_signal();
	pthread_mutex_lock(&teller->lock);
	while (!teller->leaves) {
		if (teller->stage == ORDERED)
			run(teller);
		else
			pthread_cond_wait(&teller->changed, &teller->lock);
	}
	pthread_cond_broadcast(&teller->changed);
	let_go(teller);
	return NULL;
}

static struct teller *make(struct mailbox *to_engine)
{
	struct teller *teller = xcalloc(1, sizeof(*teller));
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&teller->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&teller->lock, NULL);
	teller->to_engine = to_engine;
	teller->holders = 2;
	teller->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return teller;
}

static int start_thread(struct teller *teller)
{
	pthread_attr_t detached;
	pthread_t thread;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	int failure = pthread_create(&thread, &detached, serve, teller);
	pthread_attr_destroy(&detached);
	return failure;
}

struct teller *teller_new(struct mailbox *to_engine, struct err *err)
{
	struct teller *teller = make(to_engine);
	int failure = teller->stop_fd < 0 ? errno : start_thread(teller);
	if (!failure)
		return teller;
	teller->holders = 1;
	pthread_mutex_lock(&teller->lock);
	let_go(teller);
	err_errno(err, failure, "its thread cannot be started");
	return NULL;
}

void teller_free(struct teller *teller)
{
	struct timespec until;
	const uint64_t one = 1;
	if (!teller)
		return;
	int64_t until_ms = clock_mono_ms(clock_real()) + LEAVE_MS;
	until.tv_sec = (time_t)(until_ms / 1000);
	until.tv_nsec = (long)(until_ms % 1000) * 1000000;
	pthread_mutex_lock(&teller->lock);
	teller->leaves = true;
	bool told = write(teller->stop_fd, &one, sizeof(one)) == sizeof(one);
	pthread_cond_broadcast(&teller->changed);
	while (told && teller->holders > 1 &&
		pthread_cond_timedwait(&teller->changed, &teller->lock, &until) == 0)
		;
	teller->to_engine = NULL;
	let_go(teller);
}

void teller_start(
	struct teller *teller, const struct argv *command, const char *line, int64_t timeout_ms)
{
	pthread_mutex_lock(&teller->lock);
	free_order(teller);
	teller->command.argv = xcalloc(command->count + 1, sizeof(char *));
	teller->command.count = command->count;
	for (size_t i = 0; i < command->count; i++)
		teller->command.argv[i] = xstrdup(command->argv[i]);
	teller->line = xstrdup(line);
	teller->timeout_ms = timeout_ms;
	teller->stage = ORDERED;
	pthread_cond_broadcast(&teller->changed);
	pthread_mutex_unlock(&teller->lock);
}

bool teller_take(struct teller *teller, struct err *ret_err)
{
	pthread_mutex_lock(&teller->lock);
	bool ended = teller->stage == ENDED;
	if (ended) {
		*ret_err = teller->err;
		teller->stage = IDLE;
	}
	pthread_mutex_unlock(&teller->lock);
	return ended;
}
