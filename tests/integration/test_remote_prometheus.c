/* SPDX-License-Identifier: MIT */
/* Queries that another Prometheus answers: a real one of Debian, behind a bad line too, and servers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/querier.h"
#include "tests/support/folder.h"
#include "tests/support/live_engine.h"
#include "tests/support/pages.h"
#include "tests/support/prometheus_server.h"
#include "tests/support/proxy.h"

#define T0    INT64_C(1700000000000)
#define OWN   "; `botswain query --own` asks the engine's own metrics"
#define QUERY "/api/v1/query"
#define RANGE "/api/v1/query_range"

enum { LIMIT_MS = 10000 };

static struct prometheus_server server;
static struct proxy *line;
static struct live_engine *live;
static struct pages pages;
static char url[64];

static const char samples[] = "# TYPE c counter\n"
			      "c_total{host=\"a\"} 0.1 1700000000\n"
			      "c_total{host=\"a\"} 1e-300 1700000015\n"
			      "c_total{host=\"a\"} 7 1700000030\n"
			      "c_total{host=\"b\"} 3 1700000000\n"
			      "# TYPE n gauge\n"
			      "n{to=\"x\"} NaN 1700000000\n"
			      "n{to=\"x\"} +Inf 1700000015\n"
			      "n{to=\"y\"} 1 1700000015\n";

/* ---- scenes ---- */

static void begin(int port, const char *options)
{
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	autofree char *yaml = xasprintf("metrics: {prometheus: {url: '%s/'%s}}\n"
					"bots: [{name: orders, transport: none}]\n",
		url, options);
	live = live_engine_new(folder, yaml);
}

static void begin_real(const char *options)
{
	autofree char *all =
		xasprintf(", user: op, password: {file: '%s/password'}%s", folder, options);
	folder_write("password", 0600, "%s\n", PROMETHEUS_PASSWORD);
	line = proxy_start(
		(struct proxy_place){0}, (struct proxy_place){.port = (uint16_t)server.port});
	assert_non_null(line);
	begin(proxy_port(line), all);
}

/* One server for all of them: it takes a second to start. */
static int group_setup(void **state)
{
	int failed = folder_setup(state);
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
	proxy_stop(line);
	line = NULL;
	pages_close(&pages);
	return 0;
}

static struct msg_win_open instant(const char *query, int64_t time_ms)
{
	return (struct msg_win_open){
		.window = 1, .filter = (char *)(uintptr_t)query, .to_ms = time_ms};
}

static const struct msg_win_points *ask_at(const char *query, int64_t time_ms)
{
	struct msg_win_open open = instant(query, time_ms);
	const struct msg_win_points *points = live_query(live, &open);
	assert_string_equal(points->source, url);
	assert_true(points->done);
	return points;
}

static const struct msg_win_points *ask_over(
	const char *query, int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
	struct msg_win_open open = instant(query, to_ms);
	open.from_ms = from_ms;
	open.step_ms = step_ms;
	open.columns = 11000;
	return live_query(live, &open);
}

static void says(const struct msg_win_points *points, const char *format, const char *more)
{
	autostr struct str wanted = STR_INIT;
	str_addf(&wanted, "%s%s%s%s", *format == ':' ? "Prometheus " : "", url, format, more);
	assert_string_equal(points->error, wanted.text);
	assert_int_equal(points->series_count, 0);
}

static void own_store_answers(void)
{
	struct msg_win_open open = instant("1 + 1", 0);
	open.own = true;
	const struct msg_win_points *points = live_query(live, &open);
	assert_string_equal(points->error, "");
	assert_string_equal(points->source, "");
	assert_true(points->series[0].last == 2);
}

/* ---- a real one ---- */

#define NEEDS_PROMETHEUS                                                                           \
	do {                                                                                       \
		if (!server.pid)                                                                   \
			skip();                                                                    \
	} while (0)

static void an_instant_is_what_the_server_says(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real("");
	const struct msg_win_points *points = ask_at("c_total", T0 + 15000);
	assert_string_equal(points->error, "");
	assert_string_equal(points->type, "vector");
	assert_int_equal(points->series_count, 2);
	assert_string_equal(points->series[0].name, "c_total{host=\"a\"}");
	assert_string_equal(points->series[0].labels[1].value, "a");
	assert_true(points->series[0].last == 1e-300);
	assert_true(points->series[1].last == 3);
	assert_true(isnan(ask_at("n{to=\"x\"}", T0)->series[0].last));
	assert_true(ask_at("n{to=\"x\"}", T0 + 15000)->series[0].last == (double)INFINITY);
	points = ask_at("scalar(c_total{host='b'})", T0);
	assert_string_equal(points->type, "scalar");
	assert_true(points->series[0].last == 3);
	assert_string_equal(ask_at("'grüß'", T0)->text, "grüß");
	assert_int_equal(ask_at("absent_one", T0)->series_count, 0);
}

