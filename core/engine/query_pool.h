/* SPDX-License-Identifier: MIT */
/*
 * Threads for what would be too long for a turn: log scans, chart columns, reading the audit file.
 * A job is counted by reference: the engine keeps one reference to cancel it by, the pool (and then
 * each parcel that it posts) another. Work functions look at job_cancelled() between slices.
 */
#ifndef BOTSWAIN_ENGINE_QUERY_POOL_H
#define BOTSWAIN_ENGINE_QUERY_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/msg/mailbox.h"

struct query_pool;

enum { QUERY_THREADS = 2, QUERY_QUEUE = 2048 };

/* The head of every job: put it first in a struct of your own. */
struct job {
	_Atomic unsigned references;
	atomic_bool cancelled;
	atomic_bool ended;             /* work returned */
	atomic_bool lost;              /* a parcel found the mailbox full */
	void (*work)(struct job *job); /* pool thread */
	void (*release)(
		struct job *job); /* with the last reference: frees the struct; any thread */
};

struct query_pool *query_pool_new(void) MUST_CHECK;
/* Cancels what is queued and running, joins. NULL is legal. */
void query_pool_free(struct query_pool *pool);
/* Queues a job whose first reference the caller keeps. False: the queue is full. */
bool query_pool_add(struct query_pool *pool, struct job *job);

/* A new head with one reference. */
void job_init(struct job *job, void (*work)(struct job *), void (*release)(struct job *));
void job_ref(struct job *job);
void job_unref(struct job *job); /* NULL is legal; any thread */
/* The engine no longer wants it. */
void job_cancel(struct job *job);
static inline bool job_cancelled(const struct job *job)
{
	return atomic_load_explicit(&job->cancelled, memory_order_relaxed);
}
/* Posts a message with a reference to the job as attachment. Takes ownership of `body`. */
void job_post(struct job *job, struct mailbox *to_engine, enum msg_kind kind, void *body);

#endif
