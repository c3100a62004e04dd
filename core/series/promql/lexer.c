/* SPDX-License-Identifier: MIT */
#include "core/series/promql/lexer.h"

#include <string.h>

#include "core/base/utf8.h"
#include "core/series/promql/literal.h"

/* Longer ones first. */
static const struct {
	const char *text;
	enum token_kind kind;
} signs[] = {
	{"==", TOKEN_EQ},
	{"=~", TOKEN_MATCH},
	{"!=", TOKEN_NE},
	{"!~", TOKEN_NOT_MATCH},
	{"<=", TOKEN_LE},
	{">=", TOKEN_GE},
	{"=", TOKEN_ASSIGN},
	{"<", TOKEN_LT},
	{">", TOKEN_GT},
	{"+", TOKEN_ADD},
	{"-", TOKEN_SUB},
	{"*", TOKEN_MUL},
	{"/", TOKEN_DIV},
	{"%", TOKEN_MOD},
	{"^", TOKEN_POW},
	{"(", TOKEN_OPEN},
	{")", TOKEN_CLOSE},
	{"{", TOKEN_OPEN_BRACE},
	{"}", TOKEN_CLOSE_BRACE},
	{"[", TOKEN_OPEN_BRACKET},
	{"]", TOKEN_CLOSE_BRACKET},
	{",", TOKEN_COMMA},
	{"@", TOKEN_AT},
};

/* "" behind the end. */
static char peek(const struct lexer *lexer, size_t ahead)
{
	size_t at = lexer->at + ahead;
	return at < lexer->length ? lexer->text[at] : '\0';
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_letter(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
}

static void skip_blanks(struct lexer *lexer)
{
	for (; lexer->at < lexer->length; lexer->at++) {
		char ch = peek(lexer, 0);
		if (ch == '#') {
			const char *rest = lexer->text + lexer->at;
			const char *end = memchr(rest, '\n', lexer->length - lexer->at);
			lexer->at = end ? (size_t)(end - lexer->text) : lexer->length - 1;
		} else if (ch != ' ' && ch != '\t' && ch != '\n' && ch != '\r') {
			return;
		}
	}
}

/* From `from` up to where the lexer now is. */
static struct token token_of(const struct lexer *lexer, size_t from, enum token_kind kind)
{
	return (struct token){
		.kind = kind, .place = {.from = (uint32_t)from, .to = (uint32_t)lexer->at}};
}

static struct token bad(const struct lexer *lexer, size_t from, const char *why)
{
	struct token token = token_of(lexer, from, TOKEN_BAD);
	token.why = why;
	return token;
}

static struct token lex_string(struct lexer *lexer)
{
	size_t from = lexer->at++;
	char quote = lexer->text[from];
	for (; lexer->at < lexer->length; lexer->at++) {
		char ch = peek(lexer, 0);
		if (ch == quote) {
			lexer->at++;
			return token_of(lexer, from, TOKEN_STRING);
		}
		if (quote == '`')
			continue;
		if (ch == '\n')
			break;
		lexer->at += ch == '\\' && lexer->at + 1 < lexer->length;
	}
	return bad(lexer, from, "unterminated string");
}

/* All that could belong to a number or a duration; what it is, if any, its reader tells. */
static struct token lex_number(struct lexer *lexer)
{
	size_t from = lexer->at;
	bool is_hex = peek(lexer, 0) == '0' && (peek(lexer, 1) | 0x20) == 'x';
	for (;;) {
		char ch = peek(lexer, 0);
		char next = peek(lexer, 1);
		bool has_sign = !is_hex && (ch | 0x20) == 'e' && (next == '+' || next == '-');
		if (!is_digit(ch) && !is_letter(ch) && ch != '.')
			break;
		lexer->at += has_sign ? 2 : 1;
	}
	double number;
	int64_t ms;
	const char *text = lexer->text + from;
	if (literal_number(text, lexer->at - from, &number))
		return token_of(lexer, from, TOKEN_NUMBER);
	if (literal_duration(text, lexer->at - from, &ms))
		return token_of(lexer, from, TOKEN_DURATION);
	return bad(lexer, from, "bad number or duration syntax");
}

static struct token lex_word(struct lexer *lexer)
{
	size_t from = lexer->at;
	enum token_kind kind = TOKEN_WORD;
	for (;; lexer->at++) {
		char ch = peek(lexer, 0);
		if (ch == ':' && !lexer->ends_at_colon)
			kind = TOKEN_METRIC;
		else if (!is_digit(ch) && !is_letter(ch))
			return token_of(lexer, from, kind);
	}
}

static struct token lex_sign(struct lexer *lexer)
{
	size_t from = lexer->at, left = lexer->length - from;
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		size_t length = strlen(signs[i].text);
		if (left >= length && memcmp(lexer->text + from, signs[i].text, length) == 0) {
			lexer->at += length;
			return token_of(lexer, from, signs[i].kind);
		}
	}
	lexer->at += utf8_next(lexer->text + from, left).size;
	return bad(lexer, from, "unexpected character");
}

struct token lexer_next(struct lexer *lexer)
{
	skip_blanks(lexer);
	char ch = peek(lexer, 0);
	if (lexer->at >= lexer->length)
		return token_of(lexer, lexer->at, TOKEN_END);
	if (ch == '"' || ch == '\'' || ch == '`')
		return lex_string(lexer);
	if (is_digit(ch) || (ch == '.' && is_digit(peek(lexer, 1))))
		return lex_number(lexer);
	if (ch == ':' && lexer->ends_at_colon) {
		lexer->at++;
		return token_of(lexer, lexer->at - 1, TOKEN_COLON);
	}
	if (is_letter(ch) || ch == ':')
		return lex_word(lexer);
	return lex_sign(lexer);
}
