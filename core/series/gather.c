/* SPDX-License-Identifier: MIT */
#include "core/series/gather.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/xor_chunk.h"

enum { FIRST_SLOTS = 256 };

void gather_init(struct gather *gather, const struct selection *selection)
{
	*gather = (struct gather){.selection = selection};
}

void gather_release(struct gather *gather)
{
	for (size_t i = 0; i < gather->count; i++) {
		labels_unref(gather->rows[i].labels);
		free(gather->rows[i].samples);
	}
	free(gather->rows);
	free(gather->slots);
	*gather = (struct gather){0};
}

/* ---- rows ---- */

static uint32_t *slot_of(const struct gather *gather, const struct labels *labels)
{
	for (size_t at = labels_hash(labels);; at++) {
		uint32_t *slot = &gather->slots[at & (gather->slot_count - 1)];
		if (*slot == 0 || labels_equal(gather->rows[*slot - 1].labels, labels))
			return slot;
	}
}

static void make_slots(struct gather *gather)
{
	size_t wanted = gather->slot_count ? gather->slot_count : FIRST_SLOTS;
	while (wanted < 2 * gather->count + 2)
		wanted *= 2;
	free(gather->slots);
	gather->slot_count = wanted;
	gather->slots = xcalloc(wanted, sizeof(*gather->slots));
	for (size_t i = 0; i < gather->count; i++)
		*slot_of(gather, gather->rows[i].labels) = (uint32_t)i + 1;
}

static struct gathered *add(struct gather *gather, const struct labels *labels)
{
	gather->rows = grow(gather->rows, gather->count, &gather->room, sizeof(*gather->rows));
	struct gathered *row = &gather->rows[gather->count++];
	*row = (struct gathered){.labels = labels_ref(labels)};
	return row;
}

struct gathered *gather_push(struct gather *gather, const struct labels *labels)
{
	gather->sorted = gather->count + 1;
	return add(gather, labels);
}

bool gather_row(
	struct gather *gather, const struct labels *labels, struct gathered **ret, struct err *err)
{
	if (gather->slot_count < 2 * gather->count + 2)
		make_slots(gather);
	uint32_t *slot = slot_of(gather, labels);
	if (*slot) {
		*ret = &gather->rows[*slot - 1];
		return true;
	}
	*ret = add(gather, labels);
	*slot = (uint32_t)gather->count;
	return gather_goes_on(gather, err);
}

/* ---- samples ---- */

void gather_reserve(struct gathered *row, size_t count)
{
	size_t wanted = row->count + count;
	if (wanted <= row->room)
		return;
	row->room = row->room && wanted < 2 * row->room ? 2 * row->room : wanted;
	row->samples = xreallocarray(row->samples, row->room, sizeof(*row->samples));
}

void gather_add(struct gather *gather, struct gathered *row, struct sample sample)
{
	gather_reserve(row, 1);
	if (row->count && row->samples[row->count - 1].time_ms >= sample.time_ms)
		row->is_mixed = true;
	row->samples[row->count++] = sample;
	gather->samples++;
}

bool gather_chunk(struct gather *gather, struct gathered *row, const uint8_t *bytes, size_t length,
	uint32_t count)
{
	const int64_t from = gather->selection->from_ms, to = gather->selection->to_ms;
	struct xor_iterator iterator;
	struct sample sample;
	size_t before = row->count;
	gather_reserve(row, count);
	xor_iterator_init(&iterator, bytes, length, count);
	while (xor_iterator_next(&iterator, &sample) && sample.time_ms <= to) {
		if (sample.time_ms < from)
			continue;
		if (row->count && row->samples[row->count - 1].time_ms >= sample.time_ms)
			row->is_mixed = true;
		row->samples[row->count++] = sample;
	}
	gather->samples += row->count - before;
	return !iterator.is_damaged;
}

bool gather_goes_on(const struct gather *gather, struct err *err)
{
	const struct selection *selection = gather->selection;
	if (selection->cancelled &&
		atomic_load_explicit(selection->cancelled, memory_order_relaxed))
		return err_set(err, ERR_CANCELLED, "the query was cancelled");
	if (selection->series_max && gather->count > selection->series_max)
		return err_set(err, ERR_LIMIT,
			"more than %zu series fit: ask for fewer, with more labels",
			selection->series_max);
	if (selection->samples_max && gather->samples > selection->samples_max)
		return err_set(err, ERR_LIMIT,
			"more than %zu samples fit: ask for fewer series or a shorter time",
			selection->samples_max);
	return true;
}

/* ---- the answer ---- */

/* A sample, and where it was: of two of the same time the first counts. */
struct placed {
	struct sample sample;
	size_t place;
};

static int compare_placed(const void *one, const void *other)
{
	const struct placed *left = one, *right = other;
	if (left->sample.time_ms != right->sample.time_ms)
		return left->sample.time_ms < right->sample.time_ms ? -1 : 1;
	return left->place < right->place ? -1 : 1;
}

static void sort_samples(struct gathered *row)
{
	autofree struct placed *placed = xreallocarray(NULL, row->count + 1, sizeof(*placed));
	size_t kept = 0;
	for (size_t i = 0; i < row->count; i++)
		placed[i] = (struct placed){row->samples[i], i};
	qsort(placed, row->count, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < row->count; i++) {
		if (kept && row->samples[kept - 1].time_ms == placed[i].sample.time_ms)
			continue;
		row->samples[kept++] = placed[i].sample;
	}
	row->count = kept;
	row->is_mixed = false;
}

static int compare_rows(const void *one, const void *other)
{
	return labels_compare(
		((const struct gathered *)one)->labels, ((const struct gathered *)other)->labels);
}

static void give(struct gather *gather, struct selected_set *ret)
{
	*ret = (struct selected_set){.list = xcalloc(gather->count + 1, sizeof(*ret->list))};
	for (size_t i = 0; i < gather->count; i++) {
		struct gathered *row = &gather->rows[i];
		if (row->is_mixed)
			sort_samples(row);
		if (row->count == 0)
			continue;
		if (gather->selection->last_only) {
			row->samples[0] = row->samples[row->count - 1];
			row->count = 1;
		}
		if (row->room - row->count > row->count / 4)
			row->samples =
				xreallocarray(row->samples, row->count, sizeof(*row->samples));
		ret->list[ret->count++] = (struct selected){row->labels, row->samples, row->count};
		row->labels = NULL;
		row->samples = NULL;
	}
}

bool gather_finish(struct gather *gather, struct selected_set *ret, struct err *err)
{
	if (!gather_goes_on(gather, err))
		return false;
	if (gather->count > gather->sorted)
		qsort(gather->rows, gather->count, sizeof(*gather->rows), compare_rows);
	give(gather, ret);
	return true;
}
