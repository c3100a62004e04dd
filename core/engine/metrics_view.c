/* SPDX-License-Identifier: MIT */
/* What is seen of the store of metrics: of a recording its runs together, up to a time. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/engine/metrics_inside.h"
#include "core/series/labels.h"

enum {
	NEAR_MS =
		300000 /* so near to each other, two values of a run leave no room for another's between */
};

/* ---- two runs ---- */

/* The later run, of which `next` is the first sample that is later, tells of that time. */
static bool is_told(const struct selected *later, size_t next, int64_t time_ms)
{
	if (next == 0)
		return false;
	int64_t before_ms = later->samples[next - 1].time_ms;
	return before_ms == time_ms ||
	       (next < later->count && later->samples[next].time_ms - before_ms <= NEAR_MS);
}

/* `into` becomes both; the samples of `later` are its own still. */
static void merge_samples(struct selected *into, const struct selected *later)
{
	size_t from = 0, next = 0, count = 0;
	struct sample *all = xreallocarray(NULL, into->count + later->count, sizeof(*all));
	while (from < into->count || next < later->count) {
		bool is_later = from == into->count ||
				(next < later->count && later->samples[next].time_ms <=
								into->samples[from].time_ms);
		if (is_later)
			all[count++] = later->samples[next++];
		else if (is_told(later, next, into->samples[from].time_ms))
			from++;
		else
			all[count++] = into->samples[from++];
	}
	free(into->samples);
	into->samples = all;
	into->count = count;
}

/* Both are in order of the labels. */
static struct selected_set merge(struct selected_set *one, struct selected_set *later)
{
	struct selected_set both = {
		.list = xreallocarray(NULL, one->count + later->count + 1, sizeof(*both.list))};
	size_t from = 0, next = 0;
	while (from < one->count || next < later->count) {
		int order = from == one->count     ? 1
			    : next == later->count ? -1
						   : labels_compare(one->list[from].labels,
							     later->list[next].labels);
		struct selected *added = &both.list[both.count++];
		*added = order > 0 ? later->list[next++] : one->list[from++];
		if (order)
			continue;
		merge_samples(added, &later->list[next]);
		labels_unref(later->list[next].labels);
		free(later->list[next++].samples);
	}
	free(one->list);
	free(later->list);
	return both;
}

/* ---- the span ---- */

static void cut_row(struct selected *row, int64_t from_ms, int64_t to_ms)
{
	size_t first = 0;
	while (row->count && row->samples[row->count - 1].time_ms > to_ms)
		row->count--;
	while (first < row->count && row->samples[first].time_ms < from_ms)
		first++;
	row->count -= first;
	memmove(row->samples, row->samples + first, row->count * sizeof(*row->samples));
}

static void cut(struct selected_set *set, int64_t from_ms, int64_t to_ms)
{
	size_t left = 0;
	for (size_t i = 0; i < set->count; i++) {
		struct selected row = set->list[i];
		cut_row(&row, from_ms, to_ms);
		if (row.count) {
			set->list[left++] = row;
			continue;
		}
		labels_unref(row.labels);
		free(row.samples);
	}
	set->count = left;
}

/* Of each run also what is near: it may tell of what another has in the span. */
static bool select_runs(const struct metrics *metrics, size_t runs, struct selection *selection,
	struct selected_set *ret, struct err *err)
{
	const int64_t from_ms = selection->from_ms, to_ms = selection->to_ms;
	struct selected_set all = {0}, later;
	selection->to_ms += NEAR_MS;
	selection->from_ms -= selection->from_ms > INT64_MIN + NEAR_MS ? NEAR_MS : 0;
	selection->last_only = false;
	for (size_t run = 0; run < runs; run++) {
		if (!tsdb_select(metrics->runs[run], selection, &later, err)) {
			selected_set_release(&all);
			return false;
		}
		all = merge(&all, &later);
	}
	cut(&all, from_ms, to_ms);
	*ret = all;
	return true;
}

static bool select_past(
	void *context, const struct selection *selection, struct selected_set *ret, struct err *err)
{
	const struct metrics_view *view = context;
	struct selection seen = *selection;
	size_t runs = atomic_load(&view->metrics->run_count);
	*ret = (struct selected_set){0};
	if (seen.to_ms > view->until_ms)
		seen.to_ms = view->until_ms;
	if (seen.from_ms > seen.to_ms)
		return true;
	if (runs == 1)
		return tsdb_select(view->metrics->runs[0], &seen, ret, err);
	return select_runs(view->metrics, runs, &seen, ret, err);
}

static bool counts_past(void *context, const char *metric)
{
	const struct metrics_view *view = context;
	struct querier first = tsdb_querier(view->metrics->runs[0]);
	return first.counts(first.context, metric);
}

struct querier metrics_querier(struct metrics_view *view)
{
	if (!view->metrics->is_past)
		return tsdb_querier(view->metrics->runs[0]);
	return (struct querier){.select = select_past, .counts = counts_past, .context = view};
}

int64_t metrics_until_ms(const struct metrics *metrics, int64_t now_ms)
{
	return metrics->is_past ? now_ms : INT64_MAX;
}
