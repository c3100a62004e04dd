/* SPDX-License-Identifier: MIT */
/*
 * The engine with 12 to 10,000 polled bots, each asked every 45 s: tests/load measures it, once for each number of bots and
 * each kind of company, and the figures below are read from what it printed.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/bench/bench.h"
#include "tests/support/botapi.h"
#include "tests/support/spawn.h"

enum { RUN_MS = 900000, RUNS = 16 };

static struct loaded {
	const char *company; /* none, client or screen */
	int bots;
	char *said;
} runs[RUNS];

/* What was printed; NULL: it did not run well. */
static const char *run(const char *company, int bots)
{
	size_t at = 0;
	while (at < RUNS && runs[at].said &&
		(runs[at].bots != bots || strcmp(runs[at].company, company) != 0))
		at++;
	if (at == RUNS)
		return NULL;
	if (!runs[at].said) {
		autofree char *program = build_program("tests/load");
		autofree char *count = xasprintf("%d", bots);
		char *said = NULL;
		if (spawn_run(WORDS(program, company, count), &(struct spawn){0}, RUN_MS, &said)) {
			free(said);
			return NULL;
		}
		runs[at] = (struct loaded){.company = company, .bots = bots, .said = said};
	}
	return runs[at].said;
}

static bool read_figure(const char *company, int bots, const char *name, struct figures *ret)
{
	const char *said = run(company, bots);
	for (const char *line = said; line && *line;
		line = strchr(line, '\n'), line += line != NULL) {
		char found[32] = "";
		double value;
		if (sscanf(line, "%*d %*s %31s %lf", found, &value) == 2 &&
			strcmp(found, name) == 0) {
			ret->figure = value;
			return true;
		}
	}
	snprintf(
		ret->note, sizeof(ret->note), "tests/load %s %d did not measure it", company, bots);
	return false;
}

#define LOADED(function, company, bots, name)                                                      \
	bool function(const struct bench *bench, struct figures *ret)                              \
	{                                                                                          \
		(void)bench;                                                                       \
		return read_figure(company, bots, name, ret);                                      \
	}
LOADED(bench_load_cpu_12, "none", 12, "cpu")
LOADED(bench_load_cpu_200, "none", 200, "cpu")
LOADED(bench_load_cpu_1000, "none", 1000, "cpu")
LOADED(bench_load_cpu_10000, "none", 10000, "cpu")
LOADED(bench_load_cpu_screen, "screen", 10000, "cpu")
LOADED(bench_load_rss_12, "none", 12, "rss")
LOADED(bench_load_rss_200, "none", 200, "rss")
LOADED(bench_load_rss_1000, "none", 1000, "rss")
LOADED(bench_load_rss_10000, "none", 10000, "rss")
LOADED(bench_load_turn_cpu, "none", 10000, "turn_cpu_p99_below")
LOADED(bench_load_turn, "none", 10000, "turn_p99_below")
LOADED(bench_load_judged, "none", 10000, "judged_after")
LOADED(bench_load_bytes, "client", 10000, "to_clients")
