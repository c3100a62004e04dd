/* SPDX-License-Identifier: MIT */
/* Children that do not end when they are killed, as those that wait for a disk: kill() of this
 * process does nothing while `is_deaf`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/act/drivers/argv.h"
#include "core/act/drivers/child.h"
#include "core/act/drivers/run.h"
#include "core/act/drivers/runner.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/msg/mailbox.h"

enum { CHILDREN = 16, SLACK_MS = 3000, WAIT_MS = 10000 };

static _Atomic bool is_deaf;

int kill(pid_t pid, int signal)
{
	return is_deaf ? 0 : (int)syscall(SYS_kill, pid, signal);
}

static void start_all(struct runner *runner)
{
	for (unsigned i = 0; i < CHILDREN; i++) {
		struct job *job = xcalloc(1, sizeof(*job));
		char **argv = xcalloc(3, sizeof(*argv));
		argv[0] = xstrdup("sleep");
		argv[1] = xstrdup("60");
		*job = (struct job){.operation = i + 1, .argv = argv};
		runner_start(runner, job);
	}
}

static pid_t await_pid(struct mailbox *mailbox)
{
	pid_t pid = 0;
	while (!pid) {
		struct parcel parcel;
		struct pollfd bell = {.fd = mailbox_fd(mailbox), .events = POLLIN};
		assert_int_equal(poll(&bell, 1, WAIT_MS), 1);
		if (!mailbox_take(mailbox, &parcel, 1))
			continue;
		const struct msg_obs_child *seen = parcel.message.body;
		if (parcel.message.kind == MSG_obs_child && strcmp(seen->event, "started") == 0)
			pid = (pid_t)seen->pid;
		parcel_release(&parcel);
	}
	return pid;
}

static void end(pid_t pid)
{
	struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	kill(-pid, SIGKILL);
	assert_int_equal(poll(&ended, 1, WAIT_MS), 1);
	close(ended.fd);
}

/* However many they are, they are waited for once; whoever is left is reaped when it ends. */
static void the_engine_leaves_without_children_that_do_not_end(void **state)
{
	(void)state;
	pid_t pids[CHILDREN];
	char **environment = child_environment();
	struct mailbox *mailbox = mailbox_new(1000);
	struct runner *runner = runner_new(clock_real(), mailbox, environment);
	start_all(runner);
	for (size_t i = 0; i < CHILDREN; i++)
		pids[i] = await_pid(mailbox);
	is_deaf = true;
	int64_t begun_ms = clock_mono_ms(clock_real());
	runner_free(runner);
	int64_t took_ms = clock_mono_ms(clock_real()) - begun_ms;
	is_deaf = false;
	size_t left = reap_left();
	for (size_t i = 0; i < CHILDREN; i++)
		end(pids[i]);
	assert_in_range(took_ms, 0, RUN_KILL_MS + SLACK_MS);
	assert_int_equal(left, CHILDREN);
	assert_int_equal(reap_left(), 0);
	mailbox_free(mailbox);
	argv_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_engine_leaves_without_children_that_do_not_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
