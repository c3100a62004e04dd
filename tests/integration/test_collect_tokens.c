/* SPDX-License-Identifier: MIT */
/* Tokens that commands print: what they cost the other bots, how often they run, how they fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi.h"
#include "tests/support/collect_scene.h"
#include "tests/support/processes.h"

static struct botapi server;
static char *token; /* of b0 */

static void write_token(const char *text)
{
	folder_write("b0", 0600, "%s\n", text);
}

static int setup(void **state)
{
	botapi_start(&server);
	if (collect_setup(state) != 0)
		return -1;
	token = botapi_make_bot(&server, "b0");
	write_token(token);
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	botapi_stop(&server);
	free(token);
	return failed;
}

/* b0, whose token is in a file. */
static char *configuration(void)
{
	return xasprintf("telegram: {api: 'http://127.0.0.1:%d', interval: 500ms, timeout: 1s}\n"
			 "bots:\n  - {name: b0, token: {file: %s/b0}}\n",
		server.port, folder);
}

enum { HANGING = 20 };

/* Nobody else sleeps for so long. */
static char *long_sleep(void)
{
	return xasprintf("1000.%d", (int)getpid());
}

/* h0 ... whose commands never end, besides b0. */
static char *with_hanging_bots(const char *seconds)
{
	struct str yaml = STR_INIT;
	autofree char *good = configuration();
	str_adds(&yaml, good);
	for (int i = 0; i < HANGING; i++)
		str_addf(&yaml,
			"  - {name: h%d, token: {command: [/bin/sh, -c, 'sleep %s & sleep %s']}}\n",
			i, seconds, seconds);
	return str_detach(&yaml);
}

static void commands_that_hang_hold_up_nobody_else(void **state)
{
	(void)state;
	autofree char *seconds = long_sleep(), *yaml = with_hanging_bots(seconds);
	collected_start(&collected, "%s", yaml);
	collected_wait(&collected, "obs_getme", "bot=\"h0\"",
		"'/bin/sh' has not ended yet: it is given 5 s", NULL);
	collected_wait(&collected, "obs_getme", "bot=\"h9\"",
		"'/bin/sh' waits until commands of other tokens have ended", NULL);
	collected_wait(&collected, "obs_getme", "bot=\"h0\"",
		"'/bin/sh' did not end within 5 s: run it by hand to see why", NULL);
	collected_wait(&collected, "obs_getme", "bot=\"h9\"", "'/bin/sh' did not end", NULL);
	size_t calls;
	int64_t gap_ms = botapi_longest_gap_ms(&server, strtoll(token, NULL, 10), &calls);
	assert_in_range(gap_ms, 300, 1000); /* every 500 ms, for ten seconds */
	assert_true(calls >= 15);
	collected_stop(&collected);
	assert_true(processes_end(seconds, 2000));
}

static void stopping_kills_the_commands_that_run(void **state)
{
	(void)state;
	autofree char *seconds = long_sleep(), *yaml = with_hanging_bots(seconds);
	collected_start(&collected, "%s", yaml);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	assert_true(processes_with(seconds) > 0);
	int64_t start_ms = clock_mono_ms(clock_real());
	collected_stop(&collected);
	assert_in_range(clock_mono_ms(clock_real()) - start_ms, 0, 1000);
	assert_true(processes_end(seconds, 2000));
	assert_false(processes_left_a_zombie());
}

static void a_bot_that_is_taken_off_takes_its_command_along(void **state)
{
	(void)state;
	autofree char *seconds = long_sleep(), *yaml = with_hanging_bots(seconds);
	autofree char *without = configuration();
	collected_start(&collected, "%s", yaml);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	assert_true(processes_with(seconds) > 0);
	collected_reload(&collected, "%s", without);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	assert_true(processes_end(seconds, 2000));
	assert_false(processes_left_a_zombie());
}

/* A bot whose token a program of ours prints, which notes that it ran. */
static char *with_printed_token(void)
{
	autofree char *path = folder_path("print");
	folder_write("print", 0700, "#!/bin/sh\necho run >>%s/runs\ncat %s/b0\n", folder, folder);
	return xasprintf("telegram: {api: 'http://127.0.0.1:%d', interval: 500ms, timeout: 1s}\n"
			 "bots: [{name: b0, token: {command: [%s]}}]\n",
		server.port, path);
}

static size_t runs(void)
{
	autofree char *text = folder_read("runs");
	return strlen(text) / strlen("run\n");
}

static void a_printed_token_is_asked_for_once_and_again_when_it_is_rejected(void **state)
{
	(void)state;
	autofree char *yaml = with_printed_token();
	collected_start(&collected, "%s", yaml);
	collected.forbidden = strchr(token, ':') + 1;
	for (int i = 0; i < 4; i++)
		collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=200", NULL);
	assert_int_equal(runs(), 1);
	autofree char *fresh = botapi_make_bot(&server, "fresh");
	write_token(fresh);
	json_decref(botapi_control(&server, "revoke", "{\"bot\":\"b0-00001\"}"));
	collected_wait(&collected, "obs_webhook", "bot=\"b0\"", "http=401", NULL);
	const char *said = collected_wait_for(&collected, 45000, "obs_getme", "http=200", NULL);
	assert_non_null(said);
	assert_true((int64_t)collected_number(said, "tg_id") == strtoll(fresh, NULL, 10));
	assert_int_equal(runs(), 2);
}

/* The old one still works, so no answer says that there is another. */
static void a_token_that_changed_in_its_file_is_taken_at_a_reload(void **state)
{
	(void)state;
	autofree char *yaml = configuration(), *fresh = botapi_make_bot(&server, "fresh");
	collected_start(&collected, "%s", yaml);
	collected_wait(&collected, "obs_getme", "bot=\"b0\"", "http=200", NULL);
	write_token(fresh);
	collected_clear(&collected);
	collected_reload(&collected, "%s", yaml);
	const char *said = collected_wait_for(&collected, 5000, "obs_getme", "http=200", NULL);
	assert_non_null(said);
	assert_true((int64_t)collected_number(said, "tg_id") == strtoll(fresh, NULL, 10));
}

static void a_command_that_prints_no_token_is_told_and_not_run_again_at_once(void **state)
{
	(void)state;
	write_token("no token at all");
	autofree char *yaml = with_printed_token();
	collected_start(&collected, "%s", yaml);
	const char *said = collected_wait(
		&collected, "obs_getme", "bot=\"b0\"", "does not start with a bot id", NULL);
	assert_in_range((int)collected_number(said, "next_in_ms"), 59000, 60000);
	assert_int_equal(runs(), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(commands_that_hang_hold_up_nobody_else),
		TEST(stopping_kills_the_commands_that_run),
		TEST(a_bot_that_is_taken_off_takes_its_command_along),
		TEST(a_printed_token_is_asked_for_once_and_again_when_it_is_rejected),
		TEST(a_token_that_changed_in_its_file_is_taken_at_a_reload),
		TEST(a_command_that_prints_no_token_is_told_and_not_run_again_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