static void a_range_lies_on_its_grid_and_what_is_not_there_is_no_value(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real("");
	const struct msg_win_points *points = ask_over("n", T0, T0 + 30000, 15000);
	assert_string_equal(points->error, "");
	assert_string_equal(points->type, "matrix");
	assert_int_equal(points->step_ms, 15000);
	assert_int_equal(points->series_count, 2);
	assert_int_equal(points->series[0].values_count, 3);
	assert_true(isnan(points->series[0].values[0]) && !is_stale(points->series[0].values[0]));
	assert_true(points->series[0].values[1] == (double)INFINITY);
	assert_true(is_stale(points->series[1].values[0]));
	assert_true(points->series[1].values[2] == 1);
	points = ask_at("c_total{host='a'}[1m]", T0 + 20000);
	assert_string_equal(points->type, "matrix");
	assert_int_equal(points->series[0].times_count, 2);
	assert_true(points->series[0].times[1] == (double)(T0 + 15000));
	assert_true(points->series[0].values[0] == 0.1);
}

static void a_long_expression_is_sent_whole(void **state)
{
	autostr struct str query = STR_INIT;
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real("");
	str_adds(&query, "1");
	for (int i = 0; i < 20000; i++)
		str_adds(&query, i % 2 ? " " : "\n");
	str_adds(&query, "+ 1 # \xc3\xa4&query=7");
	assert_true(ask_at(query.text, T0)->series[0].last == 2);
	assert_string_equal(ask_at("'a+b&c=d%41;\"\n'", T0)->error + strlen(url),
		" says bad_data: invalid parameter \"query\": 1:1: parse error: unterminated "
		"quoted "
		"string");
}

static void what_the_expression_is_wrong_in_has_its_text_and_its_place(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real("");
	const struct msg_win_points *points = ask_at("1 +\n  rate(c_total)", T0);
	says(points,
		" says bad_data: invalid parameter \"query\": 2:8: parse error: expected type "
		"range "
		"vector in call to function \"rate\", got instant vector",
		"");
	assert_int_equal(points->place_from, 11);
	assert_int_equal(points->place_to, 12);
	points = ask_at("sum(", T0);
	assert_non_null(strstr(points->error, "parse error: unclosed left parenthesis"));
	assert_true(points->place_to > 0);
	points = ask_at("c_total * on() c_total", T0);
	assert_non_null(strstr(points->error, " says execution: found duplicate series"));
	assert_non_null(strstr(points->error, OWN));
	assert_int_equal(points->place_to, 0);
}

static void a_wrong_password_is_said(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real("");
	folder_write("password", 0600, "wrong\n");
	says(ask_at("1", T0),
		": it does not let us in (HTTP 401): look at bearer, user and password of metrics: "
		"prometheus",
		OWN);
	folder_write("password", 0600, "%s\n", PROMETHEUS_PASSWORD);
	assert_string_equal(ask_at("1", T0)->error, "");
	autofree char *path = folder_path("password");
	assert_int_equal(remove(path), 0);
	const struct msg_win_points *points = ask_at("1", T0);
	assert_non_null(strstr(points->error, "its password cannot be read: "));
	assert_non_null(strstr(points->error, "No such file"));
}

static void a_server_that_is_gone_leaves_nobody_blind(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real("");
	assert_string_equal(ask_at("1", T0)->error, "");
	proxy_door(line, false);
	says(ask_at("1", T0), ": Connection refused", OWN);
	own_store_answers();
	proxy_door(line, true);
	assert_string_equal(ask_at("1", T0)->error, "");
}

static void a_slow_one_is_waited_for_so_long_and_not_longer(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real(", timeout: 2s");
	proxy_set(line, PROXY_DOWN, &(struct toxics){.latency_ms = 200});
	assert_string_equal(ask_at("1", T0)->error, "");
	proxy_set(line, PROXY_DOWN, &(struct toxics){.swallow = true});
	says(ask_at("1", T0), ": no answer in 2 s", OWN);
}

/* ---- some that are none ---- */

