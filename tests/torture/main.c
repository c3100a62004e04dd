/* SPDX-License-Identifier: MIT */
/*
 * torture FLEET BUILD [RUN ...]: plays what the plan drew, several at a time, and prints one line for each scene and class, and
 * what did not hold with the words that play it again. TORTURE_RUNS=N (0: all; fewer than 100 are drawn without counting the
 * calls first), SEED=N, TORTURE_JOBS=N.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/spawn.h"
#include "tests/torture/plan.h"

enum {
	RUNS = 1200,
	SAMPLE = 100,
	/* of fewer the numbers are drawn */ JOBS = 6,
	AGAIN = 2,
	NAMED_FRAMES = 8
};

#define BIT(class) (1u << TORTURE_##class)
const struct scene_kind scene_kinds[] = {
	{"engine", "botswaind", play_engine,
		BIT(MEMORY) | BIT(FILE) | BIT(SOCKET) | BIT(PIPE) | BIT(FD) | BIT(CHILD)},
	{"screen", "botswain+", play_screen,
		BIT(MEMORY) | BIT(FILE) | BIT(SOCKET) | BIT(TTY) | BIT(PIPE) | BIT(FD) |
			BIT(CHILD)},
	{"guard", "botswain-", play_guard,
		BIT(MEMORY) | BIT(TTY) | BIT(PIPE) | BIT(FD) | BIT(CHILD)},
	{"words", "botswain", play_words, BIT(MEMORY) | BIT(SOCKET) | BIT(FD)},
	{"action", "botswain", play_action, BIT(MEMORY) | BIT(SOCKET) | BIT(FD)},
	{"own", "botswaind", play_own, BIT(MEMORY) | BIT(SOCKET) | BIT(FD) | BIT(CHILD)},
};
const size_t scene_kind_count = COUNT_OF(scene_kinds);

struct result {
	struct outcome outcome;
	char where[600];
	unsigned tries, bad;
};

static const struct plan *planned;
static struct result *results; /* shared with the workers */
static atomic_size_t *next;

/* Which functions of the program were on the stack. */
static void name_frames(const struct bench *bench, const struct outcome *outcome,
	const struct scene_kind *kind, struct result *ret)
{
	const char *program = strncmp(kind->who, "botswaind", 9) ? bench->screen : bench->engine;
	const char *words[3 + NAMED_FRAMES + 1] = {"addr2line", "-sfe", program};
	char addresses[NAMED_FRAMES][24], line[256];
	unsigned named = 0;
	for (unsigned i = 0; i < TORTURE_FRAMES && named < NAMED_FRAMES; i++) {
		uint64_t frame = outcome->frames[i];
		const char *module = frame ? bench->torture->modules[(frame >> 40) - 1] : "none";
		const char *name = strchr(module, ' ');
		if (!name || name[1])
			continue;
		snprintf(addresses[named], sizeof(addresses[named]), "%llx",
			strtoull(module, NULL, 16) +
				(unsigned long long)(frame & ((UINT64_C(1) << 40) - 1)) - 1);
		words[3 + named] = addresses[named];
		named++;
	}
	int output = -1;
	const struct spawn how = {.output = &output};
	pid_t pid = named ? spawn_start(words, &how) : 0;
	FILE *said = pid ? fdopen(output, "re") : NULL;
	for (unsigned i = 0; said && fgets(line, sizeof(line), said); i++) {
		size_t used = strlen(ret->where);
		line[strcspn(line, "\n")] = '\0';
		snprintf(ret->where + used, sizeof(ret->where) - used, "%s%s",
			i % 2  ? " "
			: used ? " < "
			       : "",
			line);
	}
	if (said)
		fclose(said);
	if (pid)
		waitpid(pid, NULL, 0);
}

/*
 * Libraries that crash in a call of ours when they get no memory: libfyaml 0.7 reads a configuration, OpenSSL 3.0 sets itself up,
 * ncurses 6.4 opens a terminal.
 * We look first whether there is some (mem_assure()), which a single call that fails passes by. It is an end like abort() if all
 * that has to hold does.
 */
static bool is_of_a_library(const struct outcome *outcome, const char *where)
{
	static const char *const callers[] = {
		"read_text yaml.c", "hash_of chain.c", "newterm_without_signals term_curses.c"};
	if (strncmp(outcome->text, "ended by signal 11,", 19) != 0 || strchr(outcome->text, ';'))
		return false;
	for (size_t i = 0; i < COUNT_OF(callers); i++)
		if (strncmp(where, callers[i], strlen(callers[i])) == 0)
			return true;
	return false;
}

