/* SPDX-License-Identifier: MIT */
/*
 * What the files of the parser share. Each parse_ function reads from the token that is looked at and leaves the one behind what
 * it read; NULL or false: the error is set, and there is no way on.
 */
#ifndef BOTSWAIN_SERIES_PROMQL_PARSE_INTERNAL_H
#define BOTSWAIN_SERIES_PROMQL_PARSE_INTERNAL_H

#include "core/series/promql/ast.h"
#include "core/series/promql/lexer.h"

struct parser {
	struct lexer lexer;
	struct token token;
	uint32_t last_to; /* behind the token before */
	unsigned depth, operations, patterns;
	struct place *ret_place;
	struct err *err;
};

/* ---- parse.c ---- */
bool parse_fail(struct parser *parser, enum err_code code, struct place place, const char *format,
	...) PRINTF_LIKE(4, 5);
/* The token looked at does not belong `where`; `expected` may be NULL. */
bool parse_unexpected(struct parser *parser, const char *where, const char *expected);
void parse_advance(struct parser *parser);
bool parse_expect(
	struct parser *parser, enum token_kind kind, const char *where, const char *expected);
/* The token looked at is this word, in capitals or not. */
bool parse_at_word(const struct parser *parser, const char *word);
bool parse_token_is(const struct parser *parser, const struct token *token, const char *word);
char *parse_token_text(const struct parser *parser, const struct token *token) MUST_CHECK;
/* The string that is looked at; NULL: it cannot be read. */
char *parse_string(struct parser *parser) MUST_CHECK;
/* From `from` to what was read last. */
struct place parse_place(const struct parser *parser, uint32_t from);
/* A whole expression; takes away one level of nesting. */
struct expr *parse_expr(struct parser *parser) MUST_CHECK;

/* ---- parse_selector.c ---- */
/* `name` was read (NULL: none); at the brace or what else comes behind it. */
struct expr *parse_selector(struct parser *parser, const struct token *name) MUST_CHECK;

/* ---- parse_range.c ---- */
/* Ranges, subqueries, offset and @ behind `expr`, which it takes ownership of (NULL is legal). */
struct expr *parse_postfix(struct parser *parser, struct expr *expr) MUST_CHECK;

/* ---- parse_call.c ---- */
/* Behind the name: of a function, at its bracket; of an aggregation, at that or at by or without. */
struct expr *parse_call(struct parser *parser, const struct token *name) MUST_CHECK;
bool parse_is_aggregate(
	const struct parser *parser, const struct token *name, enum aggregate_op *ret_op);
struct expr *parse_aggregate(
	struct parser *parser, const struct token *name, enum aggregate_op op) MUST_CHECK;
/* The modifiers behind the operator of a binary operation. */
bool parse_modifiers(struct parser *parser, struct expr *binary);

/* ---- check.c: types ---- */
bool check_call(struct parser *parser, const struct expr *call);
bool check_aggregate(struct parser *parser, const struct expr *aggregate);
/* Also sets its type, and drops a matching that has no vectors on both sides. */
bool check_binary(struct parser *parser, struct expr *binary, struct place op);
bool check_unary(struct parser *parser, const struct expr *operand);
bool check_subquery(struct parser *parser, const struct expr *inner);

/* ---- re2.c ---- */
/* Prometheus' patterns are RE2's: NULL, or what in this one is not, at `ret_at`. */
const char *re2_refuses(const char *pattern, size_t *ret_at);

#endif
