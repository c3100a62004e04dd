/* SPDX-License-Identifier: MIT */
#include "core/engine/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/id_map.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/series/labels.h"
#include "core/series/tsdb.h"

enum { KEEP_MS = 1000, NICE = 5, LABELS_MAX = 32, FORGET_MS = 900000, REFERRED_MAX = 100000 };

/* A series that the engine appends to, by the texts that it has for it. */
struct referred {
	struct tsdb_series *series;
	int64_t last_ms;
};

struct metrics {
	struct tsdb *tsdb;
	const struct clock *clock;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t news;
	bool stops; /* under the lock */
	/* the engine's */
	struct id_map places;
	struct referred *list;
	size_t count, room;
	int64_t cleared_ms;
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

static void *keep(void *context)
{
	struct metrics *metrics = context;
	pthread_setname_np(pthread_self(), "metrics");
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	int64_t before_ms = 0;
	while (wait_until_due(metrics)) {
		int64_t now_ms = clock_wall_ms(metrics->clock);
		if (now_ms <
			before_ms) /* put back: what lies in its future would refuse all that comes */
			tsdb_forget_after(metrics->tsdb, now_ms);
		before_ms = now_ms;
		tsdb_maintain(metrics->tsdb, now_ms);
	}
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

struct metrics *metrics_new(const struct settings *settings, const struct clock *clock,
	const char *folder, struct err *err)
{
	const struct tsdb_limits limits = {.memory_bytes = settings->metrics_memory_bytes,
		.disk_bytes = settings->metrics_disk_bytes,
		.span_ms = settings->metrics_span_ms};
	struct metrics *metrics = xcalloc(1, sizeof(*metrics));
	struct err again = {.code = ERR_NONE};
	metrics->clock = clock;
	if (!tsdb_open(folder, &limits, &metrics->tsdb, err) &&
		!tsdb_open(NULL, &limits, &metrics->tsdb, &again))
		abort(); /* memory is always there */
	begin_thread(metrics);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	end_thread(metrics);
	for (size_t i = 0; i < metrics->count; i++)
		tsdb_release(metrics->list[i].series);
	free(metrics->list);
	id_map_release(&metrics->places);
	tsdb_close(metrics->tsdb);
	free(metrics);
}

struct tsdb *metrics_store(const struct metrics *metrics)
{
	return metrics->tsdb;
}

/* ---- values ---- */

static uint64_t id_of(const char *name, const char *labels)
{
	return hash64_text(hash64_byte(hash64_text(HASH64_BEGIN, name), '{'), labels);
}

/* a=b,c=d; the text is cut into its parts. */
static size_t read_labels(char *text, struct label ret[LABELS_MAX])
{
	size_t count = 0;
	char *rest = NULL;
	for (char *part = strtok_r(text, ",", &rest); part && count < LABELS_MAX;
		part = strtok_r(NULL, ",", &rest)) {
		char *equals = strchr(part, '=');
		if (!equals)
			continue;
		*equals = '\0';
		ret[count++] = (struct label){part, equals + 1};
	}
	return count;
}

static struct tsdb_series *refer(struct metrics *metrics, const char *name, const char *text)
{
	struct label list[LABELS_MAX + 1];
	struct err err;
	autofree char *copy = xstrdup(text);
	size_t count = read_labels(copy, list);
	list[count++] = (struct label){LABEL_NAME, name};
	struct labels *labels = labels_new(list, count);
	struct tsdb_series *series = tsdb_refer(metrics->tsdb, labels, &err);
	labels_unref(labels);
	return series;
}

/* Those that got nothing for some time are not held any more. */
static void clear(struct metrics *metrics, int64_t now_ms)
{
	for (size_t i = 0; i < metrics->count; i++) {
		struct referred *referred = &metrics->list[i];
		if (!referred->series || now_ms - referred->last_ms < FORGET_MS)
			continue;
		tsdb_release(referred->series);
		referred->series = NULL;
	}
	metrics->cleared_ms = now_ms;
	if (metrics->count < REFERRED_MAX)
		return;
	for (size_t i = 0; i < metrics->count; i++)
		tsdb_release(metrics->list[i].series);
	metrics->count = 0;
	id_map_clear(&metrics->places);
}

static struct referred *find(struct metrics *metrics, const char *name, const char *labels)
{
	uint64_t id = id_of(name, labels);
	size_t place;
	if (id_map_find(&metrics->places, id, &place))
		return &metrics->list[place];
	metrics->list = grow(metrics->list, metrics->count, &metrics->room, sizeof(*metrics->list));
	metrics->list[metrics->count] = (struct referred){NULL, 0};
	bool is_new UNUSED = id_map_add(&metrics->places, id, metrics->count);
	return &metrics->list[metrics->count++];
}

void metrics_add(struct metrics *metrics, const char *name, const char *labels, int64_t time_ms,
	double value)
{
	if (time_ms - metrics->cleared_ms > FORGET_MS)
		clear(metrics, time_ms);
	struct referred *referred = find(metrics, name, labels);
	if (!referred->series)
		referred->series = refer(metrics, name, labels);
	if (!referred->series)
		return; /* the store counts it */
	referred->last_ms = time_ms;
	(void)tsdb_append(referred->series, time_ms, isnan(value) ? stale_value() : value);
}