static void what_is_no_prometheus_is_said(void **state)
{
	(void)state;
	begin(pages.port, "");
	says(ask_at("1", T0),
		": it has no /api/v1/query (HTTP 404): look at url of metrics: prometheus", OWN);
	pages_set(&pages, QUERY, 302, PAGE_WHOLE, "");
	pages_set_header(&pages, QUERY, NULL, "http://127.0.0.1:1/");
	says(ask_at("1", T0),
		": a redirect (HTTP 302), which is not followed: give the url that it leads to",
		OWN);
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, "<html>hello</html>");
	says(ask_at("1", T0), ": that is no answer of a Prometheus: it is a page of HTML", OWN);
	pages_set(&pages, QUERY, 502, PAGE_WHOLE, "<html>bad gateway</html>");
	says(ask_at("1", T0), ": HTTP 502 in place of an answer", OWN);
	pages_set(&pages, QUERY, 503, PAGE_WHOLE,
		"{\"status\":\"error\",\"errorType\":\"unavailable\",\"error\":\"starting "
		"\\u001b[31m\"}");
	const struct msg_win_points *points = ask_at("1", T0);
	assert_non_null(strstr(points->error, " says unavailable: starting "));
	assert_null(strchr(points->error, '\033'));
	own_store_answers();
}

static void an_answer_without_end_is_cut(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, QUERY, 200, PAGE_ENDLESS, "x");
	says(ask_at("1", T0), ": an answer of more than 16384 KiB", OWN);
}

static void more_points_than_there_may_be_are_refused(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	begin(pages.port, "");
	str_adds(&body, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{"
			"\"metric\":{},\"values\":[[1,\"1\"]");
	for (int i = 0; i < 500000; i++)
		str_addf(&body, ",[%d,\"1\"]", i);
	str_adds(&body, "]}]}}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	says(ask_at("x[1d]", T0),
		": an answer of more than 10000 series or 500000 points: ask for less of them, or "
		"with a longer step",
		OWN);
}

static void points_beside_the_grid_are_refused(void **state)
{
	static const char *const times[] = {"0.5", "4", "-1"};
	(void)state;
	begin(pages.port, "");
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		autofree char *body = xasprintf(
			"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{"
			"\"metric\":{},\"values\":[[%s,\"1\"]]}]}}",
			times[i]);
		pages_set(&pages, RANGE, 200, PAGE_WHOLE, body);
		says(ask_over("x", 0, 3000, 1000),
			": it answers with points at times that were not asked for", OWN);
	}
	pages_set(&pages, RANGE, 200, PAGE_WHOLE,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}");
	says(ask_over("x", 0, 3000, 1000),
		": it answers with one moment where a span was asked for", OWN);
}

static void warnings_are_notes(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{"
		"\"metric\":{"
		"\"token\":\"123456789:AAFexampleexampleexampleexample_12\"},\"value\":[1,\"1\"]},{"
		"\"metric\":{},\"histogram\":[1,{}]}]},\"infos\":[\"look\"]}");
	const struct msg_win_points *points = ask_at("1", T0);
	assert_int_equal(points->notes_count, 2);
	assert_string_equal(points->notes[0], "look");
	assert_string_equal(points->notes[1], "series of native histograms, which are left out: 1");
	assert_string_equal(points->series[0].labels[0].value, "123456789:<redacted>");
}

static void a_token_from_a_file_is_sent(void **state)
{
	(void)state;
	folder_write("token", 0600, "abc-def\n");
	autofree char *options = xasprintf(", bearer: {file: '%s/token'}", folder);
	begin(pages.port, options);
	pages_set(&pages, QUERY, 403, PAGE_WHOLE, "");
	says(ask_at("1", T0), ": it does not let us in (HTTP 403)", OWN);
	autofree char *sent = pages_authorization(&pages, QUERY);
	assert_string_equal(sent, "Bearer abc-def");
}

static void what_echoes_our_secret_is_redacted_from_the_first_answer_on(void **state)
{
	(void)state;
	folder_write("token", 0600, "quite-unlikely-word\n");
	autofree char *options = xasprintf(", bearer: {file: '%s/token'}", folder);
	begin(pages.port, options);
	pages_set(&pages, QUERY, 200, PAGE_WHOLE,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{"
		"\"metric\":{"
		"\"a\":\"is quite-unlikely-word\"},\"value\":[1,\"1\"]}]}}");
	assert_string_equal(ask_at("1", T0)->series[0].labels[0].value, "is <redacted>");
}

/* A server that takes a request and says nothing: what it hears of its client. */
struct silent {
	int door, peer;
};

static bool has_come(const struct live_engine *engine, const void *context)
{
	struct silent *silent = (struct silent *)(uintptr_t)context;
	(void)engine;
	char first = '\0';
	silent->peer = accept4(silent->door, NULL, NULL, SOCK_CLOEXEC);
	if (silent->peer < 0)
		return false;
	assert_int_equal(recv(silent->peer, &first, 1, MSG_PEEK), 1);
	if (first == 'P') /* what is asked is posted */
		return fcntl(silent->peer, F_SETFL, O_NONBLOCK) == 0;
	close(silent->peer);
	return false;
}

static bool has_left(const struct live_engine *engine, const void *context)
{
	const struct silent *silent = context;
	char bytes[4096];
	(void)engine;
	return recv(silent->peer, bytes, sizeof(bytes), 0) == 0;
}

static void silent_open(struct silent *silent)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	silent->door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(silent->door, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(silent->door, 4), 0);
	assert_int_equal(getsockname(silent->door, (struct sockaddr *)&address, &size), 0);
	begin(ntohs(address.sin_port), ", timeout: 2m");
}

