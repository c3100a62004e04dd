/* SPDX-License-Identifier: MIT */
/* Rule files as they are read: what is wrong is refused alone, and said with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/rule_book.h"
#include "core/base/mem.h"
#include "tests/support/folder.h"

enum { SECOND = 1000, HOUR = 3600 * SECOND };

static void parse(struct rule_book *book, const char *text)
{
	const struct rule_book_from from = {.interval_ms = 15 * SECOND, .history_ms = 24 * HOUR};
	*book = (struct rule_book){.said = STR_INIT};
	rule_book_parse(book, &from, "r.yml", text, strlen(text));
}

static void all_fields_are_read(void **state)
{
	struct rule_book book;
	(void)state;
	parse(&book, "groups:\n"
		     "- name: one\n"
		     "  interval: 1m30s\n"
		     "  limit: 7\n"
		     "  query_offset: 20s\n"
		     "  labels: {team: ops, zone: a}\n"
		     "  rules:\n"
		     "  - record: 'a:b'\n"
		     "    expr: sum(x)\n"
		     "    labels: {zone: b}\n"
		     "  - alert: Down\n"
		     "    expr: |\n"
		     "      up\n"
		     "      == 0\n"
		     "    for: 5m\n"
		     "    keep_firing_for: 1h\n"
		     "    labels: {severity: page}\n"
		     "    annotations: {summary: '{{ $value }}'}\n"
		     "- name: two\n"
		     "  rules:\n"
		     "  - {alert: A, expr: 1}\n");
	assert_string_equal(book.said.text, "");
	assert_int_equal(book.count, 2);
	assert_int_equal(book.loaded, 3);
	const struct rule_group_spec *group = &book.groups[0];
	assert_string_equal(group->file, "r.yml");
	assert_int_equal(group->interval_ms, 90 * SECOND);
	assert_int_equal(group->offset_ms, 20 * SECOND);
	assert_int_equal(group->limit, 7);
	assert_int_equal(book.groups[1].interval_ms, 15 * SECOND);
	assert_true(group->rules[0].is_record);
	assert_int_equal(group->rules[0].labels.count, 2);
	assert_string_equal(group->rules[0].labels.list[1].text, "b");
	assert_int_equal(group->rules[1].for_ms, 300 * SECOND);
	assert_int_equal(group->rules[1].keep_ms, HOUR);
	assert_int_equal(group->rules[1].labels.count, 3);
	assert_int_equal(group->rules[1].line, 11);
	rule_book_release(&book);
}

/* Of a rule between two that are good. */
static void what_is_wrong_is_refused_alone_with_its_line(void **state)
{
	static const struct {
		const char *rule, *said;
	} rows[] = {
		{"- {alert: A, expr: 'rate(x)'}", "r.yml:5: expr 1:6: expected range vector"},
		{"- {alert: A, expr: 'x['}", "r.yml:5: expr 1:"},
		{"- {alert: A, expr: 'x[5m]'}", "expr yields a range of values"},
		{"- {alert: A, expr: '\"x\"'}", "expr yields a text"},
		{"- {alert: A}", "r.yml:5: this rule has no 'expr'"},
		{"- {expr: x}", "neither 'alert' nor 'record'"},
		{"- {alert: A, record: b, expr: x}", "not both"},
		{"- {record: 'a b', expr: x}", "'a b' is no name of a metric"},
		{"- {record: a, expr: x, for: 5m}", "'for' is of alerts"},
		{"- {record: a, expr: x, annotations: {a: b}}", "'annotations' is of alerts"},
		{"- {alert: A, expr: x, for: 5 minutes}", "'5 minutes' is no duration"},
		{"- {alert: A, expr: x, fro: 5m}", "r.yml:5: 'fro' is no field of a rule"},
		{"- {alert: A, expr: x, labels: {a-b: c}}", "'a-b' is no name of a label"},
		{"- {alert: A, expr: x, labels: {__name__: c}}", "'__name__' is no name"},
		{"- {alert: A, expr: x, labels: [a]}", "'labels' is a mapping"},
		{"- {alert: A, expr: x, annotations: {s: {a: b}}}", "'s' is a text"},
		{"- {alert: A, expr: x, annotations: {s: '{{ nope }}'}}",
			"r.yml:5: 's': template: the function is not known here: 'nope'"},
		{"- {alert: A, expr: x, labels: {s: '{{ $x }}'}}", "an unknown variable '$x'"},
		{"- {alert: A, expr: [x]}", "'expr' is a text"},
		{"- {alert: [A], expr: x}", "'alert' is a text"},
		{"- just text", "a rule is a mapping"},
		{"- {alert: A, expr: 'x @ 5 fill 3'}", "r.yml:5: expr"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rule_book book;
		autofree char *text = xasprintf("groups:\n- name: g\n  rules:\n"
						"  - {alert: First, expr: x}\n"
						"  %s\n"
						"  - {alert: Last, expr: x}\n",
			rows[i].rule);
		parse(&book, text);
		if (book.refused != 1 || book.loaded != 2 || !strstr(book.said.text, rows[i].said))
			fail_msg("%s: %zu refused, %s", rows[i].rule, book.refused, book.said.text);
		rule_book_release(&book);
	}
}

static void a_group_that_is_wrong_refuses_its_rules_and_no_others(void **state)
{
	static const struct {
		const char *group, *said;
	} rows[] = {
		{"- name: good\n", "a second group 'good'"},
		{"- interval: 5m\n", "this group has no name"},
		{"- name: x\n  interval: often\n", "'often' is no duration"},
		{"- name: x\n  limit: -1\n", "'-1' is no limit"},
		{"- name: x\n  labels: {a-b: c}\n", "'a-b' is no name of a label"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rule_book book;
		autofree char *text =
			xasprintf("groups:\n- name: good\n  rules:\n  - {alert: A, expr: x}\n"
				  "%s  rules:\n  - {alert: B, expr: x}\n  - {alert: C, expr: x}\n"
				  "- name: last\n  rules:\n  - {alert: D, expr: x}\n",
				rows[i].group);
		parse(&book, text);
		if (book.refused != 2 || book.loaded != 2 || !strstr(book.said.text, rows[i].said))
			fail_msg(
				"%s: %zu refused, %s", rows[i].group, book.refused, book.said.text);
		rule_book_release(&book);
	}
}

static void a_file_that_is_wrong_is_said_and_counted(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{"groups: [", "r.yml"},
		{"groups: {a: b}\n", "a list of 'groups'"},
		{"- a\n", "r.yml:1: a file of rules is a mapping"},
		{"groups:\n- &a {name: x}\n", "an anchor"},
		{"groups:\n- name: a\n  name: b\n", "given twice"},
		{"groups:\n- name: g\n  rules: text\n", "'rules' is a list"},
		{"groups:\n- text\n", "r.yml:2: a group is a mapping"},
		{"groups:\n\t- name: g\n", "a tab"},
		{"groups: \xff\n", "not UTF-8"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rule_book book;
		parse(&book, rows[i].text);
		if (book.refused != 1 || book.loaded || !strstr(book.said.text, rows[i].said))
			fail_msg("%s: %zu refused, %s", rows[i].text, book.refused, book.said.text);
		rule_book_release(&book);
	}
}

static void what_is_odd_is_warned_of_and_loaded(void **state)
{
	struct rule_book book;
	(void)state;
	parse(&book, "namespace: x\ngroups:\n- name: g\n  partial_response_strategy: warn\n"
		     "  interval: 10ms\n"
		     "  rules:\n  - {alert: A, expr: 'max_over_time(x[7d] offset 1h)'}\n"
		     "  - {alert: B, expr: 'max_over_time(rate(x[12h])[13h:1h])'}\n"
		     "  - {alert: C, expr: 'max_over_time(x[24h])'}\n");
	assert_int_equal(book.refused, 0);
	assert_int_equal(book.loaded, 3);
	assert_int_equal(book.warned, 5);
	assert_non_null(strstr(book.said.text, "r.yml:1: warning: 'namespace'"));
	assert_non_null(strstr(book.said.text, "warning: 'partial_response_strategy'"));
	assert_non_null(strstr(book.said.text, "'A' needs 7d1h of history"));
	assert_non_null(strstr(book.said.text, "'B' needs 1d1h of history"));
	assert_null(strstr(book.said.text, "'C'"));
	assert_int_equal(book.groups[0].interval_ms, 200);
	rule_book_release(&book);
}

static void the_sum_is_said(void **state)
{
	struct rule_book book;
	autostr struct str sum = STR_INIT;
	(void)state;
	parse(&book, "groups:\n- name: g\n  rules:\n  - {alert: A, expr: x}\n  - {alert: B}\n");
	rule_book_sum(&book, &sum);
	assert_string_equal(sum.text, "1 rule loaded, 1 refused");
	rule_book_release(&book);
}

static void what_is_said_of_hostile_names_is_safe_to_show(void **state)
{
	struct rule_book book;
	(void)state;
	parse(&book, "groups:\n- name: g\n  rules:\n  - {alert: A, \"x\\e[31m\\u202e\": 1}\n");
	assert_int_equal(book.refused, 1);
	assert_null(strchr(book.said.text, '\033'));
	assert_null(strstr(book.said.text, "\xe2\x80\xae"));
	rule_book_release(&book);
}

static void findings_are_bounded_and_counted(void **state)
{
	struct rule_book book;
	autostr struct str text = STR_INIT;
	(void)state;
	str_adds(&text, "groups:\n- name: g\n  rules:\n");
	for (int i = 0; i < 1000; i++)
		str_adds(&text, "  - {alert: A}\n");
	parse(&book, text.text);
	assert_int_equal(book.refused, 1000);
	assert_int_equal(book.said_count, 1000);
	size_t lines = 0;
	for (const char *at = book.said.text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, RULE_SAID_MAX);
	rule_book_release(&book);
}

/* ---- files ---- */

static void load(struct rule_book *book, const char *first, const char *second)
{
	autofree char *one = folder_path(first), *two = folder_path(second);
	char *const globs[] = {one, two};
	const struct rule_book_from from = {
		.globs = globs, .glob_count = 2, .interval_ms = 15 * SECOND};
	*book = (struct rule_book){.said = STR_INIT};
	rule_book_load(book, &from);
}

static void globs_are_followed_and_a_file_counts_once(void **state)
{
	static const char text[] = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: x}\n";
	struct rule_book book;
	(void)state;
	folder_write("a.yml", 0600, "%s", text);
	folder_write("b.yml", 0600, "%s", text);
	load(&book, "*.yml", "a*");
	assert_int_equal(book.loaded, 2);
	assert_string_equal(book.said.text, "");
	rule_book_release(&book);
}

static void files_that_cannot_be_read_are_said(void **state)
{
	struct rule_book book;
	(void)state;
	folder_write("open.yml", 0666, "groups: []\n");
	load(&book, "open.yml", "nothing.yml");
	assert_int_equal(book.refused, 2);
	assert_non_null(strstr(book.said.text, "everybody can write it"));
	assert_non_null(strstr(book.said.text, "nothing.yml"));
	rule_book_release(&book);
	load(&book, "nothing*.yml", "");
	assert_non_null(strstr(book.said.text, "warning: no file has such a name"));
	rule_book_release(&book);
}

#define WITH_FOLDER(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields_are_read),
		cmocka_unit_test(what_is_wrong_is_refused_alone_with_its_line),
		cmocka_unit_test(a_group_that_is_wrong_refuses_its_rules_and_no_others),
		cmocka_unit_test(a_file_that_is_wrong_is_said_and_counted),
		cmocka_unit_test(what_is_odd_is_warned_of_and_loaded),
		cmocka_unit_test(the_sum_is_said),
		cmocka_unit_test(what_is_said_of_hostile_names_is_safe_to_show),
		cmocka_unit_test(findings_are_bounded_and_counted),
		WITH_FOLDER(globs_are_followed_and_a_file_counts_once),
		WITH_FOLDER(files_that_cannot_be_read_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
