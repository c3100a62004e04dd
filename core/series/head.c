/* SPDX-License-Identifier: MIT */
#include "core/series/head.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/stale.h"
#include "core/series/labels.h"

enum {
	FIRST_SLOTS = 256,
	RUN = 32, /* are appended at once */
};

/* ---- the whole ---- */

struct head *head_new(const struct tsdb_limits *limits)
{
	struct head *head = aligned_alloc(_Alignof(struct head), sizeof(*head));
	if (!head)
		out_of_memory();
	memset(head, 0, sizeof(*head));
	head->limits = *limits;
	pthread_rwlock_init(&head->texts_lock, NULL);
	pthread_rwlock_init(&head->index_lock, NULL);
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_init(&head->stripes[i].lock, NULL);
	return head;
}

static void free_series(struct tsdb_series *series)
{
	for (struct sealed_chunk *chunk = series->first, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	xor_chunk_release(&series->open);
	labels_unref(series->labels);
	free(series);
}

void head_free(struct head *head)
{
	if (!head)
		return;
	for (size_t i = 0; i < head->index.series; i++)
		free_series(head->series[i]);
	free(head->series);
	free(head->slots);
	free(head->sorted);
	label_index_release(&head->index);
	for (size_t i = 0; i < STRIPES; i++)
		pthread_mutex_destroy(&head->stripes[i].lock);
	pthread_rwlock_destroy(&head->index_lock);
	pthread_rwlock_destroy(&head->texts_lock);
	free(head);
}

size_t head_bytes(const struct head *head)
{
	return atomic_load_explicit(&head->series_bytes, memory_order_relaxed) +
	       atomic_load_explicit(&head->chunk_bytes, memory_order_relaxed);
}

/* ---- series ---- */

/* The slot of the labels, or the free one where they belong; there are slots. */
static uint32_t *slot_of(const struct head *head, const struct labels *labels)
{
	for (size_t at = labels_hash(labels);; at++) {
		uint32_t *slot = &head->slots[at & (head->slot_count - 1)];
		if (*slot == 0 || labels_equal(head->series[*slot - 1]->labels, labels))
			return slot;
	}
}

static void make_slots(struct head *head, size_t slot_count)
{
	free(head->slots);
	head->slot_count = slot_count;
	head->slots = xcalloc(slot_count, sizeof(*head->slots));
	for (size_t i = 0; i < head->index.series; i++)
		*slot_of(head, head->series[i]->labels) = (uint32_t)i + 1;
}

static bool check_labels(const struct head *head, const struct labels *labels, struct err *err)
{
	size_t count = labels_count(labels);
	if (count == 0 || count > head->limits.labels_max)
		return err_set(err, ERR_LIMIT,
			"a series has %zu labels, of 1 to %zu that it may have", count,
			head->limits.labels_max);
	for (size_t i = 0; i < count; i++) {
		const struct label *label = labels_at(labels, i);
		if (strlen(label->name) > head->limits.name_max)
			return err_set(err, ERR_LIMIT,
				"a label's name is longer than %zu bytes: '%.40s...'",
				head->limits.name_max, label->name);
		if (strlen(label->value) > head->limits.value_max)
			return err_set(err, ERR_LIMIT,
				"the value of the label '%.40s' is longer than %zu bytes",
				label->name, head->limits.value_max);
	}
	return true;
}

static bool check_room(const struct head *head, struct err *err)
{
	if (head->index.series >= head->limits.series_max)
		return err_set(err, ERR_LIMIT, "there are %zu series already; no more are taken",
			head->limits.series_max);
	if (head_bytes(head) >= head->limits.memory_bytes)
		return err_set(err, ERR_LIMIT,
			"the series use all of their %zu MiB of memory; no more are taken",
			head->limits.memory_bytes >> 20);
	return true;
}

/* The index is locked for writing. */
static struct tsdb_series *add(struct head *head, const struct labels *labels)
{
	size_t bytes = head->index.bytes, room = head->room, slot_count = head->slot_count;
	struct tsdb_series *series = xmalloc(sizeof(*series));
	*series = (struct tsdb_series){.head = head,
		.labels = labels_ref(labels),
		.flushed_ms = INT64_MIN,
		.open = {.time_ms = INT64_MIN},
		.id = (uint32_t)head->index.series,
		.stripe = (uint32_t)head->index.series / STRIPE_SERIES % STRIPES};
	if (head->index.series * 4 >= head->slot_count * 3)
		make_slots(head, head->slot_count ? 2 * head->slot_count : FIRST_SLOTS);
	head->series = grow(head->series, series->id, &head->room, sizeof(*head->series));
	head->series[series->id] = series;
	*slot_of(head, labels) = series->id + 1;
	label_index_add(&head->index, labels);
	atomic_fetch_add(&head->series_bytes,
		sizeof(*series) + labels_bytes(labels) + head->index.bytes - bytes +
			(head->room - room) * sizeof(struct tsdb_series *) +
			(head->slot_count - slot_count) * sizeof(*head->slots));
	return series;
}

/* One that is there, with one user more. */
static struct tsdb_series *find(const struct head *head, const struct labels *labels)
{
	uint32_t slot = head->slot_count ? *slot_of(head, labels) : 0;
	if (!slot)
		return NULL;
	atomic_fetch_add_explicit(&head->series[slot - 1]->users, 1, memory_order_relaxed);
	return head->series[slot - 1];
}

static struct tsdb_series *find_or_add(
	struct head *head, const struct labels *labels, struct err *err)
{
	pthread_rwlock_wrlock(&head->index_lock);
	struct tsdb_series *series = find(head, labels);
	if (!series && check_room(head, err)) {
		series = add(head, labels);
		atomic_store(&series->users, 1);
	}
	pthread_rwlock_unlock(&head->index_lock);
	return series;
}

struct tsdb_series *head_refer(struct head *head, const struct labels *labels, struct err *err)
{
	pthread_rwlock_rdlock(&head->index_lock);
	struct tsdb_series *series = find(head, labels);
	pthread_rwlock_unlock(&head->index_lock);
	if (!series && check_labels(head, labels, err))
		series = find_or_add(head, labels, err);
	if (!series)
		atomic_fetch_add(&head->refused_series, 1);
	return series;
}

void head_release(struct tsdb_series *series)
{
	if (series)
		atomic_fetch_sub(&series->users, 1);
}

/* The first `kept` stay, under new numbers. */
static void renumber(struct head *head, size_t kept)
{
	size_t bytes = 0;
	label_index_release(&head->index);
	for (size_t i = 0; i < kept; i++) {
		head->series[i]->id = (uint32_t)i;
		label_index_add(&head->index, head->series[i]->labels);
		bytes += sizeof(struct tsdb_series) + labels_bytes(head->series[i]->labels);
	}
	make_slots(head, head->slot_count);
	head->sorted_count = 0;
	bytes += head->index.bytes + head->room * sizeof(struct tsdb_series *) +
		 head->slot_count * sizeof(*head->slots);
	atomic_store(&head->series_bytes, bytes);
}

/* Nobody but who maintains takes series away: who refers meanwhile is kept out by the lock. */
size_t head_forget_unused(struct head *head)
{
	size_t kept = 0, before;
	pthread_rwlock_wrlock(&head->texts_lock);
	pthread_rwlock_wrlock(&head->index_lock);
	before = head->index.series;
	for (size_t i = 0; i < before; i++) {
		struct tsdb_series *series = head->series[i];
		if (atomic_load(&series->users) || series->first || series->open.count)
			head->series[kept++] = series;
		else
			free_series(series);
	}
	if (kept < before)
		renumber(head, kept);
	pthread_rwlock_unlock(&head->index_lock);
	pthread_rwlock_unlock(&head->texts_lock);
	return before - kept;
}

/* ---- samples ---- */

void head_seal(struct tsdb_series *series)
{
	struct xor_chunk *open = &series->open;
	size_t length = xor_chunk_length(open);
	struct sealed_chunk *sealed = xmalloc(offsetof(struct sealed_chunk, bytes) + length);
	*sealed = (struct sealed_chunk){.from_ms = xor_chunk_from(open),
		.to_ms = open->time_ms,
		.length = (uint16_t)length,
		.count = open->count};
	memcpy(sealed->bytes, open->bytes, length);
	atomic_fetch_add_explicit(&series->head->chunk_bytes,
		offsetof(struct sealed_chunk, bytes) + length - open->room, memory_order_relaxed);
	if (series->last)
		series->last->next = sealed;
	else
		series->first = sealed;
	series->last = sealed;
	xor_chunk_release(open);
	open->time_ms = sealed->to_ms;
}

static enum tsdb_result push(struct tsdb_series *series, int64_t time_ms, double value)
{
	struct head *head = series->head;
	struct xor_chunk *open = &series->open;
	if ((xor_chunk_grows(open) || xor_chunk_is_full(open)) &&
		head_bytes(head) >= head->limits.memory_bytes)
		return TSDB_NO_ROOM;
	if (xor_chunk_is_full(open))
		head_seal(series);
	uint16_t room = open->room;
	head_stripe(series)->chunks += open->count == 0;
	bool is_taken = xor_chunk_append(open, time_ms, value);
	if (open->room != room)
		atomic_fetch_add_explicit(
			&head->chunk_bytes, (size_t)(open->room - room), memory_order_relaxed);
	head_stripe(series)->samples += is_taken;
	return is_taken ? TSDB_TAKEN : TSDB_NO_ROOM;
}

/* The stripe is locked. */
static enum tsdb_result append(struct tsdb_series *series, int64_t time_ms, double value)
{
	if (time_ms < -XOR_TIME_MAX || time_ms > XOR_TIME_MAX)
		return TSDB_BAD_TIME;
	if (time_ms <= series->open.time_ms)
		return time_ms == series->open.time_ms ? TSDB_AGAIN : TSDB_OLD;
	return push(series, time_ms, value);
}

static void count(struct head_stripe *stripe, enum tsdb_result result)
{
	if (result == TSDB_TAKEN)
		stripe->taken++;
	else
		stripe->refused[result]++;
}

/* How many of them, of one lock, are appended in a row. */
static size_t run_of(const struct tsdb_point *points, size_t count)
{
	size_t run = 1;
	const struct head_stripe *stripe = head_stripe(points[0].series);
	while (run < count && run < RUN && head_stripe(points[run].series) == stripe)
		run++;
	return run;
}

/* In a store of many series hardly any is near the processor, and what several of them wait for comes at once. */
static void fetch(const struct tsdb_point *points, size_t count)
{
	unsigned touched = 0;
	for (size_t i = 0; i < count; i++) {
		const struct xor_chunk *open = &points[i].series->open;
		if (open->bytes)
			touched += open->bytes[open->bits / 8];
	}
	__asm__ volatile("" : : "r"(touched));
}

void head_append(struct tsdb_point *points, size_t left)
{
	while (left) {
		size_t run = run_of(points, left);
		struct head_stripe *stripe = head_stripe(points->series);
		pthread_mutex_lock(&stripe->lock);
		fetch(points, run);
		for (size_t i = 0; i < run; i++) {
			struct tsdb_point *point = &points[i];
			point->result = append(point->series, point->time_ms, point->value);
			count(stripe, point->result);
		}
		pthread_mutex_unlock(&stripe->lock);
		points += run;
		left -= run;
	}
}

void head_end(struct tsdb_series *series)
{
	struct head_stripe *stripe = head_stripe(series);
	pthread_mutex_lock(&stripe->lock);
	const struct xor_chunk *open = &series->open;
	if (open->count && !is_stale(value_of(open->value.bits)))
		count(stripe, append(series, open->time_ms + 1, stale_value()));
	pthread_mutex_unlock(&stripe->lock);
}

bool head_load(struct tsdb_series *series, const uint8_t *bytes, size_t length, uint32_t count)
{
	struct xor_iterator iterator;
	struct sample sample;
	enum tsdb_result result = TSDB_TAKEN;
	struct head_stripe *stripe = head_stripe(series);
	xor_iterator_init(&iterator, bytes, length, count);
	pthread_mutex_lock(&stripe->lock);
	while (result == TSDB_TAKEN && xor_iterator_next(&iterator, &sample)) {
		if (sample.time_ms > series->open.time_ms)
			result = push(series, sample.time_ms, sample.value);
	}
	pthread_mutex_unlock(&stripe->lock);
	return result == TSDB_TAKEN && !iterator.is_damaged;
}
