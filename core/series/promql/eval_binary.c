/* SPDX-License-Identifier: MIT */
/* Operators where at most one side is a vector. */
#include <math.h>

#include "core/series/promql/internal.h"

bool is_comparison(enum binary_op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static bool compare(enum binary_op op, double left, double right)
{
	switch ((int)op) {
	case OP_EQ:
		return left == right;
	case OP_NE:
		return left != right;
	case OP_LT:
		return left < right;
	case OP_LE:
		return left <= right;
	case OP_GT:
		return left > right;
	default:
		return left >= right;
	}
}

static double calculate(enum binary_op op, double left, double right)
{
	switch ((int)op) {
	case OP_ADD:
		return left + right;
	case OP_SUB:
		return left - right;
	case OP_MUL:
		return left * right;
	case OP_DIV:
		return left / right;
	case OP_MOD:
		return fmod(left, right);
	case OP_POW:
		return pow(left, right);
	default:
		return atan2(left, right);
	}
}

bool eval_operator(enum binary_op op, double left, double right, double *ret)
{
	if (is_comparison(op)) {
		*ret = left;
		return compare(op, left, right);
	}
	*ret = calculate(op, left, right);
	return true;
}

bool eval_negate(struct query *query, struct node *node, struct err *err)
{
	struct node *kid = node->kids[0];
	if (!eval_node(query, kid, err))
		return false;
	node->scalar = -kid->scalar;
	for (size_t i = 0; i < kid->vector.count; i++)
		vector_add(&node->vector, kid->vector.list[i].labels, -kid->vector.list[i].value);
	return node->expr->type == VALUE_SCALAR || vector_drop_names(node, kid, err);
}

/* Between numbers a comparison is always one of 0 and 1. */
static bool between_scalars(struct node *node)
{
	enum binary_op op = node->expr->binary.op;
	double value;
	bool holds = eval_operator(op, node->kids[0]->scalar, node->kids[1]->scalar, &value);
	node->scalar = is_comparison(op) ? holds : value;
	return true;
}

/* Most series of a rule are within its bounds: what is left out costs a comparison alone. */
#define KEEP(op)                                                                                   \
	for (size_t i = 0; i < from->count; i++) {                                                 \
		if (from->list[i].value op scalar)                                                 \
			vector_add(to, from->list[i].labels, from->list[i].value);                 \
	}                                                                                          \
	break

static void keep_those(
	struct vector *to, const struct vector *from, enum binary_op op, double scalar)
{
	switch ((int)op) {
	case OP_EQ:
		KEEP(==);
	case OP_NE:
		KEEP(!=);
	case OP_LT:
		KEEP(<);
	case OP_LE:
		KEEP(<=);
	case OP_GT:
		KEEP(>);
	default:
		KEEP(>=);
	}
}

/* The same with its sides changed. */
static enum binary_op turned(enum binary_op op)
{
	static const enum binary_op ops[] = {[OP_EQ] = OP_EQ,
		[OP_NE] = OP_NE,
		[OP_LT] = OP_GT,
		[OP_LE] = OP_GE,
		[OP_GT] = OP_LT,
		[OP_GE] = OP_LE};
	return ops[op];
}

/* A comparison keeps the value of the vector, on whatever side it is. */
static void each_with(struct node *node, const struct vector *vector, double scalar, bool is_left)
{
	enum binary_op op = node->expr->binary.op;
	bool is_bool = node->expr->binary.is_bool;
	if (is_comparison(op) && !is_bool) {
		keep_those(&node->vector, vector, is_left ? op : turned(op), scalar);
		return;
	}
	for (size_t i = 0; i < vector->count; i++) {
		const struct vector_sample *element = &vector->list[i];
		double value;
		bool holds = is_left ? eval_operator(op, element->value, scalar, &value)
				     : eval_operator(op, scalar, element->value, &value);
		vector_add(&node->vector, element->labels, is_bool ? holds : value);
	}
}

static bool with_scalar(struct node *node, bool is_left, struct err *err)
{
	const struct node *vector = node->kids[!is_left], *scalar = node->kids[is_left];
	each_with(node, &vector->vector, scalar->scalar, is_left);
	node->vector.no_name = vector->vector.no_name;
	if (is_comparison(node->expr->binary.op) && !node->expr->binary.is_bool)
		return true;
	return vector_drop_names(node, vector, err);
}

bool eval_binary(struct query *query, struct node *node, struct err *err)
{
	struct node *left = node->kids[0], *right = node->kids[1];
	if (!eval_node(query, left, err) || !eval_node(query, right, err))
		return false;
	if (left->expr->type == VALUE_SCALAR && right->expr->type == VALUE_SCALAR)
		return between_scalars(node);
	if (left->expr->type == VALUE_SCALAR || right->expr->type == VALUE_SCALAR)
		return with_scalar(node, left->expr->type == VALUE_VECTOR, err);
	if (node->expr->binary.op >= OP_AND)
		return eval_sets(query, node, err);
	return eval_match(query, node, err);
}
