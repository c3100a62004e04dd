/* SPDX-License-Identifier: MIT */
/* q while an operation runs on an engine that would leave with its only screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/console.h"
#include "tests/support/servers.h"

enum { SETTLE_LIMIT = 400, TURNS = 100 /* of a millisecond each, while nothing comes */ };

struct scene {
	char folder[64];
	struct console *console;
};

static int prepare(void **state, bool own)
{
	const struct engine_options options = {.listen = true, .own = own};
	struct scene *scene = xcalloc(1, sizeof(*scene));
	snprintf(scene->folder, sizeof(scene->folder), "/tmp/botswain-screen-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	autofree char *yaml = xasprintf("environment: demo\nstate_dir: %s/state\nwrite: always\n"
					"driver: {restart: [/bin/true, '{bot}'], verify: 30m}\n"
					"bots:\n  ada: {token: {file: t}, process: {match: a}}\n",
		scene->folder);
	scene->console = console_open(yaml, &options, 24, 80);
	console_healthy(scene->console, "ada", 100);
	console_advance(scene->console, 3000);
	console_healthy(scene->console, "ada", 100);
	console_settle(scene->console);
	*state = scene;
	return 0;
}

static int setup(void **state)
{
	return prepare(state, true);
}

static int setup_service(void **state)
{
	return prepare(state, false);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	console_free(scene->console);
	remove_folder(scene->folder);
	free(scene);
	return 0;
}

static const char *state_of_operation(const struct console *console)
{
	size_t count;
	const struct msg_operation *const *list = model_operations(console->app->live, &count);
	return count ? list[0]->state : "";
}

/* The program that runs for it is real: the console's clock must not be far ahead of it, or it is late. */
static void await_operation(struct console *console, const char *word)
{
	for (int i = 0; i < SETTLE_LIMIT && strcmp(state_of_operation(console), word) != 0; i++) {
		console_settle(console);
		for (int j = 0; j < TURNS; j++)
			console_turn(console, 0);
	}
	assert_string_equal(state_of_operation(console), word);
}

/* Runs until another process is seen, or for half an hour. */
static struct console *with_a_restart(void **state)
{
	struct console *console = ((struct scene *)*state)->console;
	console_keys(console, "r S-Tab");
	console_type(console, "it hangs");
	console_keys(console, "Tab Tab Enter");
	await_operation(console, "verifying");
	return console;
}

static void without_an_operation_it_leaves_at_once(void **state)
{
	struct console *console = ((struct scene *)*state)->console;
	console_keys(console, "q");
	assert_true(console->app->quit);
}

static void an_operation_is_named_and_nothing_is_decided(void **state)
{
	struct console *console = with_a_restart(state);
	console_keys(console, "q");
	assert_false(console->app->quit);
	console_expect(console, "Running: restart ada");
	console_expect(console, "Leave it running");
	console_keys(console, "Esc");
	console_expect_not(console, "Leave it running");
	assert_false(console->app->quit);
}

static void waited_for_it_leaves_when_that_has_ended(void **state)
{
	struct console *console = with_a_restart(state);
	console_keys(console, "q Enter");
	assert_false(console->app->quit);
	console_healthy(console, "ada", 101);
	for (int i = 0; i < 20 && !console->app->quit; i++) {
		console_healthy(console, "ada", 101);
		console_advance(console, 1000);
		await_operation(console, state_of_operation(console));
	}
	for (int i = 0; i < SETTLE_LIMIT && !console->app->quit; i++)
		console_settle(console);
	assert_string_equal(state_of_operation(console), "done");
	assert_true(console->app->quit);
}

static void while_it_waits_a_second_q_leaves(void **state)
{
	struct console *console = with_a_restart(state);
	console_keys(console, "q Enter q");
	assert_true(console->app->quit);
}

static void cancelled_it_leaves_when_that_has_ended(void **state)
{
	struct console *console = with_a_restart(state);
	console_keys(console, "q Down Enter");
	for (int i = 0; i < SETTLE_LIMIT && !console->app->quit; i++)
		console_settle(console);
	assert_string_equal(state_of_operation(console), "cancelled");
	assert_true(console->app->quit);
}

static void it_can_be_left_running(void **state)
{
	struct console *console = with_a_restart(state);
	console_keys(console, "q Down Down Enter");
	assert_true(console->app->quit);
	assert_string_equal(state_of_operation(console), "verifying");
}

static void of_a_service_it_needs_no_question(void **state)
{
	struct console *console = with_a_restart(state);
	console_keys(console, "q");
	assert_true(console->app->quit);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_an_operation_it_leaves_at_once),
		TEST(an_operation_is_named_and_nothing_is_decided),
		TEST(waited_for_it_leaves_when_that_has_ended),
		TEST(while_it_waits_a_second_q_leaves),
		TEST(cancelled_it_leaves_when_that_has_ended),
		TEST(it_can_be_left_running),
		cmocka_unit_test_setup_teardown(
			of_a_service_it_needs_no_question, setup_service, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
