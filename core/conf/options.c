/* SPDX-License-Identifier: MIT */
/* The table of options.def as data. */
#include "core/conf/internal.h"

#include <stddef.h>
#include <string.h>

#define SECONDS(n) (INT64_C(1000) * (n))
#define MINUTES(n) SECONDS(60 * (n))
#define HOURS(n)   MINUTES(60 * (n))
#define DAYS(n)    HOURS(24 * (n))
#define MIB(n)     (INT64_C(1048576) * (n))
#define GIB(n)     MIB(1024 * (n))

const char *const write_words[] = {"read-only", "armed", "always", NULL};
const char *const transport_words[] = {"polling", "webhook", "mtproto", "none", NULL};
const char *const notify_words[] = {"auto", "osc9", "osc777", "both", "no", NULL};
const char *const supervisor_words[] = {"systemd", "docker", "supervisord", "pm2", NULL};
static const char *const told_words[] = {"warn", "crit", NULL};
static const char *const severity_words[] = {"warn", "crit", NULL};

/* The struct that each section fills. */
union shapes {
#define SECTION(id, type, ...) type id;
#include "core/conf/options.def"
};
#define SHAPE(section)        __typeof__(((union shapes *)NULL)->section)
#define PLACE(section, field) offsetof(SHAPE(section), field)

/* clang-format off */
static const struct option options[] = {
#define ROW(s, k, t, ...) {.section = SECTION_##s, .key = (k), .type = (t), __VA_ARGS__},
#define OPTION(s, k, f, t, low, high, d, h) \
	ROW(s, k, TYPE_##t, .offset = PLACE(s, f), .min = (low), .max = (high), .fallback = (d), .help = (h))
#define CHOICE(s, k, f, w, d, h) \
	ROW(s, k, TYPE_CHOICE, .offset = PLACE(s, f), .words = (w), .fallback = (d), .help = (h))
#define WORD(s, k, f, w, d, h) \
	ROW(s, k, TYPE_WORD, .offset = PLACE(s, f), .words = (w), .fallback = (d), .help = (h))
#define MANY(s, k, f, c, t, high, h) \
	ROW(s, k, TYPE_MANY, .element = TYPE_##t, .offset = PLACE(s, f), .count_offset = PLACE(s, c), .max = (high), \
		.fallback = "", .help = (h))
#define PART(s, k, f, o, h) \
	ROW(s, k, TYPE_PART, .offset = PLACE(s, f), .of = SECTION_##o, .fallback = "", .help = (h))
#define FLAT(s, k, o, h) ROW(s, k, TYPE_PART, .of = SECTION_##o, .fallback = "", .help = (h))
#define LIST(s, k, f, c, o, high, h) \
	ROW(s, k, TYPE_LIST, .offset = PLACE(s, f), .count_offset = PLACE(s, c), .size = sizeof(SHAPE(o)), \
		.of = SECTION_##o, .max = (high), .fallback = "", .help = (h))
#define RULES(s, k, f, c, h) \
	ROW(s, k, TYPE_RULES, .offset = PLACE(s, f), .count_offset = PLACE(s, c), .of = SECTION_rule, .fallback = "", \
		.help = (h))
#define PAIRS(s, k, f, c, high, h) \
	ROW(s, k, TYPE_PAIRS, .offset = PLACE(s, f), .count_offset = PLACE(s, c), .max = (high), .fallback = "", \
		.help = (h))
#include "core/conf/options.def"
};

static const struct section sections[] = {
#define SECTION(id, type, check_function, text) {.name = #id, .help = (text), .check = (check_function)},
#include "core/conf/options.def"
};

static const struct rule_options rules[] = {
#define RULE(name, k1, t1, low1, high1, k2, t2, low2, high2) \
	{.rule = #name, .knobs = {{(k1), KNOB_##t1, low1, high1}, {(k2), KNOB_##t2, low2, high2}}},
#include "core/conf/options.def"
};
/* clang-format on */

const struct option *option_at(size_t index)
{
	return index < COUNT_OF(options) ? &options[index] : NULL;
}

const struct option *option_find(enum section_id section, const char *key)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (options[i].section == section && !strcmp(options[i].key, key))
			return &options[i];
	return NULL;
}

const struct section *section_of(enum section_id id)
{
	return &sections[id];
}

const struct rule_options *rule_options_at(size_t index)
{
	return index < COUNT_OF(rules) ? &rules[index] : NULL;
}

const struct rule_options *rule_options_find(const char *rule)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (!strcmp(rules[i].rule, rule))
			return &rules[i];
	return NULL;
}
