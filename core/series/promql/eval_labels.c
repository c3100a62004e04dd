/* SPDX-License-Identifier: MIT */
/* Labels that a query makes, and vectors of them. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"

enum { FEW_LABELS = 64 };

/* Those that are there already have the same address. */
static uint32_t number_of(struct query *query, const struct label *list, size_t count)
{
	const struct labels *labels = labels_new(list, count);
	size_t before = query->made.count;
	uint32_t number = grouping_find(&query->made, labels, false);
	if (number < before)
		labels_unref(labels);
	return number;
}

const struct labels *query_labels(struct query *query, const struct label *list, size_t count)
{
	uint32_t number = number_of(query, list, count);
	return query->made.list[number].first;
}

static uint32_t pick(
	struct query *query, const struct label_choice *choice, const struct labels *labels)
{
	struct label few[FEW_LABELS];
	size_t count = labels_count(labels);
	autofree struct label *many =
		count > FEW_LABELS ? xreallocarray(NULL, count, sizeof(*many)) : NULL;
	struct label *list = many ? many : few;
	return number_of(query, list, label_choice_pick(choice, labels, list));
}

const struct labels *query_nameless(struct query *query, const struct labels *labels)
{
	static const struct label_choice choice = {.no_name = true};
	const uint32_t *known = memo_find(&query->nameless, labels);
	if (known)
		return query->made.list[*known].first;
	uint32_t number = pick(query, &choice, labels);
	memo_put(&query->nameless, labels, number);
	return query->made.list[number].first;
}

const struct labels *query_group_labels(
	struct query *query, struct grouping *grouping, uint32_t number)
{
	struct group_entry *entry = &grouping->list[number];
	if (!entry->made) {
		struct label_choice choice = grouping->choice;
		choice.no_name = choice.no_name || entry->no_name;
		uint32_t picked = pick(query, &choice, entry->first);
		entry->made = query->made.list[picked].first;
	}
	return entry->made;
}

/* ---- vectors ---- */

void vector_settle(struct query *query, struct vector *vector)
{
	for (size_t i = 0; vector->no_name && i < vector->count; i++)
		vector->list[i].labels = query_nameless(query, vector->list[i].labels);
	vector->no_name = false;
}

void vector_add(struct vector *vector, const struct labels *labels, double value)
{
	if (vector->count == vector->capacity)
		vector->list =
			grow(vector->list, vector->count, &vector->capacity, sizeof(*vector->list));
	vector->list[vector->count++] = (struct vector_sample){.labels = labels, .value = value};
}

void vector_clear(struct vector *vector)
{
	vector->count = 0;
	vector->no_name = false;
}

static void widen(struct distinct *distinct, size_t count)
{
	size_t before = distinct->capacity;
	if (count <= before)
		return;
	distinct->capacity = count * 2;
	distinct->seen = xreallocarray(distinct->seen, distinct->capacity, sizeof(*distinct->seen));
	memset(distinct->seen + before, 0, (distinct->capacity - before) * sizeof(uint64_t));
}

bool distinct_meets(struct distinct *distinct, uint32_t number)
{
	widen(distinct, (size_t)number + 1);
	bool is_there = distinct->seen[number] == distinct->round;
	distinct->seen[number] = distinct->round;
	return is_there;
}

bool vector_check(struct node *node, struct err *err)
{
	struct distinct *distinct = &node->distinct;
	const struct vector *vector = &node->vector;
	distinct->grouping.is_remembered = node->frame->steps > 1;
	distinct->round++;
	for (size_t i = 0; vector->count > 1 && i < vector->count; i++) {
		uint32_t number =
			grouping_find(&distinct->grouping, vector->list[i].labels, vector->no_name);
		if (distinct_meets(distinct, number))
			return err_set(err, ERR_INVALID,
				"vector cannot contain metrics with the same labelset");
	}
	return true;
}

bool vector_drop_names(struct node *node, const struct node *kid, struct err *err)
{
	node->vector.no_name = true;
	return kid->vector.no_name || kid->is_distinct || vector_check(node, err);
}
