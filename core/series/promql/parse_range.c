/* SPDX-License-Identifier: MIT */
/* What may stand behind a selector or a subquery: [range], [range:step], offset, @. */
#include <inttypes.h>
#include <math.h>

#include "core/base/mem.h"
#include "core/series/promql/literal.h"
#include "core/series/promql/parse_internal.h"

/* Prometheus counts nanoseconds in 64 bits. */
#define SPAN_MAX_MS (INT64_MAX / 1000000)

static bool refuse_arithmetic(struct parser *parser)
{
	static const char *const words[] = {"step", "range", "min", "max"};
	enum token_kind kind = parser->token.kind;
	bool is = kind == TOKEN_OPEN || (kind >= TOKEN_ADD && kind <= TOKEN_POW);
	for (size_t i = 0; i < COUNT_OF(words) && !is; i++)
		is = parse_at_word(parser, words[i]);
	return !is || parse_fail(parser, ERR_UNSUPPORTED, parser->token.place,
			      "duration expressions are not supported: they are experimental in "
			      "Prometheus");
}

/* A duration, or a number of seconds. */
static bool parse_span(struct parser *parser, const char *where, int64_t *ret_ms)
{
	struct place place = parser->token.place;
	const char *text = parser->lexer.text + place.from;
	size_t length = place.to - place.from;
	double seconds;
	if (parser->token.kind == TOKEN_DURATION) {
		literal_duration(text, length, ret_ms);
	} else if (parser->token.kind == TOKEN_NUMBER) {
		literal_number(text, length, &seconds);
		if (seconds > (double)SPAN_MAX_MS / 1000)
			return parse_fail(parser, ERR_SYNTAX, place, "duration out of range");
		*ret_ms = (int64_t)(seconds * 1000 + .5);
	} else {
		return refuse_arithmetic(parser) && parse_unexpected(parser, where, "a duration");
	}
	parse_advance(parser);
	return true;
}

/* In brackets: more than nothing. */
static bool parse_length(struct parser *parser, const char *where, int64_t *ret_ms)
{
	struct place place = parser->token.place;
	if (!parse_span(parser, where, ret_ms) || !refuse_arithmetic(parser))
		return false;
	return *ret_ms > 0 || parse_fail(parser, ERR_SYNTAX, place,
				      "duration must be greater than 0 (in whole milliseconds)");
}

static bool set_range(struct parser *parser, struct expr *expr, struct place place, int64_t ms)
{
	const char *why = NULL;
	if (expr->kind != EXPR_SELECTOR)
		why = "ranges are only allowed for selectors; for an expression it is a subquery, "
		      "[range:step]";
	else if (expr->selector.range_ms)
		why = "a range may not be set twice";
	else if (expr->selector.shift.offset_ms)
		why = "no offset is allowed before a range";
	else if (expr->selector.shift.at)
		why = "no @ is allowed before a range";
	if (why)
		return parse_fail(parser, ERR_SYNTAX, place, "%s", why);
	expr->selector.range_ms = ms;
	expr->type = VALUE_MATRIX;
	return true;
}

static struct expr *new_subquery(struct expr *inner, int64_t range_ms, int64_t step_ms)
{
	struct expr *expr = xcalloc(1, sizeof(*expr));
	expr->kind = EXPR_SUBQUERY;
	expr->type = VALUE_MATRIX;
	expr->place = inner->place;
	expr->subquery.inner = inner;
	expr->subquery.range_ms = range_ms;
	expr->subquery.step_ms = step_ms;
	return expr;
}

static bool parse_brackets(struct parser *parser, struct expr **expr)
{
	const struct place open = parser->token.place;
	int64_t range_ms = 0, step_ms = 0;
	parser->lexer.ends_at_colon = true;
	parse_advance(parser);
	if (!parse_length(parser, "a range", &range_ms))
		return false;
	bool is_subquery = parser->token.kind == TOKEN_COLON;
	if (is_subquery) {
		parse_advance(parser);
		if (parser->token.kind != TOKEN_CLOSE_BRACKET &&
			!parse_length(parser, "a subquery", &step_ms))
			return false;
	}
	parser->lexer.ends_at_colon = false;
	if (!parse_expect(parser, TOKEN_CLOSE_BRACKET, is_subquery ? "a subquery" : "a range",
		    is_subquery ? "']'" : "':' or ']'"))
		return false;
	if (!is_subquery && !set_range(parser, *expr, parse_place(parser, open.from), range_ms))
		return false;
	if (is_subquery && !check_subquery(parser, *expr))
		return false;
	if (is_subquery)
		*expr = new_subquery(*expr, range_ms, step_ms);
	(*expr)->place = parse_place(parser, (*expr)->place.from);
	return true;
}

