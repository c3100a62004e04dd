/* SPDX-License-Identifier: MIT */
#include "core/alert/rulefile/rule_book.h"

#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/template/template.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/conf/arena.h"
#include "core/conf/settings.h"
#include "core/conf/yaml.h"
#include "core/series/labels.h"
#include "core/series/promql/literal.h"

/* One file. */
struct reader {
	struct rule_book *book;
	const struct rule_book_from *from;
	const char *path;
	struct rule_texts labels; /* of the group, for all its rules */
};

/* ---- findings ---- */

static void say_line(struct rule_book *book, const char *text)
{
	autostr struct str safe = STR_INIT;
	if (book->said_count++ >= RULE_SAID_MAX)
		return;
	sanitize(&safe, text, strlen(text));
	str_add(&book->said, safe.text, safe.length);
	str_addch(&book->said, '\n');
}

/* Line 0: the file as a whole. */
static void say(struct reader *reader, int line, const char *format, ...) PRINTF_LIKE(3, 4);

static void say(struct reader *reader, int line, const char *format, ...)
{
	autostr struct str text = STR_INIT;
	va_list args;
	str_adds(&text, reader->path);
	if (line)
		str_addf(&text, ":%d", line);
	str_adds(&text, ": ");
	va_start(args, format);
	str_vaddf(&text, format, args);
	va_end(args);
	say_line(reader->book, text.text);
}

#define WARN(reader, line, ...)                                                                    \
	(say(reader, line, "warning: " __VA_ARGS__), (void)(reader)->book->warned++)

/* ---- YAML ---- */

static const struct node *child(const struct node *map, const char *key)
{
	const struct node *found = map->first;
	while (found && !(found->key && strcmp(found->key, key) == 0))
		found = found->next;
	return found;
}

static bool is_empty(const struct node *node)
{
	return !node || (node->type == NODE_SCALAR && !node->quoted &&
				(!*node->text || strcmp(node->text, "null") == 0 ||
					strcmp(node->text, "~") == 0));
}

/* "": it is not there. False: it is no scalar. */
static bool text_of(
	struct reader *reader, const struct node *map, const char *key, const char **ret)
{
	const struct node *node = child(map, key);
	*ret = "";
	if (is_empty(node))
		return true;
	if (node->type == NODE_SCALAR)
		*ret = node->text;
	else
		say(reader, node->place.line, "'%s' is a text", key);
	return node->type == NODE_SCALAR;
}

static bool duration_of(
	struct reader *reader, const struct node *map, const char *key, int64_t *ret_ms)
{
	const struct node *node = child(map, key);
	const char *text;
	if (!text_of(reader, map, key, &text))
		return false;
	if (!*text || strcmp(text, "0") == 0) {
		*ret_ms = *text ? 0 : *ret_ms;
		return true;
	}
	if (literal_duration(text, strlen(text), ret_ms))
		return true;
	say(reader, node->place.line, "'%.40s' is no duration: %s is like 5m or 1h30m", text, key);
	return false;
}

/* ---- labels and annotations ---- */

static bool is_name(const char *name, const char *more)
{
	for (const char *at = name; *at; at++) {
		bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
		bool is_digit = *at >= '0' && *at <= '9' && at > name;
		if (!is_letter && !is_digit && *at != '_' && !strchr(more, *at))
			return false;
	}
	return *name;
}

static void release_texts(struct rule_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		free(texts->list[i].name);
		free(texts->list[i].text);
		template_free(texts->list[i].template);
	}
	free(texts->list);
	*texts = (struct rule_texts){.count = 0};
}

/* One that is there already is replaced. */
static bool put_text(
	struct rule_texts *texts, const char *name, const char *text, struct template *template)
{
	size_t at = 0;
	while (at < texts->count && strcmp(texts->list[at].name, name) < 0)
		at++;
	bool is_there = at < texts->count && strcmp(texts->list[at].name, name) == 0;
	if (!is_there && texts->count == RULE_LABELS_MAX)
		return false;
	if (is_there) {
		free(texts->list[at].name);
		free(texts->list[at].text);
		template_free(texts->list[at].template);
	} else {
		texts->list = xreallocarray(texts->list, texts->count + 1, sizeof(*texts->list));
		memmove(texts->list + at + 1, texts->list + at,
			(texts->count++ - at) * sizeof(*texts->list));
	}
	texts->list[at] = (struct rule_text){xstrdup(name), xstrdup(text), template};
	return true;
}

