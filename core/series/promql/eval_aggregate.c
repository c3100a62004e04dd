/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"
#include "core/series/promql/kahan.h"

/* What a group has in a round. */
struct tally {
	uint64_t round;
	union {
		struct mean mean; /* and the sum */
		struct spread spread;
		double value;
	};
	size_t count;
	size_t first; /* of the members that are sorted: where they begin */
};

struct aggregate {
	struct grouping own, *groups; /* own: unless they are shared */
	struct tally *tallies;        /* by number of the group */
	size_t capacity;
	uint64_t round;
	uint32_t *order; /* the groups of this round, as they came */
	size_t order_count, order_capacity;
	uint32_t *number_of; /* of each element */
	size_t number_capacity;
	struct vector members; /* of topk, quantile: by group */
	struct memo
		places; /* of count_values: by labels, in the vector of this or an earlier round */
};

static void aggregate_free(void *state)
{
	struct aggregate *aggregate = state;
	grouping_release(&aggregate->own);
	free(aggregate->tallies);
	free(aggregate->order);
	free(aggregate->number_of);
	free(aggregate->members.list);
	memo_release(&aggregate->places);
	free(aggregate);
}

static struct grouping *own_grouping(struct aggregate *aggregate, const struct node *node)
{
	const struct expr *expr = node->expr;
	label_choice_init(&aggregate->own.choice, !expr->aggregate.is_without,
		expr->aggregate.labels, expr->aggregate.label_count);
	aggregate->own.is_remembered = node->frame->steps > 1;
	return &aggregate->own;
}

static struct aggregate *aggregate_of(struct query *query, struct node *node)
{
	struct aggregate *aggregate = node->state;
	if (!aggregate) {
		node->state = aggregate = xcalloc(1, sizeof(*aggregate));
		node->release = aggregate_free;
		aggregate->groups = is_shared(query, node->frame)
					    ? shared_grouping(query, node->expr)
					    : own_grouping(aggregate, node);
	}
	aggregate->round++;
	aggregate->order_count = 0;
	return aggregate;
}

/* The group of an element; a new one of this round has a count of 0. */
static struct tally *tally_of(
	struct aggregate *aggregate, const struct labels *labels, bool no_name, uint32_t *ret)
{
	uint32_t number = grouping_find(aggregate->groups, labels, no_name);
	if (number >= aggregate->capacity) {
		size_t before = aggregate->capacity;
		aggregate->capacity = ((size_t)number + 1) * 2;
		aggregate->tallies = xreallocarray(
			aggregate->tallies, aggregate->capacity, sizeof(struct tally));
		memset(aggregate->tallies + before, 0,
			(aggregate->capacity - before) * sizeof(struct tally));
	}
	struct tally *tally = &aggregate->tallies[number];
	if (tally->round != aggregate->round) {
		*tally = (struct tally){.round = aggregate->round};
		aggregate->order = grow(aggregate->order, aggregate->order_count,
			&aggregate->order_capacity, sizeof(*aggregate->order));
		aggregate->order[aggregate->order_count++] = number;
	}
	*ret = number;
	return tally;
}

/* ---- those that add up ---- */

static void add_to_mean(struct tally *tally, double value)
{
	mean_add(&tally->mean, value);
}

static void add_to_sum(struct tally *tally, double value)
{
	kahan_add(&tally->mean.total, value);
}

static void add_least(struct tally *tally, double value)
{
	if (!tally->count || value < tally->value || isnan(tally->value))
		tally->value = value;
}

static void add_most(struct tally *tally, double value)
{
	if (!tally->count || value > tally->value || isnan(tally->value))
		tally->value = value;
}

static void add_to_spread(struct tally *tally, double value)
{
	spread_add(&tally->spread, value);
}

static void add_none(struct tally *tally, double value)
{
	(void)tally;
	(void)value;
}

static double sum_of(const struct tally *tally)
{
	return kahan_total(&tally->mean.total);
}

static double mean_of(const struct tally *tally)
{
	return mean_result(&tally->mean);
}

static double value_of(const struct tally *tally)
{
	return tally->value;
}

static double count_of(const struct tally *tally)
{
	return (double)tally->count;
}

static double one_of(const struct tally *tally)
{
	(void)tally;
	return 1;
}

static double variance_of(const struct tally *tally)
{
	return spread_variance(&tally->spread);
}

static double deviation_of(const struct tally *tally)
{
	return sqrt(spread_variance(&tally->spread));
}

