/* SPDX-License-Identifier: MIT */
/* Several expressions of one window that another Prometheus answers: a real one, and one of ours that says what it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/live_engine.h"
#include "tests/support/pages.h"
#include "tests/support/prometheus_server.h"

#define T0    INT64_C(1700000000000)
#define QUERY "/api/v1/query"

enum { LIMIT_MS = 10000, PEERS = 16 };

static struct prometheus_server server;
static struct live_engine *live;
static struct pages pages;
static char url[64];

/* A server that answers only who asks for the expression "bad"; the others wait for ever. */
struct slow {
	int door, peers[PEERS];
	size_t count, left;
};
static struct slow slow;

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

static int group_setup(void **state)
{
	int failed = folder_setup(state);
	if (has_prometheus())
		prometheus_start(&server, "# TYPE n gauge\n"
					  "n{to=\"x\"} 1 1700000000\n"
					  "n{to=\"y\"} 2 1700000000\n");
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

#define NEEDS_PROMETHEUS                                                                           \
	do {                                                                                       \
		if (!server.pid)                                                                   \
			skip();                                                                    \
	} while (0)

#define ASK(...)                                                                                   \
	&(struct msg_win_open)                                                                     \
	{                                                                                          \
		.window = 1, .to_ms = T0, __VA_ARGS__                                              \
	}
#define MORE(...)                                                                                  \
	.more = (char *[]){__VA_ARGS__},                                                           \
	.more_count = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)
#define TEXT(text) ((char[]){text})

/* ---- a real one ---- */

static void each_comes_back_with_its_number(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real();
	const struct msg_win_points *points = live_query(live,
		ASK(.filter = TEXT("n"), MORE(TEXT("1 + 1"), TEXT("n * 10"), TEXT("absent_one"))));
	assert_string_equal(points->error, "");
	assert_string_equal(points->source, url);
	assert_int_equal(points->series_count, 5);
	static const unsigned numbers[] = {0, 0, 1, 2, 2};
	static const double values[] = {1, 2, 2, 10, 20};
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		assert_int_equal(points->series[i].query, numbers[i]);
		assert_true(points->series[i].last == values[i]);
	}
}

static void sixteen_of_a_span_are_answered_and_one_more_is_refused(void **state)
{
	char *more[16];
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real();
	for (size_t i = 0; i < COUNT_OF(more); i++)
		more[i] = xasprintf("vector(%zu)", i + 1);
	struct msg_win_open *open = ASK(.filter = TEXT("vector(0)"), .from_ms = T0 - 60000,
		.step_ms = 15000, .columns = 100, .more = more, .more_count = 15);
	const struct msg_win_points *points = live_query(live, open);
	assert_string_equal(points->error, "");
	assert_int_equal(points->series_count, 16);
	for (size_t i = 0; i < 16; i++) {
		assert_int_equal(points->series[i].query, i);
		assert_int_equal(points->series[i].values_count, 5);
		assert_true(points->series[i].last == (double)i);
	}
	open->more_count = 16;
	assert_string_equal(
		live_query(live, open)->error, "more than 16 expressions: open a second window");
	for (size_t i = 0; i < COUNT_OF(more); i++)
		free(more[i]);
}

static void an_error_has_the_number_and_the_place_of_its_expression(void **state)
{
	(void)state;
	NEEDS_PROMETHEUS;
	begin_real();
	const struct msg_win_points *points = live_query(
		live, ASK(.filter = TEXT("n"), MORE(TEXT("1"), TEXT("1 + rate(n)"), TEXT("n"))));
	assert_non_null(strstr(points->error, "parse error: expected type range vector"));
	assert_int_equal(points->query, 2);
	assert_int_equal(points->place_from, 9);
}

/* ---- a slow one ---- */

