/* SPDX-License-Identifier: MIT */
/* What an engine remembers over restarts, and requests that are recorded; with a real ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/memory.h"
#include "core/store/ledger.h"
#include "tests/support/engine_harness.h"

struct scene {
	char folder[64], *yaml;
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-memory-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->yaml =
		xasprintf("state_dir: %s/state\n"
			  "write: always\n"
			  "driver: {restart: [/bin/true, '{bot}'], start: [/bin/true, '{bot}'], "
			  "stop: [/bin/true, '{bot}'], verify: 5s}\n"
			  "bots:\n"
			  "  - {name: pay, transport: none, process: {match: pay}}\n"
			  "  - {name: orders, token: {file: /nowhere/t1}}\n",
			scene->folder);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found;
	(void)type;
	(void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(scene->yaml);
	free(scene);
	return 0;
}

static struct harness *start(const struct scene *scene)
{
	const struct engine_options options = {.listen = true};
	return harness_open(scene->yaml, &options);
}

static void a_webhook_url_changed_while_nobody_looked_is_seen(void **state)
{
	struct harness *harness = start(*state);
	harness_feed(harness, "obs_webhook bot=\"orders\" url_hash=71");
	assert_int_equal(harness_bot(harness, "orders")->url_changed_ms, 0);
	harness_free(harness);
	harness = start(*state);
	harness_feed(harness, "obs_webhook bot=\"orders\" url_hash=71");
	assert_int_equal(harness_bot(harness, "orders")->url_changed_ms, 0);
	harness_free(harness);
	harness = start(*state);
	harness_feed(harness, "obs_webhook bot=\"orders\" url_hash=72");
	assert_int_equal(harness_bot(harness, "orders")->url_changed_ms, HARNESS_START_MS);
	assert_string_equal(harness_bot(harness, "orders")->reasons[0].id, "url_changed");
	harness_free(harness);
	harness = start(*state);
	assert_int_equal(harness_bot(harness, "orders")->url_changed_ms, HARNESS_START_MS);
	harness_free(harness);
}

static void a_token_that_was_answered_is_known_for_a_day(void **state)
{
	const struct scene *scene = *state;
	struct harness *harness = start(scene);
	harness_feed(harness, "obs_getme bot=\"orders\" token_hash=99");
	harness_free(harness);
	autofree char *state_dir = xasprintf("%s/state", scene->folder);
	struct clock clock;
	struct ledger *ledger;
	struct mailbox *mailbox = mailbox_new(64);
	clock_init_virtual(&clock, HARNESS_START_MS);
	assert_true(ledger_open(state_dir, &clock, mailbox, &ledger, NULL));
	struct memory *memory = memory_new(ledger, HARNESS_START_MS + 3600000);
	assert_true(memory_knows_token(memory, "orders", 99));
	assert_false(memory_knows_token(memory, "orders", 98));
	assert_false(memory_knows_token(memory, "support", 99));
	memory_free(memory);
	memory = memory_new(ledger, HARNESS_START_MS + 25 * 3600000);
	assert_false(memory_knows_token(memory, "orders", 99));
	memory_free(memory);
	ledger_close(ledger);
	mailbox_free(mailbox);
}

static uint64_t last_plan(const struct harness_screen *screen, size_t index)
{
	assert_int_equal(screen->got[index].kind, MSG_plan);
	return ((const struct msg_plan *)screen->got[index].body)->plan;
}

static void a_repeated_plan_is_the_same_plan_and_a_repeated_run_no_second_run(void **state)
{
	struct harness *harness = start(*state);
	struct harness_screen *screen = harness_attach(harness);
	uint64_t id = entity_id("bot", "orders");
	for (int i = 0; i < 2; i++)
		harness_send(screen,
			"plan_req req=1 verb=\"restart\" targets=[{id=%llu name=\"orders\"}]",
			(unsigned long long)id);
	uint64_t plan = last_plan(screen, 0);
	assert_int_not_equal(plan, 0);
	assert_int_equal(last_plan(screen, 1), plan);
	harness_send(screen, "run_req req=2 plan=%llu reason=\"why\"", (unsigned long long)plan);
	const struct msg_accepted *accepted = harness_await(screen, MSG_accepted);
	assert_int_equal(accepted->code, 0);
	uint64_t operation = accepted->operation;
	harness_forget(screen);
	harness_send(screen, "run_req req=2 plan=%llu reason=\"why\"", (unsigned long long)plan);
	accepted = harness_await(screen, MSG_accepted);
	assert_int_equal(accepted->operation, operation);
	size_t count;
	(void)model_operations(harness->model, &count);
	assert_int_equal(count, 1);
	harness_detach(screen);
	harness_free(harness);
}

/* The text of a row that came with any answer of the window. */
static const char *followed_row(const struct harness_screen *screen, const char *words)
{
	for (unsigned i = 0; i < screen->got_count; i++) {
		const struct msg_win_rows *rows = screen->got[i].body;
		for (size_t r = 0; screen->got[i].kind == MSG_win_rows && r < rows->rows_count; r++)
			if (strstr(rows->rows[r].text, words))
				return rows->rows[r].text;
	}
	return NULL;
}

