/* SPDX-License-Identifier: MIT */
/* Processes of bots: found by pid file, command and pattern; their death, restart and doubles. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/process_find.h"
#include "tests/support/collect_scene.h"

static pid_t bots[4];
static size_t count;

static void end_bot(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (size_t i = 0; i < count; i++)
		if (bots[i] == pid)
			bots[i] = bots[--count];
}

static int teardown(void **state)
{
	collect_scene_stop();
	while (count)
		end_bot(bots[count - 1]);
	return folder_teardown(state);
}

/* A process that waits, or that computes. */
static pid_t start_bot(bool is_busy)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		bots[count++] = pid;
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (is_busy)
		;
	for (;;)
		pause();
}

static void watch(const char *process)
{
	collected_start(&collected,
		"process: {interval: 500ms}\n"
		"bots: [{name: orders, transport: none, process: {%s}}]\n",
		process);
}

static void watch_pidfile(void)
{
	autofree char *process = xasprintf("pidfile: %s/orders.pid", folder);
	watch(process);
}

static void wait_running(pid_t pid)
{
	autofree char *text = xasprintf("pid=%d ", (int)pid);
	collected_wait(
		&collected, "obs_process", "bot=\"orders\"", "state=\"running\"", text, NULL);
}

static void a_running_process_is_measured(void **state)
{
	(void)state;
	int64_t wall_ms = clock_wall_ms(clock_real());
	pid_t pid = start_bot(true);
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	watch_pidfile();
	const char *seen = collected_wait(
		&collected, "obs_process", "state=\"running\"", "cpu_percent=nan", NULL);
	assert_int_equal((pid_t)collected_number(seen, "pid"), pid);
	assert_true(collected_number(seen, "rss_bytes") > 100000);
	assert_true(collected_number(seen, "fds") >= 3);
	assert_true(collected_number(seen, "threads") >= 1);
	assert_in_range(
		(int64_t)collected_number(seen, "start_ms"), wall_ms - 2500, wall_ms + 2500);
	seen = collected_wait(&collected, "obs_process", "state=\"running\"", NULL);
	assert_true(collected_number(seen, "cpu_percent") > 10);
	collect_wait_ok("kind=\"process\"");
}

static void a_death_is_reported_at_once_and_the_next_start_too(void **state)
{
	(void)state;
	pid_t pid = start_bot(false);
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	collected_start(&collected,
		"process: {interval: 3s}\n"
		"bots: [{name: orders, transport: none, process: {pidfile: %s/orders.pid}}]\n",
		folder);
	wait_running(pid);
	collected_clear(&collected);
	int64_t killed_ms = clock_mono_ms(clock_real());
	end_bot(pid);
	autofree char *text = xasprintf("no process %d", (int)pid);
	collected_wait(&collected, "obs_process", "state=\"absent\"", NULL);
	assert_true(collected.last_ms - killed_ms < 1000); /* far below the interval */
	collected_wait(&collected, "obs_process", "state=\"absent\"", text, NULL);
	pid = start_bot(false);
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	wait_running(pid);
}

static void a_process_that_nobody_reaped_is_dead(void **state)
{
	(void)state;
	pid_t pid = start_bot(false);
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	watch_pidfile();
	wait_running(pid);
	kill(pid, SIGKILL);
	collected_wait(&collected, "obs_process", "state=\"absent\"", "has ended", NULL);
}

static void a_process_that_a_signal_stopped_says_so(void **state)
{
	(void)state;
	pid_t pid = start_bot(false);
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	watch_pidfile();
	assert_null(strstr(
		collected_wait(&collected, "obs_process", "state=\"running\"", NULL), "held"));
	kill(pid, SIGSTOP);
	collected_wait(&collected, "obs_process", "state=\"running\"", "held=true", NULL);
	kill(pid, SIGCONT);
	while (strstr(collected_wait(&collected, "obs_process", "state=\"running\"", NULL), "held"))
		;
}

static void a_pid_file_that_is_not_there_or_holds_nothing_says_so(void **state)
{
	(void)state;
	watch_pidfile();
	collected_wait(&collected, "obs_process", "state=\"absent\"", "no pid file '", NULL);
	folder_write("orders.pid", 0755, "starting\n");
	collected_wait(&collected, "obs_process", "state=\"absent\"", "holds no pid", NULL);
}

/* The next process gets this pid; false: we may not say so. */
static bool ask_for_pid(pid_t pid)
{
	FILE *file = fopen("/proc/sys/kernel/ns_last_pid", "we");
	if (!file)
		return false;
	fprintf(file, "%d", (int)pid - 1);
	return fclose(file) == 0;
}

