/* SPDX-License-Identifier: MIT */
/* What the engine appends to the store of metrics, by the texts that it has for a series, and who tells of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/metrics_inside.h"
#include "core/msg/msg.h"
#include "core/series/label_pairs.h"
#include "core/series/labels.h"

enum {
	LABELS_MAX = 32,
	FORGET_MS = 900000,
	REFERRED_MAX = 100000,
	NEAR_MS = 50, /* so far at most the values of a series are moved apart */
};

uint64_t metrics_id(const char *name, const char *labels)
{
	return entity_id(name, labels);
}

static struct tsdb_series *refer(struct tsdb *tsdb, const char *name, const char *text)
{
	struct label list[LABELS_MAX + 1];
	struct err err;
	autofree char *copy = xstrdup(text);
	size_t count = label_pairs_read(copy, list, LABELS_MAX);
	list[count++] = (struct label){LABEL_NAME, name};
	struct labels *labels = labels_new(list, count);
	struct tsdb_series *series = tsdb_refer(tsdb, labels, &err);
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
		referred->has_ended = true;
	}
	metrics->cleared_ms = now_ms;
	if (metrics->count < REFERRED_MAX)
		return;
	for (size_t i = 0; i < metrics->count; i++)
		tsdb_release(metrics->list[i].series);
	metrics->count = 0;
	id_map_clear(&metrics->places);
	id_map_clear(&metrics->owners);
	metrics->owner_count = 0;
}

static struct referred *find(struct metrics *metrics, uint64_t id)
{
	size_t place;
	if (id_map_find(&metrics->places, id, &place))
		return &metrics->list[place];
	metrics->list = grow(metrics->list, metrics->count, &metrics->room, sizeof(*metrics->list));
	metrics->list[metrics->count] = (struct referred){
		.id = id, .next = SIZE_MAX, .has_ended = false, .last_ms = INT64_MIN};
	bool is_new UNUSED = id_map_add(&metrics->places, id, metrics->count);
	return &metrics->list[metrics->count++];
}

/* Each run has its own of a series. */
static enum tsdb_result add_to_run(struct metrics *metrics, size_t run, uint64_t id,
	const char *name, const char *labels, const struct sample *sample)
{
	struct referred *referred = find(metrics, id + run * UINT64_C(0x9e3779b97f4a7c15));
	if (!referred->series)
		referred->series = refer(metrics->runs[run], name, labels);
	if (!referred->series)
		return TSDB_NO_ROOM; /* the store counts it */
	referred->last_ms = sample->time_ms;
	referred->has_ended = is_stale(sample->value);
	return tsdb_append(referred->series, sample->time_ms, sample->value);
}

/* The next run that may take what this one has later news of. */
static bool has_run(struct metrics *metrics, size_t run)
{
	if (run >= RUNS_MAX)
		return false;
	if (run == atomic_load(&metrics->run_count)) {
		metrics->runs[run] = metrics_open_in_memory(&metrics->limits);
		atomic_store(&metrics->run_count, run + 1);
	}
	return true;
}

bool metrics_add(struct metrics *metrics, uint64_t id, const char *name, const char *labels,
	int64_t time_ms, double value)
{
	const struct sample sample = {time_ms, isnan(value) ? stale_value() : value};
	if (time_ms - metrics->cleared_ms > FORGET_MS)
		clear(metrics, time_ms);
	enum tsdb_result result = add_to_run(metrics, 0, id, name, labels, &sample);
	for (size_t run = 1; metrics->is_past && (result == TSDB_OLD || result == TSDB_AGAIN) &&
			     has_run(metrics, run);
		run++)
		result = add_to_run(metrics, run, id, name, labels, &sample);
	return result == TSDB_TAKEN;
}

int64_t metrics_free_ms(const struct metrics *metrics, uint64_t id, int64_t now_ms, double value)
{
	size_t place;
	if (!id_map_find(&metrics->places, id, &place))
		return now_ms;
	const struct referred *referred = &metrics->list[place];
	if (isnan(value) && referred->has_ended)
		return INT64_MIN;
	bool is_other = referred->has_ended != isnan(value);
	int64_t last_ms = referred->last_ms;
	return is_other && now_ms <= last_ms && last_ms - now_ms < NEAR_MS ? last_ms + 1 : now_ms;
}

/* ---- whose they are ---- */

static size_t *first_of(struct metrics *metrics, uint64_t owner)
{
	size_t place;
	if (id_map_find(&metrics->owners, owner, &place))
		return &metrics->firsts[place];
	metrics->firsts =
		grow(metrics->firsts, metrics->owner_count, &metrics->owner_room, sizeof(size_t));
	metrics->firsts[metrics->owner_count] = SIZE_MAX;
	bool is_new UNUSED = id_map_add(&metrics->owners, owner, metrics->owner_count);
	return &metrics->firsts[metrics->owner_count++];
}

static void take_off(struct metrics *metrics, size_t place)
{
	struct referred *own = &metrics->list[place];
	size_t *at = first_of(metrics, own->owner);
	while (*at != SIZE_MAX && *at != place)
		at = &metrics->list[*at].next;
	*at = own->next;
}

void metrics_own(struct metrics *metrics, uint64_t id, uint64_t owner)
{
	size_t place;
	if (!id_map_find(&metrics->places, id, &place) || metrics->list[place].owner == owner)
		return;
	struct referred *own = &metrics->list[place];
	if (own->owner)
		take_off(metrics, place);
	own->owner = owner;
	own->next = SIZE_MAX;
	if (!owner)
		return;
	size_t *first = first_of(metrics, owner);
	own->next = *first;
	*first = place;
}

static void tell_end(
	const struct referred *own, int64_t time_ms, metrics_ended *ended, void *context)
{
	const struct labels *all = tsdb_series_labels(own->series);
	autostr struct str labels = STR_INIT;
	for (size_t i = 0; i < labels_count(all); i++) {
		const struct label *label = labels_at(all, i);
		if (strcmp(label->name, LABEL_NAME) != 0)
			label_pairs_add(&labels, label->name, label->value);
	}
	ended(context, own->id, labels_get(all, LABEL_NAME), labels.text, time_ms);
}

void metrics_end(struct metrics *metrics, uint64_t owner, int64_t now_ms, metrics_ended *ended,
	void *context)
{
	size_t place, at = SIZE_MAX;
	if (id_map_find(&metrics->owners, owner, &place))
		at = metrics->firsts[place];
	for (; at != SIZE_MAX; at = metrics->list[at].next) {
		struct referred *own = &metrics->list[at];
		if (own->has_ended || !own->series)
			continue;
		int64_t time_ms = now_ms == INT64_MIN
					  ? own->last_ms + 1
					  : metrics_free_ms(metrics, own->id, now_ms, NAN);
		own->has_ended = true;
		own->last_ms = time_ms;
		if (tsdb_append(own->series, time_ms, stale_value()) == TSDB_TAKEN && ended)
			tell_end(own, time_ms, ended, context);
	}
}
