/* SPDX-License-Identifier: MIT */
/* Names of metrics, labels and values that another Prometheus tells: a real one, and pages that say what they are told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/live_engine.h"
#include "tests/support/pages.h"
#include "tests/support/prometheus_server.h"

#define OWN     "; `botswain query --own` asks the engine's own metrics"
#define METRICS "/api/v1/label/__name__/values"

static struct prometheus_server server;
static struct live_engine *live;
static struct pages pages;
static char url[64];

/* ---- scenes ---- */

static void begin(int port, const char *options)
{
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	autofree char *yaml = xasprintf("metrics: {prometheus: {url: '%s/'%s}}\n"
					"bots: [{name: orders, transport: none}]\n",
		url, options);
	live = live_engine_new(folder, yaml);
}

static void begin_real(void)
{
	autofree char *options = xasprintf(", user: op, password: {file: '%s/password'}", folder);
	folder_write("password", 0600, "%s\n", PROMETHEUS_PASSWORD);
	begin(server.port, options);
}

/* Samples of a minute ago, and a metric of long ago. */
static int group_setup(void **state)
{
	int failed = folder_setup(state);
	int64_t now = clock_wall_ms(clock_real()) / 1000 - 60;
	autofree char *samples =
		xasprintf("# TYPE requests counter\n"
			  "requests_total{host=\"a\",code=\"200\"} 1 %" PRId64 "\n"
			  "requests_total{host=\"b\",code=\"500\"} 1 %" PRId64 "\n"
			  "# TYPE temperature gauge\n"
			  "temperature{room=\"gr\xc3\xbcn \\\"1\\\"\"} 1 %" PRId64 "\n"
			  "# TYPE old gauge\nold 1 1700000000\n",
			now, now, now);
	if (has_prometheus())
		prometheus_start(&server, samples);
	return failed;
}

static int group_teardown(void **state)
{
	prometheus_end(&server);
	return folder_teardown(state);
}

static int setup(void **state)
{
	(void)state;
	pages_open(&pages);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	live_engine_free(live);
	live = NULL;
	pages_close(&pages);
	return 0;
}

static const struct msg_win_points *names(const char *label, const char *filter, const char *part)
{
	char *wanted[] = {(char *)(uintptr_t)label, (char *)(uintptr_t)part};
	struct msg_win_open open = {.window = 1,
		.store = (char[]){"metrics"},
		.filter = (char *)(uintptr_t)filter,
		.names = wanted,
		.names_count = part ? 2 : 1};
	const struct msg_win_points *points = live_query(live, &open);
	assert_true(points->done);
	return points;
}

/* Those that are no functions, in one line. */
static void are(const struct msg_win_points *points, const char *wanted)
{
	autostr struct str all = STR_INIT;
	assert_string_equal(points->error, "");
	for (size_t i = 0; i < points->series_count; i++)
		if (!points->series[i].unit[0])
			str_addf(&all, "%s%s", all.length ? " | " : "", points->series[i].name);
	assert_string_equal(all.text, wanted);
}

#define NEEDS_PROMETHEUS                                                                           \
	do {                                                                                       \
		if (!server.pid)                                                                   \
			skip();                                                                    \
	} while (0)

/* ---- a real one ---- */

static void metrics_labels_and_values_are_what_the_server_says(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real();
	const struct msg_win_points *points = names("__name__", "", NULL);
	are(points, "requests_total | temperature"); /* what is a day old is not told */
	assert_string_equal(points->source, url);
	assert_true(points->series_count > 50); /* functions, too */
	are(names("", "", NULL), "code | host | room");
	are(names("", "requests_total", NULL), "code | host");
	are(names("host", "requests_total", NULL), "a | b");
	are(names("host", "requests_total{code='500'}", NULL), "b");
	are(names("room", "", NULL), "gr\xc3\xbcn \"1\"");
	are(names("host", "temperature", NULL), "");
	are(names("absent", "", NULL), "");
}

static void a_part_is_looked_for_in_any_case(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real();
	are(names("__name__", "", "TEMP"), "temperature"); /* by the server */
	are(names("room", "temperature", "n \"1"), "gr\xc3\xbcn \"1\"");
	are(names("room", "temperature", "n.\"1"), "");
	are(names("__name__", "", NULL), "requests_total | temperature");
	are(names("__name__", "", "REQ"), "requests_total"); /* in the list that is there */
}

static void a_selector_that_is_none_is_refused_by_the_server(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real();
	const char *error = names("host", "requests_total{", NULL)->error;
	assert_non_null(strstr(error, " says bad_data: "));
	assert_non_null(strstr(names("", "rate(requests_total[5m])", NULL)->error, " bad_data: "));
}

static void the_own_store_is_asked_by_who_says_so(void **state)
{
	char *wanted[] = {(char[]){"__name__"}};
	struct msg_win_open open = {.window = 1,
		.store = (char[]){"metrics"},
		.names = wanted,
		.names_count = 1,
		.own = true};
	(void)state;
	begin(pages.port, "");
	const struct msg_win_points *points = live_query(live, &open);
	assert_string_equal(points->error, "");
	assert_string_equal(points->source, "");
	assert_int_equal(pages_asked(&pages, METRICS), 0);
}

