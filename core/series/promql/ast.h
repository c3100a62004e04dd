/* SPDX-License-Identifier: MIT */
/*
 * A PromQL expression as a tree (Prometheus 3: docs/querying/basics.md, operators.md, functions.md). Each node knows the bytes
 * of the query that it was read from, so that any error can point at them. A tree belongs to one thread at a time, since its
 * matchers' patterns do.
 */
#ifndef BOTSWAIN_SERIES_PROMQL_AST_H
#define BOTSWAIN_SERIES_PROMQL_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/series/querier.h"

enum value_type { VALUE_SCALAR, VALUE_STRING, VALUE_VECTOR, VALUE_MATRIX };

enum expr_kind {
	EXPR_NUMBER,
	EXPR_STRING,
	EXPR_SELECTOR, /* an instant vector, or with range_ms a matrix */
	EXPR_SUBQUERY,
	EXPR_CALL,
	EXPR_AGGREGATE,
	EXPR_BINARY,
	EXPR_NEGATE, /* unary minus; unary plus leaves no node */
	EXPR_PAREN,
};

/* clang-format off */
enum binary_op {
	OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_POW, OP_ATAN2,
	OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
	OP_AND, OP_OR, OP_UNLESS,
};
enum aggregate_op {
	AGG_SUM, AGG_AVG, AGG_MIN, AGG_MAX, AGG_COUNT, AGG_GROUP, AGG_STDDEV, AGG_STDVAR,
	AGG_TOPK, AGG_BOTTOMK, AGG_QUANTILE, AGG_COUNT_VALUES,
};
/* clang-format on */

/* Bytes of the query, `to` is behind the last. */
struct place {
	uint32_t from, to;
};

/* `offset 5m @ 1609746000`, of selectors and subqueries. */
enum at_kind { AT_NONE, AT_TIME, AT_START, AT_END };

struct shift {
	int64_t offset_ms; /* back in time; may be negative */
	enum at_kind at;
	int64_t at_ms; /* of AT_TIME */
};

/* How the sides of a binary operation between vectors find each other. */
enum match_group {
	GROUP_ONE_TO_ONE,
	GROUP_LEFT,
	GROUP_RIGHT,
	GROUP_MANY_TO_MANY /* and, or, unless */
};

struct vector_matching {
	bool is_on; /* else ignoring, which no modifier is as well */
	char **labels;
	size_t label_count;
	enum match_group group;
	char **include; /* group_left(...) */
	size_t include_count;
};

struct function; /* functions.h: name, argument types, result */

struct expr {
	enum expr_kind kind;
	enum value_type type; /* what it yields */
	struct place place;
	uint32_t alike; /* of a group: its number, the same for all that say the same (group.h) */
	union {
		double number;
		char *string;
		struct {
			char *metric; /* as written before the braces, also a matcher; NULL none */
			struct matcher *matchers;
			size_t matcher_count;
			int64_t range_ms; /* 0: an instant vector */
			struct shift shift;
		} selector;
		struct {
			struct expr *inner;
			int64_t range_ms, step_ms; /* step 0: the default */
			struct shift shift;
		} subquery;
		struct {
			const struct function *function;
			struct expr **args;
			size_t arg_count;
		} call;
		struct {
			enum aggregate_op op;
			struct expr *inner,
				*parameter; /* of topk, bottomk, quantile, count_values; else NULL */
			bool is_without;
			char **labels;
			size_t label_count;
		} aggregate;
		struct {
			enum binary_op op;
			struct expr *left, *right;
			bool is_bool;
			struct vector_matching matching; /* between vectors */
		} binary;
		struct expr *inner; /* EXPR_NEGATE, EXPR_PAREN */
	};
};

/* Reads and type-checks a whole query. NULL: `err` says what is wrong ("1:14: unexpected ...", lines and columns from 1, columns in
 * characters), `ret_place` where. What Prometheus has and this has not is refused by name. */
struct expr *promql_parse(
	const char *query, size_t length, struct place *ret_place, struct err *err) MUST_CHECK;
/* Those that it is made of, in order; NULL behind the last. */
struct expr *expr_kid(const struct expr *expr, size_t at) MUST_CHECK;
void expr_free(struct expr *expr); /* NULL is legal */
/* Appends it in Prometheus' own spelling, which reads back as the same tree. */
void expr_text(const struct expr *expr, struct str *to);

const char *binary_op_word(enum binary_op op);
const char *aggregate_op_word(enum aggregate_op op);

#endif
