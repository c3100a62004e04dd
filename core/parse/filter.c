/* SPDX-License-Identifier: MIT */
#include "core/parse/filter.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/needle.h"
#include "core/parse/filter_internal.h"
#include "core/parse/log_field.h"

struct filter *filter_new(
	const char *expression, const struct filter_schema *schema, size_t *ret_at, struct err *err)
{
	struct filter *filter = xcalloc(1, sizeof(*filter));
	size_t at = 0;
	if (filter_parse(filter, expression, schema, &at, err))
		return filter;
	*ret_at = at;
	filter_free(filter);
	return NULL;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (unsigned i = 0; i < filter->count; i++)
		regex_free(filter->nodes[i].regex);
	for (unsigned i = 0; i < filter->field_count; i++)
		free(filter->fields[i].name);
	free(filter);
}

bool filter_compares(const struct filter *filter, size_t column)
{
	for (unsigned i = 0; i < filter->count; i++)
		if (filter->nodes[i].op >= OP_MATCHES && filter->nodes[i].column == column)
			return true;
	return false;
}

bool filter_is_empty(const struct filter *filter)
{
	return filter->count == 0;
}

static const struct needle *longer(const struct needle *a, const struct needle *b)
{
	if (!a || !b)
		return a ? a : b;
	return a->length >= b->length ? a : b;
}

static const struct needle *certain_of_text(const struct filter_node *node, uint64_t columns)
{
	bool is_there = node->column == FILTER_WHOLE || node->column == FILTER_FIELD ||
			columns >> node->column & 1;
	return node->op == OP_MATCHES && !node->is_negated && is_there ? regex_certain(node->regex)
								       : NULL;
}

/* Its name: in whatever a field is compared with something it is there. */
static const struct needle *certain_of_field(const struct filter_node *node, uint64_t columns)
{
	(void)columns;
	return node->field && node->field->has_needle ? &node->field->needle : NULL;
}

static const struct needle *certain(const struct filter *filter, unsigned at, uint64_t columns,
	const struct needle *(*of_term)(const struct filter_node *node, uint64_t columns))
{
	const struct filter_node *node = &filter->nodes[at];
	if (node->op == OP_AND)
		return longer(certain(filter, node->left, columns, of_term),
			certain(filter, node->right, columns, of_term));
	return node->op == OP_OR || node->op == OP_NOT ? NULL : of_term(node, columns);
}

/* The name of a field stands in most lines, what it is in few. */
const struct needle *filter_certain(const struct filter *filter, uint64_t columns)
{
	if (!filter->count)
		return NULL;
	const struct needle *text = certain(filter, filter->root, columns, certain_of_text);
	return text ? text : certain(filter, filter->root, columns, certain_of_field);
}

uint64_t filter_costly(const struct filter *filter)
{
	return filter->costly;
}

static bool matches_text(
	struct filter *filter, const struct filter_node *node, const struct filter_value *value)
{
	enum regex_result result =
		regex_match(node->regex, value->text, value->length, 0, NULL, NULL);
	filter->costly += result == REGEX_COSTLY;
	return (result == REGEX_YES) != node->is_negated && result != REGEX_COSTLY;
}

static bool compares(const struct filter_node *node, double number)
{
	switch (node->op) {
	case OP_EQ:
		return number == node->number;
	case OP_NE:
		return number != node->number;
	case OP_GT:
		return number > node->number;
	case OP_GE:
		return number >= node->number;
	case OP_LT:
		return number < node->number;
	case OP_LE:
		return number <= node->number;
	case OP_AND:
	case OP_OR:
	case OP_NOT:
	case OP_MATCHES:
		break;
	}
	return false;
}

static const char *name_of(const struct filter_node *node)
{
	return node->field ? node->field->name : NULL;
}

static bool fits(
	struct filter *filter, const struct filter_node *node, const struct filter_value *value)
{
	double number = value->number;
	if (node->op == OP_MATCHES)
		return matches_text(filter, node, value);
	if (node->column == FILTER_FIELD && !log_field_number(value->text, value->length, &number))
		return false;
	return compares(node, number);
}

/* Recursion is as deep as the brackets were, which is bounded. */
static bool matches(struct filter *filter, unsigned at, filter_get *get, const void *row)
{
	const struct filter_node *node = &filter->nodes[at];
	if (node->op == OP_AND)
		return matches(filter, node->left, get, row) &&
		       matches(filter, node->right, get, row);
	if (node->op == OP_OR)
		return matches(filter, node->left, get, row) ||
		       matches(filter, node->right, get, row);
	if (node->op == OP_NOT)
		return !matches(filter, node->left, get, row);
	struct filter_value value = {.field = name_of(node)};
	get(row, node->column, &value);
	return value.is_known && fits(filter, node, &value);
}

bool filter_match(struct filter *filter, filter_get *get, const void *row)
{
	return filter->count == 0 || matches(filter, filter->root, get, row);
}

/* What is certain of a row of which not everything is said: an order, for `and` is the least of its
 * sides, `or` the greatest, and `not` turns it round. */
enum certainty { NEVER, PERHAPS, SURELY };

static enum certainty judge_term(
	struct filter *filter, const struct filter_node *node, filter_get *get, const void *row)
{
	struct filter_value value = {.field = name_of(node)};
	get(row, node->column, &value);
	if (value.is_any)
		return PERHAPS;
	if (!value.is_known)
		return NEVER;
	return fits(filter, node, &value) ? SURELY : NEVER;
}

static enum certainty judge(struct filter *filter, unsigned at, filter_get *get, const void *row)
{
	const struct filter_node *node = &filter->nodes[at];
	if (node->op == OP_NOT)
		return SURELY - judge(filter, node->left, get, row);
	if (node->op != OP_AND && node->op != OP_OR)
		return judge_term(filter, node, get, row);
	enum certainty left = judge(filter, node->left, get, row);
	enum certainty right = judge(filter, node->right, get, row);
	return (left < right) == (node->op == OP_AND) ? left : right;
}

bool filter_may_match(struct filter *filter, filter_get *get, const void *row)
{
	return filter->count == 0 || judge(filter, filter->root, get, row) != NEVER;
}

/* Walks the positive part of the tree for the earliest hit. */
static void find(struct filter *filter, unsigned at, size_t column, const struct filter_value *text,
	size_t from, size_t *start, size_t *end)
{
	const struct filter_node *node = &filter->nodes[at];
	size_t hit_start, hit_end;
	if (node->op == OP_AND || node->op == OP_OR) {
		find(filter, node->left, column, text, from, start, end);
		find(filter, node->right, column, text, from, start, end);
		return;
	}
	if (node->op != OP_MATCHES || node->is_negated ||
		(node->column != column && node->column != FILTER_WHOLE))
		return;
	if (regex_match(node->regex, text->text, text->length, from, &hit_start, &hit_end) ==
			REGEX_YES &&
		hit_end > hit_start && hit_start < *start) {
		*start = hit_start;
		*end = hit_end;
	}
}

bool filter_find(struct filter *filter, size_t column, const char *text, size_t length, size_t from,
	size_t *ret_start, size_t *ret_end)
{
	const struct filter_value value = {.text = text, .length = length};
	size_t start = SIZE_MAX, end = 0;
	if (filter->count)
		find(filter, filter->root, column, &value, from, &start, &end);
	if (start == SIZE_MAX)
		return false;
	*ret_start = start;
	*ret_end = end;
	return true;
}
