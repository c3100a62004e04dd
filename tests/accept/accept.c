/* SPDX-License-Identifier: MIT */
/*
 * make accept: every built-in condition on a running fleet of real processes. Inject, see the alert in --json and
 * the reason on two real screens, see nothing else red, cure, see it resolve; one line of figures each. Then the
 * operations (operations.c) and what must never happen (secrets.c). Exit 1 when a line says FAIL.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/accept/accept.h"
#include "tests/accept/observe.h"

enum { INTERVAL_MS = 2000, SLACK_MS = 2000, LOOK_MS = 60 };

extern char **environ;

static const struct condition {
	const char *rule, *target;
	int hold_ms, settle_ms;
} conditions[] = {
#define CONDITION(rule, target, hold, settle) {#rule, target, hold, settle},
#include "tests/accept/conditions.def"
};

/* An alert whose CONDITION_ is undeclared here has no line CONDITION(name, ...) in conditions.def yet. */
enum {
#define CONDITION(rule, ...) CONDITION_##rule,
#include "tests/accept/conditions.def"
};
#define ALERT(name, ...) _Static_assert((int)CONDITION_##name >= 0, "");
#include "core/alert/builtin.def"

void accept_line(struct accept *run, bool ok, const char *name, const char *figures)
{
	*(ok ? &run->passed : &run->failed) += 1;
	printf("%-4s %-20s %s\n", ok ? "ok" : "FAIL", name, figures);
	fflush(stdout);
}

bool accept_run(const char *program, const char *const arguments[])
{
	char *argv[8] = {(char *)(uintptr_t)program};
	for (size_t i = 0; arguments[i] && i + 2 < COUNT_OF(argv); i++)
		argv[i + 1] = (char *)(uintptr_t)arguments[i];
	pid_t pid;
	int status = -1;
	if (posix_spawn(&pid, program, NULL, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	return status == 0;
}

bool accept_fault(const struct accept *run, const char *what, const char *rule)
{
	const char *const arguments[] = {run->dir, what, rule, NULL};
	return accept_run("tests/accept/fault", arguments);
}

static void note_times(const struct look *look, int64_t since, int64_t seen[PLACES])
{
	for (int place = 0; place < PLACES; place++) {
		bool now = look->shown[place] && (place != PLACE_JSON || look->json);
		if (now && seen[place] < 0)
			seen[place] = observer_now_ms() - since;
	}
}

static bool all_seen(const int64_t seen[PLACES])
{
	return seen[PLACE_JSON] >= 0 && seen[PLACE_SMALL] >= 0 && seen[PLACE_LARGE] >= 0;
}

static int64_t wait_resolved(
	struct accept *run, const char *rule, const char *target, int64_t limit_ms)
{
	int64_t start = observer_now_ms();
	struct look look;
	do {
		observer_look(run->observer, rule, target, LOOK_MS, &look);
		if (!look.json)
			return observer_now_ms() - start;
	} while (observer_now_ms() - start < limit_ms);
	return -1;
}

bool accept_quiet(struct accept *run, int64_t limit_ms, char *ret_first, size_t size)
{
	int64_t start = observer_now_ms();
	do {
		struct look look;
		observer_look(run->observer, "", "", LOOK_MS * 3, &look);
		if (!observer_firing(run->observer, ret_first, size))
			return true;
	} while (observer_now_ms() - start < limit_ms);
	return false;
}

static void try_condition(struct accept *run, const struct condition *condition)
{
	const char *target = condition->target;
	char first[160] = "";
	if (!accept_quiet(run, 60000, first, sizeof(first))) {
		autofree char *text = xasprintf("not tried: %s fires before it", first);
		accept_line(run, false, condition->rule, text);
		return;
	}
	int64_t limit = INTERVAL_MS + SLACK_MS + condition->hold_ms, seen[PLACES] = {-1, -1, -1};
	int64_t start = observer_now_ms();
	bool injected = accept_fault(run, "inject", condition->rule);
	struct look look = {.json = false};
	while (injected && !all_seen(seen) && observer_now_ms() - start < limit + 10000) {
		observer_look(run->observer, condition->rule, target, LOOK_MS, &look);
		note_times(&look, start, seen);
	}
	unsigned others = look.others;
	bool cured = accept_fault(run, "cure", condition->rule);
	int64_t resolved =
		wait_resolved(run, condition->rule, target, condition->settle_ms + limit);
	bool in_time = all_seen(seen) && seen[0] <= limit && seen[1] <= limit && seen[2] <= limit;
	autofree char *text = xasprintf(
		"%-12s json %5.1f s  80x24 %5.1f s  160x45 %5.1f s  (limit %4.1f)  resolved "
		"%5.1f s  others %u %s  why \"%s\"",
		target, (double)seen[0] / 1e3, (double)seen[1] / 1e3, (double)seen[2] / 1e3,
		(double)limit / 1e3, (double)resolved / 1e3, others, look.other, look.why);
	accept_line(run, injected && cured && in_time && resolved >= 0 && !others, condition->rule,
		text);
}

/* Without further arguments everything is. */
static bool is_wanted(int argc, char **argv, const char *name)
{
	bool wanted = argc == 3;
	for (int i = 3; i < argc; i++)
		wanted |= strcmp(argv[i], name) == 0;
	return wanted;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: accept DIR PROGRAM [RULE|operations|secrets ...]\n");
		return 2;
	}
	/* tests/accept/run may have given us the power to mount; what we start has none. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	autofree char *config = xasprintf("%s/botswain.yaml", argv[1]);
	struct accept run = {.dir = argv[1], .program = argv[2], .config = config};
	run.observer = observer_new(argv[2], config);
	for (size_t i = 0; i < COUNT_OF(conditions); i++) {
		if (is_wanted(argc, argv, conditions[i].rule))
			try_condition(&run, &conditions[i]);
	}
	if (is_wanted(argc, argv, "operations"))
		accept_operations(&run);
	if (is_wanted(argc, argv, "secrets"))
		accept_secrets(&run);
	observer_free(run.observer);
	printf("%u passed, %u failed\n", run.passed, run.failed);
	return run.failed ? 1 : 0;
}
