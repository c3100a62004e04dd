/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/series/promql/ast.h"

static struct expr *parse(const char *query)
{
	struct place place;
	struct err err;
	struct expr *expr = promql_parse(query, strlen(query), &place, &err);
	if (!expr)
		fail_msg("%s: %s", query, err.text);
	return expr;
}

/* ---- random queries ---- */

struct writer {
	struct rng rng;
	struct str text;
};

static unsigned choose(struct writer *writer, unsigned count)
{
	return (unsigned)rng_below(&writer->rng, count);
}

#define ONE_OF(writer, ...)                                                                        \
	((const char *const[]){__VA_ARGS__}[choose(                                                \
		writer, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))])

static void write_one(struct writer *writer, const char *text)
{
	str_adds(&writer->text, text);
	str_adds(&writer->text, ONE_OF(writer, "", " ", " ", "\n", " # said\n"));
}

#define WRITE(writer, ...) write_one(writer, ONE_OF(writer, __VA_ARGS__))

static void write_scalar(struct writer *writer, unsigned depth);
static void write_vector(struct writer *writer, unsigned depth);

static void write_labels(struct writer *writer)
{
	WRITE(writer, "(");
	for (unsigned left = choose(writer, 3); left; left--) {
		WRITE(writer, "a", "by", "\"x y\"", "'й'", "sum");
		WRITE(writer, ",");
	}
	WRITE(writer, "c)", "d)");
}

static void write_matchers(struct writer *writer)
{
	for (unsigned left = choose(writer, 4); left; left--) {
		WRITE(writer, "a", "b", "on", "'q r'", "\"й\"");
		WRITE(writer, "='x'", "!=`y\\`", "=~\"z|.+\"", "!~'w\\t\"'", "=\"\\xfe\\u200b\"");
		WRITE(writer, ",");
	}
	WRITE(writer, "a='1'}", "a!~''}", "b=~'.+',}");
}

static void write_selector(struct writer *writer)
{
	unsigned form = choose(writer, 4);
	if (form < 2)
		WRITE(writer, "foo", "a:b", "sum", "offset", "_x1");
	if (form == 0)
		return;
	WRITE(writer, "{");
	if (form == 3)
		WRITE(writer, "'m n',", "\"й\",", "`up`,");
	write_matchers(writer);
}

static void write_shift(struct writer *writer)
{
	WRITE(writer, "", "", "", " offset 5m", " offset -1h30m", " @ 12.5", " @ start()",
		" @ end() offset 90", " offset 1ms @ -3");
}

static void write_matrix(struct writer *writer, unsigned depth)
{
	unsigned form = depth ? choose(writer, 3) : 0;
	if (form == 0) {
		write_selector(writer);
		WRITE(writer, "[5m]", "[90]", "[1d2h]", "[ 0.001 ]");
	} else if (form == 1) {
		WRITE(writer, "(");
		write_vector(writer, depth - 1);
		WRITE(writer, ")[1h:]", ")[1h:5m]", ") [ 2w : 30 ]");
	} else {
		write_selector(writer);
		WRITE(writer, "[5m:1s]");
	}
	write_shift(writer);
}

static void write_call(struct writer *writer, unsigned depth)
{
	switch (choose(writer, 4)) {
	case 0:
		WRITE(writer, "rate(", "max_over_time(", "absent_over_time(");
		write_matrix(writer, depth);
		break;
	case 1:
		WRITE(writer, "quantile_over_time(");
		write_scalar(writer, depth);
		WRITE(writer, ",");
		write_matrix(writer, depth);
		break;
	case 2:
		WRITE(writer, "clamp_min(", "round(");
		write_vector(writer, depth);
		WRITE(writer, ",");
		write_scalar(writer, depth);
		break;
	default:
		WRITE(writer, "label_join(");
		write_vector(writer, depth);
		WRITE(writer, ",'a', \", \"", ",'b','','c'", ",'d',`\\`,'e','f'");
	}
	WRITE(writer, ")");
}

