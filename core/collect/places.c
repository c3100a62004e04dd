/* SPDX-License-Identifier: MIT */
#include "core/collect/places.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/collect/hub.h"
#include "core/collect/worker.h"

enum { LOOK_AGAIN_MS = 10 };

struct place {
	char *key;
	bool is_owned;
	void *data;
	void (*release)(void *data);
	int64_t left_ms; /* mono */
};

struct places {
	pthread_mutex_t lock;
	struct place items[PLACES_MAX]; /* the one that was left longest ago first */
	size_t count;
};

struct places *places_new(void)
{
	struct places *places = xcalloc(1, sizeof(*places));
	pthread_mutex_init(&places->lock, NULL);
	return places;
}

static void forget(struct places *places, size_t index)
{
	struct place *place = &places->items[index];
	if (place->data)
		place->release(place->data);
	free(place->key);
	places->count--;
	memmove(place, place + 1, (places->count - index) * sizeof(*place));
}

void places_free(struct places *places)
{
	if (!places)
		return;
	while (places->count)
		forget(places, places->count - 1);
	pthread_mutex_destroy(&places->lock);
	free(places);
}

static size_t find(const struct places *places, const char *key)
{
	size_t i = 0;
	while (i < places->count && strcmp(places->items[i].key, key) != 0)
		i++;
	return i;
}

/* The place that was left longest ago makes room. */
static bool make_room(struct places *places)
{
	for (size_t i = 0; places->count == PLACES_MAX && i < places->count; i++)
		if (!places->items[i].is_owned)
			forget(places, i);
	return places->count < PLACES_MAX;
}

/* False: another worker has it. */
static bool try_enter(struct places *places, const char *key, int64_t now_ms, void **ret_data)
{
	size_t at = find(places, key);
	if (at < places->count && places->items[at].data &&
		now_ms - places->items[at].left_ms > PLACES_KEPT_MS) {
		forget(places, at);
		at = places->count;
	}
	if (at < places->count && places->items[at].is_owned)
		return false;
	*ret_data = NULL;
	if (at < places->count) {
		*ret_data = places->items[at].data;
		places->items[at].data = NULL;
		places->items[at].is_owned = true;
	} else if (make_room(places)) {
		places->items[places->count++] =
			(struct place){.key = xstrdup(key), .is_owned = true};
	}
	return true;
}

bool places_enter(struct places *places, struct worker *worker, const char *key, void **ret_data)
{
	int64_t now_ms = worker_now_ms(worker), until_ms = now_ms + PLACES_WAIT_MS;
	for (;; now_ms = worker_now_ms(worker)) {
		pthread_mutex_lock(&places->lock);
		bool is_mine = try_enter(places, key, now_ms, ret_data);
		pthread_mutex_unlock(&places->lock);
		if (is_mine || now_ms >= until_ms)
			return is_mine;
		if (worker_wait(worker, -1, 0, now_ms + LOOK_AGAIN_MS) == WAIT_STOP)
			return false;
	}
}

void places_leave(struct places *places, struct worker *worker, const char *key, void *data,
	void (*release)(void *data))
{
	pthread_mutex_lock(&places->lock);
	size_t at = find(places, key);
	struct place *place = at < places->count ? &places->items[at] : NULL;
	if (place && data) {
		struct place left = {.key = place->key,
			.data = data,
			.release = release,
			.left_ms = worker_now_ms(worker)};
		memmove(place, place + 1, (places->count - at - 1) * sizeof(*place));
		places->items[places->count - 1] = left;
	} else if (place) {
		forget(places, at);
	} else if (data) {
		release(data);
	}
	pthread_mutex_unlock(&places->lock);
}

char *places_settle(struct worker *worker, char *key, void **ret_data)
{
	*ret_data = NULL;
	if (places_enter(worker->hub->places, worker, key, ret_data))
		return key;
	free(key);
	return NULL;
}

void places_move_on(struct worker *worker, const char *key, void *data, void (*release)(void *data))
{
	if (key)
		places_leave(worker->hub->places, worker, key, data, release);
	else if (data)
		release(data);
}
