/* SPDX-License-Identifier: MIT */
/* Children that end late, or are found ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/reap.h"

enum { CHILDREN = 20, WAIT_MS = 10000 };

extern char **environ;

struct sleeper {
	pid_t pid;
	int pidfd;
};

static struct sleeper spawn_one(const char *program)
{
	struct sleeper child = {0};
	char name[] = "child", seconds[] = "60";
	char *const argv[] = {name, seconds, NULL};
	assert_int_equal(posix_spawn(&child.pid, program, NULL, NULL, argv, environ), 0);
	child.pidfd = pidfd_open(child.pid, 0);
	assert_true(child.pidfd >= 0);
	return child;
}

static void end(struct sleeper child)
{
	struct pollfd ended = {.fd = child.pidfd, .events = POLLIN};
	kill(child.pid, SIGKILL);
	assert_int_equal(poll(&ended, 1, WAIT_MS), 1);
	close(child.pidfd);
}

static bool is_zombie_or_runs(pid_t pid)
{
	siginfo_t info;
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void a_child_that_ends_is_reaped_with_its_status(void **state)
{
	(void)state;
	int status = -1;
	struct sleeper child = spawn_one("/bin/false");
	assert_true(reap_child(child.pid, child.pidfd, WAIT_MS, &status));
	close(child.pidfd);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	assert_false(is_zombie_or_runs(child.pid));
	assert_int_equal(reap_left(), 0);
}

static void children_that_do_not_end_are_reaped_later(void **state)
{
	(void)state;
	struct sleeper children[CHILDREN];
	int status = 77;
	for (size_t i = 0; i < CHILDREN; i++) {
		children[i] = spawn_one("/bin/sleep");
		assert_false(reap_child(children[i].pid, children[i].pidfd, 0, &status));
	}
	assert_int_equal(status, 77);
	assert_int_equal(reap_left(), CHILDREN);
	end(children[3]);
	assert_int_equal(reap_left(), CHILDREN - 1);
	assert_false(is_zombie_or_runs(children[3].pid));
	assert_true(is_zombie_or_runs(children[4].pid));
	for (size_t i = 0; i < CHILDREN; i++)
		if (i != 3)
			end(children[i]);
	assert_int_equal(reap_left(), 0);
	for (size_t i = 0; i < CHILDREN; i++)
		assert_false(is_zombie_or_runs(children[i].pid));
}

/* The next one to be reaped takes the others along. */
static void reaping_one_child_reaps_those_that_were_left(void **state)
{
	(void)state;
	struct sleeper late = spawn_one("/bin/sleep");
	assert_false(reap_child(late.pid, -1, WAIT_MS, NULL));
	end(late);
	struct sleeper next = spawn_one("/bin/true");
	assert_true(reap_child(next.pid, next.pidfd, WAIT_MS, NULL));
	close(next.pidfd);
	assert_false(is_zombie_or_runs(late.pid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_that_ends_is_reaped_with_its_status),
		cmocka_unit_test(children_that_do_not_end_are_reaped_later),
		cmocka_unit_test(reaping_one_child_reaps_those_that_were_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
