/* SPDX-License-Identifier: MIT */
/*
 * P2 and the like: the store of series by itself. 10,000 counters of six labels, read each second within some milliseconds, for
 * 15 minutes; a tenth of them as gauges; questions for the last 5 minutes; twelve files, opened.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/tsdb.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"

enum { SERIES = 10000, SECONDS = 900, GAUGES = 1000, LAST_MS = 300000, FILES = 12, LATE_MS = 5 };

static const int64_t begin_ms = INT64_C(1790000000000);
static const struct tsdb_limits limits = {.memory_bytes = 256U << 20, .disk_bytes = 1U << 30};

struct scene {
	struct tsdb *tsdb;
	struct tsdb_series *series[SERIES];
	double values[SERIES];
	struct rng rng;
	double rss_before_mib, rss_mib, append_ns;
};

static struct labels *labels_of(size_t number, const char *metric)
{
	char bot[24], code[8];
	print_text(bot, sizeof(bot), "bot-%04zu", number / 5);
	print_text(code, sizeof(code), "%zu", 200 + number % 5);
	const struct label list[] = {{LABEL_NAME, metric}, {"bot", bot}, {"code", code},
		{"instance", "127.0.0.1:9090"}, {"job", "fleet"}, {"method", "POST"}};
	return labels_new(list, COUNT_OF(list));
}

static void refer_all(struct scene *scene, size_t count, const char *metric)
{
	for (size_t i = 0; i < count; i++) {
		struct labels *labels = labels_of(i, metric);
		scene->series[i] = tsdb_refer(scene->tsdb, labels, NULL);
		labels_unref(labels);
	}
}

static void release_all(struct scene *scene, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tsdb_release(scene->series[i]);
}

/* Of one scrape. */
static void append_all(struct scene *scene, size_t count, int64_t time_ms, bool is_counter)
{
	for (size_t i = 0; i < count; i++) {
		double step = (double)rng_below(&scene->rng, 100);
		scene->values[i] += is_counter ? step : step / 10 - 4.95;
		(void)tsdb_append(scene->series[i], time_ms, scene->values[i]);
	}
}

static void fill(struct scene *scene)
{
	rng_init(&scene->rng, 1);
	scene->rss_before_mib = probe_rss_mib(getpid());
	if (!tsdb_open(NULL, &limits, &scene->tsdb, NULL))
		exit(1);
	refer_all(scene, SERIES, "requests_total");
	double begun_us = probe_now_us();
	for (int64_t i = 0; i < SECONDS; i++)
		append_all(scene, SERIES,
			begin_ms + i * 1000 + (int64_t)rng_below(&scene->rng, LATE_MS), true);
	scene->append_ns = (probe_now_us() - begun_us) * 1000 / SERIES / SECONDS;
	scene->rss_mib = probe_rss_mib(getpid());
}

/* Filled once, kept to the end. */
static struct scene *the_scene(void)
{
	static struct scene *scene;
	if (!scene) {
		scene = xcalloc(1, sizeof(*scene));
		fill(scene);
	}
	return scene;
}

static struct tsdb_statistics figures_of(struct tsdb *tsdb)
{
	struct tsdb_statistics figures;
	tsdb_statistics(tsdb, &figures);
	return figures;
}

static double bytes_a_sample(struct tsdb *tsdb)
{
	struct tsdb_statistics figures = figures_of(tsdb);
	return (double)figures.bytes_chunks / (double)figures.samples_memory;
}

bool bench_tsdb_counter(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	ret->figure = bytes_a_sample(the_scene()->tsdb);
	return true;
}

bool bench_tsdb_gauge(const struct bench *bench, struct figures *ret)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	(void)bench;
	rng_init(&scene->rng, 2);
	if (!tsdb_open(NULL, &limits, &scene->tsdb, NULL))
		return false;
	refer_all(scene, GAUGES, "queue_length");
	for (int64_t i = 0; i < SECONDS; i++)
		append_all(scene, GAUGES,
			begin_ms + i * 1000 + (int64_t)rng_below(&scene->rng, LATE_MS), false);
	ret->figure = bytes_a_sample(scene->tsdb);
	release_all(scene, GAUGES);
	tsdb_close(scene->tsdb);
	free(scene);
	return true;
}

bool bench_tsdb_series(const struct bench *bench, struct figures *ret)
{
	struct tsdb_statistics figures = figures_of(the_scene()->tsdb);
	(void)bench;
	ret->figure =
		(double)(figures.bytes_memory - figures.bytes_chunks) / (double)figures.series;
	return true;
}

