/* SPDX-License-Identifier: MIT */
#include "tests/support/process_cost.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"

long process_figure(pid_t pid, const char *name)
{
	autofree char *path = xasprintf("/proc/%d/status", (int)pid);
	FILE *file = fopen(path, "re");
	char line[256];
	long number = 0;
	while (file && !number && fgets(line, sizeof(line), file))
		if (starts_with(line, name))
			number = strtol(line + strlen(name), NULL, 10);
	if (file)
		fclose(file);
	return number;
}

/* proc(5): writing 5 sets the peak of the resident memory to what it is now. */
static void forget_peak(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/clear_refs", (int)pid);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "5", 1) != 1)
		fprintf(stderr, "cannot begin the peak of memory anew: %s\n", path);
	if (fd >= 0)
		close(fd);
}

struct process_cost process_cost_mark(pid_t pid)
{
	forget_peak(pid);
	return (struct process_cost){.pid = pid,
		.begun_ms = clock_mono_ms(clock_real()),
		.cpu_ms = process_cpu_ms(pid),
		.resident_kib = process_figure(pid, "VmRSS:")};
}

double process_cost_percent(const struct process_cost *cost)
{
	int64_t span_ms = clock_mono_ms(clock_real()) - cost->begun_ms;
	return (double)(process_cpu_ms(cost->pid) - cost->cpu_ms) * 100 /
	       (double)(span_ms > 0 ? span_ms : 1);
}

long process_cost_growth_kib(const struct process_cost *cost)
{
	return process_figure(cost->pid, "VmHWM:") - cost->resident_kib;
}
