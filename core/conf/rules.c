/* SPDX-License-Identifier: MIT */
/* The mappings whose keys are names: settings of the built-in alerts, key bindings; and the
 * environment. */
#include "core/conf/internal.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"

static bool is_mapping(struct reader *reader, const struct node *node, const char *form)
{
	return node->type == NODE_MAP ||
	       report_error(reader->report, node->place, "here goes a mapping: %s", form);
}

static bool knob_value(const struct knob *knob, const char *text, double *ret, struct err *err)
{
	int64_t ms = 0;
	char *end = NULL;
	if (knob->type == KNOB_DURATION && !parse_duration(text, &ms, err))
		return false;
	double value = knob->type == KNOB_DURATION ? (double)ms / 1000 : strtod(text, &end);
	bool whole = knob->type == KNOB_DURATION || (end != text && !*end && value == floor(value));
	*ret = value;
	if (whole && value >= knob->min && value <= knob->max)
		return true;
	if (knob->type == KNOB_DURATION)
		return err_set(err, ERR_INVALID, "'%s' must be %s to %s", knob->key,
			format_duration((int64_t)(knob->min * 1000)).text,
			format_duration((int64_t)(knob->max * 1000)).text);
	return err_set(err, ERR_INVALID, "'%s' is a whole number from %.0f to %.0f", knob->key,
		knob->min, knob->max);
}

static bool read_knob(struct reader *reader, const struct rule_options *options,
	const struct node *node, struct conf_rule *rule)
{
	for (size_t i = 0; i < COUNT_OF(options->knobs); i++) {
		const struct knob *knob = &options->knobs[i];
		if (knob->type == KNOB_NONE || strcmp(knob->key, node->key) != 0)
			continue;
		struct err err = {0};
		const char *text = scalar_of(reader, node, knob->key);
		if (text && !knob_value(knob, text, i ? &rule->second : &rule->limit, &err))
			report_error(reader->report, node->place, "%s", err.text);
		return true;
	}
	return false;
}

static bool read_common(struct reader *reader, const struct node *node, struct conf_rule *rule)
{
	const struct option *option = option_find(SECTION_rule, node->key);
	if (!option)
		return false;
	struct err err = {0};
	const char *text = scalar_of(reader, node, option->key);
	if (text && !option_convert(reader, option, text, (char *)rule + option->offset, &err))
		report_error(reader->report, node->place, "%s", err.text);
	return true;
}

static void unknown_knob(
	struct reader *reader, const struct rule_options *options, const struct node *node)
{
	struct str known autostr = STR_INIT;
	for (size_t i = 0; i < COUNT_OF(options->knobs); i++)
		if (options->knobs[i].type != KNOB_NONE)
			str_addf(&known, "%s, ", options->knobs[i].key);
	report_error(reader->report, node->key_place,
		"unknown key '%.40s'; %s takes %soff, for, severity", node->key, options->rule,
		known.text);
}

static void read_rule(struct reader *reader, const struct rule_options *options,
	const struct node *node, struct conf_rule *rule)
{
	read_defaults(reader, SECTION_rule, rule);
	rule->rule = arena_text(reader->arena, node->key);
	rule->limit = rule->second = (double)NAN;
	if (!is_mapping(reader, node, "e.g. {for: 30s, severity: warn} or {off: yes}"))
		return;
	for (const struct node *child = node->first; child; child = child->next)
		if (!read_knob(reader, options, child, rule) && !read_common(reader, child, rule))
			unknown_knob(reader, options, child);
}

static void unknown_rule(struct reader *reader, const struct node *node)
{
	struct suggestion suggestion = {""};
	int best = INT_MAX;
	const struct rule_options *rule;
	for (size_t i = 0; (rule = rule_options_at(i)); i++)
		suggest(&suggestion, node->key, rule->rule, &best);
	report_error(reader->report, node->key_place, "no built-in alert is called '%.40s'%s",
		node->key, *suggestion.text ? suggestion.text : ": docs/states.md lists them");
}

void read_rules(struct reader *reader, const struct node *node)
{
	struct settings *settings = reader->settings;
	if (!is_mapping(reader, node, "alert: {threshold: value}"))
		return;
	settings->rules = arena_alloc(reader->arena, (node->count + 1) * sizeof(struct conf_rule));
	for (const struct node *child = node->first; child; child = child->next) {
		const struct rule_options *options = rule_options_find(child->key);
		if (options)
			read_rule(reader, options, child, &settings->rules[settings->rule_count++]);
		else
			unknown_rule(reader, child);
	}
}

void read_pairs(struct reader *reader, const struct option *option, const struct node *node)
{
	struct settings *settings = reader->settings;
	if (!is_mapping(reader, node, "key: command line"))
		return;
	if (node->count > (size_t)option->max) {
		report_error(reader->report, node->place, "more than %d keys", (int)option->max);
		return;
	}
	settings->keys = arena_alloc(reader->arena, (node->count + 1) * sizeof(struct conf_keys));
	for (const struct node *child = node->first; child; child = child->next) {
		const char *command = scalar_of(reader, child, child->key);
		if (command)
			settings->keys[settings->key_count++] =
				(struct conf_keys){.key = arena_text(reader->arena, child->key),
					.command = arena_text(reader->arena, command)};
	}
}

/* ---- the environment ---- */

static void variable_name(struct str *name, const char *section, const char *key)
{
	str_clear(name);
	str_addf(name, "BOTSWAIN_%s%s%s", section, *section ? "_" : "", key);
	for (size_t i = 0; i < name->length; i++)
		name->text[i] = (char)toupper((unsigned char)name->text[i]);
}

static void read_variable(
	struct reader *reader, const struct option *option, const char *section, void *fields)
{
	struct str name autostr = STR_INIT;
	variable_name(&name, section, option->key);
	const char *text = getenv(name.text);
	struct err err = {0};
	if (text && !option_convert(reader, option, text, (char *)fields + option->offset, &err))
		report_elsewhere(reader->report, name.text, "%s", err.text);
}

static void read_variables(
	struct reader *reader, enum section_id id, const char *section, void *fields)
{
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)); i++) {
		if (option->section != id)
			continue;
		if (option->type < TYPE_SCALARS)
			read_variable(reader, option, section, fields);
		else if (option->type == TYPE_PART && !*section)
			read_variables(
				reader, option->of, option->key, (char *)fields + option->offset);
	}
}

void read_environment(struct reader *reader)
{
	read_variables(reader, SECTION_root, "", reader->settings);
}
