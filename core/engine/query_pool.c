/* SPDX-License-Identifier: MIT */
#include "core/engine/query_pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/mem.h"

enum { OWNERS = 256 }; /* by their last digits: two that share a place only share its turn */

struct query_pool {
	pthread_mutex_t lock;
	pthread_cond_t news;
	pthread_t threads[QUERY_THREADS];
	unsigned thread_count;
	struct query *running[QUERY_THREADS];
	struct query *queue[QUERY_QUEUE]; /* a ring */
	size_t first, count;
	uint64_t turns, served[OWNERS]; /* the turn in which an owner was last served */
	bool stop;
};

struct seat {
	struct query_pool *pool;
	unsigned number;
};

void query_init(struct query *query, void (*work)(struct query *), void (*release)(struct query *))
{
	*query = (struct query){.work = work, .release = release};
	atomic_init(&query->references, 1);
}

void query_ref(struct query *query)
{
	atomic_fetch_add(&query->references, 1);
}

void query_unref(struct query *query)
{
	if (query && atomic_fetch_sub(&query->references, 1) == 1)
		query->release(query);
}

void query_cancel(struct query *query)
{
	atomic_store(&query->cancelled, true);
}

static void release_attachment(void *query)
{
	query_unref(query);
}

void query_post(struct query *query, struct mailbox *to_engine, enum msg_kind kind, void *body)
{
	struct parcel parcel = {.message = {.kind = kind, .body = body},
		.attachment = query,
		.release = release_attachment};
	query_ref(query);
	if (query_cancelled(query))
		parcel_release(&parcel);
	else
		mailbox_post_due(to_engine, parcel);
}

static struct query **seat_at(struct query_pool *pool, size_t place)
{
	return &pool->queue[(pool->first + place) % QUERY_QUEUE];
}

/* The first of the owner who was served longest ago: nobody waits for all that another wants. */
static struct query *take_fairly(struct query_pool *pool)
{
	size_t best = 0;
	for (size_t i = 1; i < pool->count; i++)
		if (pool->served[(*seat_at(pool, i))->owner % OWNERS] <
			pool->served[(*seat_at(pool, best))->owner % OWNERS])
			best = i;
	struct query *query = *seat_at(pool, best);
	for (; best > 0; best--)
		*seat_at(pool, best) = *seat_at(pool, best - 1);
	pool->first = (pool->first + 1) % QUERY_QUEUE;
	pool->count--;
	pool->served[query->owner % OWNERS] = ++pool->turns;
	return query;
}

/* The next query, NULL: the pool ends. */
static struct query *take(struct query_pool *pool, unsigned seat)
{
	struct query *query = NULL;
	pthread_mutex_lock(&pool->lock);
	while (pool->count == 0 && !pool->stop)
		pthread_cond_wait(&pool->news, &pool->lock);
	if (!pool->stop) {
		query = take_fairly(pool);
		pool->running[seat] = query;
	}
	pthread_mutex_unlock(&pool->lock);
	return query;
}

static void put_back(struct query_pool *pool, unsigned seat)
{
	pthread_mutex_lock(&pool->lock);
	struct query *query = pool->running[seat];
	pool->running[seat] = NULL;
	pthread_mutex_unlock(&pool->lock);
	query_unref(query);
}

static void *run(void *context)
{
	struct seat *seat = context;
	struct query_pool *pool = seat->pool;
	unsigned number = seat->number;
	free(seat);
	pthread_setname_np(pthread_self(), "query");
	for (struct query *query; (query = take(pool, number));) {
		if (!query_cancelled(query))
			query->work(query);
		put_back(pool, number);
	}
	return NULL;
}

struct query_pool *query_pool_new(void)
{
	struct query_pool *pool = xcalloc(1, sizeof(*pool));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->news, NULL);
	for (unsigned i = 0; i < QUERY_THREADS; i++) {
		struct seat *seat = xcalloc(1, sizeof(*seat));
		*seat = (struct seat){.pool = pool, .number = i};
		if (pthread_create(&pool->threads[i], NULL, run, seat) != 0) {
			free(seat);
			break;
		}
		pool->thread_count++;
	}
	if (pool->thread_count > 0)
		return pool;
	query_pool_free(pool);
	return NULL;
}

void query_pool_free(struct query_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	for (unsigned i = 0; i < QUERY_THREADS; i++)
		if (pool->running[i])
			query_cancel(pool->running[i]);
	pthread_cond_broadcast(&pool->news);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	for (; pool->count; pool->count--) {
		query_unref(pool->queue[pool->first]);
		pool->first = (pool->first + 1) % QUERY_QUEUE;
	}
	pthread_cond_destroy(&pool->news);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

bool query_pool_add(struct query_pool *pool, struct query *query)
{
	pthread_mutex_lock(&pool->lock);
	bool fits = pool->count < QUERY_QUEUE && pool->thread_count > 0;
	if (fits) {
		query_ref(query);
		pool->queue[(pool->first + pool->count++) % QUERY_QUEUE] = query;
	}
	pthread_mutex_unlock(&pool->lock);
	if (fits)
		pthread_cond_signal(&pool->news); /* who wakes finds the lock free */
	return fits;
}
