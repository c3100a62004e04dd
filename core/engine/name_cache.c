/* SPDX-License-Identifier: MIT */
#include "core/engine/name_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct kept {
	char *key; /* NULL: free */
	struct name_list *list;
	int64_t at_ms;
	size_t bytes;
};

struct name_cache {
	pthread_mutex_t lock;
	struct kept kept[NAME_CACHE_LISTS];
	size_t bytes;
};

/* ---- lists ---- */

struct name_list *name_list_new(char **names, size_t count)
{
	struct name_list *list = xcalloc(1, sizeof(*list));
	list->names = names;
	list->count = count;
	atomic_init(&list->references, 1);
	return list;
}

static struct name_list *list_ref(struct name_list *list)
{
	atomic_fetch_add_explicit(&list->references, 1, memory_order_relaxed);
	return list;
}

void name_list_unref(struct name_list *list)
{
	if (!list || atomic_fetch_sub_explicit(&list->references, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	free(list);
}

static size_t bytes_of(const struct name_list *list)
{
	size_t bytes = sizeof(*list) + list->count * sizeof(char *);
	for (size_t i = 0; i < list->count; i++)
		bytes += strlen(list->names[i]) + 1;
	return bytes;
}

/* ---- the cache ---- */

struct name_cache *name_cache_new(void)
{
	struct name_cache *cache = xcalloc(1, sizeof(*cache));
	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

static void drop(struct name_cache *cache, struct kept *kept)
{
	cache->bytes -= kept->bytes;
	name_list_unref(kept->list);
	free(kept->key);
	*kept = (struct kept){.key = NULL};
}

void name_cache_free(struct name_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < NAME_CACHE_LISTS; i++)
		drop(cache, &cache->kept[i]);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* What is too old goes whoever is looked for. */
static struct kept *look(struct name_cache *cache, const char *key, int64_t now_ms)
{
	struct kept *found = NULL;
	for (size_t i = 0; i < NAME_CACHE_LISTS; i++) {
		struct kept *kept = &cache->kept[i];
		if (kept->key && now_ms - kept->at_ms > NAME_CACHE_MS)
			drop(cache, kept);
		else if (kept->key && strcmp(kept->key, key) == 0)
			found = kept;
	}
	return found;
}

struct name_list *name_cache_find(struct name_cache *cache, const char *key, int64_t now_ms)
{
	pthread_mutex_lock(&cache->lock);
	const struct kept *kept = look(cache, key, now_ms);
	struct name_list *list = kept ? list_ref(kept->list) : NULL;
	pthread_mutex_unlock(&cache->lock);
	return list;
}

/* A free one, else the oldest. */
static struct kept *place_for(struct name_cache *cache, const char *key, int64_t now_ms)
{
	struct kept *place = look(cache, key, now_ms);
	for (size_t i = 0; i < NAME_CACHE_LISTS && !place; i++)
		if (!cache->kept[i].key)
			place = &cache->kept[i];
	if (place)
		return place;
	place = &cache->kept[0];
	for (size_t i = 1; i < NAME_CACHE_LISTS; i++)
		if (cache->kept[i].at_ms < place->at_ms)
			place = &cache->kept[i];
	return place;
}

static void drop_oldest(struct name_cache *cache)
{
	struct kept *oldest = NULL;
	for (size_t i = 0; i < NAME_CACHE_LISTS; i++) {
		struct kept *kept = &cache->kept[i];
		if (kept->key && (!oldest || kept->at_ms < oldest->at_ms))
			oldest = kept;
	}
	if (oldest)
		drop(cache, oldest);
}

void name_cache_put(
	struct name_cache *cache, const char *key, struct name_list *list, int64_t now_ms)
{
	size_t bytes = bytes_of(list) + strlen(key);
	if (bytes > NAME_CACHE_BYTES)
		return;
	pthread_mutex_lock(&cache->lock);
	drop(cache, place_for(cache, key, now_ms));
	while (cache->bytes + bytes > NAME_CACHE_BYTES)
		drop_oldest(cache);
	*place_for(cache, key, now_ms) = (struct kept){
		.key = xstrdup(key), .list = list_ref(list), .at_ms = now_ms, .bytes = bytes};
	cache->bytes += bytes;
	pthread_mutex_unlock(&cache->lock);
}
