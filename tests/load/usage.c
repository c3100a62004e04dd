/* SPDX-License-Identifier: MIT */
#include "tests/load/usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

static void read_thread(pid_t pid, struct usage *to, int tid)
{
	autofree char *times = xasprintf("/proc/%d/task/%d/schedstat", pid, tid);
	autofree char *comm = xasprintf("/proc/%d/task/%d/comm", pid, tid);
	unsigned long long ran_ns;
	FILE *file = fopen(times, "re");
	if (!file)
		return;
	if (to->count < USAGE_THREADS && fscanf(file, "%llu", &ran_ns) == 1) {
		to->threads[to->count].tid = tid;
		to->threads[to->count].cpu_us = (int64_t)(ran_ns / 1000);
		to->threads[to->count].name[0] = '\0';
		FILE *name = fopen(comm, "re");
		if (name && fscanf(name, "%19[^\n]", to->threads[to->count].name) != 1)
			to->threads[to->count].name[0] = '\0';
		if (name)
			fclose(name);
		to->count++;
	}
	fclose(file);
}

void usage_take(pid_t pid, struct usage *ret)
{
	autofree char *path = xasprintf("/proc/%d/task", pid);
	DIR *folder = opendir(path);
	*ret = (struct usage){.taken_us = clock_cost_us()};
	if (!folder)
		return;
	for (const struct dirent *entry; (entry = readdir(folder));)
		if (entry->d_name[0] != '.')
			read_thread(pid, ret, atoi(entry->d_name));
	closedir(folder);
}

static void read_lines(const char *path, const char *const names[], long *const values[])
{
	FILE *file = fopen(path, "re");
	char line[256];
	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; names[i]; i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0)
				*values[i] = atol(line + strlen(names[i]));
	if (file)
		fclose(file);
}

struct usage_memory usage_memory(pid_t pid)
{
	struct usage_memory memory = {0};
	autofree char *rollup = xasprintf("/proc/%d/smaps_rollup", pid);
	autofree char *status = xasprintf("/proc/%d/status", pid);
	read_lines(rollup, (const char *const[]){"Rss:", "Pss:", "Private_Dirty:", NULL},
		(long *const[]){&memory.rss_kib, &memory.pss_kib, &memory.private_dirty_kib});
	read_lines(
		status, (const char *const[]){"VmHWM:", NULL}, (long *const[]){&memory.peak_kib});
	return memory;
}

double usage_percent(const struct usage *before, const struct usage *after, const char *name)
{
	int64_t us = 0;
	for (size_t i = 0; i < after->count; i++)
		for (size_t j = 0; j < before->count; j++)
			if (before->threads[j].tid == after->threads[i].tid &&
				(!name || strcmp(name, after->threads[i].name) == 0))
				us += after->threads[i].cpu_us - before->threads[j].cpu_us;
	return (double)us * 100 / (double)(after->taken_us - before->taken_us);
}
