/* SPDX-License-Identifier: MIT */
#include "core/series/head_keep.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/head.h"
#include "core/series/labels.h"

static pthread_mutex_t *lock(struct tsdb_series *series)
{
	pthread_mutex_t *of = &head_stripe(series)->lock;
	pthread_mutex_lock(of);
	return of;
}

static int compare(const void *one, const void *other)
{
	return labels_compare((*(struct tsdb_series *const *)one)->labels,
		(*(struct tsdb_series *const *)other)->labels);
}

struct tsdb_series **head_all(struct head *head, size_t *ret_count)
{
	pthread_rwlock_rdlock(&head->index_lock);
	size_t count = head->index.series;
	struct tsdb_series **all = xreallocarray(NULL, count + 1, sizeof(struct tsdb_series *));
	if (count)
		memcpy(all, head->series, count * sizeof(struct tsdb_series *));
	pthread_rwlock_unlock(&head->index_lock);
	*ret_count = count;
	return all;
}

void head_sort(struct tsdb_series **all, size_t count)
{
	qsort(all, count, sizeof(struct tsdb_series *), compare);
}

/* ---- what is new ---- */

struct emitter {
	struct xor_chunk chunk;
	head_emit *emit;
	void *context;
};

static void emit_chunk(struct emitter *emitter)
{
	struct xor_chunk *chunk = &emitter->chunk;
	if (chunk->count)
		emitter->emit(
			emitter->context, chunk->bytes, xor_chunk_length(chunk), chunk->count);
	xor_chunk_release(chunk);
}

static void emit_samples(struct emitter *emitter, const uint8_t *bytes, size_t length,
	uint32_t count, int64_t after_ms)
{
	struct xor_iterator iterator;
	struct sample sample;
	xor_iterator_init(&iterator, bytes, length, count);
	while (xor_iterator_next(&iterator, &sample)) {
		if (sample.time_ms <= after_ms)
			continue;
		if (xor_chunk_is_full(&emitter->chunk))
			emit_chunk(emitter);
		(void)!xor_chunk_append(&emitter->chunk, sample.time_ms, sample.value);
	}
}

int64_t head_emit_after(
	struct tsdb_series *series, int64_t after_ms, head_emit *emit, void *context)
{
	struct emitter emitter = {.emit = emit, .context = context};
	pthread_mutex_t *locked = lock(series);
	for (const struct sealed_chunk *chunk = series->first; chunk; chunk = chunk->next) {
		if (chunk->from_ms > after_ms)
			emit(context, chunk->bytes, chunk->length, chunk->count);
		else if (chunk->to_ms > after_ms)
			emit_samples(&emitter, chunk->bytes, chunk->length, chunk->count, after_ms);
		emit_chunk(&emitter);
	}
	const struct xor_chunk *open = &series->open;
	if (open->count)
		emit_samples(&emitter, open->bytes, xor_chunk_length(open), open->count, after_ms);
	int64_t last_ms = open->count || series->last ? open->time_ms : after_ms;
	pthread_mutex_unlock(locked);
	emit_chunk(&emitter);
	return last_ms > after_ms ? last_ms : after_ms;
}

/* ---- what goes ---- */

struct head_prefix head_prefix(struct tsdb_series *series, int64_t until_ms)
{
	struct head_prefix prefix = {0};
	pthread_mutex_t *locked = lock(series);
	if (series->open.count && xor_chunk_from(&series->open) <= until_ms)
		head_seal(series);
	for (const struct sealed_chunk *chunk = series->first; chunk && chunk->from_ms <= until_ms;
		chunk = chunk->next)
		prefix.last = chunk;
	prefix.first = prefix.last ? series->first : NULL;
	pthread_mutex_unlock(locked);
	return prefix;
}

/* The first chunk is freed; its samples. The stripe is locked. */
static size_t drop_first(struct tsdb_series *series)
{
	struct sealed_chunk *chunk = series->first;
	size_t samples = chunk->count;
	series->first = chunk->next;
	if (!series->first)
		series->last = NULL;
	atomic_fetch_sub_explicit(&series->head->chunk_bytes,
		offsetof(struct sealed_chunk, bytes) + chunk->length, memory_order_relaxed);
	head_stripe(series)->chunks--;
	head_stripe(series)->samples -= samples;
	free(chunk);
	return samples;
}

