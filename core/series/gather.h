/* SPDX-License-Identifier: MIT */
/*
 * What a select brings together: rows by labels, filled from the head and from files in whatever order, each of which is in
 * order of time; in the end each row is in order, each time once. Of one thread.
 */
#ifndef BOTSWAIN_SERIES_GATHER_H
#define BOTSWAIN_SERIES_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/querier.h"

struct err;
struct labels;

struct gathered {
	const struct labels *labels; /* a reference */
	struct sample *samples;
	size_t count, room;
	bool is_mixed; /* not in order of time yet */
};

struct gather {
	const struct selection *selection;
	struct gathered *rows; /* in order of labels up to `sorted` */
	size_t count, room, sorted;
	uint32_t *slots; /* by hash of labels; row + 1 */
	size_t slot_count;
	size_t samples;
};

void gather_init(struct gather *gather, const struct selection *selection);
/* For rows that come in order of labels, and come once. */
struct gathered *gather_push(struct gather *gather, const struct labels *labels) MUST_CHECK;
/* The row of these labels. False: it was asked for more series than it may have. */
MUST_CHECK bool gather_row(
	struct gather *gather, const struct labels *labels, struct gathered **ret, struct err *err);
/* Room for so many more. */
void gather_reserve(struct gathered *row, size_t count);
void gather_add(struct gather *gather, struct gathered *row, struct sample sample);
/* The samples of a chunk's bytes that lie in the span. False: they are damaged; what came before the damage is taken. */
MUST_CHECK bool gather_chunk(struct gather *gather, struct gathered *row, const uint8_t *bytes,
	size_t length, uint32_t count);
/* Cancelled, or more than the selection may be: between series. */
MUST_CHECK bool gather_goes_on(const struct gather *gather, struct err *err);
/* What was gathered becomes the answer. */
MUST_CHECK bool gather_finish(struct gather *gather, struct selected_set *ret, struct err *err);
void gather_release(struct gather *gather);

#endif
