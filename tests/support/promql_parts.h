/* SPDX-License-Identifier: MIT */
/* What a PromQL expression is made of. */
#ifndef BOTSWAIN_TESTS_PROMQL_PARTS_H
#define BOTSWAIN_TESTS_PROMQL_PARTS_H

#include <stddef.h>
#include "core/series/promql/ast.h"

enum { PROMQL_PARTS_MAX = 64 };

/* The whole, and each vector that one of its operators has on a side, each once. */
struct promql_parts {
	const struct expr *list[PROMQL_PARTS_MAX];
	size_t count;
};

void promql_parts_of(const struct expr *expr, struct promql_parts *ret);

typedef void expr_visitor(void *context, const struct expr *expr);
/* Each node, those above first. */
void promql_visit(const struct expr *expr, expr_visitor *visitor, void *context);

#endif
