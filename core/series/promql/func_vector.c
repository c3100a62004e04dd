/* SPDX-License-Identifier: MIT */
/* Functions of whole vectors: absent, in what order, from and to a number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"

/* ---- absent ---- */

static bool is_asked_before(const struct expr *selector, size_t at)
{
	const struct matcher *matchers = selector->selector.matchers;
	for (size_t i = 0; i < at; i++) {
		if (matchers[i].op == MATCH_EQUAL &&
			strcmp(matchers[i].name, matchers[at].name) == 0)
			return true;
	}
	return false;
}

/* Those that a selector asks for by =; whatever is asked of a label after that takes it away. */
static const struct labels *labels_asked(struct query *query, const struct expr *expr)
{
	expr = expr_bare(expr);
	if (expr->kind != EXPR_SELECTOR)
		return query_labels(query, NULL, 0);
	size_t count = expr->selector.matcher_count;
	autofree struct label *list = xcalloc(count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		const struct matcher *matcher = &expr->selector.matchers[i];
		bool is_good = matcher->op == MATCH_EQUAL && !is_asked_before(expr, i) &&
			       strcmp(matcher->name, LABEL_NAME) != 0;
		list[i] = (struct label){
			.name = matcher->name, .value = is_good ? matcher->value : ""};
	}
	return query_labels(query, list, count);
}

static bool absent(struct query *query, struct node *node, struct err *err)
{
	(void)err;
	if (!node->kids[0]->vector.count)
		vector_add(&node->vector, labels_asked(query, node->expr->call.args[0]), 1);
	return true;
}

static bool absent_over_time(struct query *query, struct node *node, struct err *err)
{
	const struct source *source = node->kids[0]->source;
	(void)err;
	for (size_t i = 0; i < source->count; i++) {
		if (source->list[i].low < source->list[i].high)
			return true;
	}
	vector_add(&node->vector, labels_asked(query, node->expr->call.args[0]), 1);
	return true;
}

/* ---- numbers ---- */

static bool scalar(struct query *query, struct node *node, struct err *err)
{
	const struct vector *vector = &node->kids[0]->vector;
	(void)query;
	(void)err;
	node->scalar = vector->count == 1 ? vector->list[0].value : NAN;
	return true;
}

static bool vector_of(struct query *query, struct node *node, struct err *err)
{
	(void)err;
	vector_add(&node->vector, query_labels(query, NULL, 0), node->kids[0]->scalar);
	return true;
}

/* ---- order ---- */

struct place_in {
	struct vector_sample sample;
	size_t at;
	const struct node *node; /* whose labels count */
};

typedef int compare_places(const void *one, const void *other);

/* NaN is last either way; those that are equal stay as they were. */
static int by_value(const struct place_in *one, const struct place_in *other, bool is_falling)
{
	double left = one->sample.value, right = other->sample.value;
	int order = (left > right) - (left < right);
	if (isnan(left) || isnan(right))
		order = isnan(left) - isnan(right);
	else if (is_falling)
		order = -order;
	return order ? order : (one->at > other->at) - (one->at < other->at);
}

static int rising(const void *one, const void *other)
{
	return by_value(one, other, false);
}

static int falling(const void *one, const void *other)
{
	return by_value(one, other, true);
}

/* Numbers in texts as numbers: x2 before x10. */
static int natural(const char *one, const char *other)
{
	while (*one && *other) {
		size_t left = strspn(one, "0123456789"), right = strspn(other, "0123456789");
		if (left && right) {
			const char *from = one + strspn(one, "0"), *to = other + strspn(other, "0");
			size_t digits = strspn(from, "0123456789"),
			       others = strspn(to, "0123456789");
			int order = digits != others ? (digits > others) - (digits < others)
						     : strncmp(from, to, digits);
			if (order)
				return order;
			one += left;
			other += right;
		} else if (*one != *other) {
			return (unsigned char)*one - (unsigned char)*other;
		} else {
			one++;
			other++;
		}
	}
	return (unsigned char)*one - (unsigned char)*other;
}

static int by_labels(const void *one, const void *other)
{
	const struct place_in *left = one, *right = other;
	for (size_t i = 1; i < left->node->kid_count; i++) {
		const char *name = left->node->kids[i]->string;
		int order = natural(labels_get(left->sample.labels, name),
			labels_get(right->sample.labels, name));
		if (order)
			return order;
	}
	return labels_compare(left->sample.labels, right->sample.labels);
}

static int against_labels(const void *one, const void *other)
{
	return by_labels(other, one);
}

static void sort_by(struct node *node, compare_places *compare)
{
	struct vector *vector = &node->vector;
	autofree struct place_in *places = xreallocarray(NULL, vector->count + 1, sizeof(*places));
	for (size_t i = 0; i < vector->count; i++)
		places[i] = (struct place_in){.sample = vector->list[i], .at = i, .node = node};
	qsort(places, vector->count, sizeof(*places), compare);
	for (size_t i = 0; i < vector->count; i++)
		vector->list[i] = places[i].sample;
}

static bool put_in_order(struct query *query, struct node *node, compare_places *compare)
{
	const struct vector *vector = &node->kids[0]->vector;
	for (size_t i = 0; i < vector->count; i++)
		vector_add(&node->vector, vector->list[i].labels, vector->list[i].value);
	node->vector.no_name = vector->no_name;
	if (query->options.step_ms)
		query_annotate(query, ANNOTATION_WARNING, node->expr->place,
			"%s is ineffective for range queries since results are always ordered by "
			"labels",
			"sort");
	else
		sort_by(node, compare);
	return true;
}

static bool sort(struct query *query, struct node *node, struct err *err)
{
	(void)err;
	return put_in_order(query, node, rising);
}

static bool sort_desc(struct query *query, struct node *node, struct err *err)
{
	(void)err;
	return put_in_order(query, node, falling);
}

static bool sort_by_label(struct query *query, struct node *node, struct err *err)
{
	(void)err;
	return put_in_order(query, node, by_labels);
}

static bool sort_by_label_desc(struct query *query, struct node *node, struct err *err)
{
	(void)err;
	return put_in_order(query, node, against_labels);
}

const struct function_way vector_ways[] = {
	{.name = "absent", .call = absent},
	{.name = "absent_over_time", .call = absent_over_time},
	{.name = "scalar", .call = scalar},
	{.name = "vector", .call = vector_of},
	{.name = "sort", .call = sort},
	{.name = "sort_desc", .call = sort_desc},
	{.name = "sort_by_label", .call = sort_by_label},
	{.name = "sort_by_label_desc", .call = sort_by_label_desc},
	{.name = NULL},
};