static void who_does_not_wait_any_more_ends_the_request(void **state)
{
	struct msg_win_open open = instant("1", T0);
	struct silent silent;
	(void)state;
	silent_open(&silent);
	live_open(live, &open);
	live_wait(live, has_come, &silent, LIMIT_MS, "a connection");
	open.own = true;
	assert_true(live_query(live, &open)->series[0].last == 1);
	live_wait(live, has_left, &silent, LIMIT_MS, "the end of the connection");
	close(silent.peer);
	close(silent.door);
}

static void an_answer_that_is_cut_off_is_said(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, QUERY, 200, PAGE_TRUNCATED, "{}");
	says(ask_at("1", T0), ": the answer was cut off after 2 bytes", OWN);
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, "");
	says(ask_at("1", T0), ": that is no answer of a Prometheus: it is empty", OWN);
}

static bool is_asked(const struct live_engine *engine, const void *context)
{
	(void)engine;
	return pages_asked(&pages, QUERY) >= *(const unsigned *)context;
}

static void some_are_asked_at_a_time_and_the_others_stand_in_line(void **state)
{
	struct msg_win_open open = instant("1", T0);
	(void)state;
	begin(pages.port, ", timeout: 1s");
	pages_set(&pages, QUERY, 200, PAGE_HANGS, "");
	for (unsigned i = 0; i < 6; i++) {
		open.window = i + 1;
		live_open(live, &open);
	}
	live_wait(live, is_asked, &(unsigned){4}, LIMIT_MS, "four requests");
	assert_int_equal(pages_asked(&pages, QUERY), 4);
	pages_set(&pages, QUERY, 200, PAGE_WHOLE,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"2\"]}"
		"}");
	open.window = 7;
	const struct msg_win_points *points = live_query(live, &open);
	assert_true(points->series_count == 1 || strstr(points->error, " took 1 s"));
}

static void an_engine_that_ends_does_not_wait_for_answers(void **state)
{
	struct msg_win_open open = instant("1", T0);
	(void)state;
	begin(pages.port, ", timeout: 2m");
	pages_set(&pages, QUERY, 200, PAGE_HANGS, "");
	for (unsigned i = 0; i < 6; i++) {
		open.window = i + 1;
		live_open(live, &open);
	}
	live_wait(live, is_asked, &(unsigned){4}, LIMIT_MS, "four requests");
	int64_t begin_ms = clock_mono_ms(clock_real());
	live_engine_free(live);
	live = NULL;
	assert_true(clock_mono_ms(clock_real()) - begin_ms < LIMIT_MS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_instant_is_what_the_server_says),
		TEST(a_range_lies_on_its_grid_and_what_is_not_there_is_no_value),
		TEST(a_long_expression_is_sent_whole),
		TEST(what_the_expression_is_wrong_in_has_its_text_and_its_place),
		TEST(a_wrong_password_is_said),
		TEST(a_server_that_is_gone_leaves_nobody_blind),
		TEST(a_slow_one_is_waited_for_so_long_and_not_longer),
		TEST(what_is_no_prometheus_is_said),
		TEST(an_answer_without_end_is_cut),
		TEST(more_points_than_there_may_be_are_refused),
		TEST(points_beside_the_grid_are_refused),
		TEST(warnings_are_notes),
		TEST(a_token_from_a_file_is_sent),
		TEST(what_echoes_our_secret_is_redacted_from_the_first_answer_on),
		TEST(who_does_not_wait_any_more_ends_the_request),
		TEST(an_answer_that_is_cut_off_is_said),
		TEST(some_are_asked_at_a_time_and_the_others_stand_in_line),
		TEST(an_engine_that_ends_does_not_wait_for_answers),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
