/* SPDX-License-Identifier: MIT */
/*
 * Lists of names that another server gave, kept for some seconds: whoever types asks for the same list with every key. A few of
 * them, and a few megabytes; the oldest leaves first. Lists are counted, and nobody changes one. Any thread.
 */
#ifndef BOTSWAIN_ENGINE_NAME_CACHE_H
#define BOTSWAIN_ENGINE_NAME_CACHE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

enum { NAME_CACHE_MS = 10000, NAME_CACHE_LISTS = 16, NAME_CACHE_BYTES = 8 << 20 };

struct name_list {
	_Atomic unsigned references;
	char **names;
	size_t count;
};

struct name_cache;

/* Takes ownership of the names, with one reference. */
struct name_list *name_list_new(char **names, size_t count) MUST_CHECK;
void name_list_unref(struct name_list *list); /* NULL is legal */

struct name_cache *name_cache_new(void) MUST_CHECK;
void name_cache_free(struct name_cache *cache); /* NULL is legal */
/* With a reference for the caller; NULL: there is none, or it is too old. */
struct name_list *name_cache_find(
	struct name_cache *cache, const char *key, int64_t now_ms) MUST_CHECK;
/* `now_ms`: when it was asked for. One that is too large is not kept. */
void name_cache_put(
	struct name_cache *cache, const char *key, struct name_list *list, int64_t now_ms);

#endif