/* ---- one of ours ---- */

static void a_list_is_asked_for_once_in_some_seconds(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, METRICS, 200, PAGE_WHOLE,
		"{\"status\":\"success\",\"data\":[\"aa\",\"ab\"]}");
	are(names("__name__", "", NULL), "aa | ab");
	are(names("__name__", "", NULL), "aa | ab");
	are(names("__name__", "", "B"), "ab");
	assert_int_equal(pages_asked(&pages, METRICS), 1);
	are(names("__name__", "x", NULL), "aa | ab"); /* another list */
	assert_int_equal(pages_asked(&pages, METRICS), 2);
}

static void a_failure_is_not_kept(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, METRICS, 200, PAGE_WHOLE, "<html>");
	autofree char *wanted = xasprintf(
		"Prometheus %s: that is no answer of a Prometheus: it is a page of HTML" OWN, url);
	const struct msg_win_points *points = names("__name__", "", NULL);
	assert_string_equal(points->error, wanted);
	assert_string_equal(points->source, url);
	pages_set(&pages, METRICS, 200, PAGE_WHOLE, "{\"status\":\"success\",\"data\":[\"a\"]}");
	are(names("__name__", "", NULL), "a");
	pages_set(&pages, METRICS, 503, PAGE_WHOLE, "");
	autofree char *other =
		xasprintf("Prometheus %s: it is not ready to answer (HTTP 503)" OWN, url);
	assert_string_equal(names("__name__", "y", NULL)->error, other);
	pages_set(&pages, METRICS, 404, PAGE_WHOLE, "");
	autofree char *last =
		xasprintf("Prometheus %s: it has no /api/v1/label/__name__/values (HTTP 404): "
			  "look at url of metrics: prometheus" OWN,
			url);
	assert_string_equal(names("__name__", "z", NULL)->error, last);
}

static void names_are_made_safe_and_those_beyond_the_most_counted(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	begin(pages.port, "");
	str_adds(&body, "{\"status\":\"success\",\"data\":[\"\\u001b[31mred\"");
	for (int i = 0; i < 2999; i++)
		str_addf(&body, ",\"m%04d\"", i);
	str_adds(&body, "]}");
	pages_set(&pages, METRICS, 200, PAGE_WHOLE, body.text);
	const struct msg_win_points *points = names("__name__", "", NULL);
	assert_null(strchr(points->series[0].name, '\033'));
	assert_int_equal(points->left, 1000);
	are(names("__name__", "", "m2998"), "m2998"); /* one of those */
	assert_int_equal(pages_asked(&pages, METRICS), 1);
}

static void of_too_many_a_part_is_asked_for(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	begin(pages.port, "");
	str_adds(&body, "{\"status\":\"success\",\"data\":[\"a\"");
	for (int i = 0; i < 500000; i++)
		str_addf(&body, ",\"%d\"", i);
	str_adds(&body, "]}");
	pages_set(&pages, METRICS, 200, PAGE_WHOLE, body.text);
	autofree char *wanted = xasprintf(
		"Prometheus %s: more than 50000 names: type a part of the one that is meant", url);
	assert_string_equal(names("__name__", "", NULL)->error, wanted);
	pages_set(&pages, METRICS, 200, PAGE_WHOLE, "{\"status\":\"success\",\"data\":[\"ax.y\"]}");
	are(names("__name__", "", "x.y"), "ax.y");
	autofree char *match = pages_match(&pages, METRICS);
	assert_string_equal(match, "{__name__=~\"(?i:.*x\\\\.y.*)\"}");
}

static void a_label_of_other_letters_is_asked_for_as_prometheus_3_reads_it(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, "/api/v1/label/U__a_2E_b__c/values", 200, PAGE_WHOLE,
		"{\"status\":\"success\",\"data\":[\"v\"]}");
	are(names("a.b_c", "", NULL), "v");
}

static void a_list_without_end_is_cut(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, METRICS, 200, PAGE_ENDLESS, "");
	autofree char *wanted = xasprintf("Prometheus %s: an answer of more than 8192 KiB: type a "
					  "part of the one that is meant",
		url);
	assert_string_equal(names("__name__", "", NULL)->error, wanted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(metrics_labels_and_values_are_what_the_server_says),
		TEST(a_part_is_looked_for_in_any_case),
		TEST(a_selector_that_is_none_is_refused_by_the_server),
		TEST(the_own_store_is_asked_by_who_says_so),
		TEST(a_list_is_asked_for_once_in_some_seconds),
		TEST(a_failure_is_not_kept),
		TEST(names_are_made_safe_and_those_beyond_the_most_counted),
		TEST(of_too_many_a_part_is_asked_for),
		TEST(a_label_of_other_letters_is_asked_for_as_prometheus_3_reads_it),
		TEST(a_list_without_end_is_cut),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
