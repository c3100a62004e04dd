/* SPDX-License-Identifier: MIT */
/* Dashboards: what a file may say, what is refused at which place, and whose files are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/dashboard.h"
#include "tests/support/folder.h"

static struct dashboard *parse(const char *text)
{
	struct dashboard *dashboard = NULL;
	struct err err = {.code = ERR_NONE};
	if (!dashboard_parse("d/own.yaml", text, strlen(text), &dashboard, NULL, &err))
		fail_msg("%s: %s", text, err.text);
	return dashboard;
}

static void a_file_says_rows_of_panels_and_what_they_ask(void **state)
{
	(void)state;
	struct dashboard *dashboard =
		parse("title: Mine\nvariable: bot\nrows:\n"
		      "  - weight: 3\n    panels:\n"
		      "      - title: Up\n        kind: stat\n        queries: [{expr: up}]\n"
		      "        thresholds: {warn: 0.9, crit: 0.5}\n"
		      "      - title: Load\n        kind: bars\n        weight: 2\n"
		      "        unit: percent\n        min: 0\n        max: 100\n"
		      "        queries: [{expr: a, legend: '{{bot}}'}, {expr: b}]\n"
		      "        thresholds: {warn: 70}\n");
	assert_string_equal(dashboard->name, "own");
	assert_int_equal(dashboard->variable, VARIABLE_BOT);
	assert_int_equal(dashboard->panel_count, 2);
	assert_int_equal(dashboard->rows[0].weight, 3);
	const struct dashboard_panel *up = dashboard_panel_at(dashboard, 0);
	assert_int_equal(up->kind, PANEL_STAT);
	assert_true(up->below); /* the critical value is the smaller one */
	const struct dashboard_panel *load = dashboard_panel_at(dashboard, 1);
	assert_int_equal(load->query_count, 2);
	assert_string_equal(load->queries[0].legend, "{{bot}}");
	assert_true(isnan(load->crit) && !load->below);
	assert_int_equal((int)load->max, 100);
	assert_null(dashboard_panel_at(dashboard, 2));
	dashboard_free(dashboard);
}

static const struct {
	const char *text, *says;
} bad[] = {
	{"", "has no 'title'"},
	{"- a\n", "a dashboard is a mapping"},
	{"title: x\n", "has no 'rows'"},
	{"title: x\nrows: 3\n", "d/own.yaml:2:7: 'rows' is a list"},
	{"title: x\nrows: []\n", "'rows' is a list"},
	{"title: x\nrows: [{}]\n", "this row has no 'panels'"},
	{"title: x\nrow: []\n", "d/own.yaml:2:1: unknown key 'row'; did you mean 'rows'?"},
	{"title: x\nrows: [{panels: [{title: a}]}]\n", "this panel has no 'queries'"},
	{"title: x\nrows: [{panels: [{title: a, queries: [{legend: b}]}]}]\n", "has no 'expr'"},
	{"title: x\nrows: [{panels: [{title: a, queries: [{expr: ''}]}]}]\n", "'expr' is empty"},
	{"title: x\nrows: [{panels: [{title: a, kind: pie, queries: [{expr: b}]}]}]\n",
		"'pie' is none of: line, area, bars, stat, gauge, table"},
	{"title: x\nrows: [{panels: [{title: a, unit: miles, queries: [{expr: b}]}]}]\n",
		"'miles' is none of"},
	{"title: x\nrows: [{panels: [{title: a, min: 3, max: 2, queries: [{expr: b}]}]}]\n",
		"'min' is not below 'max'"},
	{"title: x\nrows: [{panels: [{title: a, max: much, queries: [{expr: b}]}]}]\n",
		"'much' is no number"},
	{"title: x\nrows: [{panels: [{title: a, max: .inf, queries: [{expr: b}]}]}]\n",
		"is no number"},
	{"title: x\nrows: [{panels: [{title: a, weight: 99, queries: [{expr: b}]}]}]\n",
		"a whole number from 1 to 12"},
	{"title: x\nrows: [{panels: [{title: a, floats: perhaps, queries: [{expr: b}]}]}]\n",
		"'floats' is yes or no"},
	{"title: x\nrows: [{panels: [{title: a, thresholds: {warn: 1, crit: 2, below: yes}, "
	 "queries: [{expr: b}]}]}]\n",
		"turn them round"},
	{"title: x\nvariable: host\nrows: [{panels: [{title: a, queries: [{expr: b}]}]}]\n",
		"'host' is none of: none, bot, instance"},
	{"title: &a x\nrows: [*a]\n", "d/own.yaml:1:9: an anchor"},
	{"title: x\ntitle: y\n", "d/own.yaml:2:1"},
	{"title: [\n", "d/own.yaml:"},
	{"title: \xff\xfe\n", "d/own.yaml:"},
	{"rows: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "d/own.yaml:"},
};

static void what_is_wrong_is_said_with_its_place_and_what_goes_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		autostr struct str report = STR_INIT;
		struct dashboard *dashboard = NULL;
		struct err err = {.code = ERR_NONE};
		if (dashboard_parse("d/own.yaml", bad[i].text, strlen(bad[i].text), &dashboard,
			    &report, &err))
			fail_msg("taken: %s", bad[i].text);
		if (!strstr(report.text, bad[i].says))
			fail_msg("%s\nsays: %s\nnot: %s", bad[i].text, report.text, bad[i].says);
		assert_non_null(strchr(err.text, ':'));
	}
}