static void write_aggregate(struct writer *writer, unsigned depth)
{
	bool is_before = choose(writer, 2);
	bool has_number = choose(writer, 2);
	if (has_number)
		WRITE(writer, "topk", "QUANTILE", "bottomk");
	else
		WRITE(writer, "sum", "Avg", "group", "count", "stdvar");
	if (is_before) {
		WRITE(writer, " by ", " WITHOUT ");
		write_labels(writer);
	}
	WRITE(writer, "(");
	if (has_number) {
		write_scalar(writer, depth);
		WRITE(writer, ",");
	}
	write_vector(writer, depth);
	WRITE(writer, ")");
	if (!is_before && choose(writer, 2)) {
		WRITE(writer, " by ", " without ");
		write_labels(writer);
	}
}

static void write_matching(struct writer *writer, bool may_group)
{
	if (choose(writer, 2))
		return;
	bool is_on = choose(writer, 2);
	write_one(writer, is_on ? " on " : " IGNORING ");
	write_labels(writer);
	if (may_group && choose(writer, 2))
		WRITE(writer, " group_left () ", " group_right() ", " GROUP_LEFT (z,) ");
}

/* Brackets around the sides now and then, so that trees of every shape come up. */
static void write_operation(struct writer *writer, unsigned depth)
{
	bool is_wrapped = choose(writer, 2), is_set = choose(writer, 3) == 0;
	write_one(writer, is_wrapped ? "(" : "");
	write_vector(writer, depth);
	if (is_set)
		WRITE(writer, " and ", " or ", " unless ");
	else
		WRITE(writer, "+", "-", "*", "/", "%", "^", " atan2 ", "==", "!=", "<", ">= bool ",
			"> bool ");
	write_matching(writer, !is_set);
	write_one(writer, " ");
	write_vector(writer, depth);
	write_one(writer, is_wrapped ? ")" : "");
}

static void write_vector(struct writer *writer, unsigned depth)
{
	switch (depth ? choose(writer, 7) : 0) {
	case 0:
		write_selector(writer);
		write_shift(writer);
		break;
	case 1:
		write_call(writer, depth - 1);
		break;
	case 2:
		write_aggregate(writer, depth - 1);
		break;
	case 3:
		write_one(writer, "(");
		write_vector(writer, depth - 1);
		write_one(writer, ")");
		break;
	case 4:
		WRITE(writer, "-", "+");
		write_vector(writer, depth - 1);
		break;
	default:
		write_operation(writer, depth - 1);
	}
}

static void write_scalar(struct writer *writer, unsigned depth)
{
	switch (depth ? choose(writer, 4) : 0) {
	case 0:
		WRITE(writer, "1", "0x1f", "1e-300", "Inf", "NaN", "1h30m", "0.1",
			"12345678901234567", "pi()", "-0", "-3.5e22");
		break;
	case 1:
		WRITE(writer, "scalar(");
		write_vector(writer, depth - 1);
		WRITE(writer, ")");
		break;
	case 2:
		WRITE(writer, "(");
		write_scalar(writer, depth - 1);
		WRITE(writer, "+", "*", "^", "== bool ", "/ -");
		write_scalar(writer, depth - 1);
		WRITE(writer, ")");
		break;
	default:
		WRITE(writer, "-(");
		write_scalar(writer, depth - 1);
		WRITE(writer, ")");
	}
}

static bool same_tree(const struct expr *one, const struct expr *other);

static bool same_words(char *const *one, char *const *other, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(one[i], other[i]) != 0)
			return false;
	}
	return true;
}

static bool same_shift(const struct shift *one, const struct shift *other)
{
	return one->offset_ms == other->offset_ms && one->at == other->at &&
	       one->at_ms == other->at_ms;
}

/* The text has the matchers in order, so they are only counted. */
static bool same_selector(const struct expr *one, const struct expr *other)
{
	const char *name = one->selector.metric, *other_name = other->selector.metric;
	return one->selector.range_ms == other->selector.range_ms &&
	       one->selector.matcher_count == other->selector.matcher_count &&
	       same_shift(&one->selector.shift, &other->selector.shift) && !name == !other_name &&
	       (!name || strcmp(name, other_name) == 0);
}

