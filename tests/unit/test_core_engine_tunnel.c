/* SPDX-License-Identifier: MIT */
/* The ssh child of a way to an engine, when it does not end though it is killed, as one that waits for a disk: kill() of
 * this process does nothing while `is_deaf`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/engine/client_tunnel.h"

enum { PROMPT_MS = 2000, WAIT_MS = 10000 };

static _Atomic bool is_deaf;
static pid_t killed;

int kill(pid_t pid, int signal)
{
	killed = pid;
	return is_deaf ? 0 : (int)syscall(SYS_kill, pid, signal);
}

/* What is called ssh on PATH here only sleeps. */
static char *place_of_sleeper(void)
{
	char folder[] = "/tmp/botswain-tunnel-XXXXXX";
	assert_non_null(mkdtemp(folder));
	autofree char *path = xasprintf("%s/ssh", folder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs("#!/bin/sh\nexec sleep 60\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	return xstrdup(folder);
}

static void remove_place(const char *folder)
{
	autofree char *path = xasprintf("%s/ssh", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void end(pid_t pid)
{
	struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	kill(pid, SIGKILL);
	assert_int_equal(poll(&ended, 1, WAIT_MS), 1);
	close(ended.fd);
}

static void closing_waits_for_no_child_that_does_not_end(void **state)
{
	struct client_tunnel *tunnel = NULL;
	struct err err = {.code = ERR_NONE};
	int fd = -1;
	(void)state;
	autofree char *folder = place_of_sleeper();
	autofree char *path = xasprintf("%s:%s", folder, getenv("PATH"));
	setenv("PATH", path, 1);
	if (!client_tunnel_open("ssh://elsewhere", &tunnel, &fd, &err))
		fail_msg("%s", err.text);
	is_deaf = true;
	int64_t begun_ms = clock_mono_ms(clock_real());
	client_tunnel_free(tunnel);
	int64_t took_ms = clock_mono_ms(clock_real()) - begun_ms;
	is_deaf = false;
	assert_in_range(took_ms, 0, PROMPT_MS);
	assert_int_equal(reap_left(), 1);
	end(killed);
	assert_int_equal(reap_left(), 0);
	close(fd);
	remove_place(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_waits_for_no_child_that_does_not_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
