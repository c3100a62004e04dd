/* SPDX-License-Identifier: MIT */
/* What block.c and block_read.c know of a file of series. */
#ifndef BOTSWAIN_SERIES_BLOCK_INSIDE_H
#define BOTSWAIN_SERIES_BLOCK_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include "core/series/block.h"
#include "core/series/labels.h"
#include "core/series/block_format.h"
#include "core/series/pack.h"

/* Symbols and series, checked: all that is in them may be believed. */
struct block_index {
	atomic_size_t users;
	size_t bytes;
	const char **symbols;
	uint32_t symbol_count;
	const uint8_t *series;
	size_t series_length;
	uint8_t sections[];
};

struct block {
	struct block_facts facts;
	char *path;
	int fd;
	atomic_size_t users;
	uint64_t data_length, symbols_length, series_length;
	uint32_t symbol_count, data_crc, symbols_crc, series_crc;
	pthread_mutex_t lock; /* of what follows */
	struct block_index *index;
	bool was_asked; /* since block_rest() */
	bool is_bad;    /* its index can't be read, which was said */
};

/* A reference. NULL: it is damaged; said at the first time. */
struct block_index *block_index_get(struct block *block, struct block_damage *damage) MUST_CHECK;
void block_index_unref(struct block_index *index);

struct block_chunk {
	int64_t from_ms, to_ms;
	uint64_t offset; /* in the data */
	uint32_t length, count, crc;
};

/* Goes through the series of an index. */
struct block_walk {
	const struct block_index *index;
	struct unpack at;
	uint32_t left;
	uint32_t label_count;
	uint32_t names[BLOCK_LABELS_MAX], values[BLOCK_LABELS_MAX]; /* symbols */
	struct unpack body;
	/* of the body, by block_walk_chunk() */
	uint32_t chunks_left;
	uint64_t offset;
	int64_t last_ms;
};

void block_walk_begin(
	struct block_walk *walk, const struct block *block, const struct block_index *index);
/* The next series. False: that were all, or it is damaged (walk->at.is_bad). */
MUST_CHECK bool block_walk_next(struct block_walk *walk);
MUST_CHECK bool block_walk_chunk(struct block_walk *walk, struct block_chunk *ret);
/* After its chunks: its minutes, as a chunk without a span. */
struct block_chunk block_walk_minutes(struct block_walk *walk);

/* A place of the data. False, and said: it can't be read. */
MUST_CHECK bool block_read_data(struct block *block, uint64_t offset, uint8_t *bytes, size_t length,
	struct block_damage *damage);
void block_say_damage(struct block_damage *damage, const struct block *block, const char *what);

#endif
