/* SPDX-License-Identifier: MIT */
/*
 * Apps as a real pm2 tells of them. pm2 is not in Debian: BOTSWAIN_PM2 names its program, else npm
 * installs it once into a folder beside the build. Where neither can be, the tests are skipped.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/programs.h"
#include "tests/support/collect_scene.h"
#include "tests/support/numbered.h"
#include "tests/support/spawn.h"

#define TOKEN "7100000001:AAFcanarycanarycanarycanarycanary12"

static char program[512];

enum { LINES = 10000, PM2_MS = 60000, NPM_MS = 120000 };

static bool pm2(const char *one, const char *two, const char *three, const char *four)
{
	return spawn_run(WORDS(program, one, two, three, four), &(struct spawn){0}, PM2_MS, NULL) ==
	       0;
}

static bool find_program(void)
{
	const char *given = getenv("BOTSWAIN_PM2"), *build = getenv("BOTSWAIN_BUILD");
	autofree char *place = xasprintf("%s/pm2", build && *build == '/' ? build : "/tmp");
	autofree char *found = NULL;
	if (given && *given) {
		copy_text(program, sizeof(program), given);
		return access(program, X_OK) == 0;
	}
	if (!build || *build != '/') {
		free(place);
		char *here = getcwd(NULL, 0);
		place = xasprintf("%s/build/pm2", here);
		free(here);
	}
	found = xasprintf("%s/node_modules/.bin/pm2", place);
	copy_text(program, sizeof(program), found);
	if (access(program, X_OK) == 0)
		return true;
	return spawn_run(
		       WORDS("npm", "install", "--prefix", place, "--no-audit", "--no-fund", "pm2"),
		       &(struct spawn){0}, NPM_MS, NULL) == 0 &&
	       access(program, X_OK) == 0;
}

static int setup(void **state)
{
	if (collect_setup(state) != 0)
		return -1;
	if (!find_program())
		return 0;
	setenv("PM2_HOME", folder, 1);
	setenv("BOT_TOKEN", TOKEN, 1);
	folder_write("app.js", 0600, "setInterval(() => console.log('order 4711 came'), 200)\n");
	folder_write("ends.js", 0600, "process.exit(3)\n");
	return 0;
}

static int teardown(void **state)
{
	collect_scene_stop();
	if (program[0])
		pm2("kill", NULL, NULL, NULL);
	return folder_teardown(state);
}

static void start(const char *script, const char *name)
{
	autofree char *path = xasprintf("%s/%s", folder, script);
	autofree char *option = xasprintf("--name=%s", name);
	if (access(program, X_OK) != 0) {
		print_message("no pm2: npm cannot install it here\n");
		skip();
	}
	assert_true(pm2("start", path, option, "--max-restarts=5"));
}

static void watch(void)
{
	collected.forbidden = "canarycanary";
	collected_start(&collected,
		"process: {interval: 500ms}\n"
		"supervisors: {main: {kind: pm2, address: %s}}\n"
		"bots:\n"
		"  orders: {transport: none, process: {pm2: orders}}\n"
		"  ends: {transport: none, process: {pm2: ends}}\n",
		folder);
}

static void an_app_is_measured_and_its_log_followed(void **state)
{
	(void)state;
	start("app.js", "orders");
	watch();
	const char *seen = collected_wait(&collected, "obs_process", "bot=\"orders\"",
		"state=\"running\"", "words=\"online\"", "by=\"pm2 orders (main)\"", NULL);
	assert_int_equal(kill((pid_t)collected_number(seen, "pid"), 0), 0);
	assert_true(collected_number(seen, "rss_bytes") > 10000000);
	assert_in_range((int64_t)collected_number(seen, "start_ms"),
		clock_wall_ms(clock_real()) - 60000, clock_wall_ms(clock_real()) + 1000);
	collected_wait_event(&collected, " orders", "order 4711 came", NULL);
	collected_wait(&collected, "obs_process", "bot=\"ends\"", "state=\"absent\"",
		"has no 'ends'", NULL);
}

/* Both of its logs, by numbers: it ends and is started again after each quarter, and the logs are rotated as logrotate
 * does it with pm2, in the middle of that. */
