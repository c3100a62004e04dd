/* SPDX-License-Identifier: MIT */
/* All steps of a query or subquery, gathered into series. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"

struct gathered {
	struct sample *samples;
	size_t count, capacity;
};

struct gatherer {
	struct grouping by_labels;
	struct gathered *list;
	size_t capacity;
};

static struct gathered *place_of(
	struct gatherer *gatherer, const struct labels *labels, bool no_name)
{
	size_t before = gatherer->by_labels.count;
	uint32_t number = grouping_find(&gatherer->by_labels, labels, no_name);
	if (number >= before) {
		gatherer->list =
			grow(gatherer->list, number, &gatherer->capacity, sizeof(*gatherer->list));
		gatherer->list[number] = (struct gathered){.count = 0};
	}
	return &gatherer->list[number];
}

static bool put(struct gathered *to, int64_t time_ms, double value, struct err *err)
{
	if (to->count && to->samples[to->count - 1].time_ms == time_ms)
		return err_set(
			err, ERR_INVALID, "vector cannot contain metrics with the same labelset");
	if (to->count == to->capacity)
		to->samples = grow(to->samples, to->count, &to->capacity, sizeof(*to->samples));
	to->samples[to->count++] = (struct sample){.time_ms = time_ms, .value = value};
	return true;
}

static bool gather(struct query *query, struct gatherer *gatherer, const struct node *node,
	int64_t time_ms, struct err *err)
{
	const struct vector *vector = &node->vector;
	if (node->expr->type == VALUE_SCALAR) {
		const struct labels *none = query_labels(query, NULL, 0);
		return put(place_of(gatherer, none, false), time_ms, node->scalar, err);
	}
	for (size_t i = 0; i < vector->count; i++) {
		struct gathered *to = place_of(gatherer, vector->list[i].labels, vector->no_name);
		if (!put(to, time_ms, vector->list[i].value, err))
			return false;
	}
	return query_keep_samples(query, vector->count, err) &&
	       query_allows_series(query, gatherer->by_labels.count, err);
}

static int by_labels(const void *one, const void *other)
{
	return labels_compare(
		((const struct selected *)one)->labels, ((const struct selected *)other)->labels);
}

static void hand_over(struct query *query, struct gatherer *gatherer, struct selected_set *ret)
{
	size_t count = gatherer->by_labels.count;
	struct selected *list = xcalloc(count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		const struct group_entry *entry = &gatherer->by_labels.list[i];
		const struct labels *labels =
			entry->no_name ? query_nameless(query, entry->first) : entry->first;
		list[i] = (struct selected){.labels = labels_ref(labels),
			.samples = gatherer->list[i].samples,
			.count = gatherer->list[i].count};
		gatherer->list[i].samples = NULL;
	}
	qsort(list, count, sizeof(*list), by_labels);
	*ret = (struct selected_set){.list = list, .count = count};
}

static void gatherer_release(struct gatherer *gatherer)
{
	for (size_t i = 0; i < gatherer->by_labels.count; i++)
		free(gatherer->list[i].samples);
	free(gatherer->list);
	grouping_release(&gatherer->by_labels);
}

static bool is_short_enough(const struct query *query, const struct frame *frame, struct err *err)
{
	size_t most = query->options.limits.steps;
	return !most || frame->steps <= most ||
	       err_set(err, ERR_LIMIT,
		       "the query has more than %zu steps (%zu): take a shorter span or a longer "
		       "step",
		       most, frame->steps);
}

bool eval_frame(struct query *query, struct node *node, struct frame *frame,
	struct selected_set *ret, struct err *err)
{
	struct gatherer gatherer = {.by_labels.is_remembered = frame->steps > 1};
	bool is_good = is_short_enough(query, frame, err);
	for (size_t step = 0; is_good && step < frame->steps; step++) {
		frame->now_ms = frame->start_ms + (int64_t)step * frame->step_ms;
		is_good = eval_node(query, node, err) &&
			  gather(query, &gatherer, node, frame->now_ms, err);
	}
	if (is_good)
		hand_over(query, &gatherer, ret);
	gatherer_release(&gatherer);
	return is_good;
}