/* Of a recording rule the text is the label, of an alert a template. */
static bool add_text(struct reader *reader, struct rule_texts *texts, const char *name,
	const char *text, int line, bool is_plain)
{
	struct err err;
	int at = 0;
	struct template *template = is_plain ? NULL : template_new(text, &at, &err);
	if (!is_plain && !template) {
		say(reader, line + at, "'%.60s': %s", name, err.text);
		return false;
	}
	if (put_text(texts, name, text, template))
		return true;
	template_free(template);
	say(reader, line, "more than %d of them", RULE_LABELS_MAX);
	return false;
}

/* `what`: labels or annotations. */
static bool read_texts(struct reader *reader, const struct node *map, const char *what,
	struct rule_texts *texts, bool is_plain)
{
	const struct node *node = child(map, what);
	bool is_labels = strcmp(what, "labels") == 0;
	if (is_empty(node))
		return true;
	if (node->type != NODE_MAP) {
		say(reader, node->place.line, "'%s' is a mapping", what);
		return false;
	}
	for (const struct node *one = node->first; one; one = one->next) {
		bool is_good = is_name(one->key, "") && strcmp(one->key, LABEL_NAME) != 0;
		if (is_labels && !is_good) {
			say(reader, one->key_place.line, "'%.60s' is no name of a label", one->key);
			return false;
		}
		if (one->type != NODE_SCALAR) {
			say(reader, one->place.line, "'%.60s' is a text", one->key);
			return false;
		}
		if (!add_text(reader, texts, one->key, one->text, one->place.line, is_plain))
			return false;
	}
	return true;
}

/* ---- expressions ---- */

static bool read_expr(struct reader *reader, const struct node *map, struct rule_spec *rule)
{
	const struct node *node = child(map, "expr");
	const char *query;
	struct err err;
	if (!text_of(reader, map, "expr", &query))
		return false;
	int line = node ? node->place.line : map->place.line;
	if (!query[strspn(query, " \t\n")]) {
		say(reader, line, "this rule has no 'expr'");
		return false;
	}
	rule->query = xstrdup(query);
	rule->expr = rule_expr_read(query, &err);
	if (!rule->expr)
		say(reader, line, "expr %s", err.text);
	return rule->expr;
}

static void warn_of_reach(struct reader *reader, const struct rule_spec *rule)
{
	int64_t reach_ms = rule_reach_ms(rule->expr), kept_ms = reader->from->history_ms;
	if (kept_ms && reach_ms > kept_ms) {
		autostr struct str needs = STR_INIT, keeps = STR_INIT;
		add_duration(&needs, reach_ms);
		add_duration(&keeps, kept_ms);
		WARN(reader, rule->line,
			"'%.60s' needs %s of history, and metrics.history keeps %s", rule->name,
			needs.text, keeps.text);
	}
}

/* ---- rules ---- */

static void release_rule(struct rule_spec *rule)
{
	free(rule->name);
	free(rule->query);
	rule_expr_free(rule->expr);
	release_texts(&rule->labels);
	release_texts(&rule->annotations);
}

static bool keys_are_known(struct reader *reader, const struct node *map)
{
	static const char *const keys[] = {
		"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"};
	for (const struct node *one = map->first; one; one = one->next) {
		size_t at = 0;
		while (at < COUNT_OF(keys) && strcmp(one->key, keys[at]) != 0)
			at++;
		if (at < COUNT_OF(keys))
			continue;
		say(reader, one->key_place.line, "'%.60s' is no field of a rule", one->key);
		return false;
	}
	return true;
}

static bool read_name(struct reader *reader, const struct node *map, struct rule_spec *rule)
{
	const char *alert, *record;
	if (!text_of(reader, map, "alert", &alert) || !text_of(reader, map, "record", &record))
		return false;
	if (!*alert == !*record) {
		say(reader, rule->line,
			*alert ? "a rule has 'alert' or 'record', not both"
			       : "this rule has neither 'alert' nor 'record'");
		return false;
	}
	rule->is_record = *record;
	rule->name = xstrdup(*record ? record : alert);
	if (rule->is_record && !is_name(record, ":")) {
		say(reader, rule->line, "'%.60s' is no name of a metric", record);
		return false;
	}
	return true;
}

static bool is_of_alert(struct reader *reader, const struct node *map)
{
	static const char *const keys[] = {"for", "keep_firing_for", "annotations"};
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const struct node *node = child(map, keys[i]);
		if (is_empty(node))
			continue;
		say(reader, node->key_place.line, "'%s' is of alerts, and this rule records",
			keys[i]);
		return false;
	}
	return true;
}

static bool read_labels(struct reader *reader, const struct node *map, struct rule_spec *rule)
{
	for (size_t i = 0; i < reader->labels.count; i++) {
		const struct rule_text *label = &reader->labels.list[i];
		if (!add_text(reader, &rule->labels, label->name, label->text, rule->line,
			    rule->is_record))
			return false;
	}
	return read_texts(reader, map, "labels", &rule->labels, rule->is_record);
}

