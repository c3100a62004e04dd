/* SPDX-License-Identifier: MIT */
/* The page of all options, from their table. */
#include "core/base/str.h"
#include "core/conf/internal.h"

static const char *const type_words[] = {
	[TYPE_TEXT] = "text",
	[TYPE_NAME] = "name",
	[TYPE_PATH] = "path",
	[TYPE_LOG] = "log",
	[TYPE_DURATION] = "duration",
	[TYPE_SIZE] = "size",
	[TYPE_INT] = "number",
	[TYPE_NUMBER] = "number",
	[TYPE_YESNO] = "yes or no",
	[TYPE_REGEX] = "regular expression",
	[TYPE_CHOICE] = "word",
	[TYPE_WORD] = "word",
	[TYPE_ARGV] = "list of words",
	[TYPE_MANY] = "list",
	[TYPE_PART] = "mapping",
	[TYPE_LIST] = "mapping",
	[TYPE_RULES] = "mapping",
	[TYPE_PAIRS] = "mapping",
};

static void print_default(struct str *ret, const struct option *option)
{
	if (!option->fallback)
		str_adds(ret, "must be given");
	else if (*option->fallback && option->type < TYPE_SCALARS)
		str_addf(ret, "`%s`", option->fallback);
}

static bool has_section(const struct option *option)
{
	return option->type == TYPE_PART || option->type == TYPE_LIST || option->type == TYPE_RULES;
}

static void print_option(struct str *ret, const struct option *option)
{
	str_addf(ret, "| %s | %s", option->key, type_words[option->type]);
	if (has_section(option))
		str_addf(ret, ": [%s](#%s)", section_of(option->of)->name,
			section_of(option->of)->name);
	str_adds(ret, " | ");
	print_default(ret, option);
	str_addf(ret, " | %s |\n", option->help);
}

static void print_section(struct str *ret, enum section_id id)
{
	const struct option *option;
	str_addf(ret, "\n## %s\n\n%s.\n\n| key | type | default | meaning |\n|---|---|---|---|\n",
		section_of(id)->name, section_of(id)->help);
	for (size_t i = 0; (option = option_at(i)); i++)
		if (option->section == id)
			print_option(ret, option);
}

static void print_rules(struct str *ret)
{
	const struct rule_options *rule;
	str_adds(ret, "\n## thresholds of alerts\n\nMeaning and defaults are in states.md.\n\n"
		      "| alert | takes |\n|---|---|\n");
	for (size_t i = 0; (rule = rule_options_at(i)); i++) {
		str_addf(ret, "| %s |", rule->rule);
		for (size_t k = 0; k < COUNT_OF(rule->knobs); k++)
			if (rule->knobs[k].type != KNOB_NONE)
				str_addf(ret, " %s (%s)", rule->knobs[k].key,
					rule->knobs[k].type == KNOB_COUNT ? "number" : "duration");
		str_adds(ret, " |\n");
	}
}

void settings_print(struct str *ret)
{
	str_adds(ret,
		"# botswain.yaml\n\n"
		"Printed from core/conf/options.def by `make docs`. `root` is the file itself. "
		"What has a "
		"name is written as `name: {...}`, or as a list of mappings with a `name`. Single "
		"values "
		"of `root` and of the mappings directly in it also come from the environment: "
		"`BOTSWAIN_WRITE`, `BOTSWAIN_TELEGRAM_INTERVAL`.\n");
	for (enum section_id id = 0; id < SECTION_COUNT; id++)
		print_section(ret, id);
	print_rules(ret);
}
