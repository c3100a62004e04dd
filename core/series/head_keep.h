/* SPDX-License-Identifier: MIT */
/*
 * What is done to the head at intervals: it is written down, chunks are cut off, room is made. One thread at a time, under a
 * lock of the owner: it alone takes chunks and series away, so that it may look at sealed chunks and at series without a lock.
 */
#ifndef BOTSWAIN_SERIES_HEAD_KEEP_H
#define BOTSWAIN_SERIES_HEAD_KEEP_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct head;
struct sealed_chunk;
struct tsdb_series;

/* All series that are there now; freed by the caller. */
struct tsdb_series **head_all(struct head *head, size_t *ret_count) MUST_CHECK;
void head_sort(struct tsdb_series **all, size_t count); /* by labels */

typedef void head_emit(void *context, const uint8_t *bytes, size_t length, uint32_t count);
/* Its samples later than `after_ms`, as one chunk or more; the time of the last (`after_ms`: there is none). */
int64_t head_emit_after(
	struct tsdb_series *series, int64_t after_ms, head_emit *emit, void *context);

struct head_prefix {
	const struct sealed_chunk *first, *last; /* NULL: nothing */
};

/* The chunks that begin at or before `until_ms`, sealed; they stay until head_drop(). */
struct head_prefix head_prefix(struct tsdb_series *series, int64_t until_ms);
/* Frees the chunks up to `last`; how many samples. */
size_t head_drop(struct tsdb_series *series, const struct sealed_chunk *last);
/* Frees the sealed chunks that end before `before_ms`; how many samples. */
size_t head_drop_before(struct tsdb_series *series, int64_t before_ms);
/* Drops what is later; how many samples. */
size_t head_forget_after(struct tsdb_series *series, int64_t time_ms);
/* Widens the span by what is in memory of the series. */
void head_span(struct tsdb_series *series, int64_t *from_ms, int64_t *to_ms);

#endif
