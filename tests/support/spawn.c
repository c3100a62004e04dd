/* SPDX-License-Identifier: MIT */
#include "tests/support/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum { STEP_MS = 10, END_MS = 60000 };

static int open_log(const char *log)
{
	return log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)
		   : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static NORETURN void become(const char *const *argv, const struct spawn *how, int output)
{
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	if (how->user && (setgid(how->group) != 0 || setuid(how->user) != 0))
		_exit(126);
	if (how->death_signal != SPAWN_OUTLIVES) /* setuid() forgets it */
		prctl(PR_SET_PDEATHSIG, how->death_signal ? how->death_signal : SIGKILL);
	if (!how->directory || chdir(how->directory) == 0)
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static pid_t start(const char *const *argv, const struct spawn *how, int output)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		become(argv, how, output >= 0 ? output : open_log(how->log));
	return pid;
}

pid_t spawn_start(const char *const *argv, const struct spawn *how)
{
	int ends[2] = {-1, -1};
	if (how->output)
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = start(argv, how, ends[1]);
	if (how->output) {
		close(ends[1]);
		*how->output = ends[0];
	}
	return pid;
}

static char *read_whole(int fd)
{
	struct str text = STR_INIT;
	char bytes[4096];
	off_t at = 0;
	for (ssize_t got; (got = pread(fd, bytes, sizeof(bytes), at)) > 0; at += got)
		str_add(&text, bytes, (size_t)got);
	str_adds(&text, "");
	return str_detach(&text);
}

static bool ends_within(pid_t pid, int limit_ms)
{
	autoclose int process = pidfd_open(pid, 0);
	int64_t until_ms = clock_mono_ms(clock_real()) + limit_ms;
	struct pollfd slot = {.fd = process, .events = POLLIN};
	assert_true(process >= 0);
	for (int64_t left_ms; (left_ms = until_ms - clock_mono_ms(clock_real())) > 0;)
		if (poll(&slot, 1, (int)left_ms) == 1)
			return true;
	return false;
}

/* Its words go to memory and not to a pipe: who is left behind may go on to speak when nobody reads any more. */
int spawn_run(const char *const *argv, const struct spawn *how, int limit_ms, char **ret)
{
	autoclose int output = memfd_create("output", MFD_CLOEXEC);
	int status = 0;
	assert_true(output >= 0);
	pid_t pid = start(argv, how, output);
	if (!ends_within(pid, limit_ms)) {
		(void)spawn_end(&pid, SIGKILL);
		autofree char *said = read_whole(output);
		fail_msg("'%s' did not end within %d ms; it said: %s", argv[0], limit_ms, said);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (ret)
		*ret = read_whole(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void spawn_well(const char *const *argv, const struct spawn *how, int limit_ms)
{
	autofree char *said = NULL;
	int status = spawn_run(argv, how, limit_ms, &said);
	if (status != 0)
		fail_msg("'%s' exits %d: %s", argv[0], status, said);
}

int spawn_end(pid_t *pid, int signal)
{
	int status = 0;
	if (*pid <= 0)
		return 0;
	/* First, not after: it takes back a SIGSTOP on its way, and a leak check at the end attaches with one. */
	kill(*pid, SIGCONT);
	kill(*pid, signal);
	bool ended = ends_within(*pid, END_MS);
	if (!ended)
		kill(*pid, SIGKILL);
	assert_int_equal(waitpid(*pid, &status, 0), *pid);
	*pid = 0;
	if (!ended)
		fail_msg("a child did not end within %d ms of signal %d", END_MS, signal);
	return status;
}

bool comes_true(bool (*is_so)(const void *context), const void *context, int limit_ms)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + limit_ms;
	while (!is_so(context)) {
		if (clock_mono_ms(clock_real()) >= until_ms)
			return false;
		(void)poll(NULL, 0, STEP_MS);
	}
	return true;
}
