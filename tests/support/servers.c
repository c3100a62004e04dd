/* SPDX-License-Identifier: MIT */
#include "tests/support/servers.h"

#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/servers_internal.h"

enum { STEP_MS = 10, START_MS = 20000 };

int free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void remove_folder(const char *path)
{
	assert_true(starts_with(path, "/tmp/botswain-"));
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void make_folder(char *ret, size_t size)
{
	assert_true(copy_text(ret, size, "/tmp/botswain-test.XXXXXX"));
	assert_non_null(mkdtemp(ret));
}

void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

void wait_until(bool (*is_ready)(const void *context), const void *context, const char *what)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
	for (int waited = 0; !is_ready(context); waited += STEP_MS) {
		if (waited > START_MS)
			fail_msg("%s did not start", what);
		nanosleep(&step, NULL);
	}
}

pid_t start_program(const char *const *argv, uid_t user, gid_t group, const char *log)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (user && (setgid(group) != 0 || setuid(user) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir("/") == 0)
		execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

int end_program(pid_t *pid, int signal)
{
	int status = 0;
	if (!*pid)
		return 0;
	kill(*pid, signal);
	kill(*pid, SIGCONT);
	assert_int_equal(waitpid(*pid, &status, 0), *pid);
	*pid = 0;
	return status;
}
