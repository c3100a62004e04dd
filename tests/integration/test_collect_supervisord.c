/* SPDX-License-Identifier: MIT */
/* Processes as a real supervisord tells of them: states, words, deaths, logs, logins and silence. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/collect/programs.h"
#include "tests/support/collect_scene.h"
#include "tests/support/numbered.h"
#include "tests/support/sockets.h"
#include "tests/support/spawn.h"

#define PASSWORD "s3cr3t-canary-of-supervisord"

static pid_t supervisord;

enum { START_MS = 10000, LINES = 10000 };

static bool is_there(const void *path)
{
	return access(path, F_OK) == 0;
}

static void begin_supervisord(const char *http, const char *programs)
{
	autofree char *config =
		xasprintf("[supervisord]\nnodaemon=true\nlogfile=%1$s/supervisord.log\n"
			  "pidfile=%1$s/supervisord.pid\nchildlogdir=%1$s\n%3$s"
			  "[unix_http_server]\nfile=%1$s/s.sock\n%4$s"
			  "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory="
			  "supervisor.rpcinterface:make_main_rpcinterface\n%2$s",
			folder, programs, getuid() ? "" : "user=root\n", http);
	autofree char *path = xasprintf("%s/supervisord.conf", folder);
	autofree char *socket = xasprintf("%s/s.sock", folder);
	folder_write("supervisord.conf", 0600, "%s", config);
	supervisord = spawn_start(
		WORDS("supervisord", "-c", path), &(struct spawn){.death_signal = SIGTERM});
	assert_true(comes_true(is_there, socket, START_MS));
}

static void end_supervisord(void)
{
	(void)spawn_end(&supervisord, SIGTERM);
}

static int teardown(void **state)
{
	collect_scene_stop();
	end_supervisord();
	return folder_teardown(state);
}

static void watch(const char *more, const char *bots)
{
	collected_start(&collected,
		"process: {interval: 500ms}\n"
		"supervisors: {main: {kind: supervisord, address: \"%s/s.sock\"%s}}\n"
		"bots: [%s]\n",
		folder, more, bots);
}

#define BOT(name) "{name: " name ", transport: none, process: {supervisord: " name "}},"

static void a_running_process_is_measured_without_a_pid_file(void **state)
{
	(void)state;
	begin_supervisord(
		"", "[program:orders]\nstartsecs=0\ncommand=sh -c 'while :; do :; done'\n");
	watch("", BOT("orders"));
	const char *seen = collected_wait(&collected, "obs_process", "state=\"running\"",
		"by=\"supervisord orders (main)\"", "words=\"RUNNING\"", NULL);
	pid_t pid = (pid_t)collected_number(seen, "pid");
	assert_int_equal(kill(pid, 0), 0);
	assert_true(collected_number(seen, "rss_bytes") > 100000);
	assert_true(collected_number(seen, "fds") >= 3);
	assert_in_range((int64_t)collected_number(seen, "start_ms"),
		clock_wall_ms(clock_real()) - 20000, clock_wall_ms(clock_real()) + 1000);
	seen = collected_wait(&collected, "obs_source", "kind=\"supervisor\"", "name=\"main\"",
		"state=\"ok\"", NULL);
	seen = collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
	assert_true(collected_number(seen, "cpu_percent") > 10);
}

static void each_state_is_told_with_its_words(void **state)
{
	(void)state;
	begin_supervisord("",
		"[program:idle]\ncommand=sleep 4002\nautostart=false\n"
		"[program:broken]\ncommand=false\nstartretries=0\n"
		"[program:looping]\ncommand=false\nstartretries=100\n"
		"[program:done]\ncommand=sh -c 'exit 3'\nstartsecs=0\nautorestart=false\n"
		"[program:killed]\ncommand=sh -c 'kill -9 $$'\nstartsecs=0\nautorestart=false\n");
	watch("", BOT("idle") BOT("broken") BOT("looping") BOT("done") BOT("killed") BOT("nobody"));
	collected_wait(&collected, "obs_process", "bot=\"broken\"", "state=\"fatal\"",
		"words=\"FATAL: Exited too quickly", "exit_status=-1", NULL);
	collected_wait(&collected, "obs_process", "bot=\"looping\"", "state=\"backoff\"",
		"words=\"BACKOFF: Exited too quickly", NULL);
	collected_wait(&collected, "obs_process", "bot=\"done\"", "state=\"absent\"",
		"words=\"EXITED: Bad exit code 3\"", "exit_status=3", NULL);
	collected_wait(&collected, "obs_process", "bot=\"killed\"", "state=\"absent\"",
		"words=\"EXITED (killed by a signal)\"", "exit_status=-1", NULL);
	collected_wait(&collected, "obs_process", "bot=\"nobody\"", "state=\"absent\"",
		"supervisord 'main' has no 'nobody'", NULL);
	const char *seen = collected_wait(&collected, "obs_process", "bot=\"idle\"",
		"state=\"stopped\"", "words=\"STOPPED\"", NULL);
	assert_null(strstr(seen, " pid="));
	assert_null(strstr(seen, " ended_ms="));
}

static void a_death_is_seen_at_once_and_the_next_start_too(void **state)
{
	(void)state;
	begin_supervisord("", "[program:orders]\ncommand=sleep 4003\nstartsecs=0\n");
	collected_start(&collected,
		"process: {interval: 5s}\n"
		"supervisors: {main: {kind: supervisord, address: \"%s/s.sock\"}}\n"
		"bots: [" BOT("orders") "]\n",
		folder);
	const char *seen = collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
	pid_t pid = (pid_t)collected_number(seen, "pid");
	int64_t killed_ms = clock_mono_ms(clock_real());
	kill(pid, SIGKILL);
	do
		seen = collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
	while ((pid_t)collected_number(seen, "pid") == pid);
	assert_true(collected.last_ms - killed_ms < 4000); /* below the interval */
}

