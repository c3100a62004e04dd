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
#include "core/base/own_limits.h"
#include "core/base/reap.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

#define PROGRAM_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

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

static void place_end(posix_spawn_file_actions_t *actions, int fd, int as, int flags)
{
	if (fd < 0)
		posix_spawn_file_actions_addopen(actions, as, "/dev/null", flags, 0);
	else
		posix_spawn_file_actions_adddup2(actions, fd, as);
}

/* `input`, `output`: -1 is /dev/null. */
static int spawn(const struct argv *command, int input, int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	place_end(&actions, input, STDIN_FILENO, O_RDONLY);
	place_end(&actions, output, STDOUT_FILENO, O_WRONLY);
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
	if (!failure)
		own_limits_not_for(*ret_pid);
	free_environment(environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failure;
}

/* Takes some of what is there: as read(). */
static ssize_t take(const struct command_run *run, size_t max, struct str *ret)
{
	char buffer[1024];
	ssize_t got = read(run->output_fd, buffer, sizeof(buffer));
	if (got > 0 && ret->length < max) {
		size_t room = max - ret->length;
		str_add(ret, buffer, (size_t)got < room ? (size_t)got : room);
	}
	wipe(buffer, sizeof(buffer));
	return got;
}

/* True while more can come. */
static bool drain(const struct command_run *run, size_t max, struct str *ret)
{
	ssize_t got = take(run, max, ret);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Until the program has ended and its output is read. */
static enum command_outcome follow(const struct command_run *run, int64_t deadline_ms, int stop_fd,
	size_t max, struct str *ret)
{
	bool open = true, alive = true;
	while (open || alive) {
		int64_t left_ms = deadline_ms - clock_mono_ms(clock_real());
		struct pollfd waits[] = {{.fd = open ? run->output_fd : -1, .events = POLLIN},
			{.fd = alive ? run->ended_fd : -1, .events = POLLIN},
			{.fd = stop_fd, .events = POLLIN}};
		if (left_ms <= 0)
			return COMMAND_LATE;
		if (poll(waits, COUNT_OF(waits), (int)left_ms) < 0 && errno != EINTR)
			return COMMAND_LATE;
		if (waits[2].revents)
			return COMMAND_STOPPED;
		if (waits[0].revents)
			open = drain(run, max, ret);
		if (waits[1].revents)
			alive = false;
	}
	return COMMAND_ENDED;
}

/* Kills whatever it left behind, and its leader when that did not end; returns its status. One that
 * does not even end by that (it waits for a disk) is not waited for. */
static int reap(struct command_run *run)
{
	int status = SIGKILL;
	kill(-run->pid, SIGKILL);
	reap_child(run->pid, run->ended_fd, REAP_WAIT_MS, &status);
	return status;
}

static bool judge(const struct command_run *run, int status, struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(err, ERR_IO, "'%s' died of signal %d", run->name, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, ERR_IO, "'%s' ended with status %d: run it by hand to see why",
			run->name, WEXITSTATUS(status));
	return true;
}

static void release(struct command_run *run)
{
	autoclose_release(&run->output_fd);
	autoclose_release(&run->ended_fd);
	free(run->name);
	*run = (struct command_run){0};
}

bool command_begin(const struct argv *command, struct command_run *ret, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return err_errno(err, errno, "cannot run '%s'", command->argv[0]);
	struct command_run run = {.output_fd = ends[0], .ended_fd = -1};
	fcntl(run.output_fd, F_SETFL, O_NONBLOCK); /* our end only */
	int failure = spawn(command, -1, ends[1], &run.pid);
	close(ends[1]);
	if (failure) {
		release(&run);
		return err_errno(err, failure, "cannot run '%s'", command->argv[0]);
	}
	run.ended_fd = pidfd_open(run.pid, 0);
	if (run.ended_fd < 0) {
		failure = errno;
		reap(&run);
		release(&run);
		return err_errno(err, failure, "cannot watch '%s'", command->argv[0]);
	}
	run.name = xstrdup(command->argv[0]);
	*ret = run;
	return true;
}

bool command_end(struct command_run *run, enum command_outcome outcome, int64_t limit_ms,
	size_t max, struct str *ret, struct err *err)
{
	bool is_well = false;
	if (!run->pid)
		return err_set(err, ERR_CANCELLED, "nothing runs");
	while (outcome == COMMAND_ENDED && ret->length < max && take(run, max, ret) > 0)
		continue;
	int status = reap(run);
	if (outcome == COMMAND_ENDED)
		is_well = judge(run, status, err);
	else if (outcome == COMMAND_LATE)
		err_set(err, ERR_TIMEOUT, "'%s' did not end within %d s: run it by hand to see why",
			run->name, (int)(limit_ms / 1000));
	else
		err_set(err, ERR_CANCELLED, "'%s' was stopped", run->name);
	release(run);
	return is_well;
}

bool command_output(const struct argv *command, int64_t limit_ms, int stop_fd, size_t max,
	struct str *ret, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms(clock_real()) + limit_ms;
	struct command_run run = {0};
	if (!command_begin(command, &run, err))
		return false;
	return command_end(
		&run, follow(&run, deadline_ms, stop_fd, max, ret), limit_ms, max, ret, err);
}

/* ---- a program that is told something ---- */

/* Bytes on their way; fd -1: all of them went, or nobody wants them. */
struct feed {
	int fd;
	const char *bytes;
	size_t left;
};

static void stop_feeding(struct feed *feed)
{
	autoclose_release(&feed->fd);
	feed->fd = -1;
}

static void pour(struct feed *feed)
{
	ssize_t took = write(feed->fd, feed->bytes, feed->left);
	if (took > 0) {
		feed->bytes += took;
		feed->left -= (size_t)took;
	}
	if (!feed->left || (took < 0 && errno != EAGAIN && errno != EINTR))
		stop_feeding(feed);
}

/* Until it has ended, whether or not it reads. */
static enum command_outcome attend(
	const struct command_run *run, struct feed *feed, int64_t deadline_ms, int stop_fd)
{
	for (;;) {
		int64_t left_ms = deadline_ms - clock_mono_ms(clock_real());
		struct pollfd waits[] = {{.fd = feed->fd, .events = POLLOUT},
			{.fd = run->ended_fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
		if (left_ms <= 0 ||
			(poll(waits, COUNT_OF(waits), (int)left_ms) < 0 && errno != EINTR))
			return COMMAND_LATE;
		if (waits[2].revents)
			return COMMAND_STOPPED;
		if (waits[1].revents)
			return COMMAND_ENDED;
		if (waits[0].revents)
			pour(feed);
	}
}

static bool begin_fed(
	const struct argv *command, struct command_run *ret, int *ret_input, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return err_errno(err, errno, "cannot run '%s'", command->argv[0]);
	struct command_run run = {.output_fd = -1, .ended_fd = -1};
	fcntl(ends[1], F_SETFL, O_NONBLOCK); /* our end only */
	int failure = spawn(command, ends[0], -1, &run.pid);
	close(ends[0]);
	if (!failure && (run.ended_fd = pidfd_open(run.pid, 0)) < 0) {
		failure = errno;
		reap(&run);
	}
	if (failure) {
		close(ends[1]);
		return err_errno(err, failure, "cannot run '%s'", command->argv[0]);
	}
	run.name = xstrdup(command->argv[0]);
	*ret = run;
	*ret_input = ends[1];
	return true;
}

bool command_feed(const struct argv *command, const char *bytes, size_t length, int64_t limit_ms,
	int stop_fd, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms(clock_real()) + limit_ms;
	struct command_run run = {0};
	struct feed feed = {.bytes = bytes, .left = length};
	autostr struct str nothing = STR_INIT;
	if (!begin_fed(command, &run, &feed.fd, err))
		return false;
	enum command_outcome outcome = attend(&run, &feed, deadline_ms, stop_fd);
	stop_feeding(&feed);
	return command_end(&run, outcome, limit_ms, 0, &nothing, err);
}
