/* SPDX-License-Identifier: MIT */
/*
 * All chunks that the engine keeps, by stream, within a byte budget: what the chunks take of memory,
 * full or not, each redactor that they share, once, and the index of lines that stay in their files. The oldest
 * full chunks, and streams of files that were written to while they were read, go first and are counted; one that is still
 * written stays. With a history (history.h) the chunks that go are in it from then on, and asked for like the others; what it
 * loses is counted then. Of a file that lies there the index is forgotten, and made again when it is asked for. The directory belongs to the engine's thread; a
 * snapshot of it may be moved to a thread of the query pool and keeps its chunks alive.
 */
#ifndef BOTSWAIN_EVENTS_DIRECTORY_H
#define BOTSWAIN_EVENTS_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct chunk_list;
struct event_directory;
struct event_snapshot;
struct file_stream;
struct history;

struct event_stats {
	size_t bytes, budget_bytes, chunks, streams;
	uint64_t lines;         /* held now */
	uint64_t evicted_lines; /* since start */
};

struct event_directory *event_directory_new(size_t budget_bytes) MUST_CHECK;
void event_directory_free(struct event_directory *directory); /* NULL is legal */

/* Where chunks go that fall out from now on; borrowed, as long as the directory lives. */
void event_directory_keep(struct event_directory *directory, struct history *history);
/* All that is in memory goes there: nobody writes to it any more. */
void event_directory_cool(struct event_directory *directory);

/* Takes ownership of the list (NULL is legal). */
void event_directory_add(struct event_directory *directory, struct chunk_list *list);
/* Lines of a file that stays where it lies are asked for with the others from now on, until it is over. Takes a
 * reference. */
void event_directory_add_file(struct event_directory *directory, struct file_stream *file);
/* No longer. */
void event_directory_remove_file(struct event_directory *directory, const struct file_stream *file);
/* All files that are asked for; borrowed until the directory changes. */
struct file_stream *const *event_directory_files(
	const struct event_directory *directory, size_t *ret_count);
/* The indexes of files take less than half of the budget, and none had to be forgotten since files came or went: more may be
 * indexed that nobody asked for. */
bool event_directory_has_room(const struct event_directory *directory);
/* Looks what the indexes of files take now, which grow by themselves, which files are over, what the history lost, and what
 * was found of earlier engines in it (former.h): once a second will do. True: that is more, or less, than before. */
bool event_directory_weigh(struct event_directory *directory);
/* Evicts until the budget holds. Call it after adding (a chunk counts whole from then on, so that
 * writing to it changes nothing), and now and then: what was written then may be full now. Costs
 * nothing while the budget holds, and a look at each stream for each chunk that goes. */
void event_directory_trim(struct event_directory *directory);
void event_directory_set_budget(struct event_directory *directory, size_t budget_bytes);
size_t event_directory_bytes(const struct event_directory *directory);
/* Looks at every chunk. */
struct event_stats event_directory_stats(const struct event_directory *directory);

/* What there is now: chunks and how much of each was published. */
struct event_snapshot *event_directory_snapshot(const struct event_directory *directory) MUST_CHECK;
void event_snapshot_free(struct event_snapshot *snapshot); /* NULL is legal */
/* The files in it; borrowed as long as it lives. */
struct file_stream *const *event_snapshot_files(
	const struct event_snapshot *snapshot, size_t *ret_count);
/* What had fallen out of the store. */
struct event_lost {
	uint64_t lines;
	int64_t last_ms; /* none of them is of later */
};
struct event_lost event_snapshot_lost(const struct event_snapshot *snapshot);

#endif
