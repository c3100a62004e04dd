/* SPDX-License-Identifier: MIT */
/* What children inherit: not the descriptors that the engine takes, nor its place when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/act/drivers/child.h"
#include "core/base/err.h"
#include "core/base/own_limits.h"
#include "core/base/str.h"
#include "core/collect/command.h"
#include "core/conf/command.h"
#include "core/conf/settings.h"

enum { USUAL = 200, MOST = 400, WAIT_MS = 10000, RAISED = 300 };

/* Says "200" as soon as it has the usual limit; ends with nothing when it never gets it. */
static char shell[] = "/bin/sh", option[] = "-c",
	    script[] =
		    "i=0; until [ $(ulimit -n) = 200 ]; do i=$((i+1)); [ $i -lt 500 ] || exit 1; "
		    "sleep 0.01; done; ulimit -n";
static char *words[] = {shell, option, script, NULL};
static const struct argv command = {.argv = words};

static int raise_limits(void **state)
{
	(void)state;
	const struct rlimit usual = {USUAL, MOST};
	struct rlimit now;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	own_limits_raise();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	assert_int_equal(now.rlim_cur, MOST);
	assert_int_equal(now.rlim_max, MOST);
	return 0;
}

static void a_command_of_the_configuration_has_the_usual_limit(void **state)
{
	autostr struct str said = STR_INIT;
	struct err err;
	(void)state;
	if (!command_output(&command, WAIT_MS, -1, 100, &said, &err))
		fail_msg("%s", err.text);
	assert_string_equal(said.text, "200\n");
}

static void a_question_to_a_supervisor_has_the_usual_limit(void **state)
{
	struct command run = {.pid = 0};
	struct err err;
	(void)state;
	assert_true(command_start(&run, &command, &err));
	struct pollfd end = {.fd = run.ended_fd, .events = POLLIN};
	assert_int_equal(poll(&end, 1, WAIT_MS), 1);
	assert_int_equal(command_finish(&run), 0);
	assert_string_equal(run.output.text, "200\n");
	command_release(&run);
}

static void a_drivers_child_has_the_usual_limit(void **state)
{
	char *const environment[] = {NULL};
	struct child child;
	struct err err;
	int status = -1, number;
	(void)state;
	child_init(&child);
	assert_true(child_spawn(words, environment, &child, &err));
	struct pollfd end = {.fd = child.pidfd, .events = POLLIN};
	assert_int_equal(poll(&end, 1, WAIT_MS), 1);
	assert_true(child_ended(&child, &status, &number));
	assert_int_equal(status, 0);
	child_reap(&child);
}

static int score_of(pid_t pid)
{
	char path[64], text[16] = "";
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return (int)strtol(text, NULL, 10);
}

static void set_own_score(int score)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "we");
	assert_non_null(file);
	fprintf(file, "%d", score);
	assert_int_equal(fclose(file), 0);
}

/* None but the kernel's owner may spare himself, so the way back is tried from the other side. */
static void a_process_is_taken_back_among_the_others(void **state)
{
	(void)state;
	set_own_score(RAISED);
	pid_t pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	set_own_score(0);
	assert_int_equal(score_of(pid), RAISED);
	own_limits_not_for(pid); /* we are not spared: it keeps what it has */
	assert_int_equal(score_of(pid), RAISED);
	own_limits_unspare(pid);
	assert_int_equal(score_of(pid), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_of_the_configuration_has_the_usual_limit),
		cmocka_unit_test(a_question_to_a_supervisor_has_the_usual_limit),
		cmocka_unit_test(a_drivers_child_has_the_usual_limit),
		cmocka_unit_test(a_process_is_taken_back_among_the_others),
	};
	return cmocka_run_group_tests(tests, raise_limits, NULL);
}
