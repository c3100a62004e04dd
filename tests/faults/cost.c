/* SPDX-License-Identifier: MIT */
#include "tests/faults/cost.h"

#include "tests/faults/faults.h"

void cost_see(const struct process_cost *cost, struct sight *sight)
{
	double percent = process_cost_percent(cost);
	long growth_kib = process_cost_growth_kib(cost);
	see(sight, percent <= COST_CPU_PERCENT, -1, "engine at %.1f%% of a core", percent);
	see(sight, process_figure(cost->pid, "VmHWM:") > 0 && growth_kib <= COST_GROWTH_KIB, -1,
		"its memory grew by at most %ld KiB, from %ld", growth_kib, cost->resident_kib);
}

unsigned cost_threads(pid_t pid)
{
	return (unsigned)process_figure(pid, "Threads:");
}
