/* SPDX-License-Identifier: MIT */
/* The engine of the run, and our own eyes on it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/support/fleet.h"

/* The hostile client may hold the door: a command line tries for five seconds, and waits for sources as long. */
enum { SAID_MS = 15000 };

int64_t fault_now_ms(void)
{
	return clock_mono_ms(clock_real());
}

void fault_pace_until(int64_t until_ms)
{
	const struct timespec until = {
		.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

void see(struct sight *sight, bool ok, int64_t ms, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sight->ok &= ok;
	sight->ms = ms > sight->ms ? ms : sight->ms;
	str_addf(
		&sight->text, "%s%s%s", sight->text.length ? "; " : "", ok ? "" : "NOT SO: ", text);
}

/* ---- processes ---- */

static NORETURN void become(const char *const words[], int output)
{
	char *argv[24] = {NULL};
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (output >= 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
	}
	for (size_t i = 0; words[i] && i + 1 < COUNT_OF(argv); i++)
		argv[i] = xstrdup(words[i]);
	execvp(argv[0], argv);
	_exit(127);
}

pid_t engine_spawn(const struct faults *run, const char *const before[], const char *config,
	const char *environment, const char *log)
{
	const char *words[16] = {NULL};
	size_t count = 0;
	for (; before && before[count] && count < 10; count++)
		words[count] = before[count];
	words[count++] = run->daemon;
	words[count++] = "-c";
	words[count] = config;
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	if (environment) {
		autofree char *copy = xstrdup(environment);
		putenv(xstrdup(copy));
	}
	become(words, open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

int engine_end(pid_t pid, int signal, int64_t limit_ms)
{
	int status = 0;
	if (signal)
		kill(pid, signal);
	bool ended = process_ends(pid, (int)limit_ms);
	if (!ended)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return ended ? status : -1;
}

int engine_ask(const char *const words[], int64_t limit_ms, struct str *ret)
{
	int ends[2], status;
	char buffer[4096];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		become(words, ends[1]);
	close(ends[1]);
	int64_t until_ms = fault_now_ms() + limit_ms;
	struct pollfd slot = {.fd = ends[0], .events = POLLIN};
	while (fault_now_ms() < until_ms) {
		if (poll(&slot, 1, 50) <= 0)
			continue;
		ssize_t got = read(ends[0], buffer, sizeof(buffer));
		if (got <= 0)
			break;
		str_add(ret, buffer, (size_t)got);
	}
	close(ends[0]);
	status = engine_end(pid, 0, until_ms > fault_now_ms() ? until_ms - fault_now_ms() : 0);
	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

unsigned engine_fds(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/fd", (int)pid);
	unsigned count = 0;
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count;
}

/* ---- eyes ---- */

static void forget_client(struct faults *run)
{
	client_free(run->client);
	run->client = NULL;
}

void engine_look(struct faults *run, int64_t ms)
{
	int64_t until_ms = fault_now_ms() + ms;
	do {
		struct err err;
		if (!run->client &&
			!client_connect(run->settings->socket_path, run->settings->state_dir,
				"screen", true, &run->client, &err))
			run->client = NULL;
		struct pollfd slot = {
			.fd = run->client ? client_fd(run->client) : -1, .events = POLLIN};
		int64_t left_ms = until_ms - fault_now_ms();
		(void)poll(&slot, 1, left_ms < 0 ? 0 : left_ms > 50 ? 50 : (int)left_ms);
		if (run->client)
			client_pump(run->client, run->model, fault_now_ms(), NULL, NULL);
		if (run->client && client_state(run->client) == CLIENT_LOST)
			forget_client(run);
	} while (fault_now_ms() < until_ms);
}

int64_t engine_wait(struct faults *run, engine_is *is_so, const void *context, int64_t limit_ms)
{
	int64_t begun_ms = fault_now_ms();
	for (;;) {
		if (is_so(run, context))
			return fault_now_ms() - begun_ms;
		if (fault_now_ms() - begun_ms > limit_ms)
			return -1;
		engine_look(run, 20);
	}
}

enum client_state engine_meet(struct client *client, int64_t until_ms)
{
	client_meet(client);
	for (int64_t left_ms; client_state(client) == CLIENT_CONNECTING &&
			      (left_ms = until_ms - fault_now_ms()) > 0;) {
		struct pollfd slot = {.fd = client_fd(client), .events = POLLIN};
		if (client_wants_write(client))
			slot.events |= POLLOUT;
		(void)poll(&slot, 1, (int)left_ms);
		client_meet(client);
	}
	return client_state(client);
}

bool engine_attached(const struct faults *run, const void *unused)
{
	(void)unused;
	return run->client && client_state(run->client) == CLIENT_ATTACHED &&
	       client_turn_wall_ms(run->client) > 0;
}

static bool is_that_engine(const struct faults *run, const void *unused)
{
	return engine_attached(run, unused) &&
	       client_welcome(run->client)->pid == (uint64_t)run->engine;
}

bool engine_start(struct faults *run)
{
	forget_client(run);
	run->engine = engine_spawn(run, NULL, run->config, NULL, run->log);
	return engine_wait(run, is_that_engine, NULL, FAULT_PATIENCE_MS) >= 0;
}

unsigned engine_fresh_bots(const struct faults *run, int64_t within_ms)
{
	size_t count;
	unsigned fresh = 0;
	const void *const *bots = model_list(run->model, MSG_bot, &count);
	int64_t now_ms = run->client ? client_turn_wall_ms(run->client) : 0;
	for (size_t i = 0; i < count; i++) {
		const struct msg_bot *bot = bots[i];
		fresh += bot->tg_at_ms > 0 && now_ms - bot->tg_at_ms <= within_ms;
	}
	return fresh;
}

bool engine_said(struct faults *run, const char *words)
{
	autostr struct str text = STR_INIT;
	const char *const argv[] = {run->screen, "-c", run->config, "logs", "--grep", words, NULL};
	(void)engine_ask(argv, SAID_MS, &text);
	return strstr(text.text, words) != NULL;
}