static void one_that_a_signal_stopped_runs_and_is_held(void **state)
{
	(void)state;
	begin_supervisord("", "[program:orders]\ncommand=sleep 4009\nstartsecs=0\n");
	watch("", BOT("orders"));
	const char *seen = collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
	pid_t pid = (pid_t)collected_number(seen, "pid");
	assert_null(strstr(seen, "held"));
	kill(pid, SIGSTOP);
	collected_wait(&collected, "obs_process", "state=\"running\"", "held=true", NULL);
	kill(pid, SIGCONT);
}

static void its_log_is_followed_though_nobody_configured_it(void **state)
{
	(void)state;
	autofree char *programs = xasprintf(
		"[program:orders]\ncommand=sh -c 'while sleep 0.2; do echo order 4711 came; done'\n"
		"startsecs=0\nstdout_logfile=%1$s/o[1].log\n"
		"[program:mute]\ncommand=sleep 4004\nstartsecs=0\nstdout_logfile=/dev/null\n",
		folder);
	begin_supervisord("", programs);
	watch("", BOT("orders") BOT("mute"));
	autofree char *log = xasprintf("log=\"%s/o[1].log\"", folder);
	collected_wait(&collected, "obs_process", "bot=\"orders\"", log, NULL);
	collected_wait_event(&collected, "o[1].log orders", "order 4711 came", NULL);
}

static void its_log_is_left_where_the_configuration_says_so(void **state)
{
	(void)state;
	autofree char *programs =
		xasprintf("[program:orders]\ncommand=sh -c 'echo it is up; sleep 4003'\n"
			  "startsecs=0\nstdout_logfile=%1$s/o.log\n",
			folder);
	begin_supervisord("", programs);
	collected_start(&collected,
		"process: {interval: 500ms, logs: no}\n"
		"supervisors: {main: {kind: supervisord, address: \"%1$s/s.sock\"}}\n"
		"logs: {own: {path: %1$s/own.log}}\nbots: [" BOT("orders") "]\n",
		folder);
	collected_wait(&collected, "obs_process", "bot=\"orders\"", "o.log", NULL);
	folder_append("own.log", "what is written down is followed\n");
	collected_wait_event(&collected, "what is written down is followed", NULL);
	assert_int_equal(collected_count_events(&collected, "it is up"), 0);
}

/* Both of its logs, by numbers: it ends and is started again after each quarter, and supervisord rotates at 100 KB. */
static void its_logs_lose_nothing_through_restarts_and_rotation(void **state)
{
	(void)state;
	folder_write("next", 0600, "0\n");
	folder_gate("go");
	folder_write("talk.sh", 0700,
		"cd %1$s; echo it is up; read -r now <go\n"
		"read n <next; end=$((n + 2500))\n"
		"[ $n -lt %2$d ] || exec sleep 4004\n"
		"while [ $n -lt $end ]; do\n"
		"	echo \"number $n. "
		"............................................................\"\n"
		"	echo \"number $((n + 1)). of the other\" >&2\n"
		"	n=$((n + 2))\n"
		"done\n"
		"echo $n >next\n",
		folder, LINES);
	autofree char *programs =
		xasprintf("[program:orders]\ncommand=sh %1$s/talk.sh\nstartsecs=0\n"
			  "autorestart=true\nstdout_logfile=%1$s/o.log\n"
			  "stdout_logfile_maxbytes=100KB\nstdout_logfile_backups=5\n"
			  "stderr_logfile=%1$s/e.log\n",
			folder);
	begin_supervisord("", programs);
	watch("", BOT("orders"));
	collected_wait_event(&collected, "o.log orders", "it is up", NULL);
	folder_gate_open("go");
	autofree char *rotated = folder_path("o.log.2");
	autofree char *last = xasprintf("number %d. ", LINES - 2),
		      *other = xasprintf("number %d. ", LINES - 1);
	collected_wait_event(&collected, last, NULL);
	collected_await(&collected, other);
	assert_true(is_there(rotated));
	assert_numbered(&collected, LINES);
}

