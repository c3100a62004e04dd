/* SPDX-License-Identifier: MIT */
/*
 * Start, stop and restart through a real supervisord, seen by the whole engine: its process source
 * finds the processes, its ledger records. One program stays up, one dies after two seconds though
 * its supervisor calls it started, one leaves the supervisor in the dark.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/store/audit.h"
#include "tests/support/live_engine.h"
#include "tests/support/spawn.h"

enum { UP_MS = 20000, END_MS = 40000 };

struct stage {
	char dir[64];
	pid_t supervisord;
	struct live_engine *live;
};

static void write_file(const struct stage *stage, const char *name, const char *text)
{
	autofree char *path = xasprintf("%s/%s", stage->dir, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void start_supervisord(struct stage *stage)
{
	autofree char *config =
		xasprintf("[supervisord]\nnodaemon=true\nuser=root\nlogfile=%1$s/supervisord.log\n"
			  "pidfile=%1$s/supervisord.pid\nchildlogdir=%1$s\n"
			  "[unix_http_server]\nfile=%1$s/s.sock\n"
			  "[rpcinterface:supervisor]\n"
			  "supervisor.rpcinterface_factory="
			  "supervisor.rpcinterface:make_main_rpcinterface\n"
			  "[supervisorctl]\nserverurl=unix://%1$s/s.sock\n"
			  "[program:steady]\ncommand=/usr/bin/tail -f %1$s/steady\nstartsecs=1\n"
			  "[program:loop]\ncommand=/usr/bin/timeout 2 /usr/bin/tail -f %1$s/loop\n"
			  "startsecs=1\nautostart=false\nautorestart=true\n",
			stage->dir);
	autofree char *path = xasprintf("%s/supervisord.conf", stage->dir);
	write_file(stage, "supervisord.conf", config);
	write_file(stage, "steady", "");
	write_file(stage, "loop", "");
	stage->supervisord = spawn_start(
		WORDS("supervisord", "-c", path), &(struct spawn){.death_signal = SIGTERM});
}

static char *configuration(const struct stage *stage)
{
	return xasprintf(
		"environment: test\nwrite: always\n"
		"telegram: {api: \"http://127.0.0.1:9\"}\n"
		"process: {interval: 500ms}\n"
		"driver:\n"
		"  start: [supervisorctl, -c, %1$s/supervisord.conf, start, \"{bot}\"]\n"
		"  stop: [supervisorctl, -c, %1$s/supervisord.conf, stop, \"{bot}\"]\n"
		"  restart: [supervisorctl, -c, %1$s/supervisord.conf, restart, \"{bot}\"]\n"
		"  verify: 15s\n  stable: 3s\n"
		"bots:\n"
		"  steady: {transport: none, process: {match: \"^/usr/bin/tail -f "
		"%1$s/steady\"}}\n"
		"  loop: {transport: none, process: {match: \"^/usr/bin/timeout 2 .*%1$s/loop\"}}\n"
		"  nobody: {transport: none}\n",
		stage->dir);
}

static bool steady_runs(const struct live_engine *live, const void *context)
{
	const struct msg_bot *bot = live_bot(live, "steady");
	(void)context;
	return bot && strcmp(bot->proc_state, "running") == 0;
}

static int setup(void **state)
{
	struct stage *stage = xcalloc(1, sizeof(*stage));
	copy_text(stage->dir, sizeof(stage->dir), "/tmp/botswain-act-XXXXXX");
	assert_non_null(mkdtemp(stage->dir));
	*state = stage;
	start_supervisord(stage);
	autofree char *yaml = configuration(stage);
	stage->live = live_engine_new(stage->dir, yaml);
	live_wait(stage->live, steady_runs, NULL, UP_MS, "steady runs");
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
	(void)info;
	(void)kind;
	(void)place;
	return remove(path);
}

static int teardown(void **state)
{
	struct stage *stage = *state;
	live_engine_free(stage->live);
	(void)spawn_end(&stage->supervisord, SIGTERM); /* it ends its programs */
	nftw(stage->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(stage);
	return 0;
}

static const struct msg_operation *do_it(struct stage *stage, const char *verb, const char *bot)
{
	uint64_t id = live_run(stage->live, verb, "bot", bot);
	return live_end(stage->live, id, END_MS);
}

static void a_restart_ends_with_a_new_pid(void **state)
{
	struct stage *stage = *state;
	uint64_t before = live_bot(stage->live, "steady")->pid;
	const struct msg_operation *operation = do_it(stage, "restart", "steady");
	autofree char *result =
		xasprintf("pid %d -> %d", (int)before, (int)live_bot(stage->live, "steady")->pid);
	assert_string_equal(operation->result, result);
	assert_string_equal(operation->state, "done");
	assert_int_not_equal(live_bot(stage->live, "steady")->pid, before);
	assert_int_equal(live_bot(stage->live, "steady")->busy_op, 0);
	assert_true(operation->output_lines >= 1);
}

static void stop_and_start_are_seen(void **state)
{
	struct stage *stage = *state;
	const struct msg_operation *operation = do_it(stage, "stop", "steady");
	assert_string_equal(operation->state, "done");
	assert_non_null(strstr(operation->result, " ended"));
	operation = do_it(stage, "start", "steady");
	assert_string_equal(operation->state, "done");
	assert_true(starts_with(operation->result, "pid "));
	assert_true(steady_runs(stage->live, NULL));
}

static void a_supervisor_that_answers_0_for_a_bot_that_dies_again_is_not_believed(void **state)
{
	struct stage *stage = *state;
	const struct msg_operation *operation = do_it(stage, "start", "loop");
	assert_string_equal(operation->state, "failed");
	assert_non_null(strstr(operation->result, "died again within 3.0s"));
	do_it(stage, "stop", "loop");
}

static void a_bot_that_the_supervisor_does_not_know_fails_with_its_words(void **state)
{
	struct stage *stage = *state;
	const struct msg_operation *operation = do_it(stage, "restart", "nobody");
	assert_string_equal(operation->state, "failed");
	assert_non_null(strstr(operation->result, "nobody: ERROR (no such process)"));
}

enum { AUDIT_LINES = 3 * 6 }; /* accepted, intent, result of the six before */

static bool audit_is_long(const struct live_engine *live, const void *path)
{
	struct err err = {.text = ""};
	uint64_t lines = 0;
	(void)live;
	return audit_verify(path, &lines, &err) && lines >= AUDIT_LINES;
}

static void every_step_is_in_a_chain_that_holds(void **state)
{
	struct stage *stage = *state;
	autofree char *path = xasprintf("%s/state/audit.jsonl", stage->dir);
	struct err err = {.text = ""};
	uint64_t lines = 0;
	/* The end of an operation is shown at once; its line follows with the next commit. */
	live_wait(stage->live, audit_is_long, path, UP_MS, "the result of the last operation");
	if (!audit_verify(path, &lines, &err))
		fail_msg("%s", err.text);
	assert_int_equal(lines, AUDIT_LINES);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_ends_with_a_new_pid),
		cmocka_unit_test(stop_and_start_are_seen),
		cmocka_unit_test(
			a_supervisor_that_answers_0_for_a_bot_that_dies_again_is_not_believed),
		cmocka_unit_test(a_bot_that_the_supervisor_does_not_know_fails_with_its_words),
		cmocka_unit_test(every_step_is_in_a_chain_that_holds),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
