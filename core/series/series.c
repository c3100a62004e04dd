/* SPDX-License-Identifier: MIT */
#include "core/series/series.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/series/ring.h"

enum { FIRST_SLOTS = 256, KEY_MAX = 512, CLEAR_MS = 60000, NEXT_MS = 300000 };

struct line {
	char *key;
	uint64_t id; /* for the watcher */
	struct ring ring;
	int64_t last_ms, step_ms; /* of the value that came last, and from the one before */
};

struct series {
	pthread_mutex_t lock;
	struct line *lines; /* in order of first appearance */
	size_t count, room;
	uint32_t *slots; /* index + 1 into lines, by hash of the key; 0: free */
	size_t slot_count;
	size_t bytes, budget;
	int64_t span_ms;
	int64_t cleared_ms; /* when it was last looked for series that nobody feeds any more */
	uint64_t refused;
	int64_t until_ms; /* nothing newer is seen */
	bool keeps_order; /* no value makes another wrong */
	series_watcher *watch;
	void *watcher;
};

struct series *series_new(size_t budget_bytes, int64_t span_ms)
{
	struct series *series = xcalloc(1, sizeof(*series));
	*series = (struct series){.budget = budget_bytes,
		.span_ms = span_ms,
		.slots = xcalloc(FIRST_SLOTS, sizeof(uint32_t)),
		.slot_count = FIRST_SLOTS,
		.until_ms = INT64_MAX};
	pthread_mutex_init(&series->lock, NULL);
	return series;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	for (size_t i = 0; i < series->count; i++) {
		free(series->lines[i].key);
		ring_release(&series->lines[i].ring);
	}
	free(series->lines);
	free(series->slots);
	pthread_mutex_destroy(&series->lock);
	free(series);
}

/* Readers lock too; the store is logically constant for them. */
static pthread_mutex_t *lock_of(const struct series *series)
{
	return (pthread_mutex_t *)(uintptr_t)&series->lock;
}