static bool read_rule(struct reader *reader, const struct node *map, struct rule_spec *rule)
{
	if (map->type != NODE_MAP) {
		say(reader, rule->line, "a rule is a mapping");
		return false;
	}
	if (!keys_are_known(reader, map) || !read_name(reader, map, rule) ||
		!read_expr(reader, map, rule) || !read_labels(reader, map, rule))
		return false;
	if (rule->is_record)
		return is_of_alert(reader, map);
	return duration_of(reader, map, "for", &rule->for_ms) &&
	       duration_of(reader, map, "keep_firing_for", &rule->keep_ms) &&
	       read_texts(reader, map, "annotations", &rule->annotations, false);
}

static void add_rule(struct reader *reader, const struct node *map, struct rule_group_spec *group)
{
	struct rule_spec rule = {.line = map->place.line};
	bool has_room = reader->book->loaded < RULE_RULES_MAX;
	if (!has_room)
		say(reader, rule.line, "more than %d rules", RULE_RULES_MAX);
	if (!has_room || !read_rule(reader, map, &rule)) {
		reader->book->refused++;
		release_rule(&rule);
		return;
	}
	warn_of_reach(reader, &rule);
	group->rules = grow(group->rules, group->count, &group->room, sizeof(*group->rules));
	group->rules[group->count++] = rule;
	reader->book->loaded++;
}

/* ---- groups ---- */

void rule_group_spec_release(struct rule_group_spec *group)
{
	for (size_t i = 0; i < group->count; i++)
		release_rule(&group->rules[i]);
	free(group->rules);
	free(group->file);
	free(group->name);
	*group = (struct rule_group_spec){.count = 0};
}

static bool has_group(const struct reader *reader, const char *name)
{
	const struct rule_book *book = reader->book;
	for (size_t i = 0; i < book->count; i++)
		if (strcmp(book->groups[i].name, name) == 0 &&
			strcmp(book->groups[i].file, reader->path) == 0)
			return true;
	return false;
}

static void warn_of_keys(struct reader *reader, const struct node *map)
{
	static const char *const keys[] = {
		"name", "interval", "limit", "query_offset", "labels", "rules"};
	for (const struct node *one = map->first; one; one = one->next) {
		size_t at = 0;
		while (at < COUNT_OF(keys) && strcmp(one->key, keys[at]) != 0)
			at++;
		if (at == COUNT_OF(keys))
			WARN(reader, one->key_place.line,
				"'%.60s' of a group is not known here, and is ignored", one->key);
	}
}

static bool read_limit(struct reader *reader, const struct node *map, size_t *ret)
{
	const char *text;
	char *end;
	if (!text_of(reader, map, "limit", &text))
		return false;
	long limit = strtol(text, &end, 10);
	if (*end || limit < 0) {
		say(reader, map->place.line, "'%.40s' is no limit: a number", text);
		return false;
	}
	*ret = (size_t)limit;
	return true;
}

static bool read_head(struct reader *reader, const struct node *map, struct rule_group_spec *group)
{
	enum { INTERVAL_LEAST_MS = 200 };
	const char *name;
	if (map->type != NODE_MAP) {
		say(reader, group->line, "a group is a mapping");
		return false;
	}
	if (!text_of(reader, map, "name", &name))
		return false;
	if (!*name || has_group(reader, name)) {
		say(reader, group->line,
			*name ? "a second group '%.60s' in this file" : "this group has no name%s",
			name);
		return false;
	}
	group->name = xstrdup(name);
	warn_of_keys(reader, map);
	bool good = duration_of(reader, map, "interval", &group->interval_ms) &&
		    duration_of(reader, map, "query_offset", &group->offset_ms) &&
		    read_limit(reader, map, &group->limit) &&
		    read_texts(reader, map, "labels", &reader->labels, true);
	if (good && group->interval_ms < INTERVAL_LEAST_MS) {
		group->interval_ms =
			group->interval_ms ? INTERVAL_LEAST_MS : reader->from->interval_ms;
		if (group->interval_ms == INTERVAL_LEAST_MS)
			WARN(reader, group->line, "the group is evaluated every %d ms",
				INTERVAL_LEAST_MS);
	}
	return good;
}

static const struct node *rules_of(struct reader *reader, const struct node *map)
{
	const struct node *rules = map->type == NODE_MAP ? child(map, "rules") : NULL;
	if (is_empty(rules))
		return NULL;
	if (rules->type == NODE_LIST)
		return rules;
	say(reader, rules->place.line, "'rules' is a list");
	reader->book->refused++;
	return NULL;
}