static void another_process_with_the_same_pid_is_not_the_bot(void **state)
{
	(void)state;
	pid_t pid = start_bot(false), other = 0;
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	watch_pidfile();
	/* Twice: start times have 10 ms, so the other one must not begin in the same. */
	wait_running(pid);
	wait_running(pid);
	end_bot(pid);
	collected_wait(&collected, "obs_process", "state=\"absent\"", NULL);
	for (int i = 0; i < 200 && other != pid && ask_for_pid(pid); i++) {
		if (other)
			end_bot(other);
		other = start_bot(false);
	}
	if (other != pid)
		skip();
	collected_clear(&collected);
	collected_wait(&collected, "obs_process", "state=\"absent\"", "is another one now", NULL);
	folder_write("orders.pid", 0755, "%d\n", (int)other);
	wait_running(other);
}

static size_t runs_of_command(void)
{
	autofree char *path = xasprintf("%s/runs", folder);
	struct stat status;
	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

static void a_command_names_the_pid_and_is_not_run_while_it_lives(void **state)
{
	(void)state;
	pid_t pid = start_bot(false);
	autofree char *process = xasprintf("pid_command: [%s/which, orders]", folder);
	folder_write("which", 0755,
		"#!/bin/sh\nprintf x >>%s/runs\n[ \"$1\" = orders ] && echo %d\n", folder,
		(int)pid);
	watch(process);
	for (int i = 0; i < 4; i++)
		wait_running(pid);
	assert_int_equal(runs_of_command(), 1);
	folder_write("which", 0755,
		"#!/bin/sh\nprintf x >>%s/runs\necho 'orders: ERROR (not running)'\n", folder);
	end_bot(pid);
	collected_wait(&collected, "obs_process", "state=\"absent\"", "names no process",
		"words=\"orders: ERROR (not running)\"", NULL);
	assert_true(runs_of_command() >= 2);
}

static void a_command_that_hangs_is_ended_and_stops_nobody(void **state)
{
	(void)state;
	pid_t pid = start_bot(false);
	autofree char *which = xasprintf("%s/which", folder);
	folder_write("which", 0755, "#!/bin/sh\nexec sleep 60\n");
	folder_write("other.pid", 0755, "%d\n", (int)pid);
	collected_start(&collected,
		"process: {interval: 500ms}\n"
		"bots:\n  - {name: orders, transport: none, process: {pid_command: [%s]}}\n"
		"  - {name: other, transport: none, process: {pidfile: %s/other.pid}}\n",
		which, folder);
	collected_wait(&collected, "obs_process", "bot=\"other\"", "state=\"running\"", NULL);
	collected_wait(&collected, "obs_process", "bot=\"orders\"", "state=\"unknown\"",
		"gave no pid in 2000 ms", NULL);
	collected_wait(&collected, "obs_process", "bot=\"other\"", "state=\"running\"", NULL);
	collected_stop(&collected);
}

static void a_command_that_cannot_run_says_why(void **state)
{
	(void)state;
	watch("pid_command: [/nonexistent/which]");
	collected_wait(&collected, "obs_process", "state=\"unknown\"",
		"cannot run '/nonexistent/which': No such file", NULL);
}

static void a_pattern_finds_the_oldest_process_that_matches(void **state)
{
	(void)state;
	autofree char *script = xasprintf("%s/bot-of-the-pattern", folder);
	folder_write("bot-of-the-pattern", 0755, "#!/bin/sh\nsleep 60 & wait\n");
	autofree char *process = xasprintf("match: '%s/bot-of-the-[a-z]+ --name=orders$'", folder);
	watch(process);
	collected_wait(&collected, "obs_process", "state=\"absent\"", "no process matches", NULL);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		execl(script, script, "--name=orders", (char *)NULL);
		_exit(127);
	}
	bots[count++] = pid;
	wait_running(pid);
	kill(-pid, SIGKILL);
	collected_wait(&collected, "obs_process", "state=\"absent\"", NULL);
}

/* In a folder of its own below ours; it is what it will be when this returns. */
static pid_t start_in(const char *name, const char *script)
{
	autofree char *path = xasprintf("%s/%s", folder, name);
	int exec[2];
	char byte;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(pipe2(exec, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chdir(path) == 0)
			execl("/bin/sleep", script, "600", (char *)NULL);
		_exit(127);
	}
	close(exec[1]);
	assert_int_equal(read(exec[0], &byte, 1), 0);
	close(exec[0]);
	bots[count++] = pid;
	return pid;
}

