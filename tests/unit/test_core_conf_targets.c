/* SPDX-License-Identifier: MIT */
/* Lists of targets in both of their forms, and what is refused at which place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/targets.h"

static struct targets *parse(const char *text)
{
	struct targets *targets = NULL;
	struct err err = {.code = ERR_NONE};
	if (!targets_parse("t", text, strlen(text), &targets, &err))
		fail_msg("%s: %s", text, err.text);
	return targets;
}

static void assert_list(const char *text)
{
	size_t count;
	struct targets *targets = parse(text);
	const struct target *list = targets_list(targets, &count);
	assert_int_equal(count, 3);
	assert_string_equal(list[0].address, "10.0.0.1:9100");
	assert_string_equal(list[1].address, "node");
	assert_string_equal(list[2].address, "[::1]:80");
	assert_int_equal(list[1].label_count, 2);
	assert_string_equal(list[1].labels[0], "zone=eu");
	assert_string_equal(list[1].labels[1], "rack=12");
	assert_int_equal(list[2].label_count, 0);
	targets_free(targets);
}

static void json_and_yaml_say_the_same(void **state)
{
	(void)state;
	assert_list("[\n  {\"targets\": [\"10.0.0.1:9100\", \"node\"],\n"
		    "   \"labels\": {\"zone\": \"eu\", \"__meta_a\": \"b\", \"rack\": \"12\"}},\n"
		    "  {\"targets\": [\"[::1]:80\"], \"labels\": {}}\n]\n");
	assert_list("- targets: ['10.0.0.1:9100', node]\n  labels:\n    zone: eu\n    __meta_a: b\n"
		    "    rack: 12\n- targets:\n    - '[::1]:80'\n");
}

static void a_list_of_nothing_has_no_target(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "[]", "- targets: []\n"};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		size_t count;
		struct targets *targets = parse(texts[i]);
		(void)targets_list(targets, &count);
		assert_int_equal(count, 0);
		targets_free(targets);
	}
}

static void what_is_no_list_is_refused_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"targets: [a]\n", "t:1:1: this is a list of groups: - targets: [...]"},
		{"- a\n", "t:1:3: a group is {targets: [HOST:PORT], labels: {...}}"},
		{"- labels: {a: b}\n", "t:1:3: a group has a list 'targets'"},
		{"- targets: a\n", "t:1:12: a group has a list 'targets'"},
		{"- targets: [a]\n  label: {}\n",
			"t:2:3: 'label' is unknown here: a group has targets and labels"},
		{"- targets: [[a]]\n", "t:1:13: a target is a text: HOST:PORT"},
		{"- targets: ['']\n", "t:1:14: a target is HOST:PORT, without a path"},
		{"- targets: ['http://a']\n", "t:1:14: a target is HOST:PORT, without a path"},
		{"- targets: ['me@a']\n", "t:1:14: a target is HOST:PORT, without a path"},
		{"- targets: ['a b']\n", "t:1:14: a target is HOST:PORT, without a path"},
		{"- targets: [\"a\\e[31m\"]\n", "t:1:14: a target is HOST:PORT, without a path"},
		{"- targets: [\"a\\u202eb\"]\n", "t:1:14: a target is HOST:PORT, without a path"},
		{"- targets: []\n  labels: [a]\n", "t:2:11: 'labels' is a mapping: {zone: eu}"},
		{"- targets: []\n  labels: {a-b: c}\n",
			"t:2:12: 'a-b' is no name of a label: a-z A-Z 0-9 _"},
		{"- targets: []\n  labels: {a: [c]}\n", "t:2:15: a label's value is a text"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct targets *targets = NULL;
		struct err err = {.code = ERR_NONE};
		assert_false(
			targets_parse("t", cases[i].text, strlen(cases[i].text), &targets, &err));
		assert_string_equal(err.text, cases[i].said);
	}
	struct targets *targets = NULL;
	struct err err = {.code = ERR_NONE};
	assert_false(targets_parse("t", "[{]", 3, &targets, &err));
	assert_true(starts_with(err.text, "t:1:"));
}

static void bounds_hold(void **state)
{
	(void)state;
	autostr struct str many = STR_INIT, labels = STR_INIT;
	struct targets *targets = NULL;
	struct err err = {.code = ERR_NONE};
	str_adds(&many, "- targets:\n");
	for (int i = 0; i <= TARGETS_MAX; i++)
		str_addf(&many, "  - a%d\n", i);
	assert_false(targets_parse("t", many.text, many.length, &targets, &err));
	assert_string_equal(err.text, "t:4098:5: more than 4096 targets");
	str_adds(&labels, "- targets: [a]\n  labels:\n");
	for (int i = 0; i <= TARGET_LABELS_MAX; i++)
		str_addf(&labels, "    l%d: x\n", i);
	assert_false(targets_parse("t", labels.text, labels.length, &targets, &err));
	assert_string_equal(err.text, "t:19:5: more than 16 labels");
}

static void a_url_has_its_host_from_a_target(void **state)
{
	(void)state;
	assert_true(url_is_of_targets("http://{target}/metrics"));
	assert_true(url_is_of_targets("https://{target}"));
	assert_true(url_is_of_targets("https://{target}?a=b"));
	assert_false(url_is_of_targets("http://a/{target}"));
	assert_false(url_is_of_targets("http://{target}.example/"));
	assert_false(url_is_of_targets("http://{target}/{target}"));
	autofree char *url = url_of_target("https://{target}/m?a=b", "h:1");
	assert_string_equal(url, "https://h:1/m?a=b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_and_yaml_say_the_same),
		cmocka_unit_test(a_list_of_nothing_has_no_target),
		cmocka_unit_test(what_is_no_list_is_refused_at_its_place),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(a_url_has_its_host_from_a_target),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
