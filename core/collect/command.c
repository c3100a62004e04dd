/* SPDX-License-Identifier: MIT */
#include "core/collect/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/own_limits.h"
#include "core/base/reap.h"
#include "core/conf/settings.h"

static int spawn(pid_t *ret_pid, const struct argv *argv, int output)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char locale[] = "LC_ALL=C.UTF-8";
	autofree char *home = getenv("HOME") ? xasprintf("HOME=%s", getenv("HOME")) : NULL;
	char *environment[] = {path, locale, home, NULL};
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
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int failure = posix_spawnp(
		ret_pid, argv->argv[0], &actions, &attributes, argv->argv, environment);
	if (!failure)
		own_limits_not_for(*ret_pid);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failure;
}

bool command_start(struct command *command, const struct argv *argv, struct err *err)
{
	int ends[2];
	str_release(&command->output);
	str_init(&command->output);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, errno, "cannot make a pipe for '%s'", argv->argv[0]);
	fcntl(ends[1], F_SETFL, 0);
	int failure = spawn(&command->pid, argv, ends[1]);
	close(ends[1]);
	if (failure) {
		close(ends[0]);
		command->pid = 0;
		return err_errno(err, failure, "cannot run '%s'", argv->argv[0]);
	}
	command->output_fd = ends[0];
	command->ended_fd = (int)syscall(SYS_pidfd_open, command->pid, 0);
	if (command->ended_fd >= 0)
		return true;
	failure = errno;
	command_finish(command);
	return err_errno(err, failure, "cannot watch '%s'", argv->argv[0]);
}

static void read_output(struct command *command)
{
	char bytes[COMMAND_OUTPUT_MAX];
	ssize_t count = read(command->output_fd, bytes, sizeof(bytes));
	if (count > 0)
		str_add(&command->output, bytes, (size_t)count);
}

int command_finish(struct command *command)
{
	int status = SIGKILL;
	kill(-command->pid, SIGKILL);
	reap_child(command->pid, command->ended_fd, REAP_WAIT_MS, &status);
	read_output(command);
	close(command->output_fd);
	if (command->ended_fd >= 0)
		close(command->ended_fd);
	command->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void command_release(struct command *command)
{
	if (command->pid)
		command_finish(command);
	str_release(&command->output);
	*command = (struct command){0};
}
