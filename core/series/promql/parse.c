/* SPDX-License-Identifier: MIT */
/*
 * By the power of the operators, from weak to strong: or; and, unless; comparisons; + -; * / % atan2 and the unary signs; ^, which
 * alone groups to the right. A sign in front of a ^ is that of the whole power: -1^2 is -1.
 */
#include "core/series/promql/parse_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/utf8.h"
#include "core/series/promql/functions.h"
#include "core/series/promql/literal.h"

/* `a or b or c ...` is as deep as it is long, and each level is one of the stack for who walks the tree. */
enum { QUERY_BYTES_MAX = 64 << 10, NESTED_MAX = 100, OPERATIONS_MAX = 1000, SHOWN_CELLS = 40 };

enum power { POWER_OR = 1, POWER_AND, POWER_COMPARE, POWER_ADD, POWER_MUL, POWER_POW };

static const struct operator_row {
	enum token_kind token;
	const char *word; /* of TOKEN_WORD */
	enum binary_op op;
	enum power power;
} operators[] = {
	{TOKEN_WORD, "or", OP_OR, POWER_OR},
	{TOKEN_WORD, "and", OP_AND, POWER_AND},
	{TOKEN_WORD, "unless", OP_UNLESS, POWER_AND},
	{TOKEN_EQ, NULL, OP_EQ, POWER_COMPARE},
	{TOKEN_NE, NULL, OP_NE, POWER_COMPARE},
	{TOKEN_LT, NULL, OP_LT, POWER_COMPARE},
	{TOKEN_LE, NULL, OP_LE, POWER_COMPARE},
	{TOKEN_GT, NULL, OP_GT, POWER_COMPARE},
	{TOKEN_GE, NULL, OP_GE, POWER_COMPARE},
	{TOKEN_ADD, NULL, OP_ADD, POWER_ADD},
	{TOKEN_SUB, NULL, OP_SUB, POWER_ADD},
	{TOKEN_MUL, NULL, OP_MUL, POWER_MUL},
	{TOKEN_DIV, NULL, OP_DIV, POWER_MUL},
	{TOKEN_MOD, NULL, OP_MOD, POWER_MUL},
	{TOKEN_WORD, "atan2", OP_ATAN2, POWER_MUL},
	{TOKEN_POW, NULL, OP_POW, POWER_POW},
};

/* ---- errors ---- */

/* "line:column" of a byte, as people count. */
static void add_position(struct str *to, const char *text, size_t at)
{
	unsigned line = 1, column = 1;
	for (size_t i = 0; i < at; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else {
			column += ((unsigned char)text[i] & 0xc0) != 0x80;
		}
	}
	str_addf(to, "%u:%u", line, column);
}

bool parse_fail(
	struct parser *parser, enum err_code code, struct place place, const char *format, ...)
{
	autostr struct str position = STR_INIT;
	autostr struct str said = STR_INIT;
	autostr struct str safe = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&said, format, args);
	va_end(args);
	add_position(&position, parser->lexer.text, place.from);
	sanitize_clip(&safe, said.text, said.length, 200);
	if (parser->ret_place)
		*parser->ret_place = place;
	return err_set(parser->err, code, "%s: %s", position.text, safe.text);
}

static void add_token(struct str *to, const struct parser *parser, const struct token *token)
{
	static const char *const nouns[] = {[TOKEN_NUMBER] = "number ",
		[TOKEN_DURATION] = "duration ",
		[TOKEN_STRING] = "string ",
		[TOKEN_WORD] = "identifier ",
		[TOKEN_METRIC] = "metric name "};
	if (token->kind == TOKEN_END) {
		str_adds(to, "end of input");
		return;
	}
	if (token->kind < COUNT_OF(nouns) && nouns[token->kind])
		str_adds(to, nouns[token->kind]);
	bool is_quoted = token->kind == TOKEN_STRING;
	str_adds(to, is_quoted ? "" : "'");
	sanitize_clip(to, parser->lexer.text + token->place.from,
		token->place.to - token->place.from, SHOWN_CELLS);
	str_adds(to, is_quoted ? "" : "'");
}

bool parse_unexpected(struct parser *parser, const char *where, const char *expected)
{
	autostr struct str found = STR_INIT;
	const struct token *token = &parser->token;
	add_token(&found, parser, token);
	if (token->kind == TOKEN_BAD)
		return parse_fail(
			parser, ERR_SYNTAX, token->place, "%s: %s", token->why, found.text);
	return parse_fail(parser, ERR_SYNTAX, token->place, "unexpected %s in %s%s%s", found.text,
		where, expected ? ", expected " : "", expected ? expected : "");
}

/* ---- tokens ---- */

void parse_advance(struct parser *parser)
{
	parser->last_to = parser->token.place.to;
	parser->token = lexer_next(&parser->lexer);
}