/* Of this process alone: eight bytes at a time. */
static uint64_t hash_of(const char *key)
{
	size_t left = strlen(key);
	uint64_t hash = left, word;
	for (; left >= sizeof(word); key += sizeof(word), left -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, key, left);
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *slot_of(const struct series *series, const char *key)
{
	for (size_t at = hash_of(key);; at++) {
		uint32_t *slot = &series->slots[at & (series->slot_count - 1)];
		if (*slot == 0 || strcmp(series->lines[*slot - 1].key, key) == 0)
			return slot;
	}
}

static void rebuild_slots(struct series *series, size_t slot_count)
{
	assert(series->lines || series->count == 0);
	free(series->slots);
	series->slot_count = slot_count;
	series->slots = xcalloc(series->slot_count, sizeof(uint32_t));
	for (size_t i = 0; i < series->count; i++)
		*slot_of(series, series->lines[i].key) = (uint32_t)i + 1;
}

void series_keep_order(struct series *series)
{
	series->keeps_order = true;
}

static size_t line_bytes(const struct line *line)
{
	return sizeof(*line) + strlen(line->key) + line->ring.room * sizeof(struct point);
}

/* Room for new ones: what got no value for a whole span is forgotten. At most once in CLEAR_MS. */
static void clear_old(struct series *series, int64_t now_ms)
{
	size_t kept = 0;
	assert(series->lines || series->count == 0);
	if (series->cleared_ms && now_ms - series->cleared_ms < CLEAR_MS &&
		now_ms >= series->cleared_ms)
		return;
	series->cleared_ms = now_ms;
	for (size_t i = 0; i < series->count; i++) {
		struct line *line = &series->lines[i];
		const struct ring *ring = &line->ring;
		if (ring->count &&
			now_ms - ring_at(ring, ring->count - 1)->time_ms < series->span_ms) {
			series->lines[kept++] = *line;
			continue;
		}
		series->bytes -= line_bytes(line);
		free(line->key);
		ring_release(&line->ring);
	}
	series->count = kept;
	rebuild_slots(series, series->slot_count);
}

static struct line *find(const struct series *series, const char *key)
{
	uint32_t at = *slot_of(series, key);
	return at ? &series->lines[at - 1] : NULL;
}

static struct line *add(struct series *series, const char *key, uint64_t id, int64_t now_ms)
{
	size_t bytes = sizeof(struct line) + strlen(key) + RING_FIRST_ROOM * sizeof(struct point);
	if (series->bytes + bytes > series->budget)
		clear_old(series, now_ms);
	if (series->bytes + bytes > series->budget)
		return NULL;
	if (series->count * 2 >= series->slot_count)
		rebuild_slots(series, 2 * series->slot_count);
	series->lines = grow(series->lines, series->count, &series->room, sizeof(*series->lines));
	struct line *line = &series->lines[series->count++];
	*line = (struct line){.key = xstrdup(key), .id = id};
	*slot_of(series, key) = (uint32_t)series->count;
	series->bytes += sizeof(*line) + strlen(key) + ring_grow(&line->ring);
	return line;
}

/* A clock that was put back makes what lies in its future wrong: that is forgotten. One of 1970 makes no room for itself. */
static void push(struct series *series, struct ring *ring, struct point point)
{
	while (!series->keeps_order && ring->count &&
		ring_at(ring, ring->count - 1)->time_ms >= point.time_ms)
		ring->count--;
	size_t growth = ring->room * sizeof(struct point);
	if (ring_is_full(ring) &&
		llabs(point.time_ms - ring_at(ring, 0)->time_ms) < series->span_ms &&
		series->bytes + growth <= series->budget / 4 * 3)
		series->bytes += ring_grow(ring);
	if (series->keeps_order)
		ring_insert(ring, point);
	else
		ring_push(ring, point);
}

/* Where a clock was put back, times are there twice: what comes for the second time takes the place of the first, as far as
 * it comes. A jump ahead, as from 1970, takes nothing. */
static void push_in_order(struct series *series, struct line *line, struct point point)
{
	int64_t step_ms = point.time_ms - line->last_ms;
	bool goes_on = line->ring.count && step_ms > 0 && step_ms <= NEXT_MS;
	if (series->keeps_order && goes_on && step_ms <= line->step_ms * 5 / 2)
		ring_forget(&line->ring, line->last_ms, point.time_ms);
	push(series, &line->ring, point);
	line->last_ms = point.time_ms;
	if (goes_on)
		line->step_ms = step_ms;
}

static void make_key(char *key, size_t size, const char *name, const char *labels)
{
	copy_text(key, size, name);
	size_t length = strlen(key), more = strlen(labels);
	if (more == 0 || length + more + 3 > size)
		return;
	key[length++] = '{';
	memcpy(key + length, labels, more);
	memcpy(key + length + more, "}", 2);
}

bool series_append(
	struct series *series, const char *name, const char *labels, int64_t time_ms, double value)
{
	char key[KEY_MAX];
	make_key(key, sizeof(key), name, labels);
	pthread_mutex_lock(&series->lock);
	struct line *line = find(series, key);
	uint64_t id = line ? line->id : entity_id(name, labels);
	if (!line)
		line = add(series, key, id, time_ms);
	if (line)
		push_in_order(series, line, (struct point){.time_ms = time_ms, .value = value});
	else
		series->refused++;
	pthread_mutex_unlock(&series->lock);
	if (series->watch)
		series->watch(series->watcher, id, name, labels, time_ms, value);
	return line != NULL;
}

void series_watch(struct series *series, series_watcher *watch, void *context)
{
	series->watch = watch;
	series->watcher = context;
}

void series_show_until(struct series *series, int64_t time_ms)
{
	pthread_mutex_lock(&series->lock);
	series->until_ms = time_ms;
	pthread_mutex_unlock(&series->lock);
}

/* The points that may be seen, borrowed. */
static struct ring seen_of(const struct series *series, const struct line *line)
{
	struct ring ring = line->ring;
	if (series->until_ms != INT64_MAX)
		ring.count = ring_lower(&ring, series->until_ms + 1);
	return ring;
}

/* As the store writes it: without quotes, spaces and an empty {}. */
static void normalise(char *to, size_t size, const char *key)
{
	size_t length = 0;
	for (; *key && length + 1 < size; key++)
		if (*key != '"' && *key != ' ')
			to[length++] = *key;
	if (length >= 2 && memcmp(to + length - 2, "{}", 2) == 0)
		length -= 2;
	to[length] = '\0';
}

bool series_query(const struct series *series, const char *key, int64_t from_ms, int64_t to_ms,
	size_t columns, double *ret_values, double *ret_last)
{
	char wanted[KEY_MAX];
	normalise(wanted, sizeof(wanted), key);
	pthread_mutex_lock(lock_of(series));
	const struct line *line = find(series, wanted);
	struct ring ring = {0};
	if (line)
		ring = seen_of(series, line);
	if (ring.count) {
		ring_columns(&ring, from_ms, to_ms, columns, ret_values);
		*ret_last = ring_at(&ring, ring.count - 1)->value;
	}
	pthread_mutex_unlock(lock_of(series));
	return line != NULL;
}

void series_names(const struct series *series, const char *name,
	void (*visit)(void *context, const char *key), void *context)
{
	size_t length = name ? strlen(name) : 0;
	pthread_mutex_lock(lock_of(series));
	for (size_t i = 0; i < series->count; i++) {
		const char *key = series->lines[i].key;
		if (!name || (strncmp(key, name, length) == 0 &&
				     (key[length] == '{' || key[length] == '\0')))
			visit(context, key);
	}
	pthread_mutex_unlock(lock_of(series));
}

size_t series_bytes(const struct series *series)
{
	pthread_mutex_lock(lock_of(series));
	size_t bytes = series->bytes;
	pthread_mutex_unlock(lock_of(series));
	return bytes;
}

uint64_t series_refused(const struct series *series)
{
	pthread_mutex_lock(lock_of(series));
	uint64_t refused = series->refused;
	pthread_mutex_unlock(lock_of(series));
	return refused;
}
