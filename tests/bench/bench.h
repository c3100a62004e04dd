/* SPDX-License-Identifier: MIT */
/*
 * make bench: what the programs cost and how soon they answer, beside programs that others wrote or beside limits of our
 * own. A line of bench.def is one figure: its function measures it, the driver finds the peer, judges and prints. One
 * process, one thread but for what a scene needs; the programs that are measured run on terminals of 160x45 (support/vt.h).
 */
#ifndef BOTSWAIN_TESTS_BENCH_H
#define BOTSWAIN_TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

enum {
	BENCH_ROWS = 45,
	BENCH_COLUMNS = 160,
	BENCH_SAMPLES = 4096,
	BENCH_PAIRS_LEAST = 5, /* fewer pairs are printed and not judged */
};

/* Against what a figure is judged. Less is better everywhere. */
enum bench_kind {
	BENCH_RATIO, /* median of ours over the median of the peer's, alternating pairs */
	BENCH_LIMIT, /* the figure itself: a promise in its own unit */
	BENCH_SHOWN, /* printed, never judged */
};

/* Measured values in the unit of the figure; what is beyond BENCH_SAMPLES is left out. */
struct samples {
	double values[BENCH_SAMPLES];
	size_t count;
};

void samples_add(struct samples *samples, double value);
/* 0 to 100: the smallest value that so many percent are not above; NAN: there is none. */
double samples_percentile(const struct samples *samples, double percent);
/* The middle one, of an even number the mean of the two; NAN: there is none. */
double samples_median(const struct samples *samples);

/* What a function measured. A ratio wants one value a pair in both lists. A limit judges `figure`, or the median of `ours`
 * where that is not set (NAN). */
struct figures {
	struct samples ours, peer;
	double figure;
	char note[200]; /* "": none; printed under the line */
};

struct bench;

/* False: it could not be measured, `note` says why; that is a FAIL. */
typedef bool bench_function(const struct bench *bench, struct figures *ret);

struct bench {
	const char *name;
	bench_function *function;
	enum bench_kind kind;
	double goal, gate; /* gate: the goal and room for noise; past it the run fails */
	const char *unit;
	const char *peer; /* a program of PATH; "anchor": ours, always there; NULL: none */
	const char *what;
};

enum bench_word { BENCH_PASS, BENCH_GOAL_MISSED, BENCH_FAIL, BENCH_SKIP, BENCH_NOT_JUDGED };

/* As it is printed. */
const char *bench_word(enum bench_word word);
/* The ratio or the figure that is judged; NAN: there is none. */
double bench_value(const struct bench *bench, const struct figures *figures);
/* What that is worth. Few pairs are not judged; without a value it is a FAIL. */
enum bench_word bench_judge(const struct bench *bench, const struct figures *figures);
/* The peer can be run here (true without one). */
bool bench_has_peer(const struct bench *bench);

/* BENCH_PAIRS, BENCH_WINDOW (s) and others: the number in the environment, or else `otherwise`. */
int bench_number(const char *name, int otherwise);

#define BENCH(name, function, kind, goal, gate, unit, peer, what) bench_function function;
#include "tests/bench/bench.def"
#undef BENCH

#endif
