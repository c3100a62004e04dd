/* SPDX-License-Identifier: MIT */
#include "tests/faults/cost.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/faults/faults.h"
#include "tests/support/fleet.h"

/* A figure of /proc/PID/status: "VmHWM:", "Threads:" ...; 0: it is not there. */
static long figure(pid_t pid, const char *name)
{
	autofree char *path = xasprintf("/proc/%d/status", (int)pid);
	autofree char *text = fault_read_text(path);
	const char *at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

/* proc(5): writing 5 sets the peak of the resident memory to what it is now. */
static void forget_peak(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/clear_refs", (int)pid);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "5", 1) != 1)
		fprintf(stderr, "faults: cannot begin the peak of memory anew: %s\n", path);
	if (fd >= 0)
		close(fd);
}

struct cost cost_mark(pid_t pid)
{
	forget_peak(pid);
	return (struct cost){.pid = pid,
		.begun_ms = fault_now_ms(),
		.cpu_ms = process_cpu_ms(pid),
		.resident_kib = figure(pid, "VmRSS:")};
}

void cost_see(const struct cost *cost, struct sight *sight)
{
	int64_t span_ms = fault_now_ms() - cost->begun_ms;
	double percent = (double)(process_cpu_ms(cost->pid) - cost->cpu_ms) * 100 /
			 (double)(span_ms > 0 ? span_ms : 1);
	long peak_kib = figure(cost->pid, "VmHWM:"), growth_kib = peak_kib - cost->resident_kib;
	see(sight, percent <= COST_CPU_PERCENT, -1, "engine at %.1f%% of a core", percent);
	see(sight, peak_kib > 0 && growth_kib <= COST_GROWTH_KIB, -1,
		"its memory grew by at most %ld KiB, from %ld", growth_kib, cost->resident_kib);
}

unsigned cost_threads(pid_t pid)
{
	return (unsigned)figure(pid, "Threads:");
}
