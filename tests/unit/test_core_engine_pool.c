/* SPDX-License-Identifier: MIT */
/* Whose query is next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/engine/query_pool.h"

enum { GREEDY = 1, MODEST = 2, MANY = 40 };

static pthread_barrier_t begin, end;
static sem_t done;
static unsigned served, place_of_modest;

static void hold_until_begin(struct query *query)
{
	(void)query;
	pthread_barrier_wait(&begin);
}

static void hold_until_end(struct query *query)
{
	(void)query;
	pthread_barrier_wait(&end);
}

/* Only one thread of the pool is free. */
static void note(struct query *query)
{
	if (query->owner == MODEST)
		place_of_modest = served;
	served++;
	sem_post(&done);
}

static void release(struct query *query)
{
	free(query);
}

static void add(struct query_pool *pool, uint64_t owner, void (*work)(struct query *))
{
	struct query *query = xcalloc(1, sizeof(*query));
	query_init(query, work, release);
	query->owner = owner;
	assert_true(query_pool_add(pool, query));
	query_unref(query);
}

static void who_asks_little_does_not_wait_for_who_asks_much(void **state)
{
	struct query_pool *pool = query_pool_new();
	(void)state;
	pthread_barrier_init(&begin, NULL, 2);
	pthread_barrier_init(&end, NULL, 2);
	sem_init(&done, 0, 0);
	for (unsigned i = 0; i + 2 < QUERY_THREADS; i++)
		fail(); /* each further thread would have to be held, too */
	add(pool, 0, hold_until_begin);
	add(pool, 0, hold_until_end);
	for (unsigned i = 0; i < MANY; i++)
		add(pool, GREEDY, note);
	add(pool, MODEST, note);
	pthread_barrier_wait(&begin);
	for (unsigned i = 0; i < MANY + 1; i++)
		while (sem_wait(&done) != 0)
			;
	pthread_barrier_wait(&end);
	query_pool_free(pool);
	assert_int_equal(served, MANY + 1);
	assert_int_equal(place_of_modest, 1);
	pthread_barrier_destroy(&begin);
	pthread_barrier_destroy(&end);
	sem_destroy(&done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_little_does_not_wait_for_who_asks_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