static const struct adder {
	void (*add)(struct tally *tally, double value);
	double (*result)(const struct tally *tally);
} adders[] = {
	[AGG_SUM] = {add_to_sum, sum_of},
	[AGG_AVG] = {add_to_mean, mean_of},
	[AGG_MIN] = {add_least, value_of},
	[AGG_MAX] = {add_most, value_of},
	[AGG_COUNT] = {add_none, count_of},
	[AGG_GROUP] = {add_none, one_of},
	[AGG_STDDEV] = {add_to_spread, deviation_of},
	[AGG_STDVAR] = {add_to_spread, variance_of},
};

static bool add_up(struct query *query, struct node *node, struct err *err)
{
	const struct adder *adder = &adders[node->expr->aggregate.op];
	const struct vector *vector = &node->kids[0]->vector;
	struct aggregate *aggregate = aggregate_of(query, node);
	uint32_t number;
	(void)err;
	for (size_t i = 0; i < vector->count; i++) {
		struct tally *tally =
			tally_of(aggregate, vector->list[i].labels, vector->no_name, &number);
		adder->add(tally, vector->list[i].value);
		tally->count++;
	}
	for (size_t i = 0; i < aggregate->order_count; i++) {
		number = aggregate->order[i];
		vector_add(&node->vector, query_group_labels(query, aggregate->groups, number),
			adder->result(&aggregate->tallies[number]));
	}
	return true;
}

/* ---- those that look at all members of a group ---- */

/* Members of each group side by side, groups and members as they came. */
static void sort_into_groups(struct aggregate *aggregate, const struct vector *vector)
{
	size_t first = 0;
	if (vector->count > aggregate->number_capacity) {
		aggregate->number_capacity = vector->count * 2;
		aggregate->number_of = xreallocarray(aggregate->number_of,
			aggregate->number_capacity, sizeof(*aggregate->number_of));
	}
	for (size_t i = 0; i < vector->count; i++)
		tally_of(aggregate, vector->list[i].labels, vector->no_name,
			&aggregate->number_of[i])
			->count++;
	for (size_t i = 0; i < aggregate->order_count; i++) {
		struct tally *tally = &aggregate->tallies[aggregate->order[i]];
		tally->first = first;
		first += tally->count;
		tally->count = 0;
	}
	struct vector *members = &aggregate->members;
	vector_clear(members);
	for (size_t i = 0; i < vector->count; i++) /* makes room */
		vector_add(members, NULL, 0);
	for (size_t i = 0; i < vector->count; i++) {
		struct tally *tally = &aggregate->tallies[aggregate->number_of[i]];
		members->list[tally->first + tally->count++] = vector->list[i];
	}
}

static int falling(double one, double other)
{
	if (isnan(one) || isnan(other))
		return isnan(one) - isnan(other);
	return (one < other) - (one > other);
}

static int rising(double one, double other)
{
	if (isnan(one) || isnan(other))
		return isnan(one) - isnan(other);
	return (one > other) - (one < other);
}

/* Puts an element into those that are kept, behind its equals; the last one falls out. */
static size_t put_in_order(struct vector_sample *kept, size_t count, size_t most,
	struct vector_sample element, int (*order)(double one, double other))
{
	size_t at = count;
	while (at && order(element.value, kept[at - 1].value) < 0)
		at--;
	if (at == most)
		return count;
	if (count == most)
		count--;
	memmove(kept + at + 1, kept + at, (count - at) * sizeof(*kept));
	kept[at] = element;
	return count + 1;
}

struct ranked {
	struct vector_sample sample;
	size_t at;
};

static int by_fall(const void *one, const void *other)
{
	const struct ranked *left = one, *right = other;
	int order = falling(left->sample.value, right->sample.value);
	return order ? order : (left->at > right->at) - (left->at < right->at);
}

static int by_rise(const void *one, const void *other)
{
	const struct ranked *left = one, *right = other;
	int order = rising(left->sample.value, right->sample.value);
	return order ? order : (left->at > right->at) - (left->at < right->at);
}

static size_t keep_many(struct vector_sample *list, size_t count, size_t most, bool is_top)
{
	autofree struct ranked *ranks = xreallocarray(NULL, count, sizeof(*ranks));
	for (size_t i = 0; i < count; i++)
		ranks[i] = (struct ranked){.sample = list[i], .at = i};
	qsort(ranks, count, sizeof(*ranks), is_top ? by_fall : by_rise);
	for (size_t i = 0; i < count; i++)
		list[i] = ranks[i].sample;
	return count < most ? count : most;
}

/* The members of a group that are kept come first, in order. */
static size_t keep(struct vector_sample *list, size_t count, size_t most, bool is_top)
{
	enum { FEW = 16 };
	size_t kept = 0;
	if (most > FEW && count > FEW)
		return keep_many(list, count, most, is_top);
	for (size_t i = 0; i < count; i++)
		kept = put_in_order(list, kept, most, list[i], is_top ? falling : rising);
	return kept;
}

