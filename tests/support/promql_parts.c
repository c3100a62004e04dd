/* SPDX-License-Identifier: MIT */
#include "tests/support/promql_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/str.h"

static const struct expr *bare(const struct expr *expr)
{
	while (expr->kind == EXPR_PAREN)
		expr = expr->inner;
	return expr;
}

static bool is_same(const struct expr *one, const struct expr *other)
{
	autostr struct str text = STR_INIT, other_text = STR_INIT;
	expr_text(one, &text);
	expr_text(other, &other_text);
	return strcmp(text.text, other_text.text) == 0;
}

static void add_part(struct promql_parts *parts, const struct expr *expr)
{
	if (expr->type != VALUE_VECTOR)
		return;
	for (size_t i = 0; i < parts->count; i++)
		if (is_same(parts->list[i], expr))
			return;
	assert_true(parts->count < PROMQL_PARTS_MAX);
	parts->list[parts->count++] = expr;
}

void promql_visit(const struct expr *expr, expr_visitor *visitor, void *context)
{
	visitor(context, expr);
	for (size_t i = 0; expr->kind == EXPR_CALL && i < expr->call.arg_count; i++)
		promql_visit(expr->call.args[i], visitor, context);
	if (expr->kind == EXPR_BINARY) {
		promql_visit(expr->binary.left, visitor, context);
		promql_visit(expr->binary.right, visitor, context);
	}
	if (expr->kind == EXPR_AGGREGATE)
		promql_visit(expr->aggregate.inner, visitor, context);
	if (expr->kind == EXPR_PAREN || expr->kind == EXPR_NEGATE)
		promql_visit(expr->inner, visitor, context);
	if (expr->kind == EXPR_SUBQUERY)
		promql_visit(expr->subquery.inner, visitor, context);
}

static void add_sides(void *parts, const struct expr *expr)
{
	if (expr->kind != EXPR_BINARY)
		return;
	add_part(parts, bare(expr->binary.left));
	add_part(parts, bare(expr->binary.right));
}

void promql_parts_of(const struct expr *expr, struct promql_parts *ret)
{
	ret->count = 0;
	add_part(ret, bare(expr));
	promql_visit(expr, add_sides, ret);
}
