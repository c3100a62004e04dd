/* SPDX-License-Identifier: MIT */
/* Prometheus' own spelling: one blank around operators, labels of a selector in order, durations in the largest units. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/label_text.h"
#include "core/series/labels.h"
#include "core/series/promql/functions.h"
#include "core/series/promql/literal.h"

/* ---- selectors ---- */

static bool is_metric(const struct expr *selector, const struct matcher *matcher)
{
	return selector->selector.metric && matcher->op == MATCH_EQUAL &&
	       strcmp(matcher->name, LABEL_NAME) == 0 &&
	       strcmp(matcher->value, selector->selector.metric) == 0;
}

static char *matcher_text(const struct matcher *matcher)
{
	static const char *const signs[] = {[MATCH_EQUAL] = "=",
		[MATCH_NOT_EQUAL] = "!=",
		[MATCH_REGEX] = "=~",
		[MATCH_NOT_REGEX] = "!~"};
	struct str text = STR_INIT;
	add_label_name(&text, matcher->name);
	str_adds(&text, signs[matcher->op]);
	quote_label_text(&text, matcher->value);
	return str_detach(&text);
}

static int compare_texts(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void add_matchers(struct str *to, const struct expr *expr)
{
	size_t count = 0;
	char **texts = xreallocarray(NULL, expr->selector.matcher_count + 1, sizeof(*texts));
	for (size_t i = 0; i < expr->selector.matcher_count; i++) {
		if (!is_metric(expr, &expr->selector.matchers[i]))
			texts[count++] = matcher_text(&expr->selector.matchers[i]);
	}
	qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < count; i++) {
		str_addf(to, "%s%s", i ? "," : "{", texts[i]);
		free(texts[i]);
	}
	free(texts);
	if (count)
		str_addch(to, '}');
}

static void add_shift(struct str *to, const struct shift *shift)
{
	uint64_t ms = shift->at_ms < 0 ? -(uint64_t)shift->at_ms : (uint64_t)shift->at_ms;
	if (shift->at == AT_TIME)
		str_addf(to, " @ %s%" PRIu64 ".%03" PRIu64, shift->at_ms < 0 ? "-" : "", ms / 1000,
			ms % 1000);
	else if (shift->at != AT_NONE)
		str_adds(to, shift->at == AT_START ? " @ start()" : " @ end()");
	if (shift->offset_ms) {
		str_adds(to, " offset ");
		add_duration(to, shift->offset_ms);
	}
}

static void add_selector(struct str *to, const struct expr *expr)
{
	if (expr->selector.metric)
		str_adds(to, expr->selector.metric);
	add_matchers(to, expr);
	if (expr->selector.range_ms) {
		str_addch(to, '[');
		add_duration(to, expr->selector.range_ms);
		str_addch(to, ']');
	}
	add_shift(to, &expr->selector.shift);
}

static void add_subquery(struct str *to, const struct expr *expr)
{
	expr_text(expr->subquery.inner, to);
	str_addch(to, '[');
	add_duration(to, expr->subquery.range_ms);
	str_addch(to, ':');
	if (expr->subquery.step_ms)
		add_duration(to, expr->subquery.step_ms);
	str_addch(to, ']');
	add_shift(to, &expr->subquery.shift);
}

/* ---- the others ---- */

static void add_labels(struct str *to, char *const *labels, size_t count)
{
	str_addch(to, '(');
	for (size_t i = 0; i < count; i++) {
		str_adds(to, i ? ", " : "");
		add_label_name(to, labels[i]);
	}
	str_addch(to, ')');
}

static void add_call(struct str *to, const struct expr *expr)
{
	str_addf(to, "%s(", expr->call.function->name);
	for (size_t i = 0; i < expr->call.arg_count; i++) {
		str_adds(to, i ? ", " : "");
		expr_text(expr->call.args[i], to);
	}
	str_addch(to, ')');
}

static void add_aggregate(struct str *to, const struct expr *expr)
{
	str_adds(to, aggregate_op_word(expr->aggregate.op));
	if (expr->aggregate.is_without || expr->aggregate.label_count) {
		str_adds(to, expr->aggregate.is_without ? " without " : " by ");
		add_labels(to, expr->aggregate.labels, expr->aggregate.label_count);
		str_addch(to, ' ');
	}
	str_addch(to, '(');
	if (expr->aggregate.parameter) {
		expr_text(expr->aggregate.parameter, to);
		str_adds(to, ", ");
	}
	expr_text(expr->aggregate.inner, to);
	str_addch(to, ')');
}

static void add_matching(struct str *to, const struct vector_matching *matching)
{
	bool is_grouped = matching->group == GROUP_LEFT || matching->group == GROUP_RIGHT;
	if (!matching->is_on && !matching->label_count && !is_grouped)
		return;
	str_adds(to, matching->is_on ? " on " : " ignoring ");
	add_labels(to, matching->labels, matching->label_count);
	if (!is_grouped)
		return;
	str_adds(to, matching->group == GROUP_LEFT ? " group_left " : " group_right ");
	add_labels(to, matching->include, matching->include_count);
}

static void add_binary(struct str *to, const struct expr *expr)
{
	expr_text(expr->binary.left, to);
	str_addf(to, " %s%s", binary_op_word(expr->binary.op), expr->binary.is_bool ? " bool" : "");
	add_matching(to, &expr->binary.matching);
	str_addch(to, ' ');
	expr_text(expr->binary.right, to);
}

void expr_text(const struct expr *expr, struct str *to)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
		add_number(to, expr->number);
		break;
	case EXPR_STRING:
		quote_label_text(to, expr->string);
		break;
	case EXPR_SELECTOR:
		add_selector(to, expr);
		break;
	case EXPR_SUBQUERY:
		add_subquery(to, expr);
		break;
	case EXPR_CALL:
		add_call(to, expr);
		break;
	case EXPR_AGGREGATE:
		add_aggregate(to, expr);
		break;
	case EXPR_BINARY:
		add_binary(to, expr);
		break;
	case EXPR_NEGATE:
	case EXPR_PAREN:
		str_addch(to, expr->kind == EXPR_PAREN ? '(' : '-');
		expr_text(expr->inner, to);
		str_adds(to, expr->kind == EXPR_PAREN ? ")" : "");
		break;
	}
}