/* NULL: it has none, which is an error. */
static struct shift *find_shift(
	struct parser *parser, struct expr *expr, struct place place, const char *what)
{
	if (expr->kind == EXPR_SELECTOR)
		return &expr->selector.shift;
	if (expr->kind == EXPR_SUBQUERY)
		return &expr->subquery.shift;
	parse_fail(
		parser, ERR_SYNTAX, place, "%s must be preceded by a selector or a subquery", what);
	return NULL;
}

static bool parse_offset(struct parser *parser, struct expr *expr)
{
	const struct place place = parser->token.place;
	int64_t ms = 0;
	parse_advance(parser);
	bool is_minus = parser->token.kind == TOKEN_SUB;
	if (is_minus || parser->token.kind == TOKEN_ADD)
		parse_advance(parser);
	if (!parse_span(parser, "offset", &ms))
		return false;
	struct shift *shift = find_shift(parser, expr, place, "offset");
	if (!shift)
		return false;
	if (shift->offset_ms)
		return parse_fail(parser, ERR_SYNTAX, place, "offset may not be set twice");
	shift->offset_ms = is_minus ? -ms : ms;
	expr->place = parse_place(parser, expr->place.from);
	return true;
}

static bool parse_time(struct parser *parser, struct shift *shift)
{
	struct place place = parser->token.place;
	bool is_minus = parser->token.kind == TOKEN_SUB;
	double seconds = 0;
	if (is_minus || parser->token.kind == TOKEN_ADD)
		parse_advance(parser);
	const struct token number = parser->token;
	bool is_no_time = parse_at_word(parser, "inf") || parse_at_word(parser, "nan");
	if (number.kind == TOKEN_NUMBER)
		literal_number(parser->lexer.text + number.place.from,
			number.place.to - number.place.from, &seconds);
	else if (!is_no_time)
		return parse_unexpected(parser, "@", "a time in seconds, start() or end()");
	parse_advance(parser);
	double ms = round(seconds * 1000);
	if (is_no_time || ms >= 0x1p63)
		return parse_fail(parser, ERR_SYNTAX, parse_place(parser, place.from),
			"time out of bounds for @");
	shift->at = AT_TIME;
	shift->at_ms = is_minus ? -(int64_t)ms : (int64_t)ms;
	return true;
}

/* start() and end(). */
static bool parse_edge(struct parser *parser, struct shift *shift)
{
	shift->at = parse_at_word(parser, "start") ? AT_START : AT_END;
	parse_advance(parser);
	return parse_expect(parser, TOKEN_OPEN, "@", "'('") &&
	       parse_expect(parser, TOKEN_CLOSE, "@", "')'");
}

static bool parse_at(struct parser *parser, struct expr *expr)
{
	const struct place place = parser->token.place;
	struct shift *shift = find_shift(parser, expr, place, "@");
	if (!shift)
		return false;
	if (shift->at)
		return parse_fail(parser, ERR_SYNTAX, place, "@ may not be set twice");
	parse_advance(parser);
	bool is_edge = parse_at_word(parser, "start") || parse_at_word(parser, "end");
	if (!(is_edge ? parse_edge(parser, shift) : parse_time(parser, shift)))
		return false;
	expr->place = parse_place(parser, expr->place.from);
	return true;
}

static bool refuse_extension(struct parser *parser)
{
	bool is_smoothed = parse_at_word(parser, "smoothed");
	return parse_fail(parser, ERR_UNSUPPORTED, parser->token.place,
		"%s is not supported: it is experimental in Prometheus",
		is_smoothed ? "smoothed" : "anchored");
}

struct expr *parse_postfix(struct parser *parser, struct expr *expr)
{
	while (expr) {
		bool parsed;
		if (parser->token.kind == TOKEN_OPEN_BRACKET)
			parsed = parse_brackets(parser, &expr);
		else if (parser->token.kind == TOKEN_AT)
			parsed = parse_at(parser, expr);
		else if (parse_at_word(parser, "offset"))
			parsed = parse_offset(parser, expr);
		else if (parse_at_word(parser, "smoothed") || parse_at_word(parser, "anchored"))
			parsed = refuse_extension(parser);
		else
			break;
		if (!parsed) {
			expr_free(expr);
			return NULL;
		}
	}
	return expr;
}
