/* SPDX-License-Identifier: MIT */
/* Expressions of rules: read, and how far back they look. */
#include <string.h>

#include "core/alert/rulefile/rule_book.h"
#include "core/base/err.h"
#include "core/series/promql/ast.h"

struct expr *rule_expr_read(const char *query, struct err *err)
{
	struct expr *expr = promql_parse(query, strlen(query), NULL, err);
	if (!expr || expr->type == VALUE_VECTOR || expr->type == VALUE_SCALAR)
		return expr;
	err_set(err, ERR_INVALID, "yields a %s: a vector or a number is wanted",
		expr->type == VALUE_MATRIX ? "range of values" : "text");
	expr_free(expr);
	return NULL;
}

void rule_expr_free(struct expr *expr)
{
	expr_free(expr);
}

static int64_t most(int64_t one, int64_t other)
{
	return one > other ? one : other;
}

int64_t rule_reach_ms(const struct expr *expr)
{
	int64_t reach_ms = 0, own_ms = 0;
	struct expr *kid;
	for (size_t i = 0; (kid = expr_kid(expr, i)); i++)
		reach_ms = most(reach_ms, rule_reach_ms(kid));
	if (expr->kind == EXPR_SELECTOR)
		own_ms = most(expr->selector.range_ms, 0) + most(expr->selector.shift.offset_ms, 0);
	else if (expr->kind == EXPR_SUBQUERY)
		own_ms = expr->subquery.range_ms + most(expr->subquery.shift.offset_ms, 0);
	return reach_ms + own_ms;
}
