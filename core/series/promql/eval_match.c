/* SPDX-License-Identifier: MIT */
/* Operators between vectors: elements find each other by labels. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"

/* What a group of labels met in this round. */
struct meeting {
	uint64_t one_round, many_round;
	uint32_t one; /* its element of the side where there is one at most */
};

struct joined {
	const struct labels *one, *labels;
	bool no_name; /* of the many */
};

struct match {
	struct grouping groups;
	struct meeting *meetings; /* by number of the group */
	size_t capacity;
	uint64_t round;
	struct grouping kept; /* a filter keeps all labels but the ignored ones */
	struct memo joins;    /* by the labels of the many side */
	struct joined *joined;
	size_t joined_count, joined_capacity;
	struct distinct results;
};

static void match_free(void *state)
{
	struct match *match = state;
	grouping_release(&match->groups);
	grouping_release(&match->results.grouping);
	free(match->results.seen);
	grouping_release(&match->kept);
	memo_release(&match->joins);
	free(match->joined);
	free(match->meetings);
	free(match);
}

static struct match *match_of(struct node *node)
{
	const struct vector_matching *matching = &node->expr->binary.matching;
	struct match *match = node->state;
	if (!match) {
		node->state = match = xcalloc(1, sizeof(*match));
		node->release = match_free;
		label_choice_init(&match->groups.choice, matching->is_on, matching->labels,
			matching->label_count);
		label_choice_init(
			&match->kept.choice, false, matching->labels, matching->label_count);
		match->kept.choice.no_name = false;
		match->groups.is_remembered = node->frame->steps > 1;
		match->results.grouping.is_remembered = node->frame->steps > 1;
		match->kept.is_remembered = node->frame->steps > 1;
	}
	match->round++;
	match->results.round++;
	return match;
}

static struct meeting *meeting_of(
	struct match *match, const struct labels *labels, bool no_name, uint32_t *ret_number)
{
	uint32_t number = grouping_find(&match->groups, labels, no_name);
	if (number >= match->capacity) {
		size_t before = match->capacity;
		match->capacity = ((size_t)number + 1) * 2;
		match->meetings =
			xreallocarray(match->meetings, match->capacity, sizeof(*match->meetings));
		memset(match->meetings + before, 0,
			(match->capacity - before) * sizeof(*match->meetings));
	}
	*ret_number = number;
	return &match->meetings[number];
}

/* ---- and, or, unless ---- */

static void note_side(struct match *match, const struct vector *vector)
{
	uint32_t number;
	for (size_t i = 0; i < vector->count; i++)
		meeting_of(match, vector->list[i].labels, vector->no_name, &number)->one_round =
			match->round;
}

static void add_those(
	struct match *match, struct vector *to, const struct vector *from, bool is_met)
{
	uint32_t number;
	for (size_t i = 0; i < from->count; i++) {
		const struct vector_sample *element = &from->list[i];
		const struct meeting *meeting =
			meeting_of(match, element->labels, from->no_name, &number);
		if ((meeting->one_round == match->round) == is_met)
			vector_add(to, element->labels, element->value);
	}
}

static bool either(struct query *query, struct node *node, struct match *match)
{
	struct vector *left = &node->kids[0]->vector, *right = &node->kids[1]->vector;
	if (left->no_name != right->no_name) {
		vector_settle(query, left);
		vector_settle(query, right);
	}
	for (size_t i = 0; i < left->count; i++)
		vector_add(&node->vector, left->list[i].labels, left->list[i].value);
	if (right->count) {
		note_side(match, left);
		add_those(match, &node->vector, right, false);
	}
	node->vector.no_name = left->no_name && right->no_name;
	return true;
}

bool eval_sets(struct query *query, struct node *node, struct err *err)
{
	const struct vector *left = &node->kids[0]->vector, *right = &node->kids[1]->vector;
	struct match *match = match_of(node);
	(void)err;
	if (node->expr->binary.op == OP_OR)
		return either(query, node, match);
	if (left->count)
		note_side(match, right);
	add_those(match, &node->vector, left, node->expr->binary.op == OP_AND);
	node->vector.no_name = left->no_name;
	return true;
}