bool parse_expect(
	struct parser *parser, enum token_kind kind, const char *where, const char *expected)
{
	if (parser->token.kind != kind)
		return parse_unexpected(parser, where, expected);
	parse_advance(parser);
	return true;
}

bool parse_token_is(const struct parser *parser, const struct token *token, const char *word)
{
	size_t length = token->place.to - token->place.from;
	return token->kind == TOKEN_WORD && strlen(word) == length &&
	       strncasecmp(parser->lexer.text + token->place.from, word, length) == 0;
}

bool parse_at_word(const struct parser *parser, const char *word)
{
	return parse_token_is(parser, &parser->token, word);
}

char *parse_token_text(const struct parser *parser, const struct token *token)
{
	return xstrndup(
		parser->lexer.text + token->place.from, token->place.to - token->place.from);
}

char *parse_string(struct parser *parser)
{
	struct str value = STR_INIT;
	struct place place = parser->token.place;
	size_t at = 0;
	const char *why =
		literal_string(parser->lexer.text + place.from, place.to - place.from, &value, &at);
	if (why) {
		str_release(&value);
		place.from += (uint32_t)at;
		parse_fail(parser, ERR_SYNTAX, place, "%s in a string", why);
		return NULL;
	}
	parse_advance(parser);
	return str_detach(&value);
}

struct place parse_place(const struct parser *parser, uint32_t from)
{
	return (struct place){.from = from, .to = parser->last_to};
}

/* ---- operands ---- */

static struct expr *new_expr(enum expr_kind kind, enum value_type type, struct place place)
{
	struct expr *expr = xcalloc(1, sizeof(*expr));
	expr->kind = kind;
	expr->type = type;
	expr->place = place;
	return expr;
}

static struct expr *new_number(double value, struct place place)
{
	struct expr *expr = new_expr(EXPR_NUMBER, VALUE_SCALAR, place);
	expr->number = value;
	return expr;
}

/* A duration counts as so many seconds. */
static struct expr *parse_number(struct parser *parser)
{
	struct place place = parser->token.place;
	const char *text = parser->lexer.text + place.from;
	size_t length = place.to - place.from;
	double value = 0;
	int64_t ms = 0;
	if (parser->token.kind == TOKEN_NUMBER) {
		literal_number(text, length, &value);
	} else {
		literal_duration(text, length, &ms);
		value = (double)ms / 1000;
	}
	parse_advance(parser);
	return new_number(value, place);
}

static struct expr *parse_text(struct parser *parser)
{
	struct place place = parser->token.place;
	char *value = parse_string(parser);
	if (!value)
		return NULL;
	struct expr *expr = new_expr(EXPR_STRING, VALUE_STRING, place);
	expr->string = value;
	return expr;
}

static struct expr *parse_paren(struct parser *parser)
{
	uint32_t from = parser->token.place.from;
	parse_advance(parser);
	struct expr *inner = parse_expr(parser);
	if (!inner || !parse_expect(parser, TOKEN_CLOSE, "brackets", "')'")) {
		expr_free(inner);
		return NULL;
	}
	struct expr *expr = new_expr(EXPR_PAREN, inner->type, parse_place(parser, from));
	expr->inner = inner;
	return expr;
}

/* Words that cannot name a metric where one may stand. */
static bool is_reserved(const struct parser *parser)
{
	static const char *const words[] = {
		"bool", "on", "ignoring", "group_left", "group_right", "atan2"};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (parse_at_word(parser, words[i]))
			return true;
	}
	return false;
}

static struct expr *parse_word(struct parser *parser)
{
	const struct token name = parser->token;
	enum aggregate_op op;
	bool is_nan = parse_at_word(parser, "nan"), is_inf = parse_at_word(parser, "inf");
	if (is_reserved(parser)) {
		parse_unexpected(parser, "an expression", NULL);
		return NULL;
	}
	parse_advance(parser);
	if (is_nan || is_inf)
		return new_number(is_nan ? (double)NAN : (double)INFINITY, name.place);
	bool is_called = parser->token.kind == TOKEN_OPEN;
	bool is_grouped = parse_at_word(parser, "by") || parse_at_word(parser, "without");
	if ((is_called || is_grouped) && parse_is_aggregate(parser, &name, &op))
		return parse_aggregate(parser, &name, op);
	if (is_called && name.kind == TOKEN_WORD)
		return parse_call(parser, &name);
	return parse_selector(parser, &name);
}

static struct expr *parse_operand(struct parser *parser)
{
	enum token_kind kind = parser->token.kind;
	if (kind == TOKEN_NUMBER || kind == TOKEN_DURATION)
		return parse_number(parser);
	if (kind == TOKEN_STRING)
		return parse_text(parser);
	if (kind == TOKEN_OPEN)
		return parse_paren(parser);
	if (kind == TOKEN_OPEN_BRACE)
		return parse_selector(parser, NULL);
	if (kind == TOKEN_WORD || kind == TOKEN_METRIC)
		return parse_word(parser);
	parse_unexpected(parser, "an expression", "a metric, a number, a call or '('");
	return NULL;
}

