/* SPDX-License-Identifier: MIT */
/* histogram_quantile() of classic histograms: series with a bucket's upper bound in their label le. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"

#define LABEL_BOUND "le"

struct bucket {
	uint32_t group;
	size_t order; /* of the group: as they came */
	double bound, count;
};

struct histograms {
	struct grouping groups; /* without le */
	struct bucket *list;
	size_t count, capacity;
	size_t *places; /* by group: where it came, in `round` */
	uint64_t *rounds;
	size_t group_capacity;
	uint64_t round;
};

static void histograms_free(void *state)
{
	struct histograms *histograms = state;
	grouping_release(&histograms->groups);
	free(histograms->list);
	free(histograms->places);
	free(histograms->rounds);
	free(histograms);
}

static struct histograms *histograms_of(struct node *node)
{
	static char bound[] = LABEL_BOUND;
	char *const names[] = {bound};
	struct histograms *histograms = node->state;
	if (!histograms) {
		node->state = histograms = xcalloc(1, sizeof(*histograms));
		node->release = histograms_free;
		label_choice_init(&histograms->groups.choice, false, names, 1);
		histograms->groups.is_remembered = node->frame->steps > 1;
	}
	histograms->count = 0;
	histograms->round++;
	return histograms;
}

static bool read_bound(const char *text, double *ret)
{
	char *end;
	*ret = strtod(text, &end);
	return *text && !*end && *text != ' ';
}

static size_t order_of(struct histograms *histograms, uint32_t group, size_t *groups)
{
	if (group >= histograms->group_capacity) {
		size_t before = histograms->group_capacity;
		histograms->group_capacity = ((size_t)group + 1) * 2;
		histograms->places = xreallocarray(
			histograms->places, histograms->group_capacity, sizeof(size_t));
		histograms->rounds = xreallocarray(
			histograms->rounds, histograms->group_capacity, sizeof(uint64_t));
		memset(histograms->rounds + before, 0,
			(histograms->group_capacity - before) * sizeof(uint64_t));
	}
	if (histograms->rounds[group] != histograms->round) {
		histograms->rounds[group] = histograms->round;
		histograms->places[group] = (*groups)++;
	}
	return histograms->places[group];
}

static void gather(struct query *query, const struct node *node, struct histograms *histograms)
{
	const struct vector *vector = &node->kids[1]->vector;
	size_t groups = 0;
	for (size_t i = 0; i < vector->count; i++) {
		const struct labels *labels = vector->list[i].labels;
		const char *text = labels_get(labels, LABEL_BOUND);
		double bound;
		if (!read_bound(text, &bound)) {
			query_annotate(query, ANNOTATION_WARNING, node->expr->call.args[1]->place,
				"bucket label \"le\" is missing or has a malformed value of \"%s\" "
				"for metric name \"%s\"",
				text, vector->no_name ? "" : labels_get(labels, LABEL_NAME));
			continue;
		}
		uint32_t group = grouping_find(&histograms->groups, labels, vector->no_name);
		histograms->list = grow(histograms->list, histograms->count, &histograms->capacity,
			sizeof(*histograms->list));
		histograms->list[histograms->count++] = (struct bucket){.group = group,
			.order = order_of(histograms, group, &groups),
			.bound = bound,
			.count = vector->list[i].value};
	}
}

static int by_group(const void *one, const void *other)
{
	const struct bucket *left = one, *right = other;
	if (left->order != right->order)
		return (left->order > right->order) - (left->order < right->order);
	return (left->bound > right->bound) - (left->bound < right->bound);
}

/* Buckets of the same bound are one: 1 and 1.0. */
static size_t join_equals(struct bucket *buckets, size_t count)
{
	size_t last = 0;
	for (size_t i = 1; i < count; i++) {
		if (buckets[i].bound == buckets[last].bound)
			buckets[last].count += buckets[i].count;
		else
			buckets[++last] = buckets[i];
	}
	return last + 1;
}

/* Equal but for what floating point loses. */
static bool is_nearly(double one, double other)
{
	const double tolerance = 1e-12;
	double sum = fabs(one) + fabs(other), difference = fabs(one - other);
	if (one == 0 || other == 0 || sum < 0x1p-1022)
		return difference < tolerance * 0x1p-1022;
	return difference / fmin(sum, 0x1.fffffffffffffp1023) < tolerance;
}

/* Buckets hold all below their bound, so that none has fewer than one before it; those that were read a moment apart may. True:
 * one had, by more than rounding. */
static bool level(struct bucket *buckets, size_t count)
{
	double before = buckets[0].count;
	bool is_forced = false;
	for (size_t i = 1; i < count; i++) {
		double now = buckets[i].count;
		if (is_nearly(before, now) || now < before) {
			is_forced = is_forced || !is_nearly(before, now);
			buckets[i].count = before;
		} else {
			before = now;
		}
	}
	return is_forced;
}

/* Between the bounds of the bucket where the rank falls, evenly. */
static double quantile_in(double quantile, const struct bucket *buckets, size_t count)
{
	double total = buckets[count - 1].count;
	if (count < 2 || total == 0 || isnan(total))
		return NAN;
	double rank = quantile * total;
	size_t at = 0;
	while (at < count - 1 && buckets[at].count < rank)
		at++;
	if (at == count - 1)
		return buckets[count - 2].bound;
	if (at == 0 && buckets[0].bound <= 0)
		return buckets[0].bound;
	double start = at ? buckets[at - 1].bound : 0, below = at ? buckets[at - 1].count : 0;
	double inside = buckets[at].count - below;
	return start + (buckets[at].bound - start) * ((rank - below) / inside);
}

static double quantile_of_buckets(struct query *query, const struct node *node, double quantile,
	struct bucket *buckets, size_t count)
{
	if (isnan(quantile))
		return NAN;
	if (quantile < 0 || quantile > 1)
		return quantile < 0 ? -INFINITY : INFINITY;
	if (buckets[count - 1].bound != INFINITY)
		return NAN;
	count = join_equals(buckets, count);
	if (level(buckets, count))
		query_annotate(query, ANNOTATION_INFO, node->expr->call.args[1]->place,
			"input to histogram_quantile needed to be fixed for monotonicity (see "
			"https://prometheus.io/docs/prometheus/latest/querying/functions/"
			"#histogram_quantile)");
	return quantile_in(quantile, buckets, count);
}

static bool histogram_quantile(struct query *query, struct node *node, struct err *err)
{
	struct histograms *histograms = histograms_of(node);
	double quantile = node->kids[0]->scalar;
	(void)err;
	check_quantile(query, quantile, node->expr->call.args[0]->place);
	gather(query, node, histograms);
	if (histograms->count)
		qsort(histograms->list, histograms->count, sizeof(struct bucket), by_group);
	for (size_t from = 0, to; from < histograms->count; from = to) {
		struct bucket *buckets = histograms->list + from;
		to = from + 1;
		while (to < histograms->count && histograms->list[to].group == buckets->group)
			to++;
		const struct labels *labels =
			query_group_labels(query, &histograms->groups, buckets->group);
		vector_add(&node->vector, labels,
			quantile_of_buckets(query, node, quantile, buckets, to - from));
	}
	return true;
}

const struct function_way histogram_ways[] = {
	{.name = "histogram_quantile", .call = histogram_quantile},
	{.name = NULL},
};
