/* SPDX-License-Identifier: MIT */
/* What must hold after every run, whatever failed in it. */
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/engine_process.h"
#include "tests/support/fleet.h"
#include "tests/torture/harness.h"

enum { LEFT_MS = 3000, END_MS = 10000, TURN_MS = 10000, WHOLE_MS = 10000, STEP_MS = 20 };

void blame(struct outcome *outcome, const char *format, ...)
{
	va_list args;
	size_t used = strlen(outcome->text);
	outcome->ending = ENDED_BAD;
	if (used && used + 3 < sizeof(outcome->text)) {
		memcpy(outcome->text + used, "; ", 3);
		used += 2;
	}
	va_start(args, format);
	vsnprintf(outcome->text + used, sizeof(outcome->text) - used, format, args);
	va_end(args);
}

static void set_ending(struct outcome *outcome, enum ending ending)
{
	if (outcome->ending != ENDED_BAD)
		outcome->ending = ending;
}

void hold_ending(struct outcome *outcome, const struct bench *bench, int status, unsigned good)
{
	autofree char *said = read_all(bench->said);
	bool touched = atomic_load(&bench->torture->failed) > 0;
	if (WIFSIGNALED(status)) {
		set_ending(outcome, ENDED_DIED);
		if (WTERMSIG(status) != SIGABRT || !strstr(said, "out of memory"))
			blame(outcome, "ended by signal %d, said '%.150s'", WTERMSIG(status), said);
	} else if (good & 1u << WEXITSTATUS(status)) {
		set_ending(outcome, touched ? ENDED_BORNE : ENDED_UNTOUCHED);
	} else {
		set_ending(outcome, ENDED_REFUSED);
		if (!said[0] || WEXITSTATUS(status) > 5)
			blame(outcome, "exit %d, said '%.150s'", WEXITSTATUS(status), said);
		else if (!touched)
			blame(outcome, "exit %d untouched, said '%.150s'", WEXITSTATUS(status),
				said);
	}
}

/* Our children: also those whose parents died, for we are their reaper. Their count, and one of them. */
static unsigned children(pid_t but, pid_t *ret)
{
	autofree char *path = xasprintf("/proc/self/task/%d/children", (int)getpid());
	unsigned count = 0;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	FILE *file = fopen(path, "re");
	for (int pid; file && fscanf(file, "%d", &pid) == 1;) {
		if (pid == but)
			continue;
		count++;
		*ret = pid;
	}
	if (file)
		fclose(file);
	return count;
}

void hold_nothing_left(struct outcome *outcome, pid_t but)
{
	pid_t pid = 0;
	int64_t until_ms = bench_now_ms() + LEFT_MS;
	while (children(but, &pid) && bench_now_ms() < until_ms)
		(void)process_ends(pid, STEP_MS);
	if (!children(but, &pid))
		return;
	autofree char *path = xasprintf("/proc/%d/cmdline", (int)pid);
	autofree char *words = read_all(path);
	blame(outcome, "left a process '%s'", words);
	for (int tries = 0; tries < 20 && children(but, &pid); tries++) {
		kill(pid, SIGKILL);
		(void)process_ends(pid, 100);
	}
}

static void hold_durable(struct outcome *outcome, const struct bench *bench, const char *done)
{
	autofree char *path = xasprintf("%s/audit.jsonl", bench->state);
	FILE *file = fopen(path, "re");
	char line[16384];
	bool found = false;
	while (!found && file && fgets(line, sizeof(line), file))
		found = strstr(line, done) != NULL;
	if (file)
		fclose(file);
	if (!found)
		blame(outcome, "'%s' was said to be done, and is not in the audit file", done);
}

void hold_state(struct outcome *outcome, const struct bench *bench, const char *done)
{
	int status;
	autofree char *whole = xasprintf("%s/tests/whole", bench->build);
	struct bench quiet = *bench;
	autofree char *said = xasprintf("%s/whole", bench->folder);
	quiet.said = quiet.output = said;
	pid_t pid = bench_start(&quiet, (const char *const[]){whole, bench->state, NULL}, NULL);
	bool ended = bench_end(pid, 0, WHOLE_MS, &status);
	if (!ended || status != 0) {
		autofree char *text = read_all(said);
		const char *broken = strstr(text, "BROKEN");
		blame(outcome, "state: %#x %.200s", (unsigned)status, broken ? broken : text);
	}
	if (done)
		hold_durable(outcome, bench, done);
}

void hold_backups(struct outcome *outcome, const struct bench *bench, bool started_again)
{
	autofree char *source = read_all(bench->source);
	DIR *list = opendir(bench->backups);
	for (struct dirent *entry; list && (entry = readdir(list));) {
		autofree char *path = xasprintf("%s/%s", bench->backups, entry->d_name);
		size_t length = strlen(entry->d_name);
		if (entry->d_name[0] == '.' && length < 3)
			continue;
		bool is_final =
			strncmp(entry->d_name, "copy-", 5) == 0 && !strstr(entry->d_name, ".part");
		autofree char *text = read_all(path);
		if (is_final && strcmp(text, source) != 0)
			blame(outcome, "half a backup: %s", entry->d_name);
		if (!is_final && started_again)
			blame(outcome, "left in the backups: %s", entry->d_name);
		unlink(path);
	}
	if (list)
		closedir(list);
}

static bool has_turned(const struct eye *eye)
{
	return eye->has_turned;
}

void hold_next_start(struct outcome *outcome, struct bench *bench)
{
	struct eye eye;
	int status = 0;
	pid_t pid = bench_start(
		bench, (const char *const[]){bench->engine, "-c", bench->config, NULL}, NULL);
	eye_init(&eye);
	bool turned = eye_await(&eye, bench, pid, has_turned, TURN_MS);
	eye_release(&eye);
	bool ended = bench_end(pid, SIGTERM, END_MS, &status);
	if (turned && ended && status == 0)
		return;
	autofree char *said = read_all(bench->said);
	blame(outcome, "next start: %s, status %#x, said '%.150s'",
		turned ? "it turned" : "it did not turn", (unsigned)status, said);
}
