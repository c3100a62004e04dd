/* SPDX-License-Identifier: MIT */
/* An engine that is told to stop: what it waits for, for how long, and what it says meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/leave.h"
#include "tests/support/engine_harness.h"
#include "tests/support/servers.h"

struct scene {
	char folder[64];
	struct harness *harness;
	struct harness_screen *screen;
};

/* One bot whose restart is watched for a long time: the operation runs until the clock is moved. */
static int set_up(void **state, bool own)
{
	const struct engine_options options = {.listen = true, .own = own};
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-leave-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	autofree char *yaml = xasprintf("state_dir: %s/state\n"
					"write: always\n"
					"driver: {restart: [/bin/true, '{bot}'], verify: 30m}\n"
					"bots:\n"
					"  - {name: orders, token: {file: /nowhere/t1}}\n"
					"  - {name: quiz, token: {file: /nowhere/t2}}\n",
		scene->folder);
	scene->harness = harness_open(yaml, &options);
	scene->screen = harness_attach(scene->harness);
	*state = scene;
	return 0;
}

static int setup(void **state)
{
	return set_up(state, false);
}

static int setup_own(void **state)
{
	return set_up(state, true);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	harness_detach(scene->screen);
	harness_free(scene->harness);
	remove_folder(scene->folder);
	free(scene);
	return 0;
}

static const struct msg_plan *plan(const struct scene *scene, int req, const char *bot)
{
	harness_forget(scene->screen);
	harness_send(scene->screen,
		"plan_req req=%d verb=\"restart\" targets=[{id=%llu name=\"%s\"}]", req,
		(unsigned long long)entity_id("bot", bot), bot);
	return harness_await(scene->screen, MSG_plan);
}

/* The ledger's thread and the child have no virtual clock: it stands still until they are through. */
static void await_verifying(const struct scene *scene)
{
	size_t count;
	const struct msg_operation *const *list = model_operations(scene->harness->model, &count);
	for (int turn = 0; turn < 500 && strcmp(list[0]->state, "verifying") != 0; turn++) {
		(void)engine_turn(scene->harness->engine, 10);
		list = model_operations(scene->harness->model, &count);
	}
	assert_string_equal(list[0]->state, "verifying");
}

static void begin_restart(const struct scene *scene)
{
	harness_feed(scene->harness, "obs_process bot=\"orders\" state=\"running\" pid=7");
	uint64_t id = plan(scene, 1, "orders")->plan;
	assert_true(id > 0);
	harness_send(scene->screen, "run_req req=2 plan=%llu reason=\"it hangs\"",
		(unsigned long long)id);
	const struct msg_accepted *accepted = harness_await(scene->screen, MSG_accepted);
	assert_true(accepted->operation > 0);
	await_verifying(scene);
}

static bool goes_on(const struct scene *scene)
{
	return engine_turn(scene->harness->engine, 0);
}

static void without_an_operation_it_leaves_at_once(void **state)
{
	const struct scene *scene = *state;
	assert_true(goes_on(scene));
	engine_stop(scene->harness->engine);
	assert_false(goes_on(scene));
}

static void it_waits_for_what_runs_and_names_it(void **state)
{
	const struct scene *scene = *state;
	begin_restart(scene);
	engine_stop(scene->harness->engine);
	assert_true(goes_on(scene));
	harness_advance(scene->harness, 1000);
	harness_sync(scene->screen);
	assert_string_equal(
		model_engine(scene->screen->model)->leaving, "waits for restart orders");
	harness_advance(scene->harness, LEAVE_WAIT_MS - 3000);
	assert_true(goes_on(scene));
	harness_advance(scene->harness, 3000);
	assert_false(goes_on(scene));
}

static void nothing_new_begins_while_it_waits(void **state)
{
	const struct scene *scene = *state;
	begin_restart(scene);
	engine_stop(scene->harness->engine);
	assert_true(goes_on(scene));
	const struct msg_plan *refused = plan(scene, 3, "quiz");
	assert_int_equal(refused->plan, 0);
	assert_int_equal(refused->code, ERR_REFUSED);
	assert_non_null(strstr(refused->error, "the engine is leaving"));
}

