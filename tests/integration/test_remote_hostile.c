/* SPDX-License-Identifier: MIT */
/* A Prometheus that answers with malice: whatever comes is bounded, said in a sentence, and keeps nobody else waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/live_engine.h"
#include "tests/support/pages.h"

#define T0      INT64_C(1700000000000)
#define OWN     "; `botswain query --own` asks the engine's own metrics"
#define QUERY   "/api/v1/query"
#define RANGE   "/api/v1/query_range"
#define METRICS "/api/v1/label/__name__/values"
#define LOOK    "/api/v1/query?query=1"
#define HEAD    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
#define WELL    "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}"

enum { PROMPT_MS = 1000, TEXT_MAX = 4096 };

static struct live_engine *live;
static struct pages pages;
static char url[64];

/* ---- scenes ---- */

static int setup(void **state)
{
	(void)state;
	pages_open(&pages);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", pages.port);
	autofree char *yaml = xasprintf("metrics: {prometheus: {url: '%s', timeout: 2s}}\n"
					"bots: [{name: orders, transport: none}]\n",
		url);
	live = live_engine_new(folder, yaml);
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

static const struct msg_win_points *ask(unsigned window)
{
	return live_query(live,
		&(struct msg_win_open){.window = window, .filter = (char[]){"x"}, .to_ms = T0});
}

static const struct msg_win_points *ask_names(void)
{
	char *names[] = {(char[]){"__name__"}};
	return live_query(live, &(struct msg_win_open){.window = 2,
					.store = (char[]){"metrics"},
					.names = names,
					.names_count = 1});
}

/* While the other window waits: the own store and another question of the same server are answered at once. */
static void others_are_answered(void)
{
	pages_set(&pages, RANGE, 200, PAGE_WHOLE, WELL);
	int64_t begin_ms = clock_mono_ms(clock_real());
	const struct msg_win_points *points = live_query(
		live, &(struct msg_win_open){
			      .window = 3, .filter = (char[]){"1 + 1"}, .to_ms = T0, .own = true});
	assert_true(points->series[0].last == 2);
	points = live_query(live, &(struct msg_win_open){.window = 4,
					  .filter = (char[]){"x"},
					  .from_ms = T0 - 1000,
					  .to_ms = T0,
					  .step_ms = 1000,
					  .columns = 10});
	assert_string_equal(points->error, "");
	assert_string_equal(points->source, url);
	assert_true(clock_mono_ms(clock_real()) - begin_ms < PROMPT_MS);
}

static void says(const struct msg_win_points *points, const char *what, const char *behind)
{
	autofree char *wanted = xasprintf("Prometheus %s: %s%s", url, what, behind);
	assert_string_equal(points->error, wanted);
	assert_int_equal(points->series_count, 0);
}

/* ---- too much ---- */

static bool is_asked(const struct live_engine *engine, const void *context)
{
	(void)engine;
	return pages_asked(&pages, context) > 0;
}

static void a_body_without_end_is_cut(void **state)
{
	(void)state;
	pages_set(&pages, QUERY, 200, PAGE_ENDLESS, "");
	pages_set(&pages, METRICS, 200, PAGE_ENDLESS, "");
	says(ask(1), "an answer of more than 16384 KiB", OWN);
	says(ask_names(), "an answer of more than 8192 KiB",
		": type a part of the one that is meant");
	others_are_answered();
}

static void a_bomb_is_cut_as_it_unpacks(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	while (body.length < 60000)
		str_adds(&body, "          ");
	pages_set(&pages, QUERY, 200, PAGE_BOMB, body.text); /* 58 MiB */
	pages_set(&pages, METRICS, 200, PAGE_BOMB, body.text);
	says(ask(1), "an answer of more than 16384 KiB", OWN);
	says(ask_names(), "an answer of more than 8192 KiB",
		": type a part of the one that is meant");
	others_are_answered();
}

static void what_drips_is_given_up_and_others_do_not_wait_for_it(void **state)
{
	(void)state;
	pages_set(&pages, QUERY, 200, PAGE_DRIPS, "");
	pages_set(&pages, METRICS, 200, PAGE_DRIPS, "");
	live_open(live, &(struct msg_win_open){.window = 1, .filter = (char[]){"x"}, .to_ms = T0});
	live_wait(live, is_asked, QUERY, PROMPT_MS, "the request");
	others_are_answered();
	says(ask(5), "no answer in 2 s", OWN);
	says(ask_names(), "no answer in 2 s", OWN);
}

static void a_million_series_are_refused(void **state)
{
	static const char one[] = "{\"metric\":{},\"value\":[1,\"1\"]},";
	autostr struct str body = STR_INIT;
	(void)state;
	str_adds(&body, HEAD);
	for (int i = 0; i < 1000000; i++)
		str_add(&body, one, sizeof(one) - 1);
	str_adds(&body, "{\"metric\":{},\"value\":[1,\"1\"]}]}}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	says(ask(1), "an answer of more than 16384 KiB", OWN);
	body.length = 0;
	str_adds(&body, HEAD);
	for (int i = 0; i < 400000; i++)
		str_add(&body, one, sizeof(one) - 1);
	str_adds(&body, "{\"metric\":{},\"value\":[1,\"1\"]}]}}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	says(ask(1),
		"an answer of more than 10000 series or 500000 points: ask for less of them, or "
		"with a longer step",
		OWN);
	others_are_answered();
}

static void a_series_of_a_great_many_labels_is_refused(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	str_adds(&body, HEAD "{\"metric\":{\"a\":\"\"");
	for (int i = 0; i < 400000; i++)
		str_addf(&body, ",\"l%d\":\"v\"", i);
	str_adds(&body, "},\"value\":[1,\"1\"]}]}}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	says(ask(1), "a series of more than 1000 labels", OWN);
	others_are_answered();
}

/* One message to a screen has its limit: beyond it the screen would lose its engine. */
static void more_text_than_a_message_holds_is_refused(void **state)
{
	autostr struct str body = STR_INIT, names = STR_INIT;
	char value[1501];
	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	str_adds(&body, HEAD);
	str_adds(&names, "{\"status\":\"success\",\"data\":[\"short\"");
	for (int i = 0; i < 9000; i++) {
		str_addf(&body, "%s{\"metric\":{\"i\":\"%d\",\"l\":\"%s\"},\"value\":[1,\"1\"]}",
			i ? "," : "", i, value);
		if (i < 1000)
			str_addf(&names, ",\"%s%s%s\"", value, value, value);
	}
	str_adds(&body, "]}}");
	str_adds(&names, "]}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	says(ask(1), "the labels of all series are longer than 4 MiB: ask for less of them", OWN);
	pages_set(&pages, METRICS, 200, PAGE_WHOLE, names.text);
	const struct msg_win_points *points = ask_names();
	assert_string_equal(points->error, "");
	assert_int_equal(points->left, 1000);
	others_are_answered();
}

static void long_texts_are_clipped(void **state)
{
	autostr struct str text = STR_INIT;
	(void)state;
	while (text.length < 1 << 20)
		str_adds(&text, "long \\u001b[31m ");
	autofree char *series =
		xasprintf(HEAD "{\"metric\":{\"a\":\"%s\"},\"value\":[1,\"1\"]}]}}", text.text);
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, series);
	const struct msg_win_points *points = ask(1);
	assert_string_equal(points->error, "");
	assert_true(strlen(points->series[0].labels[0].value) < TEXT_MAX);
	assert_null(strchr(points->series[0].name, '\033'));
	autofree char *error =
		xasprintf("{\"status\":\"error\",\"errorType\":\"%s\",\"error\":\"%s\"}", text.text,
			text.text);
	pages_set(&pages, QUERY, 400, PAGE_WHOLE, error);
	points = ask(1);
	assert_true(strlen(points->error) < 2 * TEXT_MAX);
	assert_null(strchr(points->error, '\033'));
	pages_set(&pages, LOOK, 400, PAGE_WHOLE, error);
	others_are_answered();
}

static void a_flood_of_warnings_is_bounded(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	str_adds(&body, HEAD "]},\"warnings\":[\"w\"");
	for (int i = 0; i < 100000; i++)
		str_adds(&body, ",\"w\"");
	str_adds(&body, "]}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	const struct msg_win_points *points = ask(1);
	assert_string_equal(points->error, "");
	assert_true(points->notes_count <= 100);
}

/* ---- nonsense ---- */

static void what_makes_no_sense_is_said(void **state)
{
	static const struct {
		const char *body, *why;
	} cases[] = {
		{"{", "it is no JSON"},
		{"\xff\xfe", "it is no JSON"},
		{"nul", "it is no JSON"},
		{"[]", "it has no status"},
		{"{\"status\":1}", "it has no status"},
		{"{\"status\":\"success\"}", "its result has no type that there is"},
		{"{\"status\":\"success\",\"data\":[]}", "its result has no type that there is"},
		{HEAD "{}]}}", "a series has no labels"},
		{HEAD "1]}}", "a series has no labels"},
		{HEAD "{\"metric\":{\"a\":1},\"value\":[1,\"1\"]}]}}", "a label is no text"},
		{HEAD "{\"metric\":{},\"value\":[1]}]}}",
			"a value is no pair of a time and a text"},
		{HEAD "{\"metric\":{},\"value\":[1,2]}]}}",
			"a value is no pair of a time and a text"},
		{HEAD "{\"metric\":{},\"value\":[1e300,\"1\"]}]}}", "a time is no number"},
		{HEAD "{\"metric\":{},\"value\":[1,\"one\"]}]}}", "a value is no number"},
		{HEAD "[[[[[[[[[[[[[[[[[[[[", "it is nested deeper than any"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *wanted =
			xasprintf("that is no answer of a Prometheus: %s", cases[i].why);
		pages_set(&pages, QUERY, 200, PAGE_WHOLE, cases[i].body);
		says(ask(1), wanted, OWN);
	}
	others_are_answered();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_body_without_end_is_cut),
		TEST(a_bomb_is_cut_as_it_unpacks),
		TEST(what_drips_is_given_up_and_others_do_not_wait_for_it),
		TEST(a_million_series_are_refused),
		TEST(a_series_of_a_great_many_labels_is_refused),
		TEST(more_text_than_a_message_holds_is_refused),
		TEST(long_texts_are_clipped),
		TEST(a_flood_of_warnings_is_bounded),
		TEST(what_makes_no_sense_is_said),
	};
	return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