/* ---- one to one, many to one ---- */

/* As Prometheus' errors write labels: the name among the others. */
static void spell(const struct labels *labels, bool no_name, struct str *to)
{
	const char *between = "";
	str_addch(to, '{');
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		if (no_name && strcmp(label->name, LABEL_NAME) == 0)
			continue;
		str_addf(to, "%s%s=\"%s\"", between, label->name, label->value);
		between = ", ";
	}
	str_addch(to, '}');
}

static bool say_double(struct query *query, const struct node *node, struct match *match,
	uint32_t number, const struct vector *one, size_t at, struct err *err)
{
	const struct labels *first = one->list[match->meetings[number].one].labels;
	const struct labels *second = one->list[at].labels;
	const struct labels *group = query_group_labels(query, &match->groups, number);
	bool is_right = node->expr->binary.matching.group != GROUP_RIGHT;
	autostr struct str text = STR_INIT;
	str_adds(&text, "found duplicate series for the match group ");
	spell(group, false, &text);
	str_addf(&text, " on the %s hand-side of the operation: [", is_right ? "right" : "left");
	bool is_in_order = labels_compare(first, second) <= 0;
	spell(is_in_order ? first : second, one->no_name, &text);
	str_adds(&text, ", ");
	spell(is_in_order ? second : first, one->no_name, &text);
	str_adds(&text,
		"];many-to-many matching not allowed: matching labels must be unique on one side");
	return err_set(err, ERR_INVALID, "%s", text.text);
}

static bool note_ones(struct query *query, const struct node *node, struct match *match,
	const struct vector *one, struct err *err)
{
	for (size_t i = 0; i < one->count; i++) {
		uint32_t number;
		struct meeting *meeting =
			meeting_of(match, one->list[i].labels, one->no_name, &number);
		if (meeting->one_round == match->round)
			return say_double(query, node, match, number, one, i, err);
		meeting->one_round = match->round;
		meeting->one = (uint32_t)i;
	}
	return true;
}

/* Those of the many side, with what is included of the other. */
static const struct labels *join(struct query *query, const struct node *node,
	const struct labels *many, bool no_name, const struct labels *one)
{
	const struct vector_matching *matching = &node->expr->binary.matching;
	struct label_choice rest = {.no_name = no_name, .count = matching->include_count};
	autofree struct label *list = xreallocarray(
		NULL, labels_count(many) + matching->include_count + 1, sizeof(*list));
	autofree const char **names = xreallocarray(NULL, matching->include_count, sizeof(*names));
	for (size_t i = 0; i < matching->include_count; i++)
		names[i] = matching->include[i];
	rest.names = names;
	size_t count = label_choice_pick(&rest, many, list);
	for (size_t i = 0; i < matching->include_count; i++)
		list[count++] =
			(struct label){.name = names[i], .value = labels_get(one, names[i])};
	return query_labels(query, list, count);
}

static const struct labels *joined_labels(struct query *query, const struct node *node,
	struct match *match, const struct labels *many, bool no_name, const struct labels *one)
{
	const uint32_t *known = memo_find(&match->joins, many);
	uint32_t at = known ? *known : (uint32_t)match->joined_count;
	if (!known) {
		match->joined = grow(match->joined, match->joined_count, &match->joined_capacity,
			sizeof(*match->joined));
		match->joined[match->joined_count++] = (struct joined){.one = NULL};
		memo_put(&match->joins, many, at);
	}
	struct joined *joined = &match->joined[at];
	if (joined->one != one || joined->no_name != no_name)
		*joined = (struct joined){.one = one,
			.no_name = no_name,
			.labels = join(query, node, many, no_name, one)};
	return joined->labels;
}

