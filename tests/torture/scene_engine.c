/* SPDX-License-Identifier: MIT */
/* An engine's life: start, a turn in which every source has answered, an operation with its audit, a recording that is written, a
 * reload, its end. Then another one on what it left. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/support/engine_process.h"
#include "tests/support/fleet.h"
#include "tests/torture/harness.h"

enum {
	UP_MS = 10000,
	SOURCES_MS = 2500,
	SOURCES = 10,
	TURN_MS = 4000,
	END_MS = 10000,
	ACT_MS = 20000
};

static bool has_turned(const struct eye *eye)
{
	return eye->has_turned;
}

/* Each source said something, be it what is wrong with it. */
static bool has_asked_all(const struct eye *eye)
{
	size_t count, asked = 0;
	const void *const *sources = model_list(eye->model, MSG_source, &count);
	for (size_t i = 0; i < count; i++) {
		const struct msg_source *source = sources[i];
		asked += strcmp(source->state, "checking") != 0;
	}
	return count >= SOURCES && asked == count;
}

/* An operation by the command line, which nobody hurts: its exit status, -1: it did not end. */
static int act(const struct bench *bench, const char *reason)
{
	int status;
	struct bench quiet = *bench;
	autofree char *said = xasprintf("%s/act", bench->folder);
	autofree char *output = xasprintf("%s/act-output", bench->folder);
	quiet.said = said;
	quiet.output = output;
	pid_t pid = bench_start(&quiet,
		(const char *const[]){bench->screen, "-c", bench->config, "backup", "run", "copy",
			"--yes", "--reason", reason, NULL},
		NULL);
	if (!bench_end(pid, 0, ACT_MS, &status))
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void reload(const struct bench *bench, pid_t engine)
{
	autofree char *text = xasprintf("%s# run %u\n", bench->text, bench->runs);
	write_file(bench->config, text);
	kill(engine, SIGHUP);
}

/* From now on nobody can come in, or be told anything: it only has to end when it is told to. */
static bool is_mute(const struct injection *injection)
{
	return injection->goes_on &&
	       (injection->class == TORTURE_SOCKET || injection->class == TORTURE_FD);
}

/* What the engine is led through; false: it went away meanwhile. *ret_done: the operation was said to be done. */
static bool lead(struct bench *bench, struct eye *eye, pid_t engine,
	const struct injection *injection, const char *reason, bool *ret_done, struct outcome *ret)
{
	if (is_mute(injection)) {
		(void)eye_await(eye, bench, engine, has_asked_all, SOURCES_MS);
		return !process_ends(engine, 0);
	}
	if (!eye_await(eye, bench, engine, has_turned, UP_MS)) {
		if (!process_ends(engine, 0))
			blame(ret, "it neither ends nor answers at its start");
		return false;
	}
	(void)eye_await(eye, bench, engine, has_asked_all, SOURCES_MS);
	int status = act(bench, reason);
	*ret_done = status == 0;
	if (status < 0 || status > 5)
		blame(ret, "who acts on it ends with %d", status);
	if (process_ends(engine, 0))
		return false;
	reload(bench, engine);
	if (eye_await(eye, bench, engine, has_turned, TURN_MS) || process_ends(engine, 0))
		return !process_ends(engine, 0);
	blame(ret, "it turns no more");
	return true;
}

void play_engine(struct bench *bench, const struct injection *injection, struct outcome *ret)
{
	struct eye eye;
	bool done = false;
	int status = 0;
	autofree char *reason = xasprintf("torture %u of %u", bench->runs, bench->number);
	bench_stop(bench);
	write_file(bench->config, bench->text);
	pid_t pid =
		bench_start(bench, (const char *const[]){bench->engine, "-c", bench->config, NULL},
			bench_environment(bench, "botswaind", injection));
	eye_init(&eye);
	bool is_there = lead(bench, &eye, pid, injection, reason, &done, ret);
	eye_release(&eye);
	if (!bench_end(pid, is_there ? SIGTERM : 0, END_MS, &status))
		blame(ret, "it does not end");
	else
		hold_ending(ret, bench, status, 1u << 0);
	if (!is_there && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		blame(ret, "it left without being told");
	hold_nothing_left(ret, 0);
	hold_state(ret, bench, done ? reason : NULL);
	hold_next_start(ret, bench);
	hold_nothing_left(ret, 0);
	hold_backups(ret, bench, true);
	if (ret->ending == ENDED_UNTOUCHED && !done && !is_mute(injection))
		blame(ret, "its operation is not done");
}