/* Their names are new each time, so it is asked again. */
static void logs_that_are_named_anew_by_a_restart_are_followed_on(void **state)
{
	(void)state;
	folder_gate("go");
	folder_write("talk.sh", 0700,
		"cd %1$s; echo it is up; read -r now <go\n"
		"[ -e began ] && first=%2$d || first=0\n"
		"touch began; n=$first\n"
		"while [ $n -lt $((first + %2$d)) ]; do echo \"number $n. "
		"..................................................\"; n=$((n + 1)); done\n"
		"exec sleep 4004\n",
		folder, LINES / 2);
	autofree char *programs =
		xasprintf("[program:orders]\ncommand=sh %1$s/talk.sh\nstartsecs=0\n", folder);
	begin_supervisord("", programs);
	/* It is told late of the new one: much is in that by then. */
	collected_start(&collected,
		"process: {interval: 3s}\n"
		"supervisors: {main: {kind: supervisord, address: \"%s/s.sock\"}}\n"
		"bots: [" BOT("orders") "]\n",
		folder);
	collected_wait_event(&collected, "orders", "it is up", NULL);
	folder_gate_open("go");
	autofree char *half = xasprintf("number %d. ", LINES / 2 - 1),
		      *last = xasprintf("number %d. ", LINES - 1);
	collected_wait_event(&collected, half, NULL);
	end_supervisord();
	begin_supervisord("", programs);
	collected_wait_event(&collected, last, NULL);
	assert_numbered(&collected, LINES);
}

static void a_supervisor_that_is_gone_leaves_its_bots_unknown(void **state)
{
	(void)state;
	begin_supervisord("", "[program:orders]\ncommand=sleep 4005\nstartsecs=0\n");
	watch("", BOT("orders"));
	collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
	end_supervisord();
	collected_clear(&collected);
	collected_wait(
		&collected, "obs_process", "state=\"unknown\"", "cannot ask supervisord at", NULL);
	collected_wait(&collected, "obs_source", "kind=\"supervisor\"", "state=\"unreachable\"",
		"start it, or say where it listens", "fails=", NULL);
	for (int i = 0; i < 3; i++) {
		const char *seen = collected_wait(&collected, "obs_process", NULL);
		assert_non_null(strstr(seen, "state=\"unknown\""));
	}
	begin_supervisord("", "[program:orders]\ncommand=sleep 4005\nstartsecs=0\n");
	collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
}

static void a_login_is_used_and_one_that_is_refused_is_said(void **state)
{
	(void)state;
	const char *login = "username=console\npassword=" PASSWORD "\n";
	begin_supervisord(login, "[program:orders]\ncommand=sleep 4006\nstartsecs=0\n");
	folder_write("good", 0600, PASSWORD "\n");
	folder_write("bad", 0600, "not-the-one\n");
	autofree char *good = xasprintf("%s/good", folder), *bad = xasprintf("%s/bad", folder);
	collected.forbidden = PASSWORD;
	autofree char *more = xasprintf(", user: console, password: {file: %s}", bad);
	watch(more, BOT("orders"));
	collected_wait(&collected, "obs_source", "kind=\"supervisor\"", "state=\"not_permitted\"",
		"say its `user` and `password`", NULL);
	collected_wait(&collected, "obs_process", "state=\"unknown\"", NULL);
	collected_reload(&collected,
		"process: {interval: 500ms}\n"
		"supervisors: {main: {kind: supervisord, address: \"%1$s/s.sock\", user: console, "
		"password: {file: %2$s}}}\n"
		"bots: [" BOT("orders") "]\n",
		folder, good);
	collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
}