struct pair {
	const struct vector *many, *one;
	bool is_filter, is_joined, needs_check;
};

/* The labels of a result, of which the vector's flag may drop the name. */
static const struct labels *result_labels(struct query *query, const struct node *node,
	struct match *match, const struct pair *pair, const struct labels *many, uint32_t number)
{
	const struct vector_matching *matching = &node->expr->binary.matching;
	if (matching->group != GROUP_ONE_TO_ONE && !pair->is_joined)
		return many;
	if (pair->is_joined) {
		uint32_t one = match->meetings[number].one;
		return joined_labels(query, node, match, many,
			pair->many->no_name || !pair->is_filter, pair->one->list[one].labels);
	}
	if (matching->is_on || !pair->is_filter)
		return query_group_labels(query, &match->groups, number);
	if (!matching->label_count)
		return many;
	return query_group_labels(
		query, &match->kept, grouping_find(&match->kept, many, pair->many->no_name));
}

/* Each result once: the groups of one to one, the labels of many to one, whether the comparison holds or not. */
static bool is_first(struct match *match, const struct node *node, const struct pair *pair,
	uint32_t number, const struct labels *labels, struct err *err)
{
	struct meeting *meeting = &match->meetings[number];
	if (node->expr->binary.matching.group == GROUP_ONE_TO_ONE) {
		if (meeting->many_round == match->round)
			return err_set(err, ERR_INVALID,
				"multiple matches for labels: many-to-one matching must be "
				"explicit (group_left/group_right)");
		meeting->many_round = match->round;
		return true;
	}
	if (!pair->needs_check ||
		!distinct_meets(&match->results,
			grouping_find(&match->results.grouping, labels, node->vector.no_name)))
		return true;
	return err_set(err, ERR_INVALID,
		"multiple matches for labels: grouping labels must ensure unique matches");
}

static bool add_pair(struct query *query, struct node *node, struct match *match,
	const struct pair *pair, size_t at, struct err *err)
{
	const struct expr *expr = node->expr;
	const struct vector_sample *many = &pair->many->list[at];
	uint32_t number;
	const struct meeting *meeting =
		meeting_of(match, many->labels, pair->many->no_name, &number);
	if (meeting->one_round != match->round)
		return true;
	double other = pair->one->list[meeting->one].value, value;
	bool is_swapped = expr->binary.matching.group == GROUP_RIGHT;
	const struct labels *labels = result_labels(query, node, match, pair, many->labels, number);
	if (!is_first(match, node, pair, number, labels, err))
		return false;
	bool holds = is_swapped ? eval_operator(expr->binary.op, other, many->value, &value)
				: eval_operator(expr->binary.op, many->value, other, &value);
	if (expr->binary.is_bool)
		vector_add(&node->vector, labels, holds);
	else if (holds)
		vector_add(&node->vector, labels, value);
	return true;
}

bool eval_match(struct query *query, struct node *node, struct err *err)
{
	const struct expr *expr = node->expr;
	struct match *match = match_of(node);
	bool is_swapped = expr->binary.matching.group == GROUP_RIGHT;
	const struct node *many = node->kids[is_swapped], *one = node->kids[!is_swapped];
	struct pair pair = {.many = &many->vector,
		.one = &one->vector,
		.is_filter = is_comparison(expr->binary.op) && !expr->binary.is_bool,
		.is_joined = expr->binary.matching.include_count > 0};
	node->vector.no_name = !pair.is_joined && (pair.many->no_name || !pair.is_filter);
	if (!pair.many->count || !pair.one->count)
		return true;
	pair.needs_check =
		pair.is_joined || (!pair.is_filter && !pair.many->no_name && !many->is_distinct);
	if (!note_ones(query, node, match, pair.one, err))
		return false;
	for (size_t i = 0; i < pair.many->count; i++) {
		if (!add_pair(query, node, match, &pair, i, err))
			return false;
	}
	return query_spend(query, pair.many->count + pair.one->count, err);
}