static void its_logs_lose_nothing_through_restarts_and_rotation(void **state)
{
	(void)state;
	folder_write("next", 0600, "0");
	folder_write("talk.js", 0600,
		"const fs = require('fs'), at = __dirname + '/next', end = %d\n"
		"console.log('it is up')\n"
		"const wait = setInterval(() => {\n"
		"	if (!fs.existsSync(__dirname + '/go')) return\n"
		"	clearInterval(wait)\n"
		"	let n = +fs.readFileSync(at)\n"
		"	if (n >= end) {\n"
		"		console.log('all is said')\n"
		"		console.error('of the other too')\n"
		"		return setInterval(() => {}, 1000)\n"
		"	}\n"
		"	for (const to = n + end / 4; n < to; n += 2) {\n"
		"		console.log(`number ${n}. of the one`)\n"
		"		console.error(`number ${n + 1}. of the other`)\n"
		"	}\n"
		"	fs.writeFileSync(at, String(n))\n"
		"	process.stdout.write('', () => process.stderr.write('', () => "
		"process.exit(0)))\n"
		"}, 20)\n",
		LINES);
	start("talk.js", "orders");
	watch();
	collected_wait_event(&collected, " orders", "it is up", NULL);
	autofree char *log = folder_path("logs/orders-out.log"),
		      *old = folder_path("logs/orders-out.log.1");
	folder_write("go", 0600, "now");
	assert_int_equal(rename(log, old), 0);
	assert_true(pm2("reloadLogs", NULL, NULL, NULL));
	collected_await(&collected, "orders-out.log orders - all is said");
	collected_await(&collected, "orders-error.log orders - of the other too");
	assert_int_equal(access(log, F_OK), 0);
	/* What an app has said last when it ends does not always come to pm2: in its files is what there is. */
	autofree char *said = NULL, *in = folder_path("logs");
	assert_int_equal(spawn_run(WORDS("sh", "-c", "cat \"$0\"/* | grep -c '^number '", in),
				 &(struct spawn){0}, PM2_MS, &said),
		0);
	const struct numbered numbered = numbered_of(&collected, LINES);
	print_message("# of %d lines in pm2's files: %s", LINES, said);
	assert_int_equal(LINES - numbered.missing, atoi(said));
	assert_int_equal(numbered.twice, 0);
}

static void restarts_and_exit_codes_are_pm2s_own(void **state)
{
	(void)state;
	start("ends.js", "ends");
	watch();
	const char *seen = collected_wait(&collected, "obs_process", "bot=\"ends\"",
		"state=\"fatal\"", "words=\"errored (exit code 3)\"", "exit_status=3", NULL);
	assert_true(collected_number(seen, "restarts") >= 1); /* pm2 counts the last one or not */
}

static void a_pm2_that_was_killed_leaves_its_apps_unknown(void **state)
{
	(void)state;
	start("app.js", "orders");
	watch();
	collected_wait(&collected, "obs_process", "bot=\"orders\"", "state=\"running\"", NULL);
	assert_true(pm2("stop", "orders", NULL, NULL));
	collected_wait(&collected, "obs_process", "bot=\"orders\"", "state=\"stopped\"", NULL);
	assert_true(pm2("kill", NULL, NULL, NULL));
	collected_wait(&collected, "obs_process", "bot=\"orders\"", "state=\"unknown\"",
		"no pm2 runs in", NULL);
}

static void of_the_environment_only_the_tokens_key_and_id_stay(void **state)
{
	(void)state;
	start("app.js", "orders");
	struct programs_question question = {.address = folder, .timeout_ms = 5000, .stop_fd = -1};
	struct programs programs = {0};
	struct err err = {0};
	if (!supervisor_pm2.list(&question, &programs, &err))
		fail_msg("%s", err.text);
	const struct program *found = programs_find(&programs, "orders");
	assert_non_null(found);
	assert_string_equal(found->token_key, "BOT_TOKEN");
	assert_int_equal(found->tg_id, 7100000001);
	assert_non_null(strstr(found->command, "app.js"));
	const char *const texts[] = {found->name, found->words, found->command, found->log,
		found->directory, found->env_file};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_null(strstr(texts[i], "canary"));
	programs_release(&programs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_app_is_measured_and_its_log_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			its_logs_lose_nothing_through_restarts_and_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(
			restarts_and_exit_codes_are_pm2s_own, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_pm2_that_was_killed_leaves_its_apps_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(
			of_the_environment_only_the_tokens_key_and_id_stay, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