static void slow_open(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	slow = (struct slow){
		.door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
	assert_int_equal(bind(slow.door, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(slow.door, PEERS), 0);
	assert_int_equal(getsockname(slow.door, (struct sockaddr *)&address, &size), 0);
	begin(ntohs(address.sin_port), ", timeout: 2m");
}

static void slow_close(void)
{
	for (size_t i = 0; i < slow.count; i++)
		close(slow.peers[i]);
	close(slow.door);
}

static const char well[] =
	"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"1\"]}}";

static void answer(int peer, const char *status, const char *body)
{
	assert_true(dprintf(peer,
			    "HTTP/1.1 %s\r\nConnection: close\r\n"
			    "Content-Length: %zu\r\n\r\n%s",
			    status, strlen(body), body) > 0);
}

/* The engine looks at the server itself by a GET, on a connection that is not counted. */
static bool is_look(int peer)
{
	char first = '\0';
	if (recv(peer, &first, 1, MSG_PEEK) != 1 || first != 'G')
		return false;
	answer(peer, "200 OK", well);
	close(peer);
	return true;
}

static void hear(int peer)
{
	static const char body[] = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
				   "\"1:2: parse error: no\"}";
	char bytes[4096];
	ssize_t length = recv(peer, bytes, sizeof(bytes) - 1, 0);
	if (length == 0)
		slow.left++;
	if (length <= 0)
		return;
	bytes[length] = '\0';
	if (!strstr(bytes, "query=bad"))
		return;
	answer(peer, "400 Bad Request", body);
}

static void slow_turn(void)
{
	int peer = accept4(slow.door, NULL, NULL, SOCK_CLOEXEC);
	if (peer >= 0 && !is_look(peer)) {
		assert_int_equal(fcntl(peer, F_SETFL, O_NONBLOCK), 0);
		assert_true(slow.count < PEERS);
		slow.peers[slow.count++] = peer;
	}
	slow.left = 0;
	for (size_t i = 0; i < slow.count; i++)
		hear(slow.peers[i]);
}

static bool have_come(const struct live_engine *engine, const void *context)
{
	(void)engine;
	slow_turn();
	return slow.count == *(const size_t *)context;
}

static bool have_left(const struct live_engine *engine, const void *context)
{
	(void)engine;
	slow_turn();
	return slow.left == *(const size_t *)context;
}

static void one_window_leaves_room_for_another(void **state)
{
	struct msg_win_open *open = ASK(.filter = TEXT("a"), MORE(TEXT("b"), TEXT("c"), TEXT("d")));
	(void)state;
	slow_open();
	live_open(live, open);
	live_wait(live, have_come, &(size_t){2}, LIMIT_MS, "two requests of the first");
	open = ASK(.filter = TEXT("e"));
	open->window = 2;
	live_open(live, open);
	live_wait(live, have_come, &(size_t){3}, LIMIT_MS, "the request of the other");
	slow_close();
}

static void who_does_not_wait_any_more_ends_all_of_them(void **state)
{
	struct msg_win_open *open = ASK(.filter = TEXT("a"), MORE(TEXT("b"), TEXT("c"), TEXT("d")));
	(void)state;
	slow_open();
	live_open(live, open);
	live_wait(live, have_come, &(size_t){2}, LIMIT_MS, "two requests");
	open = ASK(.filter = TEXT("1"), .own = true);
	assert_true(live_query(live, open)->series[0].last == 1);
	live_wait(live, have_left, &(size_t){2}, LIMIT_MS, "the end of both");
	assert_int_equal(slow.count, 2);
	slow_close();
}

static void the_first_failure_ends_the_others(void **state)
{
	struct msg_win_open *open = ASK(.filter = TEXT("a"), MORE(TEXT("bad"), TEXT("c")));
	(void)state;
	slow_open();
	live_open(live, open);
	live_wait(live, have_left, &(size_t){2}, LIMIT_MS, "an answer to one, and the end of all");
	assert_int_equal(slow.count, 2); /* the third was never sent */
	slow_close();
}

/* ---- bounds ---- */

static void says(const struct msg_win_points *points, const char *what)
{
	autofree char *wanted =
		xasprintf("Prometheus %s: %s; `botswain query --own` asks the engine's own metrics",
			url, what);
	assert_string_equal(points->error, wanted);
}

static void a_page_that_is_gone_is_said_of_the_first(void **state)
{
	(void)state;
	begin(pages.port, "");
	pages_set(&pages, QUERY, 502, PAGE_WHOLE, "<html>");
	const struct msg_win_points *points =
		live_query(live, ASK(.filter = TEXT("a"), MORE(TEXT("b"), TEXT("c"))));
	says(points, "HTTP 502 in place of an answer");
	assert_true(points->query < 2);
}

static void all_answers_together_are_bounded(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	begin(pages.port, "");
	str_adds(&body, "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,"
			"\"2\"]}");
	while (body.length < 9 << 20)
		str_adds(&body, "                                                                ");
	str_adds(&body, "}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	assert_string_equal(live_query(live, ASK(.filter = TEXT("a")))->error, "");
	says(live_query(live, ASK(.filter = TEXT("a"), MORE(TEXT("b")))),
		"answers of more than 16384 KiB together");
}

static void all_series_together_are_bounded(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	begin(pages.port, "");
	str_adds(&body, "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
	for (int i = 0; i < 6000; i++)
		str_addf(&body, "%s{\"metric\":{\"i\":\"%d\"},\"value\":[1,\"1\"]}", i ? "," : "",
			i);
	str_adds(&body, "]}}");
	pages_set(&pages, QUERY, 200, PAGE_WHOLE, body.text);
	assert_int_equal(live_query(live, ASK(.filter = TEXT("a")))->series_count, 6000);
	const struct msg_win_points *points =
		live_query(live, ASK(.filter = TEXT("a"), MORE(TEXT("b"))));
	says(points, "more than 10000 series together: ask for less of them");
	assert_int_equal(points->query, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_comes_back_with_its_number),
		TEST(sixteen_of_a_span_are_answered_and_one_more_is_refused),
		TEST(an_error_has_the_number_and_the_place_of_its_expression),
		TEST(one_window_leaves_room_for_another),
		TEST(who_does_not_wait_any_more_ends_all_of_them),
		TEST(the_first_failure_ends_the_others),
		TEST(a_page_that_is_gone_is_said_of_the_first),
		TEST(all_answers_together_are_bounded),
		TEST(all_series_together_are_bounded),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