static void several_processes_are_as_well_as_the_worst(void **state)
{
	(void)state;
	begin_supervisord("",
		"[program:mod]\ncommand=sh -c 'test %(process_num)d = 0 && exec sleep 4007'\n"
		"process_name=%(program_name)s-%(process_num)d\nnumprocs=2\nstartretries=0\n");
	watch("", "{name: mod, transport: none, process: {supervisord: \"mod:*\"}},"
		  "{name: mod-zero, transport: none, process: {supervisord: \"mod:mod-0\"}}");
	collected_wait(&collected, "obs_process", "bot=\"mod-zero\"", "state=\"running\"", NULL);
	collected_wait(&collected, "obs_process", "bot=\"mod\"", "state=\"fatal\"", NULL);
}

static void one_that_hangs_is_unreachable_and_holds_nobody_up(void **state)
{
	(void)state;
	autofree char *path = folder_path("s.sock");
	autoclose int fd = socket_listen(path); /* and never answers */
	watch(", timeout: 300ms", BOT("orders"));
	collected_wait(&collected, "obs_process", "state=\"unknown\"", "no answer in 0.3 s", NULL);
	collected_wait(&collected, "obs_source", "state=\"unreachable\"", NULL);
	collected_stop(&collected); /* fails when it takes two seconds */
	watch(", timeout: 60s", BOT("orders"));
	collected_stop(&collected);
}

static void no_supervisord_and_an_answer_that_is_none_are_told_apart(void **state)
{
	(void)state;
	autofree char *nowhere = xasprintf("%s/nowhere.sock", folder);
	struct programs_question question = {.address = nowhere, .timeout_ms = 2000, .stop_fd = -1};
	struct programs programs = {0};
	struct err err = {0};
	assert_false(supervisor_supervisord.list(&question, &programs, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	question.address = "http://127.0.0.1:1";
	assert_false(supervisor_supervisord.list(&question, &programs, &err));
	assert_int_equal(err.code, ERR_UNREACHABLE);
	assert_non_null(strstr(err.text, "supervisorctl status"));
	programs_release(&programs);
}

/* Mounts over /tmp what systemd mounts for a service with PrivateTmp=yes; false: not permitted. */
static bool hide_tmp(const char *own)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(own, "/tmp", NULL, MS_BIND, NULL) == 0;
}

static void what_a_services_own_tmp_hides_is_unknown_and_the_reason_is_said(void **state)
{
	(void)state;
	autofree char *between = folder_path("systemd-private-test");
	autofree char *own = folder_path("systemd-private-test/tmp");
	assert_int_equal(mkdir(between, 0700), 0);
	assert_int_equal(mkdir(own, 0700), 0);
	begin_supervisord("", "[program:orders]\ncommand=sleep 600\n");
	if (!hide_tmp(own)) {
		print_message("# this user may not mount\n");
		skip();
	}
	autofree char *bots = xasprintf(
		BOT("orders") "{name: filed, transport: none, logs: [%s/supervisord.log], "
			      "process: {pidfile: %s/supervisord.pid}}",
		folder, folder);
	static const char *const names[] = {"bot=\"orders\"", "bot=\"filed\""};
	watch("", bots);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *seen = collected_wait(&collected, "obs_process", names[i], NULL);
		if (!strstr(seen, "state=\"unknown\"") || !strstr(seen, "PrivateTmp=no"))
			fail_msg("%s", seen);
	}
	collected_wait(&collected, "obs_source", "kind=\"supervisor\"", "PrivateTmp=no", NULL);
	collected_wait(&collected, "obs_source", "kind=\"files\"", "PrivateTmp=no", NULL);
	collected_stop(&collected);
	assert_int_equal(umount("/tmp"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_running_process_is_measured_without_a_pid_file, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			each_state_is_told_with_its_words, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_death_is_seen_at_once_and_the_next_start_too, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_that_a_signal_stopped_runs_and_is_held, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			its_log_is_left_where_the_configuration_says_so, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(its_logs_lose_nothing_through_restarts_and_rotation,
			collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			logs_that_are_named_anew_by_a_restart_are_followed_on, collect_setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			its_log_is_followed_though_nobody_configured_it, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_supervisor_that_is_gone_leaves_its_bots_unknown, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_login_is_used_and_one_that_is_refused_is_said, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			several_processes_are_as_well_as_the_worst, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_that_hangs_is_unreachable_and_holds_nobody_up, collect_setup, teardown),
		cmocka_unit_test_setup_teardown(
			no_supervisord_and_an_answer_that_is_none_are_told_apart, collect_setup,
			teardown),
		/* the last: it moves into mounts of its own */
		cmocka_unit_test_setup_teardown(
			what_a_services_own_tmp_hides_is_unknown_and_the_reason_is_said,
			collect_setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
