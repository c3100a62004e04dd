/* SPDX-License-Identifier: MIT */
/* Statistics and judgement: pure but for the look at PATH. */
#include "tests/bench/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

void samples_add(struct samples *samples, double value)
{
	if (samples->count < BENCH_SAMPLES)
		samples->values[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

/* The caller frees it. */
static double *sorted(const struct samples *samples)
{
	double *values = xcalloc(samples->count + 1, sizeof(*values));
	memcpy(values, samples->values, samples->count * sizeof(*values));
	qsort(values, samples->count, sizeof(*values), compare);
	return values;
}

double samples_percentile(const struct samples *samples, double percent)
{
	if (!samples->count)
		return NAN;
	autofree double *values = sorted(samples);
	double rank = ceil(percent / 100 * (double)samples->count);
	size_t index = rank < 1 ? 0 : (size_t)rank - 1;
	return values[index < samples->count ? index : samples->count - 1];
}

double samples_median(const struct samples *samples)
{
	if (!samples->count)
		return NAN;
	autofree double *values = sorted(samples);
	size_t middle = samples->count / 2;
	return samples->count % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

const char *bench_word(enum bench_word word)
{
	static const char *const words[] = {[BENCH_PASS] = "PASS",
		[BENCH_GOAL_MISSED] = "GOAL",
		[BENCH_FAIL] = "FAIL",
		[BENCH_SKIP] = "SKIP",
		[BENCH_NOT_JUDGED] = "-"};
	return words[word];
}

double bench_value(const struct bench *bench, const struct figures *figures)
{
	if (bench->kind == BENCH_RATIO)
		return samples_median(&figures->ours) / samples_median(&figures->peer);
	return isnan(figures->figure) ? samples_median(&figures->ours) : figures->figure;
}

static bool has_few_pairs(const struct figures *figures)
{
	return figures->ours.count < BENCH_PAIRS_LEAST || figures->peer.count < BENCH_PAIRS_LEAST;
}

enum bench_word bench_judge(const struct bench *bench, const struct figures *figures)
{
	double value = bench_value(bench, figures);
	if (!isfinite(value))
		return BENCH_FAIL;
	if (bench->kind == BENCH_SHOWN || (bench->kind == BENCH_RATIO && has_few_pairs(figures)))
		return BENCH_NOT_JUDGED;
	return value <= bench->goal   ? BENCH_PASS
	       : value <= bench->gate ? BENCH_GOAL_MISSED
				      : BENCH_FAIL;
}

static bool is_in(const char *folder, size_t length, const char *program)
{
	autofree char *path = xasprintf("%.*s/%s", (int)length, folder, program);
	return access(path, X_OK) == 0;
}

bool bench_has_peer(const struct bench *bench)
{
	const char *path = getenv("PATH");
	if (!bench->peer || strcmp(bench->peer, "anchor") == 0)
		return true;
	while (path && *path) {
		size_t length = strcspn(path, ":");
		if (length && is_in(path, length, bench->peer))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

int bench_number(const char *name, int otherwise)
{
	const char *text = getenv(name);
	long number = text ? strtol(text, NULL, 10) : 0;
	return number > 0 && number < 100000000 ? (int)number : otherwise;
}