static void told_twice_it_leaves_at_once(void **state)
{
	const struct scene *scene = *state;
	begin_restart(scene);
	engine_stop(scene->harness->engine);
	assert_true(goes_on(scene));
	engine_stop(scene->harness->engine);
	assert_false(goes_on(scene));
}

/* It leaves when the ledger has the end of what it waited for, and not before all have heard of it. */
static void leave_and_hear(const struct scene *scene)
{
	bool waits = true;
	size_t count;
	for (int turn = 0; waits && turn < 500; turn++) {
		waits = engine_turn(scene->harness->engine, 10);
		clock_advance(&scene->harness->clock, 10);
	}
	assert_false(waits);
	(void)client_pump(scene->screen->client, scene->screen->model, 0, NULL, NULL);
	const struct msg_operation *const *heard = model_operations(scene->screen->model, &count);
	assert_int_equal(count, 1);
	assert_true(heard[0]->ended_ms > 0);
}

static void it_leaves_when_the_last_operation_has_ended(void **state)
{
	const struct scene *scene = *state;
	begin_restart(scene);
	engine_stop(scene->harness->engine);
	assert_true(goes_on(scene));
	size_t count;
	const struct msg_operation *const *operations =
		model_operations(scene->harness->model, &count);
	assert_int_equal(count, 1);
	harness_send(scene->screen, "cancel_req req=4 operation=%llu",
		(unsigned long long)operations[0]->id);
	leave_and_hear(scene);
}

/* ---- a service asks for the place ---- */

static const struct msg_answer *ask_to_yield(const struct scene *scene, int req)
{
	harness_forget(scene->screen);
	harness_send(scene->screen, "yield_req req=%d", req);
	return harness_await(scene->screen, MSG_answer);
}

static void an_own_engine_with_nothing_to_do_gives_way_at_once(void **state)
{
	const struct scene *scene = *state;
	struct msg_yield_req request = {.req = 7};
	client_send(scene->screen->client, MSG_yield_req, &request);
	(void)client_pump(scene->screen->client, scene->screen->model, 0, NULL, NULL);
	assert_false(goes_on(scene));
}

static void an_own_engine_gives_way_after_what_runs_and_names_it(void **state)
{
	const struct scene *scene = *state;
	begin_restart(scene);
	const struct msg_answer *answer = ask_to_yield(scene, 7);
	assert_int_equal(answer->code, 0);
	assert_string_equal(answer->text, "waits for restart orders");
	harness_advance(scene->harness, 2 * LEAVE_WAIT_MS);
	assert_true(goes_on(scene));
	answer = ask_to_yield(scene, 8);
	assert_string_equal(answer->text, "waits for restart orders");
	assert_int_equal(plan(scene, 9, "quiz")->code, ERR_REFUSED);
	harness_send(scene->screen, "cancel_req req=10 operation=%llu",
		(unsigned long long)model_operations(scene->harness->model, &(size_t){0})[0]->id);
	leave_and_hear(scene);
}

static void who_runs_as_a_service_gives_way_to_nobody(void **state)
{
	const struct scene *scene = *state;
	const struct msg_answer *answer = ask_to_yield(scene, 7);
	assert_int_equal(answer->code, ERR_REFUSED);
	assert_true(goes_on(scene));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_an_operation_it_leaves_at_once),
		TEST(it_waits_for_what_runs_and_names_it),
		TEST(nothing_new_begins_while_it_waits),
		TEST(told_twice_it_leaves_at_once),
		TEST(it_leaves_when_the_last_operation_has_ended),
		cmocka_unit_test_setup_teardown(
			an_own_engine_with_nothing_to_do_gives_way_at_once, setup_own, teardown),
		cmocka_unit_test_setup_teardown(
			an_own_engine_gives_way_after_what_runs_and_names_it, setup_own, teardown),
		TEST(who_runs_as_a_service_gives_way_to_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
