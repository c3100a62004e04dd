/* SPDX-License-Identifier: MIT */
/* Labels out of labels. What becomes of a label set is worked out once. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/parse/regex.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"
#include "core/series/promql/parse_internal.h"

enum {
	GROUPS_MOST = 32,
	VALUE_BYTES_MOST = 16 << 10, /* of one label: calls in calls could double it each */
	CHANGE_COST = 256,           /* as many elements that are passed on */
};

struct relabel {
	struct memo known; /* into list */
	const struct labels **list;
	size_t count, capacity;
	struct regex *regex;
	bool is_too_long;
};

typedef const struct labels *change_labels(struct query *query, const struct node *node,
	struct relabel *relabel, const struct labels *labels);

static void relabel_free(void *state)
{
	struct relabel *relabel = state;
	memo_release(&relabel->known);
	regex_free(relabel->regex);
	free(relabel->list);
	free(relabel);
}

static struct relabel *relabel_of(struct node *node)
{
	if (!node->state) {
		node->state = xcalloc(1, sizeof(struct relabel));
		node->release = relabel_free;
	}
	return node->state;
}

static const struct labels *with_label(struct query *query, struct relabel *relabel,
	const struct labels *labels, const char *name, const struct str *value)
{
	size_t count = labels_count(labels);
	relabel->is_too_long = relabel->is_too_long || value->length > VALUE_BYTES_MOST;
	if (relabel->is_too_long)
		return labels;
	autofree struct label *list = xreallocarray(NULL, count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i] = *labels_at(labels, i);
	list[count] = (struct label){.name = name, .value = value->text};
	return query_labels(query, list, count + 1);
}

static const struct labels *changed(struct query *query, const struct node *node,
	struct relabel *relabel, const struct labels *labels, change_labels *change)
{
	const uint32_t *known = memo_find(&relabel->known, labels);
	if (known)
		return relabel->list[*known];
	memo_put(&relabel->known, labels, (uint32_t)relabel->count);
	relabel->list =
		grow(relabel->list, relabel->count, &relabel->capacity, sizeof(*relabel->list));
	return relabel->list[relabel->count++] = change(query, node, relabel, labels);
}

static bool change_each(
	struct query *query, struct node *node, change_labels *change, struct err *err)
{
	struct vector *vector = &node->kids[0]->vector;
	struct relabel *relabel = node->state;
	vector_settle(query, vector);
	for (size_t i = 0; i < vector->count; i++) {
		size_t before = relabel->count;
		vector_add(&node->vector,
			changed(query, node, relabel, vector->list[i].labels, change),
			vector->list[i].value);
		if (relabel->is_too_long)
			return err_set(err, ERR_LIMIT, "%s() makes a label of more than %d bytes",
				node->way->name, VALUE_BYTES_MOST);
		if (!query_spend(query, relabel->count > before ? CHANGE_COST : 0, err))
			return false;
	}
	return vector_check(node, err) && query_allows_series(query, query->made.count, err);
}

/* Prometheus 3: whatever is UTF-8. */
static bool is_label_name(const char *name)
{
	return *name && utf8_valid(name, strlen(name));
}

/* ---- label_replace(vector, destination, replacement, source, pattern) ---- */

enum { DESTINATION = 1, REPLACEMENT, SOURCE, PATTERN };

static size_t word_length(const char *text)
{
	size_t length = 0;
	while ((text[length] >= 'a' && text[length] <= 'z') ||
		(text[length] >= 'A' && text[length] <= 'Z') ||
		(text[length] >= '0' && text[length] <= '9') || text[length] == '_')
		length++;
	return length;
}

static void add_group(struct str *to, const struct regex *regex, const char *name, size_t length,
	const char *text, const struct regex_span *spans)
{
	autofree char *word = xstrndup(name, length);
	size_t number = strspn(word, "0123456789") == length ? strtoul(word, NULL, 10)
							     : regex_group_named(regex, word);
	bool is_none = number == 0 && strcmp(word, "0") != 0;
	if (!is_none && number < GROUPS_MOST && spans[number].is_set)
		str_add(to, text + spans[number].from, spans[number].to - spans[number].from);
}

