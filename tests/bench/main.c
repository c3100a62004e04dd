/* SPDX-License-Identifier: MIT */
/* The driver: which figures, in the order of the table; a line each; exit status 1 when one is outside its gate. */
#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/log_gen.h"
#include "tests/bench/page.h"
#include "tests/bench/scene.h"
#include "tests/bench/side.h"

/* clang-format off */
static const struct bench benches[] = {
#define BENCH(name, function, kind, goal, gate, unit, peer, what) {name, function, kind, goal, gate, unit, peer, what},
#include "tests/bench/bench.def"
#undef BENCH
};
/* clang-format on */

static const char legend[] = "# PASS: within the goal. GOAL: outside the goal, within the gate "
			     "(the goal with room for noise). FAIL: outside the\n"
			     "# gate. SKIP: the peer is not installed here. -: shown, not judged "
			     "(no goal, or fewer than 5 pairs).\n"
			     "# A line with a peer is judged by its ratio, the medians of "
			     "alternating pairs; one without by the figure itself.\n";

static bool is_wanted(const char *name, int count, char **words)
{
	for (int i = 0; i < count; i++)
		if (starts_with(name, words[i]))
			return true;
	return count == 0;
}

/* 3 significant digits, no unit; "-": none. */
static struct shown_figure {
	char text[24];
} show(double value)
{
	struct shown_figure shown = {"-"};
	if (isfinite(value))
		snprintf(shown.text, sizeof(shown.text), "%.*f",
			fabs(value) >= 100  ? 0
			: fabs(value) >= 10 ? 1
			: fabs(value) >= 1  ? 2
					    : 3,
			value);
	return shown;
}

static void print_line(
	const struct bench *bench, const struct figures *figures, enum bench_word word)
{
	bool is_ratio = bench->kind == BENCH_RATIO, is_shown = bench->kind == BENCH_SHOWN;
	double value = word == BENCH_SKIP ? NAN : bench_value(bench, figures);
	autofree char *ours = xasprintf(
		"%s %s", show(is_ratio ? samples_median(&figures->ours) : value).text, bench->unit);
	autofree char *peer = bench->peer ? xasprintf("%s %s", bench->peer,
						    show(samples_median(&figures->peer)).text)
					  : xstrdup("-");
	printf("%-24s %14s %16s %8s %8s %8s  %s\n", bench->name, word == BENCH_SKIP ? "-" : ours,
		peer, is_ratio ? show(value).text : "-", is_shown ? "-" : show(bench->goal).text,
		is_shown ? "-" : show(bench->gate).text, bench_word(word));
	if (figures->note[0])
		printf("#   %s\n", figures->note);
	fflush(stdout);
	page_add(bench, figures, word, show(is_ratio ? samples_median(&figures->ours) : value).text,
		show(samples_median(&figures->peer)).text, show(value).text);
}

static enum bench_word run(const struct bench *bench)
{
	struct figures *figures = xcalloc(1, sizeof(*figures));
	enum bench_word word = BENCH_SKIP;
	figures->figure = NAN;
	if (bench_has_peer(bench))
		word = bench->function(bench, figures) ? bench_judge(bench, figures) : BENCH_FAIL;
	print_line(bench, figures, word);
	free(figures);
	return word;
}

static int run_all(int count, char **words)
{
	unsigned counts[BENCH_NOT_JUDGED + 1] = {0}, all = 0;
	printf("%s%-24s %14s %16s %8s %8s %8s  %s\n", legend, "# name", "ours", "peer", "ratio",
		"goal", "gate", "judged");
	for (size_t i = 0; i < COUNT_OF(benches); i++) {
		if (!is_wanted(benches[i].name, count, words))
			continue;
		counts[run(&benches[i])]++;
		all++;
	}
	scene_end_all();
	log_gen_remove();
	printf("# %u figures: %u within the goal, %u within the gate only, %u outside, %u skipped, "
	       "%u not judged\n",
		all, counts[BENCH_PASS], counts[BENCH_GOAL_MISSED], counts[BENCH_FAIL],
		counts[BENCH_SKIP], counts[BENCH_NOT_JUDGED]);
	page_write();
	if (!all)
		fprintf(stderr, "bench: no figure's name begins with '%s': see bench --list\n",
			words[0]);
	return all == 0 ? 2 : counts[BENCH_FAIL] ? 1 : 0;
}

static int list(void)
{
	for (size_t i = 0; i < COUNT_OF(benches); i++)
		printf("%-24s %s\n", benches[i].name, benches[i].what);
	return 0;
}

/* The judgement alone, for a test: --judge ratio|limit GOAL GATE OURS... [-- PEER...] */
static int judge(int count, char **words)
{
	if (count < 4)
		return 2;
	struct bench bench = {.name = "given",
		.kind = strcmp(words[0], "ratio") == 0 ? BENCH_RATIO : BENCH_LIMIT,
		.goal = atof(words[1]),
		.gate = atof(words[2]),
		.unit = "",
		.peer = strcmp(words[0], "ratio") == 0 ? "anchor" : NULL};
	struct figures *figures = xcalloc(1, sizeof(*figures));
	struct samples *to = &figures->ours;
	figures->figure = NAN;
	for (int i = 3; i < count; i++) {
		if (strcmp(words[i], "--") == 0)
			to = &figures->peer;
		else
			samples_add(to, atof(words[i]));
	}
	enum bench_word word = bench_judge(&bench, figures);
	print_line(&bench, figures, word);
	printf("p50 %s p99 %s\n", show(samples_percentile(&figures->ours, 50)).text,
		show(samples_percentile(&figures->ours, 99)).text);
	free(figures);
	return word == BENCH_FAIL ? 1 : 0;
}

/* For a look with other tools: the scene of so many bots, until its standard input ends. */
static int hold(int bots)
{
	struct scene *scene = scene_get(bots);
	scene_feed(scene, true);
	printf("%s %d\n", scene->config, (int)scene->engine);
	fflush(stdout);
	while (getchar() != EOF)
		;
	scene_end_all();
	return 0;
}

int main(int argc, char **argv)
{
	int status;
	if (side_main(argc, argv, &status))
		return status;
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	if (argc > 2 && strcmp(argv[1], "--judge") == 0)
		return judge(argc - 2, argv + 2);
	if (argc == 3 && strcmp(argv[1], "--scene") == 0)
		return hold(atoi(argv[2]));
	if (argc > 1 && argv[1][0] == '-') {
		fprintf(stderr, "usage: bench [--list | --scene BOTS | NAME...]; a NAME is the "
				"beginning of a "
				"figure's name\n");
		return 2;
	}
	return run_all(argc - 1, argv + 1);
}
