/* SPDX-License-Identifier: MIT */
#include "core/series/promql/ast.h"

#include <stdlib.h>

#include "core/parse/regex.h"

/* clang-format off */
static const char *const binary_words[] = {
	[OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/", [OP_MOD] = "%", [OP_POW] = "^", [OP_ATAN2] = "atan2",
	[OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<", [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">=",
	[OP_AND] = "and", [OP_OR] = "or", [OP_UNLESS] = "unless",
};

static const char *const aggregate_words[] = {
	[AGG_SUM] = "sum", [AGG_AVG] = "avg", [AGG_MIN] = "min", [AGG_MAX] = "max", [AGG_COUNT] = "count",
	[AGG_GROUP] = "group", [AGG_STDDEV] = "stddev", [AGG_STDVAR] = "stdvar", [AGG_TOPK] = "topk",
	[AGG_BOTTOMK] = "bottomk", [AGG_QUANTILE] = "quantile", [AGG_COUNT_VALUES] = "count_values",
};
/* clang-format on */

const char *binary_op_word(enum binary_op op)
{
	return binary_words[op];
}

const char *aggregate_op_word(enum aggregate_op op)
{
	return aggregate_words[op];
}

static struct expr *kid_of_aggregate(const struct expr *expr, size_t at)
{
	return at == 0 ? expr->aggregate.inner : at == 1 ? expr->aggregate.parameter : NULL;
}

static struct expr *kid_of_binary(const struct expr *expr, size_t at)
{
	return at == 0 ? expr->binary.left : at == 1 ? expr->binary.right : NULL;
}

struct expr *expr_kid(const struct expr *expr, size_t at)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_SELECTOR:
		break;
	case EXPR_SUBQUERY:
		return at == 0 ? expr->subquery.inner : NULL;
	case EXPR_CALL:
		return at < expr->call.arg_count ? expr->call.args[at] : NULL;
	case EXPR_AGGREGATE:
		return kid_of_aggregate(expr, at);
	case EXPR_BINARY:
		return kid_of_binary(expr, at);
	case EXPR_NEGATE:
	case EXPR_PAREN:
		return at == 0 ? expr->inner : NULL;
	}
	return NULL;
}

static void free_words(char **words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	free(words);
}

static void free_matchers(struct matcher *matchers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(matchers[i].name);
		free(matchers[i].value);
		regex_free(matchers[i].regex);
	}
	free(matchers);
}

static void release_call(struct expr *expr)
{
	for (size_t i = 0; i < expr->call.arg_count; i++)
		expr_free(expr->call.args[i]);
	free(expr->call.args);
}

static void release_aggregate(struct expr *expr)
{
	expr_free(expr->aggregate.inner);
	expr_free(expr->aggregate.parameter);
	free_words(expr->aggregate.labels, expr->aggregate.label_count);
}

static void release_binary(struct expr *expr)
{
	struct vector_matching *matching = &expr->binary.matching;
	expr_free(expr->binary.left);
	expr_free(expr->binary.right);
	free_words(matching->labels, matching->label_count);
	free_words(matching->include, matching->include_count);
}

void expr_free(struct expr *expr)
{
	if (!expr)
		return;
	switch (expr->kind) {
	case EXPR_NUMBER:
		break;
	case EXPR_STRING:
		free(expr->string);
		break;
	case EXPR_SELECTOR:
		free(expr->selector.metric);
		free_matchers(expr->selector.matchers, expr->selector.matcher_count);
		break;
	case EXPR_SUBQUERY:
		expr_free(expr->subquery.inner);
		break;
	case EXPR_CALL:
		release_call(expr);
		break;
	case EXPR_AGGREGATE:
		release_aggregate(expr);
		break;
	case EXPR_BINARY:
		release_binary(expr);
		break;
	case EXPR_NEGATE:
	case EXPR_PAREN:
		expr_free(expr->inner);
		break;
	}
	free(expr);
}
