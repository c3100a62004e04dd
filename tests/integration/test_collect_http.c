/* SPDX-License-Identifier: MIT */
/* The HTTP client against two real servers: one handle, used again and again for different calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/http.h"
#include "tests/support/folder.h"
#include "tests/support/pages.h"
#include "tests/support/sockets.h"

enum { LIMIT_MS = 5000, WAIT_MS = 20 };

static struct pages here, there;
static struct http *http;

static struct answer {
	unsigned count;
	long status;
	enum err_code code;
	char body[64], why[128];
	bool takes_no_more; /* of a stream */
	const char *then;   /* asked for from done() */
} answer;

static int setup(void **state)
{
	struct err err;
	(void)state;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	pages_open(&here);
	pages_set(&here, "/a", 200, PAGE_WHOLE, "a of here");
	pages_set(&here, "/b", 200, PAGE_WHOLE, "b of here");
	pages_set(&here, "/bot123456789:AAf_-x/getMe", 200, PAGE_WHOLE, "a bot");
	pages_open(&there);
	pages_set(&there, "/a", 200, PAGE_WHOLE, "a of there");
	answer = (struct answer){0};
	return !http_new("/etc/ssl/certs/ca-certificates.crt", 1, &http, &err);
}

static int teardown(void **state)
{
	(void)state;
	http_free(http);
	pages_close(&here);
	pages_close(&there);
	return 0;
}

static void on_reply(void *context, const struct http_reply *reply);

static void begin(const char *url, struct http_request request)
{
	request.url = url;
	request.connect_ms = request.total_ms = LIMIT_MS;
	request.done = on_reply;
	assert_true(http_has_room(http));
	assert_non_null(http_get(http, &request));
}

static void on_reply(void *context, const struct http_reply *reply)
{
	const char *then = answer.then;
	(void)context;
	answer.count++;
	answer.status = reply->status;
	answer.code = reply->err.code;
	answer.then = NULL;
	copy_text(answer.why, sizeof(answer.why), reply->err.text);
	copy_text(answer.body, sizeof(answer.body), reply->body ? reply->body : "");
	if (then)
		begin(then, (struct http_request){.allow_plain = true});
}

static int64_t left_ms(void)
{
	return http_due_ms(http) - clock_mono_ms(clock_real());
}

static void wait_for(unsigned count)
{
	struct pollfd fd = {.fd = http_fd(http), .events = POLLIN};
	while (answer.count < count) {
		int64_t left = left_ms();
		(void)poll(&fd, 1, left < 0 ? 0 : left > WAIT_MS ? WAIT_MS : (int)left);
		http_turn(http);
	}
}

static char *url_of(const struct pages *pages, const char *path)
{
	return xasprintf("http://127.0.0.1:%d%s", pages->port, path);
}

static void ask(const char *url, struct http_request request)
{
	begin(url, request);
	wait_for(answer.count + 1);
}

static void says(const struct pages *pages, const char *path, const char *body)
{
	autofree char *url = url_of(pages, path);
	ask(url, (struct http_request){.allow_plain = true});
	assert_int_equal(answer.code, ERR_NONE);
	assert_string_equal(answer.body, body);
}

static void each_call_reaches_its_own_host_and_path(void **state)
{
	(void)state;
	assert_int_equal(here.port > 9999, there.port > 9999);
	says(&here, "/a", "a of here");
	says(&here, "/bot123456789:AAf_-x/getMe", "a bot");
	says(&there, "/a", "a of there");
	says(&here, "/b", "b of here");
	assert_int_equal(pages_asked(&here, "/a"), 1);
}

static void a_url_with_more_than_host_and_path_keeps_all_of_it(void **state)
{
	(void)state;
	says(&here, "/a", "a of here");
	says(&here, "/a?id=7", "a of here");
	assert_string_equal(here.pages[0].query, "7");
	says(&here, "/a", "a of here");
	assert_string_equal(here.pages[0].query, "");
	says(&here, "/x/../b", "b of here");
	says(&here, "/%62", "b of here");
}

static void a_url_that_is_none_fails_alone(void **state)
{
	(void)state;
	ask("http://", (struct http_request){.allow_plain = true});
	assert_int_not_equal(answer.code, ERR_NONE);
	ask("http://127.0.0.1:99999/a", (struct http_request){.allow_plain = true});
	assert_int_not_equal(answer.code, ERR_NONE);
	says(&here, "/a", "a of here");
}

static void who_asks_with_a_secret_does_not_lend_it_to_the_next_call(void **state)
{
	const struct http_request requests[] = {{.bearer = "CANARY", .allow_plain = true},
		{.user = "CANARY", .password = "CANARY", .allow_plain = true}};
	autofree char *url = url_of(&here, "/a");
	(void)state;
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		ask(url, requests[i]);
		autofree char *given = pages_authorization(&here, "/a");
		assert_true(*given);
		says(&here, "/a", "a of here");
		autofree char *next = pages_authorization(&here, "/a");
		assert_string_equal(next, "");
	}
}

