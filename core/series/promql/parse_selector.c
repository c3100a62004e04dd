/* SPDX-License-Identifier: MIT */
/* metric{label="value", "quoted label"=~"pattern"} and {"quoted metric", ...}. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/parse/regex.h"
#include "core/series/labels.h"
#include "core/series/promql/parse_internal.h"

/* Each pattern is compiled, which is the dearest thing that a query can ask of the parser. */
enum { PATTERNS_MAX = 256 };

static const char where[] = "label matching";

static struct matcher *new_matcher(struct expr *selector)
{
	size_t count = selector->selector.matcher_count++;
	selector->selector.matchers =
		xreallocarray(selector->selector.matchers, count + 1, sizeof(struct matcher));
	selector->selector.matchers[count] = (struct matcher){0};
	return &selector->selector.matchers[count];
}

static bool parse_op(struct parser *parser, enum match_op *ret_op)
{
	static const struct {
		enum token_kind token;
		enum match_op op;
	} rows[] = {
		{TOKEN_ASSIGN, MATCH_EQUAL},
		{TOKEN_NE, MATCH_NOT_EQUAL},
		{TOKEN_MATCH, MATCH_REGEX},
		{TOKEN_NOT_MATCH, MATCH_NOT_REGEX},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (parser->token.kind == rows[i].token) {
			*ret_op = rows[i].op;
			parse_advance(parser);
			return true;
		}
	}
	return parse_unexpected(parser, where, "one of = != =~ !~");
}

static bool compile(struct parser *parser, struct matcher *matcher, struct place place)
{
	size_t at = 0;
	struct err err = {0};
	const char *why = re2_refuses(matcher->value, &at);
	if (why)
		return parse_fail(
			parser, ERR_SYNTAX, place, "invalid pattern '%s': %s", matcher->value, why);
	if (++parser->patterns > PATTERNS_MAX)
		return parse_fail(parser, ERR_LIMIT, place, "more than %d patterns", PATTERNS_MAX);
	matcher->regex = regex_new(matcher->value, strlen(matcher->value), REGEX_WHOLE, &at, &err);
	return matcher->regex || parse_fail(parser, ERR_SYNTAX, place, "invalid pattern '%s': %s",
					 matcher->value, err.text);
}

/* Behind the label's name, of which it takes ownership. */
static bool parse_value(struct parser *parser, struct expr *selector, char *name)
{
	struct matcher *matcher = new_matcher(selector);
	matcher->name = name;
	if (!parse_op(parser, &matcher->op))
		return false;
	struct place place = parser->token.place;
	if (parser->token.kind != TOKEN_STRING)
		return parse_unexpected(parser, where, "a string");
	matcher->value = parse_string(parser);
	if (!matcher->value)
		return false;
	bool is_pattern = matcher->op == MATCH_REGEX || matcher->op == MATCH_NOT_REGEX;
	return !is_pattern || compile(parser, matcher, place);
}

static bool fail_twice(
	struct parser *parser, struct place place, const char *one, const char *other)
{
	return parse_fail(parser, ERR_SYNTAX, place,
		"metric name must not be set twice: '%s' or '%s'", one, other);
}

/* A string that no operator follows names the metric. */
static bool parse_quoted(struct parser *parser, struct expr *selector, const char **metric)
{
	struct place place = parser->token.place;
	char *text = parse_string(parser);
	if (!text)
		return false;
	if (parser->token.kind != TOKEN_COMMA && parser->token.kind != TOKEN_CLOSE_BRACE) {
		if (*text)
			return parse_value(parser, selector, text);
		free(text);
		return parse_fail(parser, ERR_SYNTAX, place, "a label's name is empty");
	}
	struct matcher *matcher = new_matcher(selector);
	matcher->name = xstrdup(LABEL_NAME);
	matcher->value = text;
	if (*metric)
		return fail_twice(parser, place, *metric, text);
	*metric = text;
	return true;
}

static bool parse_matcher(struct parser *parser, struct expr *selector, const char **metric)
{
	if (parser->token.kind == TOKEN_STRING)
		return parse_quoted(parser, selector, metric);
	if (parser->token.kind != TOKEN_WORD)
		return parse_unexpected(parser, where, "a label or '}'");
	char *name = parse_token_text(parser, &parser->token);
	parse_advance(parser);
	return parse_value(parser, selector, name);
}

/* At the brace. */
static bool parse_matchers(struct parser *parser, struct expr *selector, const char **metric)
{
	parser->lexer.ends_at_colon = true;
	parse_advance(parser);
	while (parser->token.kind != TOKEN_CLOSE_BRACE) {
		if (!parse_matcher(parser, selector, metric))
			return false;
		if (parser->token.kind == TOKEN_CLOSE_BRACE)
			break;
		if (!parse_expect(parser, TOKEN_COMMA, where, "',' or '}'"))
			return false;
	}
	parser->lexer.ends_at_colon = false;
	parse_advance(parser);
	return true;
}

static bool takes_nothing(const struct matcher *matcher)
{
	switch (matcher->op) {
	case MATCH_EQUAL:
		return !*matcher->value;
	case MATCH_NOT_EQUAL:
		return *matcher->value;
	case MATCH_REGEX:
		return regex_match(matcher->regex, "", 0, 0, NULL, NULL) == REGEX_YES;
	case MATCH_NOT_REGEX:
		return regex_match(matcher->regex, "", 0, 0, NULL, NULL) == REGEX_NO;
	}
	return true;
}

/* One name at most, and not simply all there is. `metric` is the one without `__name__`, if any. */
static bool check(struct parser *parser, const struct expr *selector, const char *metric)
{
	bool narrows = metric && *metric;
	for (size_t i = 0; i < selector->selector.matcher_count; i++) {
		const struct matcher *matcher = &selector->selector.matchers[i];
		if (metric && matcher->value != metric && strcmp(matcher->name, LABEL_NAME) == 0)
			return fail_twice(parser, selector->place, metric, matcher->value);
		narrows = narrows || !takes_nothing(matcher);
	}
	return narrows || parse_fail(parser, ERR_SYNTAX, selector->place,
				  "a selector must contain at least one matcher that does not "
				  "match the empty string");
}

struct expr *parse_selector(struct parser *parser, const struct token *name)
{
	struct expr *expr = xcalloc(1, sizeof(*expr));
	uint32_t from = name ? name->place.from : parser->token.place.from;
	expr->kind = EXPR_SELECTOR;
	expr->type = VALUE_VECTOR;
	if (name)
		expr->selector.metric = parse_token_text(parser, name);
	const char *metric = expr->selector.metric;
	bool parsed =
		parser->token.kind != TOKEN_OPEN_BRACE || parse_matchers(parser, expr, &metric);
	expr->place = parse_place(parser, from);
	if (!parsed || !check(parser, expr, metric)) {
		expr_free(expr);
		return NULL;
	}
	if (name) {
		struct matcher *matcher = new_matcher(expr);
		matcher->name = xstrdup(LABEL_NAME);
		matcher->value = xstrdup(expr->selector.metric);
	}
	return expr;
}