static void what_was_done_is_in_the_audit_window_and_followed(void **state)
{
	struct harness *harness = start(*state);
	struct harness_screen *screen = harness_attach(harness);
	harness_send(screen, "win_open window=1 generation=1 store=\"audit\" before=9 follow=true");
	const struct msg_win_rows *rows = harness_await(screen, MSG_win_rows);
	assert_int_equal(rows->rows_count, 0);
	harness_send(screen, "plan_req req=1 verb=\"restart\" targets=[{id=%llu name=\"orders\"}]",
		(unsigned long long)entity_id("bot", "orders"));
	harness_send(screen, "run_req req=2 plan=%llu reason=\"because\"",
		(unsigned long long)((const struct msg_plan *)harness_await(screen, MSG_plan))
			->plan);
	harness_await(screen, MSG_accepted);
	for (int i = 0; i < 500 && !followed_row(screen, "restart orders accepted"); i++) {
		(void)engine_turn(harness->engine, 10);
		harness_sync(screen);
	}
	assert_non_null(followed_row(screen, "restart orders accepted"));
	assert_non_null(strstr(followed_row(screen, "restart orders accepted"), "(because)"));
	harness_detach(screen);
	harness_free(harness);
}

static void an_engine_that_only_watches_refuses_and_says_so(void **state)
{
	const struct scene *scene = *state;
	const struct engine_options options = {.listen = true, .read_only = true};
	struct harness *harness = harness_open(scene->yaml, &options);
	struct harness_screen *screen = harness_attach(harness);
	assert_string_equal(model_engine(screen->model)->write, "read-only");
	harness_send(screen, "plan_req req=1 verb=\"restart\" targets=[{id=%llu name=\"orders\"}]",
		(unsigned long long)entity_id("bot", "orders"));
	const struct msg_plan *plan = harness_await(screen, MSG_plan);
	assert_int_equal(plan->plan, 0);
	assert_true(plan->error[0]);
	harness_detach(screen);
	harness_free(harness);
}

/* A client that waits at the listener. */
static struct client *knock(const struct harness *harness)
{
	struct client *client;
	const struct settings *settings = harness->settings;
	assert_true(client_connect(
		settings->socket_path, settings->state_dir, "cli", true, &client, NULL));
	return client;
}

static void without_a_descriptor_a_client_waits_and_the_engine_does_not_spin(void **state)
{
	struct harness *harness = start(*state);
	struct client *client = knock(harness);
	struct model *model = model_new();
	struct rlimit old, none;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)client_fd(client) + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	(void)engine_turn(harness->engine, 0);
	int64_t begun_us = clock_cost_us();
	(void)engine_turn(harness->engine, 200); /* may be woken once by the event of this */
	(void)engine_turn(harness->engine, 200);
	assert_true(clock_cost_us() - begun_us > 150000);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	harness_advance(harness, 1000);
	for (int i = 0; i < 10 && client_state(client) != CLIENT_ATTACHED; i++) {
		client_pump(client, model, 0, NULL, NULL);
		harness_settle(harness);
	}
	assert_int_equal(client_state(client), CLIENT_ATTACHED);
	client_free(client);
	model_free(model);
	harness_free(harness);
}

static void act_on_pay(struct harness_screen *screen, uint64_t req, const char *verb)
{
	harness_forget(screen);
	harness_send(screen, "plan_req req=%llu verb=\"%s\" targets=[{id=%llu name=\"pay\"}]",
		(unsigned long long)req, verb, (unsigned long long)entity_id("bot", "pay"));
	const struct msg_plan *plan = harness_await(screen, MSG_plan);
	assert_string_equal(plan->error, "");
	harness_send(screen, "run_req req=%llu plan=%llu reason=\"moves house\"",
		(unsigned long long)req + 1, (unsigned long long)plan->plan);
	harness_await(screen, MSG_accepted);
}

