/* SPDX-License-Identifier: MIT */
/*
 * A thread that watches something. It owns its connections, waits in worker_wait() (never in a
 * sleep) for its next due time, a descriptor, an order or the end, and takes orders from its inbox.
 * `stop_fd` becomes readable once and stays so when the worker should leave: every wait below, down
 * to one inside a TLS handshake, polls it, so that stopping takes no timeout.
 */
#ifndef BOTSWAIN_COLLECT_WORKER_H
#define BOTSWAIN_COLLECT_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct hub;
struct mailbox;
struct roster;

enum order_kind {
	ORDER_ROSTER, /* new settings or a new fleet: `roster` */
	ORDER_FOCUS,  /* `bot` is selected, "" none */
	ORDER_HURRY,  /* look at `bot` now */
	ORDER_ASK,    /* somebody waits for an answer to `ask` */
};

struct order {
	enum order_kind kind;
	char *bot;
	struct roster *roster;
	void *ask;               /* NULL: taken */
	void (*drop)(void *ask); /* tells who waits that there will be no answer, and frees it */
};

void order_free(struct order *order); /* NULL is legal */

struct worker {
	struct hub *hub;
	void *context; /* the worker's own; freed by `release` after the thread ended */
	struct mailbox *inbox;
	int stop_fd;
	atomic_bool stopping, ended;
	/* private */
	void (*run)(struct worker *worker);
	void (*release)(void *context);
	pthread_t thread;
	char name[16];
};

struct worker_spec {
	const char *name; /* of the thread */
	/* Gets what it cannot work without, before there is a thread: whoever starts it hears that it is
	 * not to be had. NULL: nothing. */
	bool (*prepare)(void *context, struct err *err);
	void (*run)(struct worker *worker);
	void *context;
	void (*release)(void *context);
};

/* Takes ownership of spec->context, also on failure: `err` names the worker and says what it lacks (a thread, a
 * descriptor, ...). All signals are blocked in the thread. */
MUST_CHECK bool worker_start(
	struct hub *hub, const struct worker_spec *spec, struct worker **ret, struct err *err);
/* Takes ownership of the order. Of ORDER_ROSTER and ORDER_FOCUS the newest is what counts: it takes the
 * place of one that waits, and is never lost. ORDER_HURRY is lost to a worker that has taken none
 * of a thousand: its next look comes by itself. ORDER_ASK is never lost. Any thread. */
void worker_order(struct worker *worker, struct order *order);
/* Tells it to leave; returns at once. Any thread. */
void worker_stop(struct worker *worker);
/* It has left: worker_join() will not wait. Any thread. */
bool worker_has_ended(struct worker *worker);
/* Waits for it and frees it. NULL is legal. */
void worker_join(struct worker *worker);

/* ---- on the worker's thread ---- */
enum wait_end { WAIT_DUE, WAIT_READY, WAIT_ORDER, WAIT_STOP };

/* Waits until `until_mono_ms` (INT64_MAX: for ever), `fd` (-1: none) has one of `events`, or there
 * is an order. */
enum wait_end worker_wait(struct worker *worker, int fd, short events, int64_t until_mono_ms);
/* The next order, owned by the caller; NULL when there is none. */
struct order *worker_next_order(struct worker *worker);
/* True once worker_stop() was called. */
static inline bool worker_stopping(struct worker *worker)
{
	return atomic_load_explicit(&worker->stopping, memory_order_relaxed);
}
int64_t worker_now_ms(const struct worker *worker);

#endif
