/* SPDX-License-Identifier: MIT */
/* A program that does not end when it is killed, as one that waits for a disk: kill() of this
 * process does nothing while `is_deaf`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/reap.h"
#include "core/base/str.h"
#include "core/conf/command.h"
#include "core/conf/settings.h"

enum { LIMIT_MS = 5000, SOON_MS = 2000, WAIT_MS = 10000 };

static _Atomic bool is_deaf;

int kill(pid_t pid, int signal)
{
	return is_deaf ? 0 : (int)syscall(SYS_kill, pid, signal);
}

static void a_program_that_survives_its_kill_is_not_waited_for(void **state)
{
	(void)state;
	autostr struct str output = STR_INIT;
	struct err err = {.code = ERR_NONE};
	struct command_run run;
	char *argv[] = {(char[]){"/bin/sleep"}, (char[]){"60"}, NULL};
	const struct argv command = {.argv = argv, .count = 2};
	assert_true(command_begin(&command, &run, &err));
	pid_t pid = run.pid;
	struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int64_t begun_ms = clock_mono_ms(clock_real());
	is_deaf = true;
	alarm(WAIT_MS / 1000); /* who waits for it waits for a minute */
	assert_false(command_end(&run, COMMAND_LATE, LIMIT_MS, 100, &output, &err));
	alarm(0);
	is_deaf = false;
	assert_in_range(clock_mono_ms(clock_real()) - begun_ms, 0, SOON_MS);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(run.pid, 0);
	assert_int_equal(reap_left(), 1);
	kill(-pid, SIGKILL);
	assert_int_equal(poll(&end, 1, WAIT_MS), 1);
	assert_int_equal(reap_left(), 0);
	close(end.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_that_survives_its_kill_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
