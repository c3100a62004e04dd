/* SPDX-License-Identifier: MIT */
/* Dashboards of Grafana, of today and of old, as ours; what has no place here is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/dashboard.h"
#include "core/conf/grafana.h"

static struct dashboard *import(const char *json, struct str *left)
{
	autostr struct str yaml = STR_INIT;
	struct dashboard *dashboard = NULL;
	struct err err = {.code = ERR_NONE};
	if (!grafana_import(json, strlen(json), &yaml, left, &err))
		fail_msg("%s", err.text);
	if (!dashboard_parse("x", yaml.text, yaml.length, &dashboard, NULL, &err))
		fail_msg("%s\n%s", yaml.text, err.text);
	return dashboard;
}

static const char today[] =
	"{\"title\": \"It's \\\"mine\\\": #1\", \"templating\": {\"list\": ["
	"{\"name\": \"ds\", \"type\": \"datasource\"}, {\"name\": \"job\", \"type\": \"query\"}, "
	"{\"name\": \"instance\", \"type\": \"query\"}]}, \"panels\": ["
	"{\"type\": \"row\", \"title\": \"Head\", \"panels\": [{\"type\": \"stat\", \"title\": "
	"\"Folded\", "
	"\"gridPos\": {\"y\": 0, \"w\": 6}, \"targets\": [{\"expr\": \"sum(a)\"}], "
	"\"fieldConfig\": "
	"{\"defaults\": {\"unit\": \"percentunit\", \"min\": 0, \"max\": 1, \"thresholds\": "
	"{\"steps\": ["
	"{\"value\": null}, {\"value\": 0.7}, {\"value\": 0.9}]}}}}]},"
	"{\"type\": \"timeseries\", \"title\": \"Rate\", \"gridPos\": {\"y\": 0, \"w\": 18}, "
	"\"targets\": ["
	"{\"expr\": "
	"\"rate(b{job=~\\\"$job\\\",instance=~\\\"${instance}\\\"}[$__rate_interval])\\n\", "
	"\"legendFormat\": \"{{ cmd }}\"}, {\"expr\": \"\"}], \"fieldConfig\": {\"defaults\": "
	"{\"unit\": \"furlongs\", \"thresholds\": {\"steps\": [{}, {\"value\": 80, \"color\": "
	"\"red\"}]}}}},"
	"{\"type\": \"text\", \"title\": \"Words\"},"
	"{\"type\": \"gauge\", \"title\": \"Strange\", \"gridPos\": {\"y\": 9}, \"targets\": "
	"[{\"expr\": \"c{x=\\\"$nobody\\\"}\"}]}]}";

static void panels_units_limits_and_variables_are_taken_over(void **state)
{
	autostr struct str left = STR_INIT;
	struct dashboard *dashboard = import(today, &left);
	(void)state;
	assert_string_equal(dashboard->title, "It's \"mine\": #1");
	assert_int_equal(dashboard->variable, VARIABLE_INSTANCE);
	assert_int_equal(dashboard->row_count, 2);
	assert_int_equal(dashboard->panel_count, 3);
	const struct dashboard_panel *stat = dashboard_panel_at(dashboard, 0);
	assert_int_equal(stat->kind, PANEL_STAT);
	assert_string_equal(stat->unit, "ratio");
	assert_true(stat->warn == 0.7 && stat->crit == 0.9 && stat->max == 1);
	const struct dashboard_panel *rate = dashboard_panel_at(dashboard, 1);
	assert_int_equal(rate->weight, 9);
	assert_int_equal(rate->query_count, 1);
	assert_string_equal(
		rate->queries[0].expr, "rate(b{job=~\".*\",instance=~\"$instance\"}[5m])");
	assert_string_equal(rate->queries[0].legend, "{{ cmd }}");
	assert_true(isnan(rate->crit)); /* what Grafana writes where nobody chose any */
	dashboard_free(dashboard);
}

static void what_has_no_place_is_named(void **state)
{
	static const char *const lines[] = {"Head: the heading\n", "Rate: the unit furlongs\n",
		"Words: panels of the kind text\n",
		"Strange: nothing stands for the variable nobody\n",
		"the dashboard: all values are taken of the variable job\n"};
	autostr struct str left = STR_INIT;
	(void)state;
	dashboard_free(import(today, &left));
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (!strstr(left.text, lines[i]))
			fail_msg("not named: %s in %s", lines[i], left.text);
}

static void one_of_old_with_rows_and_one_out_of_the_interface_are_read(void **state)
{
	autostr struct str left = STR_INIT;
	(void)state;
	struct dashboard *dashboard = import(
		"{\"dashboard\": {\"title\": \"Old\", \"rows\": [{\"panels\": [{\"type\": "
		"\"graph\", "
		"\"title\": \"A\", \"targets\": [{\"expr\": \"a\"}], \"yaxes\": [{\"format\": "
		"\"bytes\"}]}]}, {\"panels\": [{\"type\": \"singlestat\", \"title\": \"B\", "
		"\"format\": "
		"\"s\", \"targets\": [{\"expr\": \"b\"}]}]}]}}",
		&left);
	assert_int_equal(dashboard->row_count, 2);
	assert_string_equal(dashboard_panel_at(dashboard, 0)->unit, "bytes");
	assert_string_equal(dashboard_panel_at(dashboard, 1)->unit, "seconds");
	assert_string_equal(left.text, "");
	dashboard_free(dashboard);
}

static void what_is_none_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {{"", "no JSON"}, {"{", "no JSON: line 1"}, {"[]", "no dashboard of Grafana"},
		{"{\"panels\": 3}", "no dashboard of Grafana"},
		{"{\"panels\": []}", "none of its panels"},
		{"{\"panels\": [3, null, \"x\", {\"type\": 7, \"targets\": {}}]}",
			"none of its panels"}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		autostr struct str yaml = STR_INIT, left = STR_INIT;
		struct err err = {.code = ERR_NONE};
		assert_false(grafana_import(bad[i].text, strlen(bad[i].text), &yaml, &left, &err));
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s: %s", bad[i].text, err.text);
	}
}

static void hostile_texts_stay_within_their_quotes(void **state)
{
	autostr struct str left = STR_INIT;
	(void)state;
	struct dashboard *dashboard =
		import("{\"title\": \"a'\\nrows: []\\n\\u001b[31m\", \"panels\": [{\"type\": "
		       "\"stat\", \"title\": "
		       "\"': &x\", \"targets\": [{\"expr\": \"a' # b\\n  or c\", \"legendFormat\": "
		       "\"'\"}]}, "
		       "{\"type\": \"\\u001b]0;x\\u0007\", \"title\": \"\\u202e\"}]}",
			&left);
	assert_null(strchr(dashboard->title, '\033'));
	assert_string_equal(dashboard_panel_at(dashboard, 0)->title, "': &x");
	assert_string_equal(dashboard_panel_at(dashboard, 0)->queries[0].expr, "a' # b   or c");
	assert_null(strchr(left.text, '\033'));
	dashboard_free(dashboard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(panels_units_limits_and_variables_are_taken_over),
		cmocka_unit_test(what_has_no_place_is_named),
		cmocka_unit_test(one_of_old_with_rows_and_one_out_of_the_interface_are_read),
		cmocka_unit_test(what_is_none_is_refused_with_its_reason),
		cmocka_unit_test(hostile_texts_stay_within_their_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
