/* SPDX-License-Identifier: MIT */
/* Fills structs from nodes as the table of options says; knows no option by name. */
#include "core/conf/internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/arena.h"

static void *field_of(void *section, const struct option *option)
{
	return (char *)section + option->offset;
}

static size_t *count_of(void *section, const struct option *option)
{
	return (size_t *)(void *)((char *)section + option->count_offset);
}

/* ---- defaults ---- */

static void default_scalar(struct reader *reader, const struct option *option, void *field)
{
	struct err err = {0};
	struct option free_of_bounds = *option;
	free_of_bounds.min = 0;
	const char *text = option->fallback ? option->fallback : "";
	bool is_text = option->type == TYPE_TEXT || option->type == TYPE_NAME ||
		       option->type == TYPE_PATH || option->type == TYPE_REGEX ||
		       option->type == TYPE_WORD || option->type == TYPE_LOG;
	if (is_text && !*text) {
		*(char **)field = arena_text(reader->arena, "");
	} else if (option->fallback &&
		   !option_convert(reader, &free_of_bounds, text, field, &err)) {
		fprintf(stderr, "core/conf/options.def: the default of '%s' is wrong: %s\n",
			option->key, err.text);
		abort(); /* the table is wrong, not the file */
	}
}

static struct argv empty_argv(void)
{
	static char *none[1];
	return (struct argv){.argv = none, .count = 0};
}

void read_defaults(struct reader *reader, enum section_id id, void *section)
{
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)); i++) {
		if (option->section != id)
			continue;
		if (option->type < TYPE_SCALARS)
			default_scalar(reader, option, field_of(section, option));
		else if (option->type == TYPE_ARGV)
			*(struct argv *)field_of(section, option) = empty_argv();
		else if (option->type == TYPE_PART)
			read_defaults(reader, option->of, field_of(section, option));
	}
}

/* ---- did you mean ---- */

static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 40 };
	size_t row[LONGEST + 1], length = strlen(b);
	if (strlen(a) > LONGEST || length > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t change = corner + (a[i - 1] != b[j - 1]);
			corner = row[j];
			size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			row[j] = change < shift ? change : shift;
		}
	}
	return row[length];
}

void suggest(struct suggestion *suggestion, const char *given, const char *candidate, int *best)
{
	int far = (int)distance(given, candidate), limit = (int)strlen(candidate) / 3 + 1;
	if (far > limit || far >= *best)
		return;
	*best = far;
	snprintf(suggestion->text, sizeof(suggestion->text), "; did you mean '%s'?", candidate);
}

/* What earlier versions read; it is ignored. */
static bool is_former(struct reader *reader, enum section_id id, const struct node *node)
{
	static const struct {
		enum section_id section;
		const char *key, *instead;
	} former[] = {
		{SECTION_root, "charts",
			"charts draw from the store of metrics, whose budget is `metrics: {memory: "
			"...}`"},
	};
	for (size_t i = 0; i < COUNT_OF(former); i++)
		if (former[i].section == id && strcmp(former[i].key, node->key) == 0) {
			report_warning(reader->report, node->key_place,
				"'%s' is no setting any more and changes nothing: %s; take it out",
				former[i].key, former[i].instead);
			return true;
		}
	return false;
}

static void unknown_key(struct reader *reader, enum section_id id, const struct node *node)
{
	struct suggestion suggestion = {""};
	struct str known autostr = STR_INIT;
	int best = INT_MAX;
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)); i++) {
		if (option->section != id)
			continue;
		suggest(&suggestion, node->key, option->key, &best);
		str_addf(&known, "%s%s", known.length ? ", " : "", option->key);
	}
	if (!*suggestion.text)
		report_error(reader->report, node->key_place, "unknown key '%.40s'; here go: %s",
			node->key, known.text);
	else
		report_error(reader->report, node->key_place, "unknown key '%.40s'%s", node->key,
			suggestion.text);
}

/* ---- one type each ---- */

const char *scalar_of(struct reader *reader, const struct node *node, const char *what)
{
	if (node->type == NODE_SCALAR && (*node->text || node->quoted))
		return node->text;
	report_error(reader->report, node->place,
		node->type == NODE_SCALAR ? "'%s' has no value: give one, or remove the line"
					  : "'%s' is one value, not a list or a mapping",
		what);
	return NULL;
}

static void read_scalar(
	struct reader *reader, const struct option *option, const struct node *node, void *field)
{
	struct err err = {0};
	const char *text = scalar_of(reader, node, option->key);
	if (text && !option_convert(reader, option, text, field, &err))
		report_error(reader->report, node->place, "%s", err.text);
}

static bool is_list(struct reader *reader, const struct option *option, const struct node *node)
{
	if (node->type != NODE_LIST)
		return report_error(reader->report, node->place,
			option->type == TYPE_ARGV
				? "'%s' is a list of words: [program, argument, ...]; no shell "
				  "reads it"
				: "'%s' is a list: put `- ` before each of its items",
			option->key);
	if (option->max && node->count > (size_t)option->max)
		return report_error(reader->report, node->place, "'%s' has %zu items, at most %lld",
			option->key, node->count, (long long)option->max);
	return true;
}

static void read_argv(
	struct reader *reader, const struct option *option, const struct node *node, void *field)
{
	if (!is_list(reader, option, node))
		return;
	struct argv argv = {.argv = arena_alloc(reader->arena, (node->count + 1) * sizeof(char *))};
	for (const struct node *item = node->first; item; item = item->next) {
		if (item->type != NODE_SCALAR) {
			report_error(reader->report, item->place, "'%s' is a list of words",
				option->key);
			return;
		}
		argv.argv[argv.count++] = arena_text(reader->arena, item->text);
	}
	if (!argv.count || !*argv.argv[0])
		report_error(reader->report, node->place, "'%s' names no program", option->key);
	*(struct argv *)field = argv;
}

