/* SPDX-License-Identifier: MIT */
#include "tests/bench/probe.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/spawn.h"

double probe_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

struct probe_stamp probe_stamp(void)
{
	struct timespec now;
	struct tm date;
	struct probe_stamp stamp;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &date);
	size_t length = strftime(stamp.text, sizeof(stamp.text), "%Y-%m-%dT%H:%M:%S", &date);
	snprintf(stamp.text + length, sizeof(stamp.text) - length, ".%03dZ",
		(int)(now.tv_nsec / 1000000));
	return stamp;
}

/* The first number behind `word` in a file, or the first of all for "". */
static double number_in(const char *path, const char *word)
{
	char line[256];
	double number = 0;
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (starts_with(line, word)) {
			number = strtod(line + strlen(word), NULL);
			break;
		}
	if (file)
		fclose(file);
	return number;
}

static void look_at_thread(pid_t pid, const char *tid, struct probe_thread *ret)
{
	autofree char *status = xasprintf("/proc/%d/task/%s/status", (int)pid, tid);
	autofree char *comm = xasprintf("/proc/%d/task/%s/comm", (int)pid, tid);
	FILE *file = fopen(comm, "re");
	*ret = (struct probe_thread){.tid = (pid_t)strtol(tid, NULL, 10)};
	if (file && !fgets(ret->name, sizeof(ret->name), file))
		ret->name[0] = '\0';
	if (file)
		fclose(file);
	ret->name[strcspn(ret->name, "\n")] = '\0';
	ret->wakeups = (unsigned long)number_in(status, "voluntary_ctxt_switches:");
}

size_t probe_threads(pid_t pid, struct probe_thread ret[PROBE_THREADS])
{
	autofree char *path = xasprintf("/proc/%d/task", (int)pid);
	DIR *folder = opendir(path);
	size_t count = 0;
	const struct dirent *entry;
	while (folder && count < PROBE_THREADS && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			look_at_thread(pid, entry->d_name, &ret[count++]);
	if (folder)
		closedir(folder);
	return count;
}

double probe_cpu_ms(pid_t pid)
{
	struct probe_thread threads[PROBE_THREADS];
	size_t count = probe_threads(pid, threads);
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		autofree char *path =
			xasprintf("/proc/%d/task/%d/schedstat", (int)pid, (int)threads[i].tid);
		sum += number_in(path, "");
	}
	return sum / 1e6;
}

static double rollup_mib(pid_t pid, const char *word)
{
	autofree char *path = xasprintf("/proc/%d/smaps_rollup", (int)pid);
	return number_in(path, word) / 1024;
}

double probe_rss_mib(pid_t pid)
{
	return rollup_mib(pid, "Rss:");
}

double probe_dirty_mib(pid_t pid)
{
	return rollup_mib(pid, "Private_Dirty:");
}

/* The line "100.00 0.001 1 1234 [5] total" that ends the table of strace -c; NAN: there is none. */
static double total_calls(const char *said)
{
	const char *total = strstr(said, "total\n");
	if (!total)
		return NAN;
	while (total > said && total[-1] != '\n')
		total--;
	double calls = NAN;
	return sscanf(total, "%*f %*f %*f %lf", &calls) == 1 ? calls : NAN;
}

double probe_syscalls(const pid_t *pids, size_t count, int seconds)
{
	const char *argv[40] = {"timeout", "-s", "INT"};
	size_t at = 3;
	autofree char *limit = xasprintf("%d", seconds);
	char *texts[8] = {NULL};
	argv[at++] = limit;
	argv[at++] = "strace";
	argv[at++] = "-c";
	argv[at++] = "-f";
	for (size_t i = 0; i < count && i < COUNT_OF(texts); i++) {
		argv[at++] = "-p";
		argv[at++] = texts[i] = xasprintf("%d", (int)pids[i]);
	}
	autofree char *said = NULL;
	(void)spawn_run(argv, &(struct spawn){0}, seconds * 1000 + 15000, &said);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	return total_calls(said ? said : "") / seconds;
}
