/* SPDX-License-Identifier: MIT */
/* What fits what, as Prometheus checks it before it evaluates anything. */
#include <stdlib.h>
#include <string.h>

#include "core/series/promql/functions.h"
#include "core/series/promql/parse_internal.h"

static const char *type_words(enum value_type type)
{
	static const char *const words[] = {[VALUE_SCALAR] = "scalar",
		[VALUE_STRING] = "string",
		[VALUE_VECTOR] = "instant vector",
		[VALUE_MATRIX] = "range vector"};
	return words[type];
}

static bool expect(struct parser *parser, const struct expr *expr, enum value_type type,
	const char *of, const char *name)
{
	return expr->type == type ||
	       parse_fail(parser, ERR_SYNTAX, expr->place, "expected %s in %s '%s', got %s",
		       type_words(type), of, name, type_words(expr->type));
}

static bool check_count(struct parser *parser, const struct expr *call)
{
	const struct function *function = call->call.function;
	size_t count = call->call.arg_count, least = function->args_least;
	size_t most = function->args_most, wanted = count < least ? least : most;
	if (count >= least && count <= most)
		return true;
	return parse_fail(parser, ERR_SYNTAX, call->place,
		"expected %s%zu argument%s in call to '%s', got %zu",
		least == most   ? ""
		: count < least ? "at least "
				: "at most ",
		wanted, wanted == 1 ? "" : "s", function->name, count);
}

bool check_call(struct parser *parser, const struct expr *call)
{
	const struct function *function = call->call.function;
	size_t types = function->args_most < FUNCTION_ARGS_MAX ? function->args_most : 0;
	if (!check_count(parser, call))
		return false;
	/* what is repeated is the last type named; VALUE_SCALAR is 0 and never the last of these */
	for (size_t i = FUNCTION_ARGS_MAX; i > 0 && !types; i--)
		types = function->args[i - 1] != VALUE_SCALAR ? i : 0;
	for (size_t i = 0; i < call->call.arg_count; i++) {
		enum value_type type = function->args[i < types ? i : types - 1];
		if (!expect(parser, call->call.args[i], type, "call to", function->name))
			return false;
	}
	return true;
}

bool check_aggregate(struct parser *parser, const struct expr *aggregate)
{
	enum aggregate_op op = aggregate->aggregate.op;
	const struct expr *parameter = aggregate->aggregate.parameter;
	enum value_type type = op == AGG_COUNT_VALUES ? VALUE_STRING : VALUE_SCALAR;
	const char *word = aggregate_op_word(op);
	return (!parameter || expect(parser, parameter, type, "parameter of", word)) &&
	       expect(parser, aggregate->aggregate.inner, VALUE_VECTOR, "aggregation", word);
}

bool check_unary(struct parser *parser, const struct expr *operand)
{
	return operand->type == VALUE_SCALAR || operand->type == VALUE_VECTOR ||
	       parse_fail(parser, ERR_SYNTAX, operand->place,
		       "expected scalar or instant vector behind a sign, got %s",
		       type_words(operand->type));
}

bool check_subquery(struct parser *parser, const struct expr *inner)
{
	return inner->type == VALUE_VECTOR ||
	       parse_fail(parser, ERR_SYNTAX, inner->place,
		       "expected instant vector in a subquery, got %s", type_words(inner->type));
}

static bool is_comparison(enum binary_op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static bool is_set(enum binary_op op)
{
	return op == OP_AND || op == OP_OR || op == OP_UNLESS;
}

static bool check_side(struct parser *parser, const struct expr *side, const char *word)
{
	return side->type == VALUE_SCALAR || side->type == VALUE_VECTOR ||
	       parse_fail(parser, ERR_SYNTAX, side->place,
		       "expected scalar or instant vector in operation '%s', got %s", word,
		       type_words(side->type));
}

static bool check_bool(struct parser *parser, const struct expr *binary, struct place op)
{
	bool compares = is_comparison(binary->binary.op);
	if (binary->binary.is_bool && !compares)
		return parse_fail(
			parser, ERR_SYNTAX, op, "bool can only be used on comparison operators");
	if (compares && !binary->binary.is_bool && binary->binary.left->type == VALUE_SCALAR &&
		binary->binary.right->type == VALUE_SCALAR)
		return parse_fail(parser, ERR_SYNTAX, op,
			"comparisons between scalars must use the bool modifier");
	return true;
}

static bool check_include(
	struct parser *parser, const struct vector_matching *matching, struct place op)
{
	for (size_t i = 0; matching->is_on && i < matching->label_count; i++) {
		for (size_t k = 0; k < matching->include_count; k++) {
			if (strcmp(matching->labels[i], matching->include[k]) == 0)
				return parse_fail(parser, ERR_SYNTAX, op,
					"label '%s' must not be in on() and in group_%s() at once",
					matching->labels[i],
					matching->group == GROUP_LEFT ? "left" : "right");
		}
	}
	return true;
}

/* One side is a number. */
static bool check_without_vectors(struct parser *parser, struct expr *binary, struct place op)
{
	struct vector_matching *matching = &binary->binary.matching;
	if (is_set(binary->binary.op))
		return parse_fail(parser, ERR_SYNTAX, op,
			"set operator '%s' is only allowed between instant vectors",
			binary_op_word(binary->binary.op));
	if (matching->label_count)
		return parse_fail(parser, ERR_SYNTAX, op,
			"matching of labels is only allowed between instant vectors");
	for (size_t i = 0; i < matching->include_count; i++)
		free(matching->include[i]);
	free(matching->include);
	*matching = (struct vector_matching){0};
	return true;
}

static bool check_vectors(struct parser *parser, struct expr *binary, struct place op)
{
	struct vector_matching *matching = &binary->binary.matching;
	if (!is_set(binary->binary.op))
		return true;
	if (matching->group != GROUP_ONE_TO_ONE)
		return parse_fail(parser, ERR_SYNTAX, op, "no grouping is allowed for '%s'",
			binary_op_word(binary->binary.op));
	matching->group = GROUP_MANY_TO_MANY;
	return true;
}

bool check_binary(struct parser *parser, struct expr *binary, struct place op)
{
	const struct expr *left = binary->binary.left, *right = binary->binary.right;
	const char *word = binary_op_word(binary->binary.op);
	bool has_vectors = left->type == VALUE_VECTOR && right->type == VALUE_VECTOR;
	bool has_one = left->type == VALUE_VECTOR || right->type == VALUE_VECTOR;
	binary->type = has_one ? VALUE_VECTOR : VALUE_SCALAR;
	return check_side(parser, left, word) && check_side(parser, right, word) &&
	       check_bool(parser, binary, op) &&
	       check_include(parser, &binary->binary.matching, op) &&
	       (has_vectors ? check_vectors(parser, binary, op)
			    : check_without_vectors(parser, binary, op));
}
