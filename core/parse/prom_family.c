/* SPDX-License-Identifier: MIT */
/*
 * Comments, and what they say of a family of metrics. In text the last TYPE counts, whenever it comes. In OpenMetrics a
 * family is told of once, its lines stand together, what is said of it comes first, and its samples have the suffixes of its
 * type.
 */
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/parse/prom_internal.h"

#include <stdlib.h>

enum { ROOM_FIRST = 256 };

struct family {
	uint64_t key;
	struct prom_span name; /* text NULL: none is here */
};

struct prom_families {
	struct family *table; /* open addressing, half of it empty */
	size_t count, room;
};

static const struct type {
	const char *word;
	bool is_text, is_open; /* in which formats it stands under that name */
	enum prom_type type;
} types[] = {
	{"untyped", true, false, PROM_UNTYPED},
	{"unknown", false, true, PROM_UNTYPED},
	{"counter", true, true, PROM_COUNTER},
	{"gauge", true, true, PROM_GAUGE},
	{"histogram", true, true, PROM_HISTOGRAM},
	{"summary", true, true, PROM_SUMMARY},
	{"gaugehistogram", false, true, PROM_GAUGEHISTOGRAM},
	{"info", false, true, PROM_INFO},
	{"stateset", false, true, PROM_STATESET},
};

const char *prom_type_word(enum prom_type type)
{
	static const char *const words[PROM_TYPES] = {"untyped", "counter", "gauge", "histogram",
		"summary", "gaugehistogram", "info", "stateset"};
	return words[type];
}

#define OF(type) (1u << (type))

/* Of which types samples have a suffix, and what that asks of them; the empty one is the last. */
static const struct suffix {
	const char *text;
	unsigned types, positive; /* those whose value is never below 0 */
	unsigned rules;
} suffixes[] = {
	{"_total", OF(PROM_COUNTER), OF(PROM_COUNTER), RULE_EXEMPLAR},
	{"_created", OF(PROM_COUNTER) | OF(PROM_HISTOGRAM) | OF(PROM_SUMMARY), 0, 0},
	{"_bucket", OF(PROM_HISTOGRAM) | OF(PROM_GAUGEHISTOGRAM),
		OF(PROM_HISTOGRAM) | OF(PROM_GAUGEHISTOGRAM), RULE_BOUND | RULE_EXEMPLAR},
	{"_count", OF(PROM_HISTOGRAM) | OF(PROM_SUMMARY), OF(PROM_HISTOGRAM) | OF(PROM_SUMMARY), 0},
	{"_sum", OF(PROM_HISTOGRAM) | OF(PROM_SUMMARY), 0, 0},
	{"_gcount", OF(PROM_GAUGEHISTOGRAM), OF(PROM_GAUGEHISTOGRAM), 0},
	{"_gsum", OF(PROM_GAUGEHISTOGRAM), 0, 0},
	{"_info", OF(PROM_INFO), 0, RULE_ONE},
	{"", OF(PROM_SUMMARY), 0, RULE_QUANTILE},
	{"", OF(PROM_STATESET), 0, RULE_NAMED | RULE_STATE},
	{"", OF(PROM_UNTYPED) | OF(PROM_GAUGE), 0, 0},
};

/* In text a sample may be named as its family, but for one of a histogram. */
static bool has_suffix(
	const struct prom_reader *reader, const struct suffix *suffix, enum prom_type type)
{
	if (!prom_is_strict(reader) && !*suffix->text)
		return type != PROM_HISTOGRAM;
	return suffix->types & OF(type);
}

/* ---- the families that were met ---- */

void prom_families_free(struct prom_families *families)
{
	if (!families)
		return;
	free(families->table);
	free(families);
}

static struct family *place_of(
	const struct prom_families *families, uint64_t key, struct prom_span name)
{
	size_t at = key & (families->room - 1);
	for (;; at = (at + 1) & (families->room - 1)) {
		struct family *family = &families->table[at];
		if (!family->name.text || (family->key == key && span_is(family->name, name)))
			return family;
	}
}