static void play_one(struct bench *bench, size_t index)
{
	const struct injection *injection = &planned->items[index];
	const struct scene_kind *kind = &scene_kinds[injection->scene];
	struct result *result = &results[index];
	struct outcome outcome = {0};
	bench->runs++;
	bench_arm(bench);
	kind->play(bench, injection, &outcome);
	memcpy(outcome.call, bench->torture->call, sizeof(outcome.call));
	memcpy(outcome.frames, bench->torture->frames, sizeof(outcome.frames));
	result->where[0] = '\0';
	if (outcome.ending == ENDED_BAD)
		name_frames(bench, &outcome, kind, result);
	if (outcome.ending == ENDED_BAD && is_of_a_library(&outcome, result->where))
		outcome.ending = ENDED_IN_LIBRARY;
	result->tries++;
	result->bad += outcome.ending == ENDED_BAD;
	if (outcome.ending == ENDED_BAD || result->tries == 1)
		result->outcome = outcome;
	if (outcome.ending == ENDED_BAD && !getenv("TORTURE_KEEP"))
		bench_clean(bench);
}

static NORETURN void work(const char *fleet, const char *build, unsigned number)
{
	struct bench bench;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	bench_init(&bench, fleet, build, number);
	for (size_t index; (index = atomic_fetch_add(next, 1)) < planned->count;)
		play_one(&bench, index);
	bench_release(&bench);
	exit(0);
}

static void *share(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	return memory;
}

static void play_all(const char *fleet, const char *build, unsigned jobs)
{
	for (unsigned i = 1; i <= jobs; i++)
		if (fork() == 0)
			work(fleet, build, i);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* What took too long may have had to wait for others: it is played again, alone. */
static bool is_for_time(const struct outcome *outcome)
{
	static const char *const words[] = {
		"does not end", "turns no more", "neither ends", "did not turn", "no engine"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strstr(outcome->text, words[i]))
			return true;
	return false;
}

static void play_again(struct bench *bench)
{
	for (size_t i = 0; i < planned->count; i++)
		if (results[i].bad && is_for_time(&results[i].outcome))
			for (unsigned tries = 0; tries < AGAIN; tries++)
				play_one(bench, i);
}

static bool is_failure(const struct result *result)
{
	return result->bad > 1 || (result->bad == 1 && result->tries == 1);
}

static unsigned print_bad(void)
{
	unsigned failures = 0;
	for (size_t i = 0; i < planned->count; i++) {
		const struct result *result = &results[i];
		char name[160];
		if (!result->bad)
			continue;
		failures += is_failure(result);
		plan_name(&planned->items[i], name, sizeof(name));
		printf("%s '%s' (%s): %s\n    bad %u of %u times; %s\n",
			is_failure(result) ? "FAILED" : "once", name, result->outcome.call,
			result->outcome.text, result->bad, result->tries, result->where);
	}
	return failures;
}

static void print_counts(unsigned scene, unsigned class)
{
	static const char *const words[ENDINGS] = {"not met", "borne", "refused in words",
		"ended for want of memory", "crashed in a library", "BAD"};
	unsigned counts[ENDINGS] = {0}, all = 0;
	for (size_t i = 0; i < planned->count; i++) {
		const struct injection *item = &planned->items[i];
		if (item->scene != scene || item->class != class)
			continue;
		all++;
		counts[results[i].outcome.ending]++;
	}
	if (!all)
		return;
	printf("%-7s %-7s %5zu places, %4u runs:", scene_kinds[scene].name, torture_classes[class],
		planned->places[scene][class], all);
	for (unsigned i = 0; i < ENDINGS; i++)
		if (counts[i])
			printf(" %u %s", counts[i], words[i]);
	putchar('\n');
}

static unsigned number_of(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);
	return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	struct bench bench;
	struct plan plan = {0};
	if (argc < 3) {
		fprintf(stderr, "usage: torture FLEET BUILD [RUN]\n");
		return 2;
	}
	uint64_t seed = number_of("SEED", 1);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_init(&bench, argv[1], argv[2], 0);
	int64_t begun_ms = bench_now_ms();
	unsigned runs = number_of("TORTURE_RUNS", RUNS);
	if (argc == 3 && runs && runs < SAMPLE)
		plan_sample(&plan, runs, seed);
	else if (argc == 3)
		plan_make(&plan, &bench, runs, seed);
	for (int i = 3; i < argc; i++)
		if (!plan_one(&plan, argv[i])) {
			fprintf(stderr, "torture: '%s' names no run\n", argv[i]);
			return 2;
		}
	printf("torture: %zu runs, SEED=%" PRIu64 ", planned in %.1f s\n", plan.count, seed,
		(double)(bench_now_ms() - begun_ms) / 1e3);
	planned = &plan;
	results = share((plan.count + 1) * sizeof(*results));
	next = share(sizeof(*next));
	bench_stop(&bench);
	play_all(argv[1], argv[2],
		number_of("TORTURE_JOBS", plan.count < JOBS ? (unsigned)plan.count : JOBS));
	play_again(&bench);
	for (unsigned scene = 0; scene < scene_kind_count; scene++)
		for (unsigned class = 0; class < TORTURE_CLASSES; class ++)
			print_counts(scene, class);
	unsigned failures = print_bad();
	printf("%s: %zu runs in %.0f s, %u failed\n", failures ? "FAILED" : "ok", plan.count,
		(double)(bench_now_ms() - begun_ms) / 1e3, failures);
	plan_release(&plan);
	bench_release(&bench);
	return failures != 0;
}