static void read_many(
	struct reader *reader, const struct option *option, const struct node *node, void *section)
{
	if (!is_list(reader, option, node))
		return;
	char **texts = arena_alloc(reader->arena, (node->count + 1) * sizeof(char *));
	size_t count = 0;
	struct option item_option = *option;
	item_option.min = 1;
	item_option.max = 4096;
	for (const struct node *item = node->first; item; item = item->next)
		read_scalar(reader, &item_option, item, &texts[count++]);
	for (size_t i = 0; i < count; i++)
		texts[i] = texts[i] ? texts[i] : arena_text(reader->arena, "");
	*(char ***)field_of(section, option) = texts;
	*count_of(section, option) = count;
}

static bool is_empty(const struct node *node)
{
	return node->type == NODE_SCALAR && !*node->text && !node->quoted;
}

/* Of things that have names: `name: {...}` lines, as well as a list of mappings with a `name`. */
static bool is_collection(
	struct reader *reader, const struct option *option, const struct node *node)
{
	bool named = option_find(option->of, "name") != NULL;
	if (node->type == NODE_LIST || !named)
		return is_list(reader, option, node);
	if (node->type != NODE_MAP)
		return report_error(reader->report, node->place,
			"'%s' is a mapping: `name:` lines, each with its own lines below",
			option->key);
	if (node->count > (size_t)option->max)
		return report_error(reader->report, node->place,
			"'%s' has %zu entries, at most %lld", option->key, node->count,
			(long long)option->max);
	return true;
}

static void read_list(
	struct reader *reader, const struct option *option, const struct node *node, void *section)
{
	if (!is_collection(reader, option, node))
		return;
	char *items = arena_alloc(reader->arena, (node->count + 1) * option->size);
	size_t count = 0;
	for (const struct node *item = node->first; item; item = item->next)
		read_section(reader, option->of, item, items + count++ * option->size);
	*(void **)field_of(section, option) = items;
	*count_of(section, option) = count;
}

static void read_option(
	struct reader *reader, const struct option *option, const struct node *node, void *section)
{
	void *field = field_of(section, option);
	if (option->type > TYPE_PART && is_empty(node))
		return; /* `bots:` with every line below it commented out */
	if (option->type < TYPE_SCALARS)
		read_scalar(reader, option, node, field);
	else if (option->type == TYPE_ARGV)
		read_argv(reader, option, node, field);
	else if (option->type == TYPE_MANY)
		read_many(reader, option, node, section);
	else if (option->type == TYPE_PART)
		read_section(reader, option->of, node, field);
	else if (option->type == TYPE_LIST)
		read_list(reader, option, node, section);
	else if (option->type == TYPE_RULES)
		read_rules(reader, node);
	else
		read_pairs(reader, option, node);
}

/* ---- a mapping ---- */

const struct node *child_of(const struct node *node, const char *key)
{
	for (const struct node *child = node->first; child; child = child->next)
		if (child->key && !strcmp(child->key, key))
			return child;
	return NULL;
}

/* In `name: {...}` the key is the name. */
static bool is_given(const struct option *option, const struct node *node)
{
	return child_of(node, option->key) || (node->key && option->type == TYPE_NAME);
}

static bool has_required(struct reader *reader, enum section_id id, const struct node *node)
{
	const struct option *option;
	bool fine = true;
	for (size_t i = 0; (option = option_at(i)); i++)
		if (option->section == id && !option->fallback && !is_given(option, node))
			fine = report_error(reader->report, node->place,
				"'%s' is missing in this %s: %s", option->key, section_of(id)->name,
				option->help);
	return fine;
}

static void read_key_name(
	struct reader *reader, enum section_id id, const struct node *node, void *section)
{
	const struct option *option = option_find(id, "name");
	struct err err = {0};
	if (!option || !node->key)
		return;
	if (child_of(node, "name"))
		report_error(reader->report, child_of(node, "name")->key_place,
			"its name is '%.63s' already: remove this line", node->key);
	else if (!option_convert(reader, option, node->key, field_of(section, option), &err))
		report_error(reader->report, node->key_place, "%s", err.text);
}

/* `on_alert: [program, argument]`: what it runs is all that must be said. */
static bool read_short_form(
	struct reader *reader, enum section_id id, const struct node *node, void *section)
{
	if (id != SECTION_on_alert || node->type != NODE_LIST)
		return false;
	read_option(reader, option_find(id, "command"), node, section);
	return true;
}

void read_section(struct reader *reader, enum section_id id, const struct node *node, void *section)
{
	const struct section *about = section_of(id);
	if (id != SECTION_root) /* whose defaults are there already */
		read_defaults(reader, id, section);
	if (read_short_form(reader, id, node, section))
		return;
	if (node->type != NODE_MAP && !is_empty(node)) {
		if (id == SECTION_secret)
			about->check(reader, node, section);
		else
			report_error(reader->report, node->place,
				"here goes a mapping (`key: value` lines): %s", about->help);
		return;
	}
	unsigned errors = reader->report->errors;
	read_key_name(reader, id, node, section);
	for (const struct node *child = node->first; child; child = child->next) {
		const struct option *option = option_find(id, child->key);
		if (option)
			read_option(reader, option, child, section);
		else if (!is_former(reader, id, child))
			unknown_key(reader, id, child);
	}
	has_required(reader, id, node);
	if (about->check && reader->report->errors == errors)
		about->check(reader, node, section);
}
