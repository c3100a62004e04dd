/* SPDX-License-Identifier: MIT */
/* What a row costs the engine: CPU time, memory, threads. */
#ifndef BOTSWAIN_TESTS_FAULTS_COST_H
#define BOTSWAIN_TESTS_FAULTS_COST_H

#include <sys/types.h>
#include "tests/support/process_cost.h"

struct sight;

enum {
	COST_CPU_PERCENT = 20, /* of a core */
	COST_GROWTH_KIB = 16 * 1024,
};

/* What it was since the mark: at most COST_CPU_PERCENT and COST_GROWTH_KIB, or the row fails. */
void cost_see(const struct process_cost *cost, struct sight *sight);
/* 0: the process is gone. */
unsigned cost_threads(pid_t pid);

#endif