static void a_finding_shows_its_line_and_a_caret(void **state)
{
	(void)state;
	autostr struct str report = STR_INIT;
	static const char text[] = "title: x\nrows:\n  - panels:\n      - titel: a\n";
	struct dashboard *dashboard;
	struct err err;
	assert_false(dashboard_parse("d/own.yaml", text, strlen(text), &dashboard, &report, &err));
	assert_non_null(strstr(report.text, "      - titel: a\n"));
	assert_non_null(strstr(report.text, "^"));
	assert_non_null(strstr(report.text, "did you mean 'title'?"));
}

static void texts_that_are_drawn_are_made_harmless(void **state)
{
	(void)state;
	struct dashboard *dashboard =
		parse("title: \"a\\eb\"\nrows: [{panels: [{title: \"c\\u202ed\", queries: [{expr: "
		      "b, legend: \"\\e[31m\"}]}]}]\n");
	assert_null(strchr(dashboard->title, '\033'));
	assert_null(strchr(dashboard_panel_at(dashboard, 0)->title, '\xae')); /* its last byte */
	assert_null(strchr(dashboard_panel_at(dashboard, 0)->queries[0].legend, '\033'));
	dashboard_free(dashboard);
}

static void too_much_is_refused(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	struct dashboard *dashboard;
	struct err err;
	str_adds(&text, "title: x\nrows:\n");
	for (int i = 0; i <= DASHBOARD_ROWS_MAX; i++)
		str_adds(&text, "  - {panels: [{title: a, queries: [{expr: b}]}]}\n");
	assert_false(dashboard_parse("d", text.text, text.length, &dashboard, NULL, &err));
	assert_non_null(strstr(err.text, "at most 16"));
}

/* ---- the folder of the operator ---- */

static const struct dashboard *find(const struct dashboards *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->list[i]->name, name) == 0)
			return all->list[i];
	fail_msg("no dashboard '%s'", name);
	return all->list[0];
}

static void own_files_stand_beside_the_shipped_ones_and_in_place_of_their_namesakes(void **state)
{
	(void)state;
	autofree char *own = folder_path("dashboards"), *config = folder_path("botswain.yaml");
	assert_int_equal(mkdir(own, 0700), 0);
	folder_write("dashboards/fleet.yaml", 0600,
		"title: Ours\nrows: [{panels: [{title: a, queries: [{expr: b}]}]}]\n");
	folder_write("dashboards/broken.yaml", 0600, "title: Ours\nraws: []\n");
	struct dashboards *all = dashboards_load(config);
	assert_string_equal(find(all, "fleet")->title, "Ours");
	assert_non_null(find(all, "redis"));
	const struct dashboard *broken = find(all, "broken");
	assert_non_null(strstr(broken->error, "unknown key 'raws'"));
	assert_int_equal(broken->panel_count, 0);
	dashboards_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_says_rows_of_panels_and_what_they_ask),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place_and_what_goes_there),
		cmocka_unit_test(a_finding_shows_its_line_and_a_caret),
		cmocka_unit_test(texts_that_are_drawn_are_made_harmless),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test_setup_teardown(
			own_files_stand_beside_the_shipped_ones_and_in_place_of_their_namesakes,
			folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