/* ---- operations ---- */

static struct expr *parse_operations(struct parser *parser, enum power least);

static struct expr *negate(struct expr *operand, struct place place)
{
	if (operand->kind == EXPR_NUMBER) {
		operand->number = -operand->number;
		operand->place = place;
		return operand;
	}
	struct expr *expr = new_expr(EXPR_NEGATE, operand->type, place);
	expr->inner = operand;
	return expr;
}

static struct expr *parse_sign(struct parser *parser)
{
	uint32_t from = parser->token.place.from;
	bool is_minus = parser->token.kind == TOKEN_SUB;
	parse_advance(parser);
	struct expr *operand = parse_operations(parser, POWER_POW);
	if (!operand || !check_unary(parser, operand)) {
		expr_free(operand);
		return NULL;
	}
	return is_minus ? negate(operand, parse_place(parser, from)) : operand;
}

static struct expr *parse_unary(struct parser *parser)
{
	struct expr *expr;
	if (parser->depth == NESTED_MAX) {
		parse_fail(parser, ERR_LIMIT, parser->token.place, "nested deeper than %d",
			NESTED_MAX);
		return NULL;
	}
	parser->depth++;
	if (parser->token.kind == TOKEN_ADD || parser->token.kind == TOKEN_SUB)
		expr = parse_sign(parser);
	else
		expr = parse_postfix(parser, parse_operand(parser));
	parser->depth--;
	return expr;
}

static const struct operator_row *operator_at(const struct parser *parser)
{
	for (size_t i = 0; i < COUNT_OF(operators); i++) {
		const struct operator_row *row = &operators[i];
		if (row->word ? parse_at_word(parser, row->word) : parser->token.kind == row->token)
			return row;
	}
	return NULL;
}

/* At the operator; takes ownership of `left`. */
static struct expr *parse_right(
	struct parser *parser, struct expr *left, const struct operator_row *row)
{
	const struct place op = parser->token.place;
	struct expr *expr = new_expr(EXPR_BINARY, VALUE_VECTOR, left->place);
	expr->binary.op = row->op;
	expr->binary.left = left;
	if (++parser->operations > OPERATIONS_MAX) {
		parse_fail(parser, ERR_LIMIT, op, "more than %d operations", OPERATIONS_MAX);
		expr_free(expr);
		return NULL;
	}
	parse_advance(parser);
	enum power least = row->op == OP_POW ? POWER_POW : row->power + 1;
	if (parse_modifiers(parser, expr))
		expr->binary.right = parse_operations(parser, least);
	if (!expr->binary.right || !check_binary(parser, expr, op)) {
		expr_free(expr);
		return NULL;
	}
	expr->place.to = expr->binary.right->place.to;
	return expr;
}

static struct expr *parse_operations(struct parser *parser, enum power least)
{
	struct expr *expr = parse_unary(parser);
	while (expr) {
		const struct operator_row *row = operator_at(parser);
		if (!row || row->power < least)
			break;
		expr = parse_right(parser, expr, row);
	}
	return expr;
}

struct expr *parse_expr(struct parser *parser)
{
	return parse_operations(parser, POWER_OR);
}

/* ---- whole queries ---- */

static bool is_readable(struct parser *parser)
{
	const struct lexer *lexer = &parser->lexer;
	struct place place = {.to = (uint32_t)lexer->length};
	if (lexer->length > QUERY_BYTES_MAX)
		return parse_fail(parser, ERR_LIMIT, (struct place){.to = QUERY_BYTES_MAX},
			"longer than %d bytes", QUERY_BYTES_MAX);
	while (place.from < lexer->length) {
		struct utf8_char next =
			utf8_next(lexer->text + place.from, lexer->length - place.from);
		if (!next.valid || !next.code)
			return parse_fail(parser, ERR_SYNTAX, place,
				next.valid ? "unexpected NUL byte" : "invalid UTF-8");
		place.from += next.size;
	}
	return true;
}

struct expr *promql_parse(
	const char *query, size_t length, struct place *ret_place, struct err *err)
{
	struct parser parser = {
		.lexer = {.text = query, .length = length}, .ret_place = ret_place, .err = err};
	if (!is_readable(&parser))
		return NULL;
	parse_advance(&parser);
	if (parser.token.kind == TOKEN_END) {
		parse_fail(&parser, ERR_SYNTAX, parser.token.place, "no expression found");
		return NULL;
	}
	struct expr *expr = parse_expr(&parser);
	if (expr && parser.token.kind != TOKEN_END) {
		parse_unexpected(&parser, "the query", "an operator or the end");
		expr_free(expr);
		return NULL;
	}
	return expr;
}