static void see_pay(struct harness *harness, unsigned pid)
{
	harness_feed(harness, "obs_process bot=\"pay\" state=\"%s\" pid=%u",
		pid ? "running" : "absent", pid);
	harness_advance(harness, 1000);
}

/* Its process is seen as it is until the operation has ended. */
static void see_until_free(struct harness *harness, unsigned pid)
{
	for (int i = 0; i < 500 && (i < 2 || harness_bot(harness, "pay")->busy_op); i++) {
		(void)engine_turn(harness->engine, 10);
		see_pay(harness, pid);
	}
	see_pay(harness, pid);
	assert_int_equal(harness_bot(harness, "pay")->busy_op, 0);
}

static void assert_halted(const struct harness *harness)
{
	const struct msg_bot *bot = harness_bot(harness, "pay");
	size_t alerts;
	(void)model_alerts(harness->model, &alerts);
	assert_string_equal(bot->state, "halted");
	assert_non_null(strstr(bot->why, ": moves house"));
	assert_int_equal(alerts, 0);
}

static struct harness *stop_pay(const struct scene *scene)
{
	struct harness *harness = start(scene);
	struct harness_screen *screen = harness_attach(harness);
	see_pay(harness, 7);
	act_on_pay(screen, 1, "stop");
	see_until_free(harness, 0);
	harness_detach(screen);
	return harness;
}

static void a_bot_stopped_on_purpose_is_no_crisis_also_after_a_restart(void **state)
{
	struct harness *harness = stop_pay(*state);
	assert_halted(harness);
	int64_t halted_ms = harness_bot(harness, "pay")->halted_ms;
	harness_free(harness);
	harness = start(*state);
	for (int i = 0; i < 3; i++)
		see_pay(harness, 0);
	assert_halted(harness);
	assert_int_equal(harness_bot(harness, "pay")->halted_ms, halted_ms);
	see_pay(harness, 8); /* somebody started it */
	assert_string_equal(harness_bot(harness, "pay")->state, "ok");
	harness_free(harness);
	harness = start(*state);
	for (int i = 0; i < 3; i++)
		see_pay(harness, 0);
	assert_string_equal(harness_bot(harness, "pay")->state, "down");
	harness_free(harness);
}

/* No operation works on it, and yet it says so: nobody looked at it since. */
static bool is_busy_for_nothing(const struct harness *harness)
{
	const struct msg_bot *bot = harness_bot(harness, "pay");
	return !bot->busy_op && strcmp(bot->state, "busy") == 0;
}

/* The time moves by a fifth of a beat. */
static void a_bot_is_judged_in_the_turn_that_ends_its_stop(void **state)
{
	struct harness *harness = start(*state);
	struct harness_screen *screen = harness_attach(harness);
	see_pay(harness, 7);
	act_on_pay(screen, 1, "stop");
	bool was_busy = false;
	for (int i = 0; i < 2500 && !(was_busy && !harness_bot(harness, "pay")->busy_op); i++) {
		clock_advance(&harness->clock, 200);
		harness_feed(harness, "obs_process bot=\"pay\" state=\"absent\" pid=0");
		(void)engine_turn(harness->engine, 2);
		was_busy |= strcmp(harness_bot(harness, "pay")->state, "busy") == 0;
		assert_false(is_busy_for_nothing(harness));
	}
	assert_true(was_busy);
	assert_halted(harness);
	harness_detach(screen);
	harness_free(harness);
}

static void a_start_that_brings_nothing_up_ends_the_halt(void **state)
{
	struct harness *harness = stop_pay(*state);
	struct harness_screen *screen = harness_attach(harness);
	act_on_pay(screen, 3, "start");
	see_until_free(harness, 0);
	assert_string_equal(harness_bot(harness, "pay")->state, "down");
	harness_detach(screen);
	harness_free(harness);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_webhook_url_changed_while_nobody_looked_is_seen),
		TEST(a_bot_stopped_on_purpose_is_no_crisis_also_after_a_restart),
		TEST(a_bot_is_judged_in_the_turn_that_ends_its_stop),
		TEST(a_start_that_brings_nothing_up_ends_the_halt),
		TEST(a_token_that_was_answered_is_known_for_a_day),
		TEST(a_repeated_plan_is_the_same_plan_and_a_repeated_run_no_second_run),
		TEST(what_was_done_is_in_the_audit_window_and_followed),
		TEST(without_a_descriptor_a_client_waits_and_the_engine_does_not_spin),
		TEST(an_engine_that_only_watches_refuses_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