static bool read_count(double value, size_t *ret, struct err *err)
{
	const double most = 9223372036854775808.0;
	if (isnan(value))
		return err_set(err, ERR_INVALID, "Parameter value is NaN");
	if (value >= most || value < -most)
		return err_set(err, ERR_INVALID, "Scalar value %g %s int64", value,
			value < 0 ? "underflows" : "overflows");
	*ret = value < 1 ? 0 : (size_t)value;
	return true;
}

static bool pick_some(struct query *query, struct node *node, struct err *err)
{
	const struct vector *vector = &node->kids[0]->vector;
	struct aggregate *aggregate = aggregate_of(query, node);
	size_t most = 0;
	if (!read_count(node->kids[1]->scalar, &most, err))
		return false;
	node->vector.no_name = vector->no_name;
	if (!most)
		return true;
	sort_into_groups(aggregate, vector);
	for (size_t i = 0; i < aggregate->order_count; i++) {
		const struct tally *tally = &aggregate->tallies[aggregate->order[i]];
		struct vector_sample *list = aggregate->members.list + tally->first;
		size_t kept = keep(list, tally->count, most, node->expr->aggregate.op == AGG_TOPK);
		for (size_t j = 0; j < kept; j++)
			vector_add(&node->vector, list[j].labels, list[j].value);
	}
	return true;
}

static bool quantiles(struct query *query, struct node *node, struct err *err)
{
	struct aggregate *aggregate = aggregate_of(query, node);
	double quantile = node->kids[1]->scalar;
	(void)err;
	check_quantile(query, quantile, node->expr->aggregate.parameter->place);
	sort_into_groups(aggregate, &node->kids[0]->vector);
	for (size_t i = 0; i < aggregate->order_count; i++) {
		uint32_t number = aggregate->order[i];
		const struct tally *tally = &aggregate->tallies[number];
		double *values = query_scratch(query, tally->count);
		for (size_t j = 0; j < tally->count; j++)
			values[j] = aggregate->members.list[tally->first + j].value;
		sort_values(values, tally->count);
		vector_add(&node->vector, query_group_labels(query, aggregate->groups, number),
			quantile_of(quantile, values, tally->count));
	}
	return true;
}

/* ---- count_values ---- */

/* The labels of the group, with the value as one more. */
static const struct labels *with_value(
	struct query *query, const struct labels *labels, const char *name, double value)
{
	autostr struct str text = STR_INIT;
	size_t count = labels_count(labels);
	autofree struct label *list = xreallocarray(NULL, count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i] = *labels_at(labels, i);
	value_text(value, &text);
	list[count] = (struct label){.name = name, .value = text.text};
	return query_labels(query, list, count + 1);
}

static void count_one(
	struct aggregate *aggregate, struct vector *vector, const struct labels *labels)
{
	const uint32_t *at = memo_find(&aggregate->places, labels);
	if (at && *at < vector->count && vector->list[*at].labels == labels) {
		vector->list[*at].value++;
		return;
	}
	memo_put(&aggregate->places, labels, (uint32_t)vector->count);
	vector_add(vector, labels, 1);
}

static bool count_values(struct query *query, struct node *node, struct err *err)
{
	const struct vector *vector = &node->kids[0]->vector;
	const char *name = node->kids[1]->string;
	struct aggregate *aggregate = aggregate_of(query, node);
	if (!*name)
		return err_set(err, ERR_INVALID, "invalid label name %s", name);
	for (size_t i = 0; i < vector->count; i++) {
		uint32_t group =
			grouping_find(aggregate->groups, vector->list[i].labels, vector->no_name);
		const struct labels *labels =
			with_value(query, query_group_labels(query, aggregate->groups, group), name,
				vector->list[i].value);
		count_one(aggregate, &node->vector, labels);
	}
	return query_allows_series(query, query->made.count, err);
}

/* ---- */

bool eval_aggregate(struct query *query, struct node *node, struct err *err)
{
	static bool (*const ways[])(struct query *, struct node *, struct err *) = {
		[AGG_TOPK] = pick_some,
		[AGG_BOTTOMK] = pick_some,
		[AGG_QUANTILE] = quantiles,
		[AGG_COUNT_VALUES] = count_values,
	};
	for (size_t i = 0; i < node->kid_count; i++) {
		if (!eval_node(query, node->kids[i], err))
			return false;
	}
	enum aggregate_op op = node->expr->aggregate.op;
	if (op < AGG_TOPK)
		return add_up(query, node, err);
	return ways[op](query, node, err);
}
