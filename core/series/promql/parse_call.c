/* SPDX-License-Identifier: MIT */
/* Calls of functions, aggregations, and the lists of labels that these and binary operations have. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/series/label_text.h"
#include "core/series/promql/functions.h"
#include "core/series/promql/literal.h"
#include "core/series/promql/parse_internal.h"

/* ---- lists ---- */

struct args {
	struct expr **list;
	size_t count;
};

static void free_args(struct args *args)
{
	for (size_t i = 0; i < args->count; i++)
		expr_free(args->list[i]);
	free(args->list);
}

/* In brackets. What was read before an error is the caller's as well. */
static bool parse_args(struct parser *parser, const char *where, struct args *args)
{
	if (!parse_expect(parser, TOKEN_OPEN, where, "'('"))
		return false;
	while (parser->token.kind != TOKEN_CLOSE || args->count) {
		if (parser->token.kind == TOKEN_CLOSE)
			return parse_unexpected(parser, where, "an argument behind ','");
		struct expr *arg = parse_expr(parser);
		if (!arg)
			return false;
		args->list = xreallocarray(args->list, args->count + 1, sizeof(*args->list));
		args->list[args->count++] = arg;
		if (parser->token.kind == TOKEN_CLOSE)
			break;
		if (!parse_expect(parser, TOKEN_COMMA, where, "',' or ')'"))
			return false;
	}
	parse_advance(parser);
	return true;
}

static char *parse_label(struct parser *parser, const char *where)
{
	struct place place = parser->token.place;
	char *name = NULL;
	if (parser->token.kind == TOKEN_STRING) {
		name = parse_string(parser);
	} else if (parser->token.kind == TOKEN_WORD) {
		name = parse_token_text(parser, &parser->token);
		parse_advance(parser);
	} else {
		parse_unexpected(parser, where, "a label");
	}
	if (!name || *name)
		return name;
	free(name);
	parse_fail(parser, ERR_SYNTAX, place, "a label's name is empty");
	return NULL;
}

/* (a, "b c", d,); also what was read before an error is the caller's. */
static bool parse_labels(struct parser *parser, const char *where, char ***labels, size_t *count)
{
	if (!parse_expect(parser, TOKEN_OPEN, where, "'('"))
		return false;
	while (parser->token.kind != TOKEN_CLOSE) {
		char *label = parse_label(parser, where);
		if (!label)
			return false;
		*labels = xreallocarray(*labels, *count + 1, sizeof(**labels));
		(*labels)[(*count)++] = label;
		if (parser->token.kind == TOKEN_CLOSE)
			break;
		if (!parse_expect(parser, TOKEN_COMMA, where, "',' or ')'"))
			return false;
	}
	parse_advance(parser);
	return true;
}

/* ---- calls ---- */

static bool find_function(
	struct parser *parser, const struct token *name, const struct function **ret_function)
{
	const char *text = parser->lexer.text + name->place.from;
	size_t length = name->place.to - name->place.from;
	const char *why = function_refused(text, length);
	*ret_function = function_find(text, length);
	if (*ret_function)
		return true;
	if (why)
		return parse_fail(parser, ERR_UNSUPPORTED, name->place,
			"'%.*s' is not supported: %s", (int)length, text, why);
	return parse_fail(
		parser, ERR_SYNTAX, name->place, "unknown function '%.*s'", (int)length, text);
}

struct expr *parse_call(struct parser *parser, const struct token *name)
{
	const struct function *function;
	struct args args = {0};
	if (!find_function(parser, name, &function))
		return NULL;
	bool parsed = parse_args(parser, "a call", &args);
	struct expr *expr = xcalloc(1, sizeof(*expr));
	expr->kind = EXPR_CALL;
	expr->type = function->result;
	expr->place = parse_place(parser, name->place.from);
	expr->call.function = function;
	expr->call.args = args.list;
	expr->call.arg_count = args.count;
	if (!parsed || !check_call(parser, expr)) {
		expr_free(expr);
		return NULL;
	}
	return expr;
}