static void add_group(struct reader *reader, const struct node *map)
{
	struct rule_book *book = reader->book;
	struct rule_group_spec group = {.file = xstrdup(reader->path),
		.interval_ms = reader->from->interval_ms,
		.line = map->place.line};
	bool good = read_head(reader, map, &group);
	const struct node *rules = rules_of(reader, map);
	if (!good)
		book->refused += rules && rules->count ? rules->count : 1;
	for (const struct node *one = good && rules ? rules->first : NULL; one; one = one->next)
		add_rule(reader, one, &group);
	release_texts(&reader->labels);
	if (!group.count) {
		rule_group_spec_release(&group);
		return;
	}
	book->groups = grow(book->groups, book->count, &book->room, sizeof(*book->groups));
	book->groups[book->count++] = group;
}

/* ---- files ---- */

static void read_root(struct reader *reader, const struct node *root)
{
	const struct node *groups = root->type == NODE_MAP ? child(root, "groups") : NULL;
	if (root->type == NODE_MAP && is_empty(groups)) {
		WARN(reader, 0, "the file has no groups");
		return;
	}
	if (!groups || groups->type != NODE_LIST) {
		say(reader, groups ? groups->place.line : 1,
			"a file of rules is a mapping with a list of 'groups'");
		reader->book->refused++;
		return;
	}
	for (const struct node *one = root->first; one; one = one->next)
		if (strcmp(one->key, "groups") != 0)
			WARN(reader, one->key_place.line,
				"'%.60s' is not known here, and is ignored", one->key);
	for (const struct node *one = groups->first; one; one = one->next)
		add_group(reader, one);
}

void rule_book_parse(struct rule_book *book, const struct rule_book_from *from, const char *path,
	const char *text, size_t length)
{
	struct reader reader = {.book = book, .from = from, .path = path};
	struct report report = {.path = path, .text = text, .length = length};
	struct arena *arena = arena_new();
	struct node *root;
	if (yaml_read(arena, &report, &root)) {
		read_root(&reader, root);
	} else {
		if (starts_with(report.first.text, path))
			say_line(book, report.first.text);
		else
			say(&reader, 0, "%s", report.first.text);
		book->refused++;
	}
	arena_free(arena);
}

static void read_one(struct rule_book *book, const struct rule_book_from *from, const char *path)
{
	autostr struct str text = STR_INIT;
	struct reader reader = {.book = book, .from = from, .path = path};
	struct err err;
	if (settings_read_file(path, RULE_FILE_BYTES_MAX, &text, &err)) {
		rule_book_parse(book, from, path, text.text, text.length);
		return;
	}
	say(&reader, 0, "%s", err.text);
	book->refused++;
}

static bool is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

static bool is_before(const glob_t *found, size_t at, const struct rule_book *book)
{
	for (size_t i = 0; i < book->count; i++)
		if (strcmp(book->groups[i].file, found->gl_pathv[at]) == 0)
			return true;
	return false;
}

static void read_glob(
	struct rule_book *book, const struct rule_book_from *from, const char *given, size_t *files)
{
	struct reader reader = {.book = book, .from = from, .path = given};
	glob_t found = {.gl_pathc = 0};
	if (!is_pattern(given)) {
		read_one(book, from, given);
		return;
	}
	if (glob(given, 0, NULL, &found) != 0)
		WARN(&reader, 0, "no file has such a name");
	for (size_t i = 0; i < found.gl_pathc && *files < RULE_FILES_MAX; i++, (*files)++)
		if (!is_before(&found, i, book))
			read_one(book, from, found.gl_pathv[i]);
	if (*files == RULE_FILES_MAX)
		WARN(&reader, 0, "more than %d files: the others are not read", RULE_FILES_MAX);
	globfree(&found);
}

void rule_book_load(struct rule_book *book, const struct rule_book_from *from)
{
	size_t files = 0;
	for (size_t i = 0; i < from->glob_count; i++)
		read_glob(book, from, from->globs[i], &files);
	if (book->said_count > RULE_SAID_MAX)
		str_addf(&book->said, "and %zu more\n", book->said_count - RULE_SAID_MAX);
}

void rule_book_release(struct rule_book *book)
{
	for (size_t i = 0; i < book->count; i++)
		rule_group_spec_release(&book->groups[i]);
	free(book->groups);
	str_release(&book->said);
	*book = (struct rule_book){.count = 0};
}

void rule_book_sum(const struct rule_book *book, struct str *to)
{
	str_addf(to, "%s loaded, %zu refused", format_many(book->loaded, "rule").text,
		book->refused);
}