static void grow_families(struct prom_families *families)
{
	struct prom_families larger = {
		.count = families->count, .room = families->room ? families->room * 2 : ROOM_FIRST};
	larger.table = xcalloc(larger.room, sizeof(*larger.table));
	for (size_t i = 0; i < families->room; i++) {
		const struct family *family = &families->table[i];
		if (family->name.text)
			*place_of(&larger, family->key, family->name) = *family;
	}
	free(families->table);
	*families = larger;
}

/* False: it is there. */
static bool add_family(struct prom_families *families, struct prom_span name)
{
	if (families->count * 2 >= families->room)
		grow_families(families);
	uint64_t key = hash64_wide(name.text, name.length);
	struct family *place = place_of(families, key, name);
	if (place->name.text)
		return false;
	*place = (struct family){key, name};
	families->count++;
	return true;
}

static bool begin_family(
	struct prom_reader *reader, const struct cursor *cursor, struct prom_span name)
{
	memset(&reader->family, 0, sizeof(reader->family));
	reader->family.name = name;
	reader->family.is_set = true;
	if (!prom_is_strict(reader))
		return true;
	if (!reader->families)
		reader->families = xcalloc(1, sizeof(*reader->families));
	if (reader->families->count == PROM_FAMILIES_MAX)
		return prom_fail(cursor, "more than %d families", PROM_FAMILIES_MAX);
	return add_family(reader->families, name) ||
	       prom_fail(cursor, "its family came before: lines of one stand together");
}

/* ---- samples ---- */

static bool is_of_family(const struct prom_reader *reader, struct prom_span name)
{
	struct prom_span family = reader->family.name;
	return reader->family.is_set && name.length >= family.length &&
	       !memcmp(name.text, family.text, family.length);
}

/* The row by which a name belongs to the family; NULL: it does not. *ret_wrong: it would to one of another type. */
static const struct suffix *find_suffix(
	const struct prom_reader *reader, struct prom_span name, bool *ret_wrong)
{
	*ret_wrong = false;
	if (!is_of_family(reader, name))
		return NULL;
	struct prom_span rest = {
		name.text + reader->family.name.length, name.length - reader->family.name.length};
	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		if (!span_says(rest, suffixes[i].text))
			continue;
		if (has_suffix(reader, &suffixes[i], reader->family.type))
			return &suffixes[i];
		*ret_wrong = true;
	}
	return NULL;
}

bool prom_enter_name(struct prom_reader *reader, const struct cursor *cursor, struct prom_span name)
{
	bool is_wrong, is_strict = prom_is_strict(reader);
	const struct suffix *suffix = find_suffix(reader, name, &is_wrong);
	if (!suffix && is_strict) {
		/* What has no TYPE is as it likes, and may be another family. */
		if (is_wrong && reader->family.has_type)
			return prom_fail(cursor, "a sample of a family of type %s is not so named",
				prom_type_word(reader->family.type));
		if (!begin_family(reader, cursor, name))
			return false;
	}
	reader->last_name = name;
	reader->last_type = suffix ? reader->family.type : PROM_UNTYPED;
	reader->last_rules = 0;
	reader->last_family = suffix ? reader->family.name.length : name.length;
	if (is_strict && suffix) {
		bool is_positive = suffix->positive & OF(reader->family.type);
		reader->last_rules = suffix->rules | (is_positive ? RULE_POSITIVE : 0);
	}
	reader->family.has_samples = true;
	return true;
}

/* ---- comments ---- */

static struct prom_span take_word(struct cursor *cursor)
{
	const char *begin = cursor->at;
	while (cursor->at < cursor->end && *cursor->at != ' ' && *cursor->at != '\t')
		cursor->at++;
	return (struct prom_span){begin, (size_t)(cursor->at - begin)};
}

/* One in OpenMetrics, any in text; false: not so. */
static bool take_blanks(struct cursor *cursor)
{
	const char *begin = cursor->at;
	if (prom_is_strict(cursor->reader))
		cursor->at += cursor_peek(cursor) == ' ';
	else
		prom_skip_blanks(cursor);
	return cursor->at > begin;
}