static void two_of_one_command_line_are_told_apart_by_their_folders(void **state)
{
	(void)state;
	autofree char *script = xasprintf("sleep-of-%s", folder + strlen("/tmp/"));
	pid_t one = start_in("one", script), two = start_in("two", script);
	collected_start(&collected,
		"process: {interval: 500ms}\nbots:\n"
		"  one: {transport: none, process: {match: '^%s 600$', directory: %s/one}}\n"
		"  two: {transport: none, process: {match: '^%s 600$', directory: %s/two}}\n",
		script, folder, script, folder);
	autofree char *pid_of_one = xasprintf("pid=%d ", (int)one);
	autofree char *pid_of_two = xasprintf("pid=%d ", (int)two);
	/* The first that is told of each: one walk is for both. */
	assert_non_null(
		strstr(collected_wait(&collected, "obs_process", "bot=\"one\"", NULL), pid_of_one));
	assert_non_null(
		strstr(collected_wait(&collected, "obs_process", "bot=\"two\"", NULL), pid_of_two));
	end_bot(two);
	collected_wait(&collected, "obs_process", "bot=\"two\"", "state=\"absent\"", NULL);
	collected_clear(&collected);
	assert_non_null(strstr(collected_wait(&collected, "obs_process", "bot=\"two\"", NULL),
		"state=\"absent\""));
	collected_wait(&collected, "obs_process", "bot=\"one\"", pid_of_one, NULL);
}

/* Asked by another user, who may see the command line and not the folder. */
static void a_folder_that_may_not_be_seen_is_no_absence(void **state)
{
	(void)state;
	autofree char *script = xasprintf("sleep-of-%s", folder + strlen("/tmp/"));
	autofree char *regex = xasprintf("^%s 600$", script);
	pid_t pid = start_in("one", script);
	struct search search = {.directory = folder};
	if (geteuid() != 0) {
		print_message("# only root can ask as somebody else\n");
		skip();
	}
	struct pattern *pattern = NULL;
	assert_true(pattern_new(regex, &pattern, NULL));
	search.pattern = pattern;
	assert_int_equal(seteuid(65534), 0);
	int want = processes_search(&search, 1);
	assert_int_equal(seteuid(0), 0);
	pattern_free(pattern);
	assert_int_equal(want, 0);
	assert_int_equal(search.found, 0);
	assert_int_equal(search.hidden, pid);
}

/* As many descriptors as are open: the walk through /proc cannot begin. */
static void a_want_of_descriptors_is_no_death(void **state)
{
	(void)state;
	struct rlimit before, none;
	int lowest = dup(STDIN_FILENO);
	assert_true(lowest >= 0);
	autofree char *process = xasprintf("match: '^nobody-is-called-so-%d$'", (int)getpid());
	watch(process);
	collected_wait(&collected, "obs_process", "state=\"absent\"", NULL);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){(rlim_t)lowest, before.rlim_max};
	close(lowest);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	collected_clear(&collected);
	const char *said = collected_wait_for(&collected, 10000, "obs_process", "state=\"unknown\"",
		"cannot look for", "Too many open files", NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(said);
}

static void hurrying_looks_at_once(void **state)
{
	(void)state;
	pid_t pid = start_bot(false);
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	collected_start(&collected,
		"process: {interval: 5m}\n"
		"bots: [{name: orders, transport: none, process: {pidfile: %s/orders.pid}}]\n",
		folder);
	collect_hurry(collected.collect, "orders");
	wait_running(pid);
	assert_null(collected_wait_for(&collected, 300, "obs_process", NULL));
	collect_hurry(collected.collect, "orders");
	wait_running(pid);
}

static void a_reload_keeps_what_is_known_of_a_process(void **state)
{
	(void)state;
	pid_t pid = start_bot(false);
	folder_write("orders.pid", 0755, "%d\n", (int)pid);
	watch_pidfile();
	wait_running(pid);
	collected_clear(&collected);
	collected_reload(&collected,
		"process: {interval: 500ms}\n"
		"bots: [{name: orders, transport: none, process: {pidfile: %s/orders.pid}},"
		" {name: later, transport: none, process: {pidfile: %s/orders.pid}}]\n",
		folder, folder);
	collected_wait(&collected, "obs_process", "bot=\"later\"", "cpu_percent=nan", NULL);
	const char *seen = collected_wait(&collected, "obs_process", "bot=\"orders\"", NULL);
	assert_null(strstr(seen, "cpu_percent=nan"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, collect_setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_running_process_is_measured),
		TEST(a_death_is_reported_at_once_and_the_next_start_too),
		TEST(a_process_that_nobody_reaped_is_dead),
		TEST(a_process_that_a_signal_stopped_says_so),
		TEST(a_pid_file_that_is_not_there_or_holds_nothing_says_so),
		TEST(another_process_with_the_same_pid_is_not_the_bot),
		TEST(a_command_names_the_pid_and_is_not_run_while_it_lives),
		TEST(a_command_that_hangs_is_ended_and_stops_nobody),
		TEST(a_command_that_cannot_run_says_why),
		TEST(a_pattern_finds_the_oldest_process_that_matches),
		TEST(two_of_one_command_line_are_told_apart_by_their_folders),
		TEST(a_folder_that_may_not_be_seen_is_no_absence),
		TEST(a_want_of_descriptors_is_no_death),
		TEST(hurrying_looks_at_once),
		TEST(a_reload_keeps_what_is_known_of_a_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