static void a_call_that_may_go_unencrypted_does_not_let_the_next_one(void **state)
{
	autofree char *url = url_of(&here, "/a");
	(void)state;
	ask(url, (struct http_request){0});
	assert_int_equal(answer.code, ERR_INVALID);
	says(&here, "/a", "a of here");
	ask(url, (struct http_request){0});
	assert_int_equal(answer.code, ERR_INVALID);
	assert_int_equal(pages_asked(&here, "/a"), 1);
}

static void a_socket_in_place_of_the_host_is_for_one_call(void **state)
{
	(void)state;
	ask("http://nowhere.invalid/a",
		(struct http_request){.allow_plain = true, .socket = there.socket});
	assert_string_equal(answer.body, "a of there");
	says(&here, "/a", "a of here");
}

static bool take_piece(void *context, const char *bytes, size_t length)
{
	(void)context, (void)bytes, (void)length;
	return !answer.takes_no_more;
}

/* A stream by a local socket, that may go on for ever. */
static void ask_stream(const char *socket, int64_t connect_ms)
{
	const struct http_request request = {.url = "http://localhost/a",
		.socket = socket,
		.allow_plain = true,
		.connect_ms = connect_ms,
		.piece = take_piece,
		.done = on_reply};
	assert_non_null(http_get(http, &request));
	wait_for(answer.count + 1);
}

struct speaker {
	int listener;
	const char *says;
};

/* To the one that comes, and hangs up. */
static void *say_and_hang_up(void *context)
{
	const struct speaker *speaker = context;
	char request[4096];
	autoclose int client = accept(speaker->listener, NULL, NULL);
	size_t length = strlen(speaker->says);
	assert_true(client >= 0 && read(client, request, sizeof(request)) > 0);
	assert_int_equal(write(client, speaker->says, length), length);
	return NULL;
}

static void stream_from(int listener, const char *path, const char *says)
{
	struct speaker speaker = {listener, says};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, say_and_hang_up, &speaker), 0);
	ask_stream(path, LIMIT_MS);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void how_a_stream_breaks_is_said_as_it_is(void **state)
{
	assert_int_equal(folder_setup(state), 0);
	autofree char *path = folder_path("engine");
	autoclose int listener = socket_listen(path);
	static const char part[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789";
	stream_from(listener, path, "");
	assert_string_equal(answer.why, "the connection was closed without an answer");
	stream_from(listener, path, part);
	assert_string_equal(answer.why, "the answer was cut off after 10 bytes");
	answer.takes_no_more = true;
	stream_from(listener, path, part);
	assert_string_equal(answer.why, "the answer is not what was asked for");
	assert_int_equal(folder_teardown(state), 0);
}

/* It has the call, and nobody takes it. */
static void a_local_socket_that_does_not_answer_has_no_name_to_be_resolved(void **state)
{
	assert_int_equal(folder_setup(state), 0);
	autofree char *path = folder_path("engine");
	autoclose int listener = socket_listen(path);
	const struct http_request request = {.url = "http://localhost/a",
		.socket = path,
		.allow_plain = true,
		.connect_ms = LIMIT_MS,
		.total_ms = 100,
		.done = on_reply};
	assert_non_null(http_get(http, &request));
	wait_for(1);
	assert_string_equal(answer.why, "no answer in 0.1 s");
	assert_int_equal(folder_teardown(state), 0);
}

/* Its caller is told of nothing to do but to wait for the answer, if that has not come already. */
static void what_an_answer_starts_is_under_way_when_the_turn_ends(void **state)
{
	autofree char *first = url_of(&here, "/a"), *second = url_of(&here, "/b");
	(void)state;
	says(&here, "/a", "a of here");
	answer.then = second;
	begin(first, (struct http_request){.allow_plain = true});
	wait_for(2);
	assert_true(answer.count == 3 || left_ms() > 0);
	wait_for(3);
	assert_string_equal(answer.body, "b of here");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_call_reaches_its_own_host_and_path),
		TEST(a_url_with_more_than_host_and_path_keeps_all_of_it),
		TEST(a_url_that_is_none_fails_alone),
		TEST(who_asks_with_a_secret_does_not_lend_it_to_the_next_call),
		TEST(a_call_that_may_go_unencrypted_does_not_let_the_next_one),
		TEST(a_socket_in_place_of_the_host_is_for_one_call),
		TEST(how_a_stream_breaks_is_said_as_it_is),
		TEST(a_local_socket_that_does_not_answer_has_no_name_to_be_resolved),
		TEST(what_an_answer_starts_is_under_way_when_the_turn_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
