/* SPDX-License-Identifier: MIT */
/* The tokens of PromQL, one at a time. What a word means is the parser's matter, since few words are reserved everywhere. */
#ifndef BOTSWAIN_SERIES_PROMQL_LEXER_H
#define BOTSWAIN_SERIES_PROMQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include "core/series/promql/ast.h"

enum token_kind {
	TOKEN_END,
	TOKEN_BAD, /* `why` it is none */
	TOKEN_NUMBER,
	TOKEN_DURATION,
	TOKEN_STRING,
	TOKEN_WORD,
	TOKEN_METRIC, /* a word with colons */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_BRACE,
	TOKEN_CLOSE_BRACE,
	TOKEN_OPEN_BRACKET,
	TOKEN_CLOSE_BRACKET,
	TOKEN_COMMA,
	TOKEN_COLON,
	TOKEN_AT,
	TOKEN_ASSIGN,
	TOKEN_MATCH,
	TOKEN_NOT_MATCH,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_LT,
	TOKEN_LE,
	TOKEN_GT,
	TOKEN_GE,
	TOKEN_ADD,
	TOKEN_SUB,
	TOKEN_MUL,
	TOKEN_DIV,
	TOKEN_MOD,
	TOKEN_POW,
};

struct token {
	enum token_kind kind;
	struct place place;
	const char *why;
};

struct lexer {
	const char *text;
	size_t length, at;
	bool ends_at_colon; /* in braces and brackets, where a colon is no part of a word */
};

/* TOKEN_END again and again behind the last. */
struct token lexer_next(struct lexer *lexer);

#endif
