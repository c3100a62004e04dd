/* SPDX-License-Identifier: MIT */
/*
 * An ended child stays a zombie until its run is over: as long as its number is taken, its group's
 * number cannot belong to somebody else, and a signal to the group reaches only what it started.
 */
#include "core/act/drivers/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/act/drivers/argv.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/own_limits.h"
#include "core/base/reap.h"

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/* Where things are, never what they are: a secret in our environment goes no further. */
static const char *const inherited[] = {
	"HOME", "XDG_RUNTIME_DIR", "PGPASSFILE", "PGSERVICEFILE", "TMPDIR"};

char **child_environment(void)
{
	char **environment = xcalloc(COUNT_OF(inherited) + 3, sizeof(*environment));
	size_t count = 0;
	const char *path = getenv("PATH");
	environment[count++] = xasprintf("PATH=%s", path && *path ? path : default_path);
	environment[count++] = xstrdup("LC_ALL=C");
	for (size_t i = 0; i < COUNT_OF(inherited); i++) {
		const char *value = getenv(inherited[i]);
		if (value)
			environment[count++] = xasprintf("%s=%s", inherited[i], value);
	}
	return environment;
}

void child_init(struct child *child)
{
	*child = (struct child){.pidfd = -1, .out = -1, .err = -1};
}

struct pipes {
	int out[2], err[2];
};

static void close_pair(const int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

static bool open_pipes(struct pipes *ret)
{
	*ret = (struct pipes){.out = {-1, -1}, .err = {-1, -1}};
	if (pipe2(ret->out, O_CLOEXEC) == 0 && pipe2(ret->err, O_CLOEXEC) == 0 &&
		fcntl(ret->out[0], F_SETFL, O_NONBLOCK) == 0 &&
		fcntl(ret->err[0], F_SETFL, O_NONBLOCK) == 0)
		return true;
	int failed = errno;
	close_pair(ret->out);
	close_pair(ret->err);
	errno = failed;
	return false;
}

static int set_actions(posix_spawn_file_actions_t *actions, const struct pipes *pipes)
{
	int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(actions, pipes->out[1], 1);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(actions, pipes->err[1], 2);
	return failed ? failed : posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	int failed = posix_spawnattr_setsigdefault(attributes, &all);
	if (!failed)
		failed = posix_spawnattr_setsigmask(attributes, &none);
	if (!failed)
		failed = posix_spawnattr_setpgroup(attributes, 0);
	return failed ? failed
		      : posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
								     POSIX_SPAWN_SETSIGDEF |
								     POSIX_SPAWN_SETSIGMASK);
}

static int spawn(const char *program, char *const *argv, char *const *environment,
	const struct pipes *pipes, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	int failed = set_actions(&actions, pipes);
	if (!failed)
		failed = set_attributes(&attributes);
	if (!failed)
		failed = posix_spawn(ret, program, &actions, &attributes, argv, environment);
	if (!failed)
		own_limits_not_for(*ret);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

static const char *path_of(char *const *environment)
{
	for (; *environment; environment++)
		if (strncmp(*environment, "PATH=", 5) == 0)
			return *environment + 5;
	return default_path;
}

bool child_spawn(char *const *argv, char *const *environment, struct child *ret, struct err *err)
{
	autofree char *program = NULL;
	struct pipes pipes;
	pid_t pid = 0;
	if (!argv_find_program(argv[0], path_of(environment), &program, err))
		return false;
	if (!open_pipes(&pipes))
		return err_errno(err, errno, "cannot run '%s'", argv[0]);
	int failed = spawn(program, argv, environment, &pipes, &pid);
	close(pipes.out[1]);
	close(pipes.err[1]);
	int pidfd = failed ? -1 : pidfd_open(pid, 0);
	if (!failed && pidfd < 0) {
		failed = errno;
		kill(-pid, SIGKILL);
		reap_child(pid, -1, 0, NULL);
	}
	if (failed) {
		close(pipes.out[0]);
		close(pipes.err[0]);
		return err_errno(err, failed, "cannot run '%s'", argv[0]);
	}
	*ret = (struct child){.pid = pid, .pidfd = pidfd, .out = pipes.out[0], .err = pipes.err[0]};
	return true;
}

void child_signal(const struct child *child, int signal)
{
	if (child->pid > 0)
		kill(-child->pid, signal);
}

bool child_ended(const struct child *child, int *ret_status, int *ret_signal)
{
	siginfo_t info = {.si_pid = 0};
	if (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		info.si_pid == 0)
		return false;
	bool exited = info.si_code == CLD_EXITED;
	*ret_status = exited ? info.si_status : -1;
	*ret_signal = exited ? 0 : info.si_status;
	return true;
}

void child_reap(struct child *child)
{
	const int fds[] = {child->pidfd, child->out, child->err};
	if (child->pid > 0)
		reap_child(child->pid, child->pidfd, 0, NULL);
	for (size_t i = 0; i < COUNT_OF(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	child_init(child);
}