bool bench_tsdb_rss(const struct bench *bench, struct figures *ret)
{
	struct scene *scene = the_scene();
	(void)bench;
	ret->figure = scene->rss_mib - scene->rss_before_mib;
	return true;
}

bool bench_tsdb_append(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	ret->figure = the_scene()->append_ns;
	print_text(ret->note, sizeof(ret->note), "%.1f million a second", 1000 / ret->figure);
	return true;
}

static bool select_all(bool last_only, struct figures *ret)
{
	char name[] = LABEL_NAME, value[] = "requests_total";
	const struct matcher matcher = {.op = MATCH_EQUAL, .name = name, .value = value};
	const int64_t end_ms = begin_ms + SECONDS * 1000;
	const struct selection selection = {.matchers = &matcher,
		.matcher_count = 1,
		.from_ms = end_ms - LAST_MS,
		.to_ms = end_ms,
		.last_only = last_only};
	for (int i = 0; i < 2 * BENCH_PAIRS_LEAST; i++) {
		struct selected_set set;
		double begun_us = probe_now_us();
		if (!tsdb_select(the_scene()->tsdb, &selection, &set, NULL) || set.count != SERIES)
			return false;
		samples_add(&ret->ours, (probe_now_us() - begun_us) / 1000);
		selected_set_release(&set);
	}
	return true;
}

bool bench_tsdb_select(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return select_all(false, ret);
}

bool bench_tsdb_last(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return select_all(true, ret);
}

/* ---- files ---- */

static void remove_folder(const char *folder)
{
	struct dirent *entry;
	DIR *of = opendir(folder);
	while (of && (entry = readdir(of)))
		(void)unlinkat(dirfd(of), entry->d_name, 0);
	if (of)
		closedir(of);
	(void)rmdir(folder);
}

/* FILES of them, of 15 minutes each. */
static bool write_files(const char *folder, struct tsdb_statistics *ret_figures, double *ret_cut_ms)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	bool is_good = tsdb_open(folder, &limits, &scene->tsdb, NULL);
	int64_t now_ms = begin_ms;
	rng_init(&scene->rng, 3);
	*ret_cut_ms = 0;
	if (is_good)
		refer_all(scene, GAUGES, "requests_total");
	for (int file = 0; file < FILES && is_good; file++) {
		for (int64_t i = 0; i < SECONDS; i++, now_ms += 1000)
			append_all(scene, GAUGES, now_ms + (int64_t)rng_below(&scene->rng, LATE_MS),
				true);
		double begun_us = probe_now_us();
		is_good = tsdb_cut(scene->tsdb, now_ms + 1000, NULL);
		*ret_cut_ms += (probe_now_us() - begun_us) / 1000 / FILES;
	}
	if (is_good) {
		*ret_figures = figures_of(scene->tsdb);
		release_all(scene, GAUGES);
		tsdb_close(scene->tsdb);
	}
	free(scene);
	return is_good;
}

static bool open_files(const char *folder, double *ret_open_ms, double *ret_read_ms)
{
	const struct selection selection = {
		.from_ms = begin_ms, .to_ms = begin_ms + INT64_C(1000) * SECONDS * FILES};
	struct tsdb *tsdb;
	struct minutes_set minutes;
	double begun_us = probe_now_us();
	if (!tsdb_open(folder, &limits, &tsdb, NULL))
		return false;
	*ret_open_ms = (probe_now_us() - begun_us) / 1000;
	begun_us = probe_now_us();
	bool is_good = tsdb_minutes(tsdb, &selection, &minutes, NULL);
	*ret_read_ms = (probe_now_us() - begun_us) / 1000;
	if (is_good)
		minutes_set_release(&minutes);
	tsdb_close(tsdb);
	return is_good;
}

bool bench_tsdb_open(const struct bench *bench, struct figures *ret)
{
	char folder[] = "/tmp/botswain-bench-tsdb-XXXXXX";
	struct tsdb_statistics figures = {0};
	double cut_ms = 0, open_ms = 0, read_ms = 0;
	(void)bench;
	if (!mkdtemp(folder))
		return false;
	bool is_good = write_files(folder, &figures, &cut_ms);
	for (int i = 0; i < BENCH_PAIRS_LEAST && is_good; i++) {
		is_good = open_files(folder, &open_ms, &read_ms);
		samples_add(&ret->ours, open_ms);
	}
	remove_folder(folder);
	print_text(ret->note, sizeof(ret->note),
		"%.2f bytes a sample with minutes and index; %.0f ms to write one of %d series; "
		"their minutes in %.0f ms",
		(double)figures.bytes_disk / (double)figures.samples_disk, cut_ms, GAUGES, read_ms);
	return is_good;
}
