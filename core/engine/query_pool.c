/* SPDX-License-Identifier: MIT */
#include "core/engine/query_pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/mem.h"

struct query_pool {
	pthread_mutex_t lock;
	pthread_cond_t news;
	pthread_t threads[QUERY_THREADS];
	unsigned thread_count;
	struct job *running[QUERY_THREADS];
	struct job *queue[QUERY_QUEUE]; /* a ring */
	size_t first, count;
	bool stop;
};

struct seat {
	struct query_pool *pool;
	unsigned number;
};

void job_init(struct job *job, void (*work)(struct job *), void (*release)(struct job *))
{
	*job = (struct job){.work = work, .release = release};
	atomic_init(&job->references, 1);
}

void job_ref(struct job *job)
{
	atomic_fetch_add(&job->references, 1);
}

void job_unref(struct job *job)
{
	if (job && atomic_fetch_sub(&job->references, 1) == 1)
		job->release(job);
}

void job_cancel(struct job *job)
{
	atomic_store(&job->cancelled, true);
}

static void release_attachment(void *job)
{
	job_unref(job);
}

void job_post(struct job *job, struct mailbox *to_engine, enum msg_kind kind, void *body)
{
	job_ref(job);
	const struct parcel parcel = {.message = {.kind = kind, .body = body},
		.attachment = job,
		.release = release_attachment};
	if (!mailbox_post_with(to_engine, parcel))
		atomic_store(&job->lost, true);
}

/* The next job, NULL: the pool ends. */
static struct job *take(struct query_pool *pool, unsigned seat)
{
	struct job *job = NULL;
	pthread_mutex_lock(&pool->lock);
	while (pool->count == 0 && !pool->stop)
		pthread_cond_wait(&pool->news, &pool->lock);
	if (!pool->stop) {
		job = pool->queue[pool->first];
		pool->first = (pool->first + 1) % QUERY_QUEUE;
		pool->count--;
		pool->running[seat] = job;
	}
	pthread_mutex_unlock(&pool->lock);
	return job;
}

static void put_back(struct query_pool *pool, unsigned seat)
{
	pthread_mutex_lock(&pool->lock);
	struct job *job = pool->running[seat];
	pool->running[seat] = NULL;
	pthread_mutex_unlock(&pool->lock);
	atomic_store(&job->ended, true);
	job_unref(job);
}

static void *run(void *context)
{
	struct seat *seat = context;
	struct query_pool *pool = seat->pool;
	unsigned number = seat->number;
	free(seat);
	for (struct job *job; (job = take(pool, number));) {
		if (!job_cancelled(job))
			job->work(job);
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
	return pool;
}

void query_pool_free(struct query_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	for (unsigned i = 0; i < QUERY_THREADS; i++)
		if (pool->running[i])
			job_cancel(pool->running[i]);
	pthread_cond_broadcast(&pool->news);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	for (; pool->count; pool->count--) {
		job_unref(pool->queue[pool->first]);
		pool->first = (pool->first + 1) % QUERY_QUEUE;
	}
	pthread_cond_destroy(&pool->news);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

bool query_pool_add(struct query_pool *pool, struct job *job)
{
	pthread_mutex_lock(&pool->lock);
	bool fits = pool->count < QUERY_QUEUE && pool->thread_count > 0;
	if (fits) {
		job_ref(job);
		pool->queue[(pool->first + pool->count++) % QUERY_QUEUE] = job;
		pthread_cond_signal(&pool->news);
	}
	pthread_mutex_unlock(&pool->lock);
	return fits;
}