size_t head_drop(struct tsdb_series *series, const struct sealed_chunk *last)
{
	size_t samples = 0;
	bool is_last = last == NULL;
	pthread_mutex_t *locked = lock(series);
	while (!is_last) {
		is_last = series->first == last;
		samples += drop_first(series);
	}
	pthread_mutex_unlock(locked);
	return samples;
}

size_t head_drop_before(struct tsdb_series *series, int64_t before_ms)
{
	size_t samples = 0;
	pthread_mutex_t *locked = lock(series);
	while (series->first && series->first->to_ms < before_ms)
		samples += drop_first(series);
	/* nobody goes on with an open one: it is memory too */
	if (!series->first && series->open.count && series->open.time_ms < before_ms) {
		head_seal(series);
		samples += drop_first(series);
	}
	pthread_mutex_unlock(locked);
	return samples;
}

/* ---- a clock that was ahead ---- */

/* The open chunk becomes what of the bytes is not later. The stripe is locked. */
static size_t keep_until(struct tsdb_series *series, const uint8_t *bytes, size_t length,
	uint32_t count, int64_t time_ms)
{
	struct xor_chunk kept = {.time_ms = time_ms - 1};
	struct xor_iterator iterator;
	struct sample sample;
	struct head_stripe *stripe = head_stripe(series);
	xor_iterator_init(&iterator, bytes, length, count);
	while (xor_iterator_next(&iterator, &sample) && sample.time_ms <= time_ms)
		(void)!xor_chunk_append(&kept, sample.time_ms, sample.value);
	size_t dropped = count - kept.count;
	stripe->samples -= dropped;
	stripe->chunks -= kept.count == 0;
	atomic_fetch_add_explicit(&series->head->chunk_bytes,
		(size_t)kept.room - (size_t)series->open.room, memory_order_relaxed);
	xor_chunk_release(&series->open);
	series->open = kept;
	return dropped;
}

/* The last sealed chunk is taken off the list; the open one is empty. The stripe is locked. */
static struct sealed_chunk *take_last(struct tsdb_series *series)
{
	struct sealed_chunk *taken = series->last, *before = series->first;
	if (before == taken) {
		series->first = series->last = NULL;
	} else {
		while (before->next != taken)
			before = before->next;
		before->next = NULL;
		series->last = before;
	}
	atomic_fetch_sub_explicit(&series->head->chunk_bytes,
		offsetof(struct sealed_chunk, bytes) + taken->length, memory_order_relaxed);
	return taken;
}

size_t head_forget_after(struct tsdb_series *series, int64_t time_ms)
{
	size_t dropped = 0;
	pthread_mutex_t *locked = lock(series);
	if (series->open.time_ms > time_ms) {
		const struct xor_chunk *open = &series->open;
		if (open->count)
			dropped += keep_until(
				series, open->bytes, xor_chunk_length(open), open->count, time_ms);
		while (series->last && series->last->to_ms > time_ms) {
			autofree struct sealed_chunk *last = take_last(series);
			dropped +=
				keep_until(series, last->bytes, last->length, last->count, time_ms);
		}
		if (series->open.count == 0)
			series->open.time_ms = series->last ? series->last->to_ms : time_ms - 1;
	}
	pthread_mutex_unlock(locked);
	return dropped;
}

void head_span(struct tsdb_series *series, int64_t *from_ms, int64_t *to_ms)
{
	pthread_mutex_t *locked = lock(series);
	int64_t first_ms = series->first        ? series->first->from_ms
			   : series->open.count ? xor_chunk_from(&series->open)
						: INT64_MAX;
	if (first_ms < *from_ms)
		*from_ms = first_ms;
	if (first_ms != INT64_MAX && series->open.time_ms > *to_ms)
		*to_ms = series->open.time_ms;
	pthread_mutex_unlock(locked);
}
