/* SPDX-License-Identifier: MIT */
/*
 * What is in memory of the series: each has an open chunk that grows and sealed ones behind it, until they are cut off into a
 * file or make room. Locks, in this order: `maintain` of the owner (head_keep.h: one thread at a time), the index (a series
 * that is new, a select that looks for its series; `texts` before it: the texts of the index stay while patterns are matched
 * against them, without the index' lock), one of STRIPES mutexes (an append, or a few chunks of one series that are
 * read). An append to a series that is there takes its stripe alone.
 */
#ifndef BOTSWAIN_SERIES_HEAD_H
#define BOTSWAIN_SERIES_HEAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/label_index.h"
#include "core/series/tsdb.h"
#include "core/series/xor_chunk.h"

struct gather;
struct labels;
struct selection;

enum { STRIPES = 64, STRIPE_SERIES = 64 /* that were made one after the other share a lock */ };

struct sealed_chunk {
	struct sealed_chunk *next;
	int64_t from_ms, to_ms;
	uint16_t length, count;
	uint8_t bytes[];
};

struct tsdb_series {
	struct head *head;
	const struct labels *labels;
	struct sealed_chunk *first, *last;
	struct xor_chunk open; /* its time stays when it is sealed */
	int64_t flushed_ms;    /* up to here it is in the journal; of who maintains */
	uint32_t id;           /* in the index, under its lock: it changes when others go */
	uint32_t journal;      /* its number in the journal, 0: none; of who maintains */
	atomic_uint users;
	uint32_t stripe; /* whose lock the chunks are under */
};

struct head_stripe {
	_Alignas(64) pthread_mutex_t lock;
	uint64_t taken, refused[TSDB_RESULTS];
	uint64_t chunks, samples; /* that are here */
};

struct head {
	struct tsdb_limits limits;
	pthread_rwlock_t texts_lock, index_lock;
	struct label_index index;
	struct tsdb_series **series; /* by id */
	size_t room;                 /* of series; index.series are there */
	uint32_t *slots;             /* by hash of labels; id + 1 */
	size_t slot_count;
	uint32_t *sorted; /* ids in order of labels */
	size_t sorted_count;
	struct head_stripe stripes[STRIPES];
	atomic_size_t series_bytes, chunk_bytes;
	atomic_ullong refused_series;
};

struct head *head_new(const struct tsdb_limits *limits) MUST_CHECK;
void head_free(struct head *head); /* NULL is legal; nobody holds a series */

/* The series of the labels, used by the caller until head_release(). NULL: refused. */
struct tsdb_series *head_refer(
	struct head *head, const struct labels *labels, struct err *err) MUST_CHECK;
void head_release(struct tsdb_series *series);
void head_append(struct tsdb_point *points, size_t count);
/* A stale value behind its last sample, unless that is one. */
void head_end(struct tsdb_series *series);
/* The open chunk becomes a sealed one. The stripe is locked. */
void head_seal(struct tsdb_series *series);
/* Appends of a chunk what is later than all that is there, uncounted. False: it is damaged, or there is no room. */
MUST_CHECK bool head_load(
	struct tsdb_series *series, const uint8_t *bytes, size_t length, uint32_t count);

static inline struct head_stripe *head_stripe(const struct tsdb_series *series)
{
	return &series->head->stripes[series->stripe];
}

size_t head_bytes(const struct head *head);
/* Frees series that nobody uses and that have no sample; how many. One thread at a time, as for all of head_keep.h. */
size_t head_forget_unused(struct head *head);

/* Adds what is in memory and fits. */
MUST_CHECK bool head_select(struct head *head, struct gather *gather, struct err *err);

#endif
