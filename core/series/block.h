/* SPDX-License-Identifier: MIT */
/*
 * A file of series (block_format.h) to read. Opening it reads its footer alone; symbols and series are read and checked when
 * somebody asks first, and kept while somebody asks at times (block_rest()); chunks are read for who wants them, never mapped.
 * Whatever its bytes are, reading ends, and says what is damaged. Reference counted; any thread.
 */
#ifndef BOTSWAIN_SERIES_BLOCK_H
#define BOTSWAIN_SERIES_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct block;
struct err;
struct gather;
struct labels;
struct minute;
struct selection;

struct block_facts {
	const char *path; /* as long as the block */
	uint64_t number, bytes, samples;
	uint32_t series;
	int64_t from_ms, to_ms;
};

/* What could not be read: how much, and a sentence on the last of it. */
struct block_damage {
	uint64_t count;
	char text[256];
};

/* False: it is no such file, or its end is damaged or cut off. */
MUST_CHECK bool block_open(const char *path, uint64_t number, struct block **ret, struct err *err);
struct block *block_ref(struct block *block);
void block_unref(struct block *block); /* NULL is legal */
const struct block_facts *block_facts(const struct block *block);

/* Reads all of it, and finds all that is damaged. */
void block_check(struct block *block, struct block_damage *ret);
/* Adds the samples that fit. False: the selection is over, not that something is damaged. */
MUST_CHECK bool block_select(
	struct block *block, struct gather *gather, struct block_damage *damage, struct err *err);

/* One row, `list` NULL: it has no minute in the span. False ends it. */
typedef bool block_minutes_visit(void *context, const struct labels *labels,
	const struct minute *list, size_t count, struct err *err);
/* The minutes that begin in the span, of the series that fit. */
MUST_CHECK bool block_minutes(struct block *block, const struct selection *selection,
	block_minutes_visit *visit, void *context, struct block_damage *damage, struct err *err);

typedef void block_series_visit(void *context, const struct labels *labels, int64_t last_ms);
/* Each series, in order of labels, with the time of its last sample. */
void block_each_series(
	struct block *block, block_series_visit *visit, void *context, struct block_damage *damage);

/* Frees what was read of symbols and series, unless somebody asked since the last call. */
void block_rest(struct block *block);
/* Frees it whoever asked. */
void block_shrink(struct block *block);
/* Bytes of memory. */
size_t block_memory(struct block *block);

#endif
