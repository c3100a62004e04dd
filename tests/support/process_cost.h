/* SPDX-License-Identifier: MIT */
/* What another process costs over a while: its memory at most, its share of a processor. */
#ifndef BOTSWAIN_TESTS_PROCESS_COST_H
#define BOTSWAIN_TESTS_PROCESS_COST_H

#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct process_cost {
	pid_t pid;
	int64_t begun_ms;
	long cpu_ms, resident_kib;
};

/* From here; the peak of its memory is begun anew. */
struct process_cost process_cost_mark(pid_t pid) MUST_CHECK;
/* Since then: of one core, and of the most that it held beyond what it held there. */
double process_cost_percent(const struct process_cost *cost);
long process_cost_growth_kib(const struct process_cost *cost);
/* A figure of /proc/PID/status: "VmHWM:", "Threads:" ...; 0: it is not there. */
long process_figure(pid_t pid, const char *name);

#endif