static bool same_call(const struct expr *one, const struct expr *other)
{
	if (one->call.function != other->call.function ||
		one->call.arg_count != other->call.arg_count)
		return false;
	for (size_t i = 0; i < one->call.arg_count; i++) {
		if (!same_tree(one->call.args[i], other->call.args[i]))
			return false;
	}
	return true;
}

static bool same_aggregate(const struct expr *one, const struct expr *other)
{
	return one->aggregate.op == other->aggregate.op &&
	       one->aggregate.is_without == other->aggregate.is_without &&
	       one->aggregate.label_count == other->aggregate.label_count &&
	       same_words(one->aggregate.labels, other->aggregate.labels,
		       one->aggregate.label_count) &&
	       same_tree(one->aggregate.parameter, other->aggregate.parameter) &&
	       same_tree(one->aggregate.inner, other->aggregate.inner);
}

static bool same_binary(const struct expr *one, const struct expr *other)
{
	const struct vector_matching *how = &one->binary.matching, *same = &other->binary.matching;
	return one->binary.op == other->binary.op && one->binary.is_bool == other->binary.is_bool &&
	       how->is_on == same->is_on && how->group == same->group &&
	       how->label_count == same->label_count && how->include_count == same->include_count &&
	       same_words(how->labels, same->labels, how->label_count) &&
	       same_words(how->include, same->include, how->include_count) &&
	       same_tree(one->binary.left, other->binary.left) &&
	       same_tree(one->binary.right, other->binary.right);
}

static bool same_tree(const struct expr *one, const struct expr *other)
{
	if (!one || !other)
		return one == other;
	if (one->kind != other->kind || one->type != other->type)
		return false;
	switch (one->kind) {
	case EXPR_NUMBER:
		return isnan(one->number)
			       ? isnan(other->number)
			       : one->number == other->number &&
					 !signbit(one->number) == !signbit(other->number);
	case EXPR_STRING:
		return strcmp(one->string, other->string) == 0;
	case EXPR_SELECTOR:
		return same_selector(one, other);
	case EXPR_SUBQUERY:
		return one->subquery.range_ms == other->subquery.range_ms &&
		       one->subquery.step_ms == other->subquery.step_ms &&
		       same_shift(&one->subquery.shift, &other->subquery.shift) &&
		       same_tree(one->subquery.inner, other->subquery.inner);
	case EXPR_CALL:
		return same_call(one, other);
	case EXPR_AGGREGATE:
		return same_aggregate(one, other);
	case EXPR_BINARY:
		return same_binary(one, other);
	case EXPR_NEGATE:
	case EXPR_PAREN:
		return same_tree(one->inner, other->inner);
	}
	return false;
}

/* Its text reads back as the same tree, which has the same text. */
static void assert_reads_back(const char *query)
{
	autostr struct str text = STR_INIT;
	autostr struct str again = STR_INIT;
	struct expr *one = parse(query);
	expr_text(one, &text);
	struct expr *other = parse(text.text);
	expr_text(other, &again);
	assert_string_equal(text.text, again.text);
	if (!same_tree(one, other))
		fail_msg("another tree: %s: %s", query, text.text);
	if (query[strspn(query, " \n")] != '+' && !strchr(query, '#')) /* these leave no node */
		assert_int_equal(one->place.from, strspn(query, " \n"));
	assert_true(one->place.to <= strlen(query));
	expr_free(one);
	expr_free(other);
}

static void random_trees_read_back_from_their_text(void **state)
{
	struct writer writer = {.text = STR_INIT};
	rng_init(&writer.rng, 20261130);
	for (int i = 0; i < 10000; i++) {
		str_clear(&writer.text);
		write_vector(&writer, 1 + choose(&writer, 4));
		assert_reads_back(writer.text.text);
	}
	str_release(&writer.text);
	(void)state;
}