static bool take_type(struct prom_reader *reader, struct cursor *cursor)
{
	struct prom_span word = {cursor->at, (size_t)(cursor->end - cursor->at)};
	bool is_strict = prom_is_strict(reader);
	if (reader->family.has_type && is_strict)
		return prom_fail(cursor, "a second TYPE of that family");
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (!span_says(word, types[i].word) ||
			!(is_strict ? types[i].is_open : types[i].is_text))
			continue;
		reader->family.has_type = true;
		reader->family.type = types[i].type;
		return true;
	}
	return prom_fail(cursor, "no type of this format");
}

static bool take_help(struct prom_reader *reader, struct cursor *cursor)
{
	if (reader->family.has_help && prom_is_strict(reader))
		return prom_fail(cursor, "a second HELP of that family");
	reader->family.has_help = true;
	return utf8_valid(cursor->at, (size_t)(cursor->end - cursor->at)) ||
	       prom_fail(cursor, "this help is no UTF-8");
}

static bool take_unit(struct prom_reader *reader, struct cursor *cursor)
{
	struct prom_span unit = {cursor->at, (size_t)(cursor->end - cursor->at)};
	struct prom_span name = reader->family.name;
	if (reader->family.has_unit)
		return prom_fail(cursor, "a second UNIT of that family");
	reader->family.has_unit = true;
	size_t length = unit.length;
	bool is_end = name.length > length && name.text[name.length - length - 1] == '_' &&
		      !memcmp(name.text + name.length - length, unit.text, length);
	return !length || is_end || prom_fail(cursor, "the family's name does not end in its unit");
}

static const struct comment {
	const char *word;
	bool is_text;
	bool (*take)(struct prom_reader *reader, struct cursor *cursor);
	enum prom_about what;
} comments[] = {
	{"HELP", true, take_help, PROM_ABOUT_HELP},
	{"TYPE", true, take_type, PROM_ABOUT_TYPE},
	{"UNIT", false, take_unit, PROM_ABOUT_UNIT},
};

static bool enter_family(struct prom_reader *reader, struct cursor *cursor, struct prom_span name)
{
	if (!reader->family.is_set || !span_is(reader->family.name, name))
		return begin_family(reader, cursor, name);
	return !prom_is_strict(reader) || !reader->family.has_samples ||
	       prom_fail(cursor, "its samples came before");
}

static bool take_about(
	struct prom_reader *reader, struct cursor *cursor, const struct comment *comment)
{
	struct prom_span name;
	bool is_quoted, is_strict = prom_is_strict(reader);
	if (!take_blanks(cursor) || cursor->at == cursor->end)
		return !is_strict || prom_fail(cursor, "a blank and a name are missing");
	struct cursor begin = *cursor;
	if (!prom_take_name(cursor, "the name of a metric", &name, &is_quoted))
		return false;
	bool is_about = is_strict || comment->take == take_type;
	if (is_about && !enter_family(reader, &begin, name))
		return false;
	reader->last_name.length = 0; /* what is known of it may have changed */
	if (!take_blanks(cursor) && (is_strict || cursor->at < cursor->end))
		return prom_fail(cursor, "a blank is missing behind the name");
	if (!comment->take(reader, cursor))
		return false;
	if (reader->about)
		reader->about(reader->about_context, comment->what, name,
			(struct prom_span){cursor->at, (size_t)(cursor->end - cursor->at)});
	return true;
}

bool prom_take_comment(struct prom_reader *reader, struct cursor *cursor)
{
	bool is_strict = prom_is_strict(reader);
	struct cursor begin = *cursor;
	cursor->at++;
	if (!take_blanks(cursor) && is_strict)
		return prom_fail(cursor, "a blank is missing behind '#'");
	struct prom_span word = take_word(cursor);
	for (size_t i = 0; i < COUNT_OF(comments); i++)
		if (span_says(word, comments[i].word) && (is_strict || comments[i].is_text))
			return take_about(reader, cursor, &comments[i]);
	if (!is_strict)
		return true;
	reader->has_ended = span_says(word, "EOF") && cursor->at == cursor->end;
	return reader->has_ended || prom_fail(&begin, "no HELP, TYPE, UNIT or EOF");
}