/* As Go's Expand: $1, ${1}, $name, ${name}, $$; the longest word counts. */
static void expand(struct str *to, const char *template, const struct regex *regex,
	const char *text, const struct regex_span *spans)
{
	for (const char *at = template; *at;) {
		bool is_braced = at[0] == '$' && at[1] == '{';
		const char *name = at + 1 + is_braced;
		size_t length = at[0] == '$' ? word_length(name) : 0;
		if (length && (!is_braced || name[length] == '}')) {
			add_group(to, regex, name, length, text, spans);
			at = name + length + is_braced;
		} else {
			str_addch(to, *at);
			at += 1 + (at[0] == '$' && at[1] == '$');
		}
	}
}

static const struct labels *replace_one(struct query *query, const struct node *node,
	struct relabel *relabel, const struct labels *labels)
{
	struct regex_span spans[GROUPS_MOST];
	const char *value = labels_get(labels, node->kids[SOURCE]->string);
	autostr struct str text = STR_INIT;
	if (regex_groups(relabel->regex, value, strlen(value), spans, GROUPS_MOST) != REGEX_YES)
		return labels;
	expand(&text, node->kids[REPLACEMENT]->string, relabel->regex, value, spans);
	return with_label(query, relabel, labels, node->kids[DESTINATION]->string, &text);
}

static bool compile(struct relabel *relabel, const char *pattern, struct err *err)
{
	struct err own = {.code = ERR_NONE};
	size_t at = 0;
	const char *why = re2_refuses(pattern, &at);
	if (!why) {
		relabel->regex = regex_new(pattern, strlen(pattern), REGEX_WHOLE, &at, &own);
		why = own.text;
	}
	return relabel->regex ||
	       err_set(err, ERR_INVALID, "invalid regular expression in label_replace(): %s: %s",
		       pattern, why);
}

static bool label_replace(struct query *query, struct node *node, struct err *err)
{
	struct relabel *relabel = relabel_of(node);
	const char *destination = node->kids[DESTINATION]->string;
	if (!relabel->regex && !compile(relabel, node->kids[PATTERN]->string, err))
		return false;
	if (!is_label_name(destination))
		return err_set(err, ERR_INVALID,
			"invalid destination label name in label_replace(): %s", destination);
	return change_each(query, node, replace_one, err);
}

/* ---- label_join(vector, destination, separator, sources...) ---- */

enum { SEPARATOR = 2, SOURCES };

static const struct labels *join_one(struct query *query, const struct node *node,
	struct relabel *relabel, const struct labels *labels)
{
	autostr struct str text = STR_INIT;
	for (size_t i = SOURCES; i < node->kid_count; i++) {
		if (i > SOURCES)
			str_adds(&text, node->kids[SEPARATOR]->string);
		str_adds(&text, labels_get(labels, node->kids[i]->string));
	}
	return with_label(query, relabel, labels, node->kids[DESTINATION]->string, &text);
}

static bool label_join(struct query *query, struct node *node, struct err *err)
{
	(void)relabel_of(node);
	if (!is_label_name(node->kids[DESTINATION]->string))
		return err_set(err, ERR_INVALID,
			"invalid destination label name in label_join(): %s",
			node->kids[DESTINATION]->string);
	for (size_t i = SOURCES; i < node->kid_count; i++) {
		if (!is_label_name(node->kids[i]->string))
			return err_set(err, ERR_INVALID,
				"invalid source label name in label_join(): %s",
				node->kids[i]->string);
	}
	return change_each(query, node, join_one, err);
}

const struct function_way label_ways[] = {
	{.name = "label_replace", .call = label_replace},
	{.name = "label_join", .call = label_join},
	{.name = NULL},
};
