/* SPDX-License-Identifier: MIT */
/*
 * L2, L3: the whole index of a file, by the two threads that it may have, as a process of its own, beside `wc -l` of the same
 * file, by turns; and its peak of resident memory beside lnav's, which reads the same file without a screen.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "tests/bench/bench.h"
#include "tests/bench/log_gen.h"
#include "tests/bench/probe.h"
#include "tests/bench/side.h"

enum { LINES = 10000000, KIB_A_MIB = 1024 };

/* ---- the process that indexes ---- */

static void *read_segments(void *of)
{
	struct file_stream *stream = of;
	for (size_t segment; file_index_next(stream->index, &segment);)
		if (!file_index_read(stream->index, segment))
			exit(1);
	return NULL;
}

int log_index_main(const char *path)
{
	struct file_stream *stream = log_gen_stream(path);
	if (!stream)
		return 1;
	pthread_t second;
	bool has_second = pthread_create(&second, NULL, read_segments, stream) == 0;
	(void)read_segments(stream);
	if (has_second)
		pthread_join(second, NULL);
	struct file_progress progress = file_index_progress(stream->index);
	printf("%llu lines, %.2f bytes a line\n", (unsigned long long)progress.lines,
		(double)progress.bytes / (double)progress.lines);
	return progress.done == progress.segments ? 0 : 1;
}

/* ---- beside others ---- */

struct run {
	double ms, rss_mib;
	bool good;
};

static void exec_quietly(const char *const *words)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)dup2(nowhere, STDOUT_FILENO);
	(void)dup2(nowhere, STDERR_FILENO);
	(void)execvp(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

/* From fork to exit. */
static struct run run_words(const char *const *words)
{
	struct rusage usage;
	int status = 1;
	double begun_us = probe_now_us();
	pid_t pid = fork();
	if (pid == 0)
		exec_quietly(words);
	bool good = pid > 0 && wait4(pid, &status, 0, &usage) == pid;
	return (struct run){.ms = (probe_now_us() - begun_us) / 1000,
		.rss_mib = (double)usage.ru_maxrss / KIB_A_MIB,
		.good = good && status == 0};
}

static struct run run_ours(const char *path)
{
	return run_words((const char *const[]){"/proc/self/exe", "--index", path, NULL});
}

static bool beside_wc(bool is_json, struct figures *ret)
{
	const char *path;
	int lines = bench_number("BENCH_LINES", LINES);
	if (!log_gen_file((uint64_t)lines, is_json, &path))
		return false;
	double rss_mib = 0;
	(void)run_words((const char *const[]){"wc", "-l", path, NULL}); /* into the page cache */
	for (int i = 0; i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i++) {
		struct run ours = run_ours(path);
		struct run peer = run_words((const char *const[]){"wc", "-l", path, NULL});
		if (!ours.good || !peer.good)
			return false;
		samples_add(&ret->ours, ours.ms);
		samples_add(&ret->peer, peer.ms);
		rss_mib = ours.rss_mib > rss_mib ? ours.rss_mib : rss_mib;
	}
	snprintf(ret->note, sizeof(ret->note), "%d lines, peak of resident memory %.1f MiB", lines,
		rss_mib);
	return true;
}

bool bench_index_text(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return beside_wc(false, ret);
}

bool bench_index_json(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return beside_wc(true, ret);
}

/* lnav knows the text by itself. It takes seconds, so one pair is enough: memory does not vary. */
bool bench_index_memory(const struct bench *bench, struct figures *ret)
{
	const char *path;
	(void)bench;
	if (!log_gen_file((uint64_t)bench_number("BENCH_LINES", LINES), false, &path))
		return false;
	struct run peer = run_words(
		(const char *const[]){"lnav", "-n", "-c", ":goto 100%", "-c", ":quit", path, NULL});
	for (int i = 0; i < BENCH_PAIRS_LEAST; i++) {
		struct run ours = run_ours(path);
		if (!ours.good || !peer.good)
			return false;
		samples_add(&ret->ours, ours.rss_mib);
		samples_add(&ret->peer, peer.rss_mib);
	}
	snprintf(ret->note, sizeof(ret->note), "lnav took %.1f s, once", peer.ms / 1000);
	return true;
}