/* What is cut off or broken anywhere is refused or read, and never more. */
static void broken_random_queries_do_no_harm(void **state)
{
	struct writer writer = {.text = STR_INIT};
	rng_init(&writer.rng, 7);
	for (int i = 0; i < 10000; i++) {
		struct place place = {0};
		struct err err = {0};
		str_clear(&writer.text);
		write_vector(&writer, 2);
		size_t length = writer.text.length, at = choose(&writer, (unsigned)length);
		if (choose(&writer, 2))
			length = at;
		else
			writer.text.text[at] = "(){}[]\"'`,:@=!~+^#\\1a\n\xd0"[choose(&writer, 23)];
		struct expr *expr = promql_parse(writer.text.text, length, &place, &err);
		assert_true(expr || (err.code && *err.text && place.from <= length));
		expr_free(expr);
	}
	str_release(&writer.text);
	(void)state;
}

/* ---- the public corpus ---- */

static FILE *open_corpus(const char *name)
{
	const char *folder = getenv("BOTSWAIN_CORPUS");
	autofree char *path = xasprintf("%s/%s", folder ? folder : "../shared/corpus", name);
	return fopen(path, "re");
}

/* Behind `mark`, without quotes around it all. */
static char *behind(char *line, const char *mark)
{
	char *at = strstr(line, mark);
	if (!at)
		return NULL;
	at += strlen(mark);
	at[strcspn(at, "\n")] = '\0';
	size_t length = strlen(at);
	bool is_quoted = length > 1 && *at == '\'' && at[length - 1] == '\'';
	if (is_quoted)
		at[length - 1] = '\0';
	return at + is_quoted;
}

static unsigned read_rules(const char *name)
{
	char line[4096];
	unsigned count = 0;
	FILE *file = open_corpus(name);
	if (!file)
		skip();
	while (fgets(line, sizeof(line), file)) {
		const char *query = behind(line, " expr: ");
		if (!query)
			continue;
		assert_reads_back(query);
		count++;
	}
	fclose(file);
	return count;
}

static void public_alert_rules_read_back_from_their_text(void **state)
{
	assert_int_equal(read_rules("rules/redis.yml"), 12);
	assert_int_equal(read_rules("rules/postgres.yml"), 20);
	(void)state;
}

/* `eval instant at 5m QUERY`, `eval range from 0 to 10m step 1m QUERY`; those that fail there fail when they are evaluated. */
static const char *tested_query(char *line)
{
	int at = 0;
	char *query = behind(line, "instant at ");
	if (strncmp(line, "eval", 4) != 0)
		return NULL;
	if (query && sscanf(query, "%*s %n", &at) == 0 && at)
		return query + at;
	query = behind(line, "range from ");
	return query && sscanf(query, "%*s to %*s step %*s %n", &at) == 0 && at ? query + at : NULL;
}

static unsigned read_tests(const char *name)
{
	char line[4096];
	unsigned count = 0;
	FILE *file = open_corpus(name);
	if (!file)
		skip();
	while (fgets(line, sizeof(line), file)) {
		const char *query = tested_query(line);
		if (!query)
			continue;
		assert_reads_back(query);
		count++;
	}
	fclose(file);
	return count;
}

static void queries_of_prometheus_own_tests_read_back(void **state)
{
	assert_int_equal(read_tests("promqltest/literals.test"), 25);
	assert_int_equal(read_tests("promqltest/operators.test"), 214);
	assert_int_equal(read_tests("promqltest/range_queries.test"), 18);
	assert_int_equal(read_tests("promqltest/selectors.test"), 31);
	assert_int_equal(read_tests("promqltest/staleness.test"), 17);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_trees_read_back_from_their_text),
		cmocka_unit_test(broken_random_queries_do_no_harm),
		cmocka_unit_test(public_alert_rules_read_back_from_their_text),
		cmocka_unit_test(queries_of_prometheus_own_tests_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
