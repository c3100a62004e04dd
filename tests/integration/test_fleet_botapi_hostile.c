/* SPDX-License-Identifier: MIT */
/* Whatever is sent to the fleet's Bot API server, it answers the next one. Chance is seeded: each run is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "tests/support/botapi_calls.h"

enum { ROUNDS = 400, RAW_ROUNDS = 60 };

static char *token;
static struct rng rng;

static int start(void **state)
{
	(void)state;
	botapi_start(&server);
	token = botapi_make_bot(&server, "brave");
	rng_init(&rng, 20261129);
	json_decref(botapi_control(&server, "say", "{\"bot\":\"brave-00001\",\"chat\":5}"));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	free(token);
	botapi_stop(&server);
	return 0;
}

static void assert_alive(void)
{
	json_t *me = botapi_result(&server, token, "getMe", NULL);
	assert_string_equal(text_at(me, "username"), "brave_00001_bot");
	json_decref(me);
}

/* Changes, doubles and cuts bytes of `text`. */
static void mutate(struct str *text)
{
	static const char odd[] = "\0\x1b\x7f\x80\xff\xc3\xed\"\\{}[]:=%&+\n\r-<>_*`/@";
	for (uint64_t i = rng_below(&rng, 8); i-- && text->length;) {
		size_t at = rng_below(&rng, text->length);
		char ch = odd[rng_below(&rng, sizeof(odd) - 1)];
		if (rng_below(&rng, 3) == 0)
			str_insert(text, at, &ch, 1);
		else
			text->text[at] = ch;
	}
	if (text->length && rng_below(&rng, 8) == 0)
		str_truncate(text, rng_below(&rng, text->length));
}

static size_t count_body(char *data, size_t size, size_t count, void *to)
{
	(void)data, (void)to;
	return size * count;
}

static long post(CURL *curl, const char *method, const char *type, const struct str *body)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/%s", server.port, token, method);
	autofree char *header = xasprintf("Content-Type: %s", type);
	struct curl_slist *headers = curl_slist_append(NULL, header);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->length);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->text);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count_body);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	long status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	return status;
}

/* clang-format off */
static const struct { const char *method, *type, *body; } seeds[] = {
	{"sendMessage", "application/json", "{\"chat_id\":5,\"text\":\"<b>bold</b> &lt; <a href='https://example.com'>x</a>\",\"parse_mode\":\"HTML\","
		"\"reply_markup\":{\"inline_keyboard\":[[{\"text\":\"Yes\",\"callback_data\":\"yes\"}]]},\"reply_parameters\":{\"message_id\":1}}"},
	{"sendMessage", "application/json", "{\"chat_id\":5,\"text\":\"*b* _i_ ||p|| [t](http://example.com) ```c\\nx```\",\"parse_mode\":\"MarkdownV2\"}"},
	{"sendMessage", "application/json", "{\"chat_id\":5,\"text\":\"abc\",\"entities\":[{\"type\":\"bold\",\"offset\":0,\"length\":2}]}"},
	{"sendMessage", "application/x-www-form-urlencoded", "chat_id=5&text=%d0%b6%20*b*&parse_mode=Markdown"},
	{"sendDocument", "multipart/form-data; boundary=XX", "--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n--XX\r\n"
		"Content-Disposition: form-data; name=\"document\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--XX--\r\n"},
	{"setMyCommands", "application/json", "{\"commands\":[{\"command\":\"a\",\"description\":\"b\"}],\"scope\":{\"type\":\"chat\",\"chat_id\":5}}"},
	{"editMessageText", "application/json", "{\"chat_id\":5,\"message_id\":2,\"text\":\"x\"}"},
	{"deleteMessages", "application/json", "{\"chat_id\":5,\"message_ids\":[2,3,4]}"},
	{"answerCallbackQuery", "application/json", "{\"callback_query_id\":\"12345\",\"text\":\"x\"}"},
	{"setWebhook", "application/json", "{\"url\":\"http://127.0.0.1:1/x\",\"secret_token\":\"abc\",\"allowed_updates\":[\"message\"]}"},
	{"deleteWebhook", "application/json", "{\"drop_pending_updates\":true}"},
	{"getFile", "application/json", "{\"file_id\":\"BQACAgIAAxkBAA\"}"},
};
/* clang-format on */

