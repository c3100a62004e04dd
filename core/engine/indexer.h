/* SPDX-License-Identifier: MIT */
/*
 * Indexes in the background what lies in the files of the store, newest first, while somebody looks at logs: questions
 * index by themselves what they need, so nobody waits for it; counts are exact once it is done, and what a filter cannot fit
 * is passed over. One thread of low priority, which is begun when there is something to do; no more is indexed than half
 * of the store's budget holds.
 */
#ifndef BOTSWAIN_ENGINE_INDEXER_H
#define BOTSWAIN_ENGINE_INDEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct event_directory;
struct indexer;

struct indexer_progress {
	uint64_t segments, done;
};

struct indexer *indexer_new(void) MUST_CHECK;
void indexer_free(struct indexer *indexer); /* waits some milliseconds; NULL is legal */
/* Engine thread, once a second: somebody looks, or nobody does. */
void indexer_look(
	struct indexer *indexer, const struct event_directory *directory, bool is_looked_at);
/* Of all files of the directory. */
struct indexer_progress indexer_progress(const struct event_directory *directory);

#endif
