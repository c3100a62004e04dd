/* SPDX-License-Identifier: MIT */
/*
 * Threads for what would be too long for a turn: log scans, chart columns, reading the audit file.
 * A query is counted by reference: the engine keeps one reference to cancel it by, the pool (and then
 * each parcel that it posts) another. Clients take turns: one that asks for much waits behind those that ask for little. Work functions look at query_cancelled() between slices.
 */
#ifndef BOTSWAIN_ENGINE_QUERY_POOL_H
#define BOTSWAIN_ENGINE_QUERY_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/msg/mailbox.h"

struct query_pool;

enum { QUERY_THREADS = 2, QUERY_QUEUE = 2048 };

/* The head of every query: put it first in a struct of your own. */
struct query {
	uint64_t owner; /* the client that waits for it; 0: the engine. Owners take turns. */
	_Atomic unsigned references;
	atomic_bool cancelled;
	void (*work)(struct query *query); /* pool thread */
	void (*release)(
		struct query *query); /* with the last reference: frees the struct; any thread */
};

/* With fewer threads when there are no more; NULL: not one can be started. */
struct query_pool *query_pool_new(void) MUST_CHECK;
/* Cancels what is queued and running, joins. NULL is legal. */
void query_pool_free(struct query_pool *pool);
/* Queues a query whose first reference the caller keeps; again for its next slice, once the message of
 * the last one came. False: the queue is full. */
bool query_pool_add(struct query_pool *pool, struct query *query);

/* A new head with one reference. */
void query_init(struct query *job, void (*work)(struct query *), void (*release)(struct query *));
void query_ref(struct query *query);
void query_unref(struct query *query); /* NULL is legal; any thread */
/* The engine no longer wants it. */
void query_cancel(struct query *query);
static inline bool query_cancelled(const struct query *query)
{
	return atomic_load_explicit(&query->cancelled, memory_order_relaxed);
}
/*
 * Posts a message with a reference to the query as attachment. Takes ownership of `body`. It is never
 * lost to a full mailbox, for somebody waits for it: a query has one message under way at a time.
 * That of a cancelled query is freed.
 */
void query_post(struct query *query, struct mailbox *to_engine, enum msg_kind kind, void *body);

#endif
