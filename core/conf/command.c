/* SPDX-License-Identifier: MIT */
#include "core/conf/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

#define PROGRAM_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct child {
	const char *name;
	pid_t pid;
	int output, pidfd;
};

/* The few variables that a password store needs to find its home; nothing else of ours. */
static char **clean_environment(void)
{
	static const char *const kept[] = {"HOME", "USER", "LOGNAME", "XDG_RUNTIME_DIR"};
	char **environment = xcalloc(COUNT_OF(kept) + 3, sizeof(char *));
	size_t count = 0;
	environment[count++] = xstrdup(PROGRAM_PATH);
	environment[count++] = xstrdup("LC_ALL=C");
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (getenv(kept[i]))
			environment[count++] = xasprintf("%s=%s", kept[i], getenv(kept[i]));
	return environment;
}

static void free_environment(char **environment)
{
	for (size_t i = 0; environment[i]; i++)
		free(environment[i]);
	free(environment);
}

static char *find_program(const char *name)
{
	static const char *const folders[] = {"/usr/local/bin", "/usr/bin", "/bin"};
	if (strchr(name, '/'))
		return xstrdup(name);
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		char *path = xasprintf("%s/%s", folders[i], name);
		if (!access(path, X_OK))
			return path;
		free(path);
	}
	return xstrdup(name);
}

static int spawn(const struct argv *command, int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	char *program autofree = find_program(command->argv[0]);
	char **environment = clean_environment();
	int failure =
		posix_spawn(ret_pid, program, &actions, &attributes, command->argv, environment);
	free_environment(environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failure;
}

/* Takes what is there; true while more can come. */
static bool drain(struct child *child, size_t max, struct str *ret)
{
	char buffer[1024];
	ssize_t got = read(child->output, buffer, sizeof(buffer));
	if (got > 0 && ret->length < max) {
		size_t room = max - ret->length;
		str_add(ret, buffer, (size_t)got < room ? (size_t)got : room);
	}
	wipe(buffer, sizeof(buffer));
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Until the program has ended and its output is read; false: the time is over. */
static bool follow(struct child *child, int64_t deadline_ms, size_t max, struct str *ret)
{
	bool open = true, alive = true;
	while (open || alive) {
		int64_t left_ms = deadline_ms - clock_mono_ms(clock_real());
		struct pollfd waits[] = {{.fd = open ? child->output : -1, .events = POLLIN},
			{.fd = alive ? child->pidfd : -1, .events = POLLIN}};
		if (left_ms <= 0)
			return false;
		if (poll(waits, COUNT_OF(waits), (int)left_ms) < 0 && errno != EINTR)
			return false;
		if (waits[0].revents)
			open = drain(child, max, ret);
		if (waits[1].revents)
			alive = false;
	}
	return true;
}

static bool reap(const struct child *child, bool ended, int64_t limit_ms, struct err *err)
{
	int status = 0;
	kill(-child->pid, SIGKILL); /* whatever it left behind; its leader when it did not end */
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!ended)
		return err_set(err, ERR_TIMEOUT, "'%s' did not end within %d s", child->name,
			(int)(limit_ms / 1000));
	if (WIFSIGNALED(status))
		return err_set(
			err, ERR_IO, "'%s' died of signal %d", child->name, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, ERR_IO, "'%s' ended with status %d: run it by hand to see why",
			child->name, WEXITSTATUS(status));
	return true;
}

bool command_output(
	const struct argv *command, int64_t limit_ms, size_t max, struct str *ret, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms(clock_real()) + limit_ms;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return err_errno(err, errno, "cannot run '%s'", command->argv[0]);
	int output autoclose = ends[0];
	fcntl(output, F_SETFL, O_NONBLOCK); /* our end only */
	struct child child = {.name = command->argv[0], .output = output};
	int failure = spawn(command, ends[1], &child.pid);
	close(ends[1]);
	if (failure)
		return err_errno(err, failure, "cannot run '%s'", child.name);
	int pidfd autoclose = pidfd_open(child.pid, 0);
	child.pidfd = pidfd;
	return reap(&child, pidfd >= 0 && follow(&child, deadline_ms, max, ret), limit_ms, err);
}