static void any_body_is_answered(void **state)
{
	(void)state;
	CURL *curl = curl_easy_init();
	int good = 0, bad = 0;
	for (int i = 0; i < ROUNDS; i++) {
		size_t seed = (size_t)i % COUNT_OF(seeds);
		autostr struct str body = STR_INIT;
		str_adds(&body, seeds[seed].body);
		mutate(&body);
		long status = post(curl, seeds[seed].method, seeds[seed].type, &body);
		assert_true(status == 200 || status == 400 || status == 429);
		good += status == 200;
		bad += status == 400;
	}
	curl_easy_cleanup(curl);
	assert_true(good > ROUNDS / 20 && bad > ROUNDS / 20); /* both ends are reached */
	assert_alive();
}

static int dial(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A request that breaks off, is no HTTP, or lies about itself. */
static void a_connection_may_say_anything(void **state)
{
	(void)state;
	static const char *const heads[] = {"GET /bot%s/getMe HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /bot%s/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n"
		"Content-Type: application/json\r\n\r\n{\"chat_id\":5",
		"POST /bot%s/sendMessage HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		"5\r\nhello\r\nffffffffffffffffff\r\n",
		"POST /bot%s/sendDocument HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
		"Content-Type: multipart/form-data\r\n\r\n0123456789",
		"GET /bot%s/getUpdates?offset=%%00&timeout=9 HTTP/9.9\r\n\r\n",
		"GET /file/bot%s/../../etc/passwd HTTP/1.0\r\n\r\n"};
	for (int i = 0; i < RAW_ROUNDS; i++) {
		autostr struct str text = STR_INIT;
		const char *head = heads[(size_t)i % COUNT_OF(heads)], *gap = strstr(head, "%s");
		str_add(&text, head, (size_t)(gap - head));
		str_adds(&text, token);
		str_adds(&text, gap + 2);
		mutate(&text);
		int fd = dial(i % 3 ? server.port : server.control_port);
		assert_int_equal(
			send(fd, text.text, text.length, MSG_NOSIGNAL), (ssize_t)text.length);
		if (i % 2)
			shutdown(fd, SHUT_WR);
		close(fd);
	}
	assert_alive();
}

static void a_text_of_a_million_marks_costs_no_more_than_a_refusal(void **state)
{
	(void)state;
	autostr struct str body = STR_INIT;
	CURL *curl = curl_easy_init();
	str_adds(&body, "{\"chat_id\":5,\"parse_mode\":\"HTML\",\"text\":\"");
	while (body.length < 1000000)
		str_adds(&body, "<code>/a</code> ");
	str_adds(&body, "\"}");
	assert_int_equal(post(curl, "sendMessage", "application/json", &body), 400);
	str_clear(&body);
	str_adds(&body, "{\"chat_id\":5,\"text\":\"abc\",\"entities\":[");
	while (body.length < 1000000)
		str_adds(&body, "{\"type\":\"bold\",\"offset\":0,\"length\":2},");
	str_adds(&body, "{\"type\":\"bold\",\"offset\":0,\"length\":2}]}");
	assert_int_equal(post(curl, "sendMessage", "application/json", &body), 200);
	curl_easy_cleanup(curl);
	assert_alive();
}

static void the_control_endpoint_outlives_what_tests_may_tell_it(void **state)
{
	(void)state;
	static const char *const routes[] = {"summary", "bots", "bot", "play", "say", "edit",
		"press", "update", "chat", "migrate", "clock", "flood", "filter", "fault", "clear",
		"sync-error", "hijack", "revoke", "transcript", "nowhere"};
	static const char *const bodies[] = {"", "[", "{}", "[]", "7", "{\"bot\":7}",
		"{\"bot\":\"brave-00001\",\"chat\":\"x\"}",
		"{\"bot\":\"brave-00001\",\"chat\":-77}",
		"{\"bot\":\"brave-00001\",\"kind\":\"status\",\"status\":200,\"count\":0}",
		"{\"count\":-5}", "{\"advance_ms\":-1}"};
	for (size_t i = 0; i < COUNT_OF(routes); i++)
		for (size_t j = 0; j < COUNT_OF(bodies); j++) {
			autofree char *url = xasprintf(
				"http://127.0.0.1:%d/control/%s", server.control_port, routes[i]);
			struct http_answer answer = http_ask(url, bodies[j], NULL, 5000);
			assert_in_range(answer.status, 200, 404);
			http_answer_clear(&answer);
		}
	json_decref(
		botapi_control(&server, "revoke", "{\"bot\":\"brave-00001\",\"revoked\":false}"));
	json_decref(botapi_control(&server, "clear", "{\"bot\":\"brave-00001\"}"));
	assert_alive();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_body_is_answered),
		cmocka_unit_test(a_connection_may_say_anything),
		cmocka_unit_test(a_text_of_a_million_marks_costs_no_more_than_a_refusal),
		cmocka_unit_test(the_control_endpoint_outlives_what_tests_may_tell_it),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
