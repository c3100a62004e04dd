/* SPDX-License-Identifier: MIT */
/* What a row costs the engine: CPU time, memory, threads. */
#ifndef BOTSWAIN_TESTS_FAULTS_COST_H
#define BOTSWAIN_TESTS_FAULTS_COST_H

#include <stdint.h>
#include <sys/types.h>

struct sight;

enum {
	COST_CPU_PERCENT = 20, /* of a core */
	COST_GROWTH_KIB = 16 * 1024,
};

struct cost {
	pid_t pid;
	int64_t begun_ms;
	long cpu_ms, resident_kib;
};

/* From here; the peak of its memory is begun anew. */
struct cost cost_mark(pid_t pid);
/* What it was until now: at most COST_CPU_PERCENT and COST_GROWTH_KIB, or the row fails. */
void cost_see(const struct cost *cost, struct sight *sight);
/* 0: the process is gone. */
unsigned cost_threads(pid_t pid);

#endif
