/* SPDX-License-Identifier: MIT */
/* What a process uses, as the kernel counts it. */
#ifndef BOTSWAIN_TESTS_LOAD_USAGE_H
#define BOTSWAIN_TESTS_LOAD_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { USAGE_THREADS = 64 };

/* Processor time of each thread that lives. */
struct usage {
	struct {
		int tid;
		char name[20];
		int64_t cpu_us;
	} threads[USAGE_THREADS];
	size_t count;
	int64_t taken_us; /* when, by the monotonic clock */
};

struct usage_memory {
	long rss_kib, pss_kib, private_dirty_kib, peak_kib;
};

void usage_take(pid_t pid, struct usage *ret);
struct usage_memory usage_memory(pid_t pid);
/* Percent of a core between the two; `name` NULL: all threads that lived through both. */
double usage_percent(const struct usage *before, const struct usage *after, const char *name);

#endif