/* ---- aggregations ---- */

bool parse_is_aggregate(
	const struct parser *parser, const struct token *name, enum aggregate_op *ret_op)
{
	for (int op = AGG_SUM; op <= AGG_COUNT_VALUES; op++) {
		if (parse_token_is(parser, name, aggregate_op_word((enum aggregate_op)op))) {
			*ret_op = (enum aggregate_op)op;
			return true;
		}
	}
	return false;
}

static bool at_grouping(const struct parser *parser)
{
	return parse_at_word(parser, "by") || parse_at_word(parser, "without");
}

static bool parse_grouping(struct parser *parser, struct expr *expr)
{
	expr->aggregate.is_without = parse_at_word(parser, "without");
	parse_advance(parser);
	return parse_labels(
		parser, "grouping", &expr->aggregate.labels, &expr->aggregate.label_count);
}

/* The argument, or a parameter and the argument; those that belong to the expression leave the list. */
static bool put_args(struct parser *parser, struct expr *expr, struct args *args)
{
	bool has_parameter =
		expr->aggregate.op >= AGG_TOPK && expr->aggregate.op <= AGG_COUNT_VALUES;
	size_t wanted = has_parameter ? 2 : 1;
	if (args->count != wanted)
		return parse_fail(parser, ERR_SYNTAX, expr->place,
			"expected %zu argument%s of '%s', got %zu", wanted, wanted == 1 ? "" : "s",
			aggregate_op_word(expr->aggregate.op), args->count);
	if (has_parameter)
		expr->aggregate.parameter = args->list[0];
	expr->aggregate.inner = args->list[wanted - 1];
	args->count = 0;
	return check_aggregate(parser, expr);
}

static bool parse_aggregated(struct parser *parser, uint32_t from, struct expr *expr)
{
	CLEANUP(free_args) struct args args = {0};
	bool is_grouped = at_grouping(parser);
	if (is_grouped && !parse_grouping(parser, expr))
		return false;
	if (!parse_args(parser, "an aggregation", &args))
		return false;
	if (!is_grouped && at_grouping(parser) && !parse_grouping(parser, expr))
		return false;
	expr->place = parse_place(parser, from);
	return put_args(parser, expr, &args);
}

struct expr *parse_aggregate(struct parser *parser, const struct token *name, enum aggregate_op op)
{
	struct expr *expr = xcalloc(1, sizeof(*expr));
	expr->kind = EXPR_AGGREGATE;
	expr->type = VALUE_VECTOR;
	expr->aggregate.op = op;
	if (!parse_aggregated(parser, name->place.from, expr)) {
		expr_free(expr);
		return NULL;
	}
	return expr;
}

/* ---- modifiers of binary operations ---- */

static bool parse_group(struct parser *parser, struct vector_matching *matching)
{
	bool is_left = parse_at_word(parser, "group_left");
	if (!is_left && !parse_at_word(parser, "group_right"))
		return true;
	matching->group = is_left ? GROUP_LEFT : GROUP_RIGHT;
	parse_advance(parser);
	if (parser->token.kind != TOKEN_OPEN)
		return true;
	return parse_labels(parser, is_left ? "group_left" : "group_right", &matching->include,
		&matching->include_count);
}

bool parse_modifiers(struct parser *parser, struct expr *binary)
{
	struct vector_matching *matching = &binary->binary.matching;
	if (parse_at_word(parser, "bool")) {
		binary->binary.is_bool = true;
		parse_advance(parser);
	}
	matching->is_on = parse_at_word(parser, "on");
	if (!matching->is_on && !parse_at_word(parser, "ignoring"))
		return true;
	parse_advance(parser);
	return parse_labels(parser, matching->is_on ? "on" : "ignoring", &matching->labels,
		       &matching->label_count) &&
	       parse_group(parser, matching);
}
