/* SPDX-License-Identifier: MIT */
#include "core/collect/worker.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/hub.h"
#include "core/collect/roster.h"
#include "core/msg/mailbox.h"

enum { INBOX_LIMIT = 1024 };

void order_free(struct order *order)
{
	if (!order)
		return;
	roster_unref(order->roster);
	if (order->ask)
		order->drop(order->ask);
	free(order->bot);
	free(order);
}

static void release_order(void *order)
{
	order_free(order);
}

static void *main_of_thread(void *argument)
{
	struct worker *worker = argument;
	pthread_setname_np(pthread_self(), worker->name);
	worker->run(worker);
	atomic_store(&worker->ended, true);
	return NULL;
}

static void destroy(struct worker *worker)
{
	if (worker->release)
		worker->release(worker->context);
	mailbox_free(worker->inbox);
	autoclose_release(&worker->stop_fd);
	free(worker);
}

/* What it waits on; 0 or an errno. */
static int make_bells(struct worker *worker)
{
	worker->inbox = mailbox_new(INBOX_LIMIT);
	if (!worker->inbox)
		return errno;
	worker->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return worker->stop_fd < 0 ? errno : 0;
}

static int start_thread(struct worker *worker)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int result = pthread_create(&worker->thread, NULL, main_of_thread, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

bool worker_start(
	struct hub *hub, const struct worker_spec *spec, struct worker **ret, struct err *err)
{
	struct worker *worker = xcalloc(1, sizeof(*worker));
	worker->hub = hub;
	worker->context = spec->context;
	worker->run = spec->run;
	worker->release = spec->release;
	worker->stop_fd = -1;
	copy_text(worker->name, sizeof(worker->name), spec->name);
	struct err lack = {.code = ERR_NONE};
	if (spec->prepare && !spec->prepare(spec->context, &lack)) {
		destroy(worker);
		return err_set(err, lack.code, "cannot start '%s': %s", spec->name, lack.text);
	}
	int failure = make_bells(worker);
	failure = failure ? failure : start_thread(worker);
	if (failure) {
		destroy(worker);
		return err_errno(err, failure, "cannot start the thread of '%s'", spec->name);
	}
	*ret = worker;
	return true;
}

static bool is_same_kind(const void *waiting, const void *order)
{
	return ((const struct order *)waiting)->kind == ((const struct order *)order)->kind;
}

void worker_order(struct worker *worker, struct order *order)
{
	const struct parcel parcel = {.attachment = order, .release = release_order};
	if (order->kind == ORDER_ASK)
		mailbox_post_due(worker->inbox, parcel);
	else if (order->kind == ORDER_HURRY)
		mailbox_post_with(worker->inbox, parcel);
	else
		mailbox_post_latest(worker->inbox, parcel, is_same_kind);
}

void worker_stop(struct worker *worker)
{
	uint64_t one = 1;
	atomic_store(&worker->stopping, true);
	ssize_t ignored UNUSED = write(worker->stop_fd, &one, sizeof(one));
}

bool worker_has_ended(struct worker *worker)
{
	return atomic_load(&worker->ended);
}

void worker_join(struct worker *worker)
{
	if (!worker)
		return;
	pthread_join(worker->thread, NULL);
	destroy(worker);
}

int64_t worker_now_ms(const struct worker *worker)
{
	return clock_mono_ms(worker->hub->clock);
}

static int timeout_ms(const struct worker *worker, int64_t until_mono_ms)
{
	if (until_mono_ms == INT64_MAX)
		return -1;
	int64_t left = until_mono_ms - worker_now_ms(worker);
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

enum wait_end worker_wait(struct worker *worker, int fd, short events, int64_t until_mono_ms)
{
	struct pollfd fds[] = {
		{.fd = worker->stop_fd, .events = POLLIN},
		{.fd = mailbox_fd(worker->inbox), .events = POLLIN},
		{.fd = fd, .events = events},
	};
	for (;;) {
		int wait_ms = timeout_ms(worker, until_mono_ms);
		int count = poll(fds, COUNT_OF(fds), wait_ms);
		if (fds[0].revents && count > 0)
			return WAIT_STOP;
		if (count > 0 && fds[1].revents)
			return WAIT_ORDER;
		if (count > 0)
			return WAIT_READY;
		if (count == 0 && worker_now_ms(worker) >= until_mono_ms)
			return WAIT_DUE;
	}
}

struct order *worker_next_order(struct worker *worker)
{
	struct parcel parcel;
	if (!mailbox_take(worker->inbox, &parcel, 1))
		return NULL;
	return parcel.attachment;
}
