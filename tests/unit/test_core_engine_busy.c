/* SPDX-License-Identifier: MIT */
/* An engine with more to digest than its mailbox holds still answers who asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/query_pool.h"
#include "tests/support/engine_harness.h"

static const char config[] = "state_dir: /nowhere/state\n"
			     "bots:\n"
			     "  - {name: orders, token: {file: /nowhere/t1}}\n";

/* Occupies every thread of the pool until the test comes to the barrier too. */
struct gate {
	struct query query;
	pthread_barrier_t *barrier;
};

static void work(struct query *query)
{
	pthread_barrier_wait(((struct gate *)query)->barrier);
}

static void release(struct query *query)
{
	free(query);
}

struct scene {
	struct harness *harness;
	struct harness_screen *screen;
	pthread_barrier_t first, second;
};

static void occupy(struct harness *harness, pthread_barrier_t *barrier)
{
	for (int i = 0; i < QUERY_THREADS; i++) {
		struct gate *gate = xcalloc(1, sizeof(*gate));
		query_init(&gate->query, work, release);
		gate->barrier = barrier;
		assert_true(query_pool_add(harness->engine->pool, &gate->query));
		query_unref(&gate->query);
	}
}

static void fill_mailbox(struct harness *harness)
{
	bool fits = true;
	while (fits) {
		struct msg_obs_heartbeat *beat = msg_new(MSG_obs_heartbeat);
		msg_set(&beat->bot, "nobody");
		fits = mailbox_post(engine_mailbox(harness->engine), MSG_obs_heartbeat, beat);
	}
}

/* Everything asked since occupy(first) is worked out while the mailbox is full. */
static void work_with_a_full_mailbox(struct scene *scene)
{
	fill_mailbox(scene->harness);
	pthread_barrier_wait(&scene->first);
	occupy(scene->harness, &scene->second); /* all threads here: what came before has ended */
	pthread_barrier_wait(&scene->second);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	scene->harness = harness_new(config);
	scene->screen = harness_attach(scene->harness);
	assert_int_equal(pthread_barrier_init(&scene->first, NULL, QUERY_THREADS + 1), 0);
	assert_int_equal(pthread_barrier_init(&scene->second, NULL, QUERY_THREADS + 1), 0);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	harness_detach(scene->screen);
	harness_free(scene->harness);
	pthread_barrier_destroy(&scene->first);
	pthread_barrier_destroy(&scene->second);
	free(scene);
	return 0;
}

static void a_seek_is_answered_though_its_result_found_the_mailbox_full(void **state)
{
	struct scene *scene = *state;
	struct harness_screen *screen = scene->screen;
	occupy(scene->harness, &scene->first);
	harness_send(screen, "seek_req req=1 window=1 expression=\"level>=error\"");
	work_with_a_full_mailbox(scene);
	const struct msg_seek *seek = harness_await(screen, MSG_seek);
	assert_true(seek->done);
	assert_string_equal(seek->error, "");
}

static void a_reload_is_answered_though_its_result_found_the_mailbox_full(void **state)
{
	struct scene *scene = *state;
	struct harness_screen *screen = scene->screen;
	occupy(scene->harness, &scene->first);
	harness_send(screen, "reload_req req=1");
	work_with_a_full_mailbox(scene);
	const struct msg_answer *answer = harness_await(screen, MSG_answer);
	assert_non_null(strstr(answer->text, "/nowhere/botswain.yaml"));
}

static void a_window_is_answered_though_its_result_found_the_mailbox_full(void **state)
{
	struct scene *scene = *state;
	struct harness_screen *screen = scene->screen;
	occupy(scene->harness, &scene->first);
	harness_send(screen, "win_open window=1 generation=1 store=\"events\" before=10");
	work_with_a_full_mailbox(scene);
	const struct msg_win_rows *rows = harness_await(screen, MSG_win_rows);
	assert_true(rows->done);
}

static unsigned count_answers(const struct harness_screen *screen, const char *words)
{
	unsigned count = 0;
	for (unsigned i = 0; i < screen->got_count; i++) {
		const struct msg_answer *answer = screen->got[i].body;
		count += screen->got[i].kind == MSG_answer && strstr(answer->text, words);
	}
	return count;
}

static void more_reloads_than_are_read_at_once_are_refused_and_all_are_answered(void **state)
{
	enum { RELOADS = 40, AT_ONCE = 16, TRIES = 500 };
	struct scene *scene = *state;
	struct harness_screen *screen = scene->screen;
	occupy(scene->harness, &scene->first);
	for (uint64_t req = 1; req <= RELOADS; req++) {
		const struct msg_reload_req request = {.req = req};
		client_send(screen->client, MSG_reload_req, &request);
	}
	harness_sync(screen);
	work_with_a_full_mailbox(scene);
	for (int i = 0; i < TRIES && count_answers(screen, "") < RELOADS; i++)
		harness_sync(screen);
	assert_int_equal(count_answers(screen, ""), RELOADS);
	assert_int_equal(count_answers(screen, "too busy"), RELOADS - AT_ONCE);
}

static void a_reload_that_is_asked_for_again_meanwhile_is_one(void **state)
{
	enum { TIMES = 3 };
	const struct msg_reload_req request = {.req = 1};
	struct scene *scene = *state;
	struct harness_screen *screen = scene->screen;
	occupy(scene->harness, &scene->first);
	for (int i = 0; i < TIMES; i++)
		client_send(screen->client, MSG_reload_req, &request);
	harness_sync(screen);
	unsigned under_way = scene->harness->engine->reloads;
	work_with_a_full_mailbox(scene);
	assert_int_equal(under_way, 1);
	harness_await(screen, MSG_answer);
	harness_sync(screen);
	assert_int_equal(count_answers(screen, ""), 1);
	client_send(screen->client, MSG_reload_req, &request);
	harness_sync(screen);
	assert_int_equal(count_answers(screen, ""), 2); /* the answer once more */
	assert_int_equal(scene->harness->engine->reloads, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_seek_is_answered_though_its_result_found_the_mailbox_full),
		TEST(a_reload_is_answered_though_its_result_found_the_mailbox_full),
		TEST(a_window_is_answered_though_its_result_found_the_mailbox_full),
		TEST(more_reloads_than_are_read_at_once_are_refused_and_all_are_answered),
		TEST(a_reload_that_is_asked_for_again_meanwhile_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
