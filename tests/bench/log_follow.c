/* SPDX-License-Identifier: MIT */
/*
 * L5: 500,000 lines a second in a log that is followed. What engine and screen take of the processor for a megabyte of it, beside
 * `tail -f` on a terminal whose bytes are thrown away, by turns; how long the line after the last one is on its way; what
 * is sent to the terminal.
 */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/bench/bench.h"
#include "tests/bench/log_scene.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/bench/side.h"
#include "tests/support/vt.h"

enum { LINES_A_SECOND = 500000, WINDOW_MS = 4000, SETTLE_MS = 500, LOST_MS = 10000 };

struct follow {
	bool done;
	struct samples ours, tail, lag, bytes;
};
static struct follow follows[2]; /* text, JSON */

static double megabytes(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 ? (double)status.st_size / 1e6 : NAN;
}

/* ---- a peer whose output nobody wants ---- */

struct drained {
	pid_t pid;
	int terminal;
};

static struct drained drain_start(const char *const *words)
{
	struct drained drained = {.terminal = -1};
	struct winsize size = {.ws_row = BENCH_ROWS, .ws_col = BENCH_COLUMNS};
	drained.pid = forkpty(&drained.terminal, NULL, NULL, &size);
	if (drained.pid == 0) {
		(void)execvp(words[0], (char *const *)(uintptr_t)words);
		_exit(127);
	}
	return drained;
}

static void drain_for(const struct drained *drained, double ms)
{
	static char bytes[1 << 16];
	double until_us = probe_now_us() + ms * 1000;
	for (double left_us; (left_us = until_us - probe_now_us()) > 0;) {
		struct pollfd out = {.fd = drained->terminal, .events = POLLIN};
		if (poll(&out, 1, (int)(left_us / 1000) + 1) > 0 &&
			read(drained->terminal, bytes, sizeof(bytes)) <= 0)
			return;
	}
}

static void drain_end(const struct drained *drained)
{
	(void)kill(drained->pid, SIGKILL);
	(void)waitpid(drained->pid, NULL, 0);
	close(drained->terminal);
}

/* ms of processor a megabyte. */
static double measure_tail(const struct log_scene *scene, bool is_json)
{
	autofree char *path = xasprintf("%s/tail.log", scene->dir);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	pid_t lines = side_torrent(path, LINES_A_SECOND, is_json);
	struct drained tail = drain_start((const char *const[]){"tail", "-f", path, NULL});
	drain_for(&tail, SETTLE_MS);
	double cpu_ms = probe_cpu_ms(tail.pid), size = megabytes(path);
	drain_for(&tail, WINDOW_MS);
	cpu_ms = probe_cpu_ms(tail.pid) - cpu_ms;
	size = megabytes(path) - size;
	side_end(&lines);
	drain_end(&tail);
	(void)unlink(path);
	return cpu_ms / size;
}

static void measure_ours(struct log_scene *scene, bool is_json, struct follow *follow)
{
	log_scene_empty(scene);
	pid_t lines = side_torrent(scene->log, LINES_A_SECOND, is_json);
	scene_watch(&scene->screen, 1, SETTLE_MS);
	double cpu_ms = log_scene_cpu_ms(scene), size = megabytes(scene->log);
	size_t bytes = vt_bytes(scene->screen);
	scene_watch(&scene->screen, 1, WINDOW_MS);
	cpu_ms = log_scene_cpu_ms(scene) - cpu_ms;
	size = megabytes(scene->log) - size;
	samples_add(&follow->bytes,
		(double)(vt_bytes(scene->screen) - bytes) / WINDOW_MS); /* kB a second */
	side_end(&lines);
	samples_add(&follow->ours, cpu_ms / size);
	samples_add(&follow->lag, log_scene_mark(scene, LOST_MS));
}

static struct follow *measure(bool is_json)
{
	struct follow *follow = &follows[is_json];
	struct log_scene scene;
	if (follow->done)
		return follow;
	follow->done = true;
	log_scene_start(&scene, NULL);
	for (int i = 0; i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++) {
		measure_ours(&scene, is_json, follow);
		samples_add(&follow->tail, measure_tail(&scene, is_json));
	}
	log_scene_end(&scene);
	return follow;
}

static bool take_cpu(bool is_json, struct figures *ret)
{
	const struct follow *follow = measure(is_json);
	ret->ours = follow->ours;
	ret->peer = follow->tail;
	return true;
}

bool bench_follow_text(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return take_cpu(false, ret);
}

bool bench_follow_json(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return take_cpu(true, ret);
}

/* The longest of both. */
bool bench_follow_lag(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	const struct follow *text = measure(false), *json = measure(true);
	ret->figure =
		fmax(samples_percentile(&text->lag, 100), samples_percentile(&json->lag, 100));
	snprintf(ret->note, sizeof(ret->note), "median %.0f ms of text, %.0f of JSON",
		samples_median(&text->lag), samples_median(&json->lag));
	return true;
}

bool bench_follow_bytes(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	ret->figure =
		fmax(samples_median(&measure(false)->bytes), samples_median(&measure(true)->bytes));
	return true;
}
