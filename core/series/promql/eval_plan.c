/* SPDX-License-Identifier: MIT */
/* The nodes of a query: what is known of each before the first step. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/functions.h"
#include "core/series/promql/internal.h"

const struct expr *expr_bare(const struct expr *expr)
{
	while (expr->kind == EXPR_PAREN)
		expr = expr->inner;
	return expr;
}

const struct function_way *function_way_find(const char *name)
{
	for (size_t i = 0; function_ways[i]; i++) {
		for (const struct function_way *way = function_ways[i]; way->name; way++) {
			if (strcmp(way->name, name) == 0)
				return way;
		}
	}
	return NULL;
}

static void add_kids(struct query *query, struct node *node)
{
	struct frame *frame = node->frame;
	size_t count = 0;
	while (expr_kid(node->expr, count))
		count++;
	if (node->expr->kind == EXPR_SUBQUERY)
		frame = node->inner_frame = xcalloc(1, sizeof(*node->inner_frame));
	node->kids = xcalloc(count + 1, sizeof(struct node *));
	for (; node->kid_count < count; node->kid_count++)
		node->kids[node->kid_count] =
			eval_node_new(query, expr_kid(node->expr, node->kid_count), frame);
}

static bool is_constant(const struct node *node)
{
	const struct expr *expr = node->expr;
	if (expr->kind == EXPR_SELECTOR)
		return expr->selector.shift.at != AT_NONE;
	if (expr->kind == EXPR_SUBQUERY)
		return expr->subquery.shift.at != AT_NONE;
	if (node->way && node->way->flags & WAY_OF_NOW)
		return false;
	for (size_t i = 0; i < node->kid_count; i++) {
		if (!node->kids[i]->is_constant)
			return false;
	}
	return true;
}

static bool names_its_metric(const struct expr *expr)
{
	for (size_t i = 0; i < expr->selector.matcher_count; i++) {
		const struct matcher *matcher = &expr->selector.matchers[i];
		if (matcher->op == MATCH_EQUAL && *matcher->value &&
			strcmp(matcher->name, LABEL_NAME) == 0)
			return true;
	}
	return false;
}

static bool is_distinct_aggregate(const struct node *node)
{
	const struct expr *expr = node->expr;
	if (expr->aggregate.op == AGG_TOPK || expr->aggregate.op == AGG_BOTTOMK)
		return node->kids[0]->is_distinct;
	for (size_t i = 0; i < expr->aggregate.label_count; i++) {
		if (strcmp(expr->aggregate.labels[i], LABEL_NAME) == 0)
			return false;
	}
	return expr->aggregate.op != AGG_COUNT_VALUES;
}

static bool is_distinct_binary(const struct node *node)
{
	const struct expr *expr = node->expr;
	enum binary_op op = expr->binary.op;
	if (op == OP_AND || op == OP_UNLESS)
		return node->kids[0]->is_distinct;
	if (op == OP_OR)
		return false;
	if (!is_comparison(op) || expr->binary.is_bool)
		return true;
	if (expr->binary.left->type == VALUE_SCALAR)
		return node->kids[1]->is_distinct;
	return expr->binary.right->type == VALUE_SCALAR && node->kids[0]->is_distinct;
}

static bool is_distinct(const struct node *node)
{
	switch (node->expr->kind) {
	case EXPR_SELECTOR:
		return names_its_metric(node->expr);
	case EXPR_SUBQUERY:
		return node->kids[0]->is_distinct;
	case EXPR_AGGREGATE:
		return is_distinct_aggregate(node);
	case EXPR_BINARY:
		return is_distinct_binary(node);
	case EXPR_NEGATE:
		return true;
	case EXPR_CALL:
		return !node->way->call && !(node->way->flags & WAY_KEEPS_NAME);
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_PAREN:
		break;
	}
	return false;
}

static struct node *make(struct query *query, const struct expr *expr, struct frame *frame)
{
	struct node *node = xcalloc(1, sizeof(*node));
	node->expr = expr;
	node->frame = frame;
	node->users = 1;
	if (node->expr->kind == EXPR_CALL)
		node->way = function_way_find(node->expr->call.function->name);
	add_kids(query, node);
	node->is_constant = is_constant(node);
	node->is_distinct = is_distinct(node);
	return node;
}

struct node *eval_node_new(struct query *query, const struct expr *parens, struct frame *frame)
{
	const struct expr *expr = expr_bare(parens);
	if (!is_shared(query, frame))
		return make(query, expr, frame);
	struct node **place = &query->sharing->nodes[expr->alike];
	if (*place)
		(*place)->users++;
	else
		*place = make(query, expr, frame);
	return *place;
}

static void distinct_release(struct distinct *distinct)
{
	grouping_release(&distinct->grouping);
	free(distinct->seen);
}

void eval_node_free(struct query *query, struct node *node)
{
	if (!node || --node->users)
		return;
	for (size_t i = 0; i < node->kid_count; i++)
		eval_node_free(query, node->kids[i]);
	if (is_shared(query, node->frame))
		query->sharing->nodes[node->expr->alike] = NULL;
	if (node->release)
		node->release(node->state);
	if (query->sharing && node->source)
		sharing_keep(query->sharing, node->source);
	eval_source_free(node->source);
	notes_release(&node->notes);
	distinct_release(&node->distinct);
	free(node->inner_frame);
	free(node->vector.list);
	free(node->kids);
	free(node);
}
