/* SPDX-License-Identifier: MIT */
#include "core/engine/metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/id_map.h"
#include "core/base/mem.h"
#include "core/collect/metric.h"
#include "core/conf/settings.h"
#include "core/engine/metrics_inside.h"
#include "core/series/metadata.h"
#include "core/series/tsdb.h"

enum {
	KEEP_MS = 1000,
	FIGURES_MS = 10000,
	BACK_MS = 1000,     /* less is a clock that is held to its time */
	FAR_MS = 300000,    /* more is the other time that is wrong, maybe: */
	STEADY_MS = 600000, /* it has to go on for so long */
	NICE = 5,
};

/* ---- the thread ---- */

static bool wait_until_due(struct metrics *metrics)
{
	struct timespec due;
	clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_sec += KEEP_MS / 1000;
	pthread_mutex_lock(&metrics->lock);
	while (!metrics->stops && pthread_cond_timedwait(&metrics->news, &metrics->lock, &due) == 0)
		;
	bool goes_on = !metrics->stops;
	pthread_mutex_unlock(&metrics->lock);
	return goes_on;
}

/* It looks at each series. */
static void take_figures(struct metrics *metrics, int64_t now_ms)
{
	struct tsdb_statistics figures;
	pthread_mutex_lock(&metrics->lock);
	int64_t past_ms = now_ms - metrics->figured_ms;
	pthread_mutex_unlock(&metrics->lock);
	if (past_ms >= 0 && past_ms < FIGURES_MS)
		return;
	tsdb_statistics(metrics->runs[0], &figures);
	pthread_mutex_lock(&metrics->lock);
	metrics->figures = figures;
	metrics->figured_ms = now_ms;
	pthread_mutex_unlock(&metrics->lock);
}

void metrics_figures(struct metrics *metrics, struct tsdb_statistics *ret)
{
	pthread_mutex_lock(&metrics->lock);
	*ret = metrics->figures;
	pthread_mutex_unlock(&metrics->lock);
}

/* The clock was put back, and what is there of later times is wrong: with it all is refused until the clock is there again. One
 * that fell behind for a while, before it is set, takes no history away. */
static bool was_ahead(struct metrics *metrics, int64_t now_ms)
{
	int64_t mono_ms = clock_mono_ms(metrics->clock);
	pthread_mutex_lock(&metrics->lock);
	if (now_ms < metrics->kept_ms - BACK_MS) {
		metrics->back_mono_ms = mono_ms;
		if (metrics->ahead_ms < metrics->kept_ms)
			metrics->ahead_ms = metrics->kept_ms;
	}
	metrics->kept_ms = now_ms;
	bool is_back = now_ms < metrics->ahead_ms;
	bool is_sure = is_back && (metrics->ahead_ms - now_ms <= FAR_MS ||
					  mono_ms - metrics->back_mono_ms >= STEADY_MS);
	if (!is_back || is_sure)
		metrics->ahead_ms = INT64_MIN;
	pthread_mutex_unlock(&metrics->lock);
	return is_sure;
}

void metrics_keep(struct metrics *metrics)
{
	int64_t now_ms = clock_wall_ms(metrics->clock);
	if (was_ahead(metrics, now_ms))
		tsdb_forget_after(metrics->runs[0], now_ms);
	tsdb_maintain(metrics->runs[0], now_ms);
	take_figures(metrics, now_ms);
}

static void *keep(void *context)
{
	struct metrics *metrics = context;
	pthread_setname_np(pthread_self(), "metrics");
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	while (wait_until_due(metrics))
		metrics_keep(metrics);
	return NULL;
}

static void begin_thread(struct metrics *metrics)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&metrics->lock, NULL);
	pthread_cond_init(&metrics->news, &attributes);
	pthread_condattr_destroy(&attributes);
	metrics->has_thread = pthread_create(&metrics->thread, NULL, keep, metrics) == 0;
}

static void end_thread(struct metrics *metrics)
{
	pthread_mutex_lock(&metrics->lock);
	metrics->stops = true;
	pthread_cond_signal(&metrics->news);
	pthread_mutex_unlock(&metrics->lock);
	if (metrics->has_thread)
		pthread_join(metrics->thread, NULL);
	pthread_cond_destroy(&metrics->news);
	pthread_mutex_destroy(&metrics->lock);
}

/* ---- the store ---- */

struct tsdb *metrics_open_in_memory(const struct tsdb_limits *limits)
{
	struct err err = {.code = ERR_NONE};
	struct tsdb *tsdb = NULL;
	if (!tsdb_open(NULL, limits, &tsdb, &err))
		abort();
	return tsdb;
}

static void tell_word(void *metadata, const struct metric_word *word)
{
	metadata_offer(metadata, word->name,
		&(struct metadata_word){metric_type_word(word->type), word->help, NULL});
}

static void tell_words(struct metadata *metadata)
{
	metrics_words(tell_word, metadata);
}

struct metrics *metrics_new(const struct settings *settings, const struct clock *clock,
	const char *folder, struct err *err)
{
	const struct tsdb_limits limits = {.memory_bytes = settings->metrics_memory_bytes,
		.disk_bytes = settings->metrics_disk_bytes,
		.span_ms = settings->metrics_span_ms};
	struct metrics *metrics = xcalloc(1, sizeof(*metrics));
	metrics->clock = clock;
	metrics->kept_ms = INT64_MIN + BACK_MS;
	metrics->ahead_ms = INT64_MIN;
	metrics->figures.oldest_ms = INT64_MAX;
	if (!tsdb_open(folder, &limits, &metrics->runs[0], err))
		metrics->runs[0] = metrics_open_in_memory(&limits);
	/* what an engine before saw last is not so now; how long its alerts were active, rules ask for */
	tsdb_end_all(metrics->runs[0], "ALERTS_FOR_STATE");
	metadata_fill_later(tsdb_metadata(metrics->runs[0]), tell_words);
	atomic_store(&metrics->run_count, 1);
	begin_thread(metrics);
	return metrics;
}

struct metrics *metrics_new_past(size_t bytes)
{
	struct metrics *metrics = xcalloc(1, sizeof(*metrics));
	metrics->is_past = true;
	metrics->limits = (struct tsdb_limits){.memory_bytes = bytes / 2, .span_ms = INT64_MAX / 4};
	metrics->runs[0] = metrics_open_in_memory(&metrics->limits);
	metadata_fill_later(tsdb_metadata(metrics->runs[0]), tell_words);
	atomic_store(&metrics->run_count, 1);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	if (!metrics->is_past)
		end_thread(metrics);
	for (size_t i = 0; i < metrics->count; i++)
		tsdb_release(metrics->list[i].series);
	free(metrics->list);
	id_map_release(&metrics->places);
	id_map_release(&metrics->owners);
	free(metrics->firsts);
	for (size_t run = 0; run < RUNS_MAX; run++)
		tsdb_close(metrics->runs[run]);
	free(metrics);
}

struct tsdb *metrics_store(const struct metrics *metrics)
{
	return metrics->runs[0];
}

void metrics_make_room(struct metrics *metrics)
{
	static const int64_t no_time_ms = 0; /* it would be too old for nothing */
	for (size_t run = 0; run < atomic_load(&metrics->run_count); run++)
		tsdb_maintain(metrics->runs[run], no_time_ms);
}

uint64_t metrics_made_room(const struct metrics *metrics)
{
	uint64_t samples = 0;
	struct tsdb_statistics figures;
	for (size_t run = 0; run < atomic_load(&metrics->run_count); run++) {
		tsdb_statistics(metrics->runs[run], &figures);
		samples += figures.dropped_memory;
	}
	return samples;
}
