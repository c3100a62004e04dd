/* SPDX-License-Identifier: MIT */
/* Who may call the fleet's Bot API server, and how often: sessions, close, logOut, flood limits, filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi_calls.h"

enum { MINUTE_MS = 60000 };

static void works(const char *token, const char *method, const char *body)
{
	json_decref(botapi_result(&server, token, method, "%s", body));
}

/* The answer says 429 in its body and its header, with the same number. */
static int limited(const char *token, const char *method, const char *body)
{
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/%s", server.port, token, method);
	struct http_answer answer = http_ask(url, body, NULL, 5000);
	int seconds = answer.retry_after_s;
	autofree char *words = xasprintf("Too Many Requests: retry after %d", seconds);
	assert_int_equal(number_at(answer.json, "parameters.retry_after"), seconds);
	assert_answer_refused(&answer, 429, words);
	return seconds;
}

static void close_is_refused_in_the_first_ten_minutes(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "young");
	works(token, "getMe", "{}");
	assert_in_range(limited(token, "close", "{}"), 595, 600);
	botapi_advance(&server, 4 * MINUTE_MS);
	assert_in_range(limited(token, "close", "{}"), 355, 360);
	botapi_advance(&server, 6 * MINUTE_MS);
	works(token, "close", "{}");
}

static void a_closed_bot_is_closed_until_its_next_call(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "closed");
	works(token, "getMe", "{}");
	botapi_advance(&server, 10 * MINUTE_MS);
	works(token, "close", "{}");
	botapi_refused(
		&server, token, "close", "{}", 400, "Bad Request: the bot has already been closed");
	works(token, "getMe", "{}");
	assert_in_range(limited(token, "close", "{}"), 595, 600); /* a new session is young */
}

static void a_bot_that_logged_out_is_kept_out_for_ten_minutes(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "out");
	works(token, "logOut", "{}");
	botapi_refused(&server, token, "getMe", "{}", 400, "Logged out");
	botapi_refused(&server, token, "sendMessage", "{}", 400, "Logged out");
	botapi_advance(&server, 9 * MINUTE_MS);
	botapi_refused(&server, token, "getMe", "{}", 400, "Logged out");
	botapi_advance(&server, MINUTE_MS);
	works(token, "getMe", "{}");
}

struct poll {
	const char *token;
	struct http_answer answer;
};

static void *run_poll(void *data)
{
	struct poll *poll = data;
	poll->answer = botapi_call(&server, poll->token, "getUpdates", "timeout=3000");
	return NULL;
}

static pthread_t start_poll(struct poll *poll, const char *name)
{
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, run_poll, poll), 0);
	for (bool polled = false; !polled;) {
		json_t *bot = botapi_control(&server, "bot", "{\"bot\":\"%s\"}", name);
		polled = json_is_true(json_object_get(bot, "polled"));
		json_decref(bot);
	}
	return thread;
}

static void a_long_poll_ends_when_the_bot_logs_out(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "leaver");
	struct poll poll = {.token = token};
	pthread_t thread = start_poll(&poll, "leaver-00001");
	works(token, "logOut", "{}");
	pthread_join(thread, NULL);
	assert_answer_refused(&poll.answer, 400, "Logged out");
}

static void a_long_poll_lasts_50_seconds_at_most(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "patient");
	struct poll poll = {.token = token};
	pthread_t thread = start_poll(&poll, "patient-00001");
	botapi_advance(&server, 49000);
	json_t *bot = botapi_control(&server, "bot", "{\"bot\":\"patient-00001\"}");
	assert_true(json_is_true(json_object_get(bot, "polled")));
	json_decref(bot);
	botapi_advance(&server, 1000);
	pthread_join(thread, NULL);
	assert_int_equal(json_array_size(json_object_get(poll.answer.json, "result")), 0);
	http_answer_clear(&poll.answer);
}

static void a_server_that_shuts_down_asks_to_come_again(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "late");
	json_decref(botapi_control(&server, "closing", "{}"));
	botapi_refused(&server, token, "getMe", "{}", 500, "Internal Server Error: restart");
	json_decref(botapi_control(&server, "closing", "{\"closing\":false}"));
	works(token, "getMe", "{}");
}

static void a_filtered_token_is_misdirected(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "filter");
	long long id = strtoll(token, NULL, 10);
	json_decref(botapi_control(
		&server, "filter", "{\"remainder\":%lld,\"modulo\":3}", (id + 1) % 3));
	botapi_refused(&server, token, "getMe", "{}", 421,
		"Misdirected Request: unallowed token specified");
	json_decref(botapi_control(&server, "filter", "{\"remainder\":%lld,\"modulo\":3}", id % 3));
	works(token, "getMe", "{}");
	json_decref(botapi_control(&server, "filter", "{}"));
}

/* clang-format off */
static void tokens_that_are_malformed_are_said_to_be(void **state)
{
	(void)state;
	static const char *const tokens[] = {
		"1", "1:", ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "012345:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"12345:AAAAAAAAAAAAAAAAAAAAAAA", "12345:AAAAAAAAAAAAAAAAAAAAAAAAAA%20AAAAAAAA", "12a45:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"99999999999999999999:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "18014398509481984:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"12345:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	for (size_t i = 0; i < COUNT_OF(tokens); i++)
		botapi_refused(&server, tokens[i], "getMe", "{}", 401, "Unauthorized: invalid token specified");
	botapi_refused(&server, "18014398509481983:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "getMe", "{}", 401, "Unauthorized");
}
/* clang-format on */

static const char to_chat[] = "{\"chat_id\":5,\"text\":\"x\"}";
static const char to_group[] = "{\"chat_id\":-5,\"text\":\"x\"}";

static char *make_sender(const char *name)
{
	char *token = botapi_make_bot(&server, name);
	autofree char *bot = xasprintf("%s-00001", name);
	json_decref(botapi_control(&server, "chat", "{\"bot\":\"%s\",\"chat\":5}", bot));
	json_decref(botapi_control(&server, "chat", "{\"bot\":\"%s\",\"chat\":-5}", bot));
	return token;
}

static void a_chat_takes_so_many_messages_a_minute(void **state)
{
	(void)state;
	autofree char *token = make_sender("chatty");
	json_decref(botapi_control(&server, "flood",
		"{\"bot\":\"chatty-00001\",\"group_per_minute\":20,\"burst\":2}"));
	works(token, "sendMessage", to_group);
	works(token, "sendMessage", to_group);
	int seconds = limited(token, "sendMessage", to_group);
	assert_in_range(seconds, 1, 3);
	assert_in_range(limited(token, "getChat", "{\"chat_id\":5}"), 1, 3); /* all calls wait */
	works(token, "getMe", "{}"); /* but the local ones */
	botapi_advance(&server, (int64_t)seconds * 1000);
	works(token, "sendMessage", to_group);
	works(token, "sendMessage", to_chat); /* which has no limit */
}

static void a_bot_sends_so_many_messages_a_second(void **state)
{
	(void)state;
	autofree char *token = make_sender("mass");
	json_decref(botapi_control(
		&server, "flood", "{\"bot\":\"mass-00001\",\"per_second\":2,\"burst\":3}"));
	for (int i = 0; i < 3; i++)
		works(token, "sendMessage", i % 2 ? to_group : to_chat);
	assert_int_equal(limited(token, "sendMessage", to_chat), 1);
	botapi_advance(&server, 500);
	works(token, "sendMessage", to_chat);
	json_decref(botapi_control(&server, "flood", "{\"bot\":\"mass-00001\"}"));
	for (int i = 0; i < 20; i++)
		works(token, "sendMessage", to_chat);
}

static void a_retry_after_of_a_day_is_said_as_it_is(void **state)
{
	(void)state;
	autofree char *token = make_sender("exile");
	json_decref(botapi_control(&server, "fault",
		"{\"bot\":\"exile-00001\",\"kind\":\"status\",\"status\":429,\"retry_after\":"
		"86400,\"count\":1}"));
	assert_int_equal(limited(token, "sendMessage", to_chat), 86400);
}

static void new_sessions_are_limited_to_20_a_minute_beyond_loopback(void **state)
{
	(void)state;
	json_t *made = botapi_control(&server, "bots", "{\"count\":30,\"prefix\":\"cold\"}");
	json_decref(botapi_control(&server, "creation", "{\"limited\":true}"));
	for (size_t i = 0; i < 20; i++)
		works(text_at(json_array_get(made, i), "token"), "getMe", "{}");
	works(text_at(json_array_get(made, 0), "token"), "getMe", "{}"); /* is loaded already */
	int seconds = limited(text_at(json_array_get(made, 20), "token"), "getMe", "{}");
	assert_in_range(seconds, 55, 60);
	botapi_advance(&server, (int64_t)seconds * 1000);
	works(text_at(json_array_get(made, 20), "token"), "getMe", "{}");
	json_decref(botapi_control(&server, "creation", "{\"limited\":false}"));
	json_decref(made);
}

static void a_refused_token_counts_as_a_new_session_each_time(void **state)
{
	(void)state;
	static const char stranger[] = "4242:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	json_decref(botapi_control(&server, "creation", "{\"limited\":true}"));
	for (int i = 0; i < 20; i++)
		botapi_refused(&server, stranger, "getMe", "{}", 401, "Unauthorized");
	assert_in_range(limited(stranger, "getMe", "{}"), 55, 60);
	for (int i = 1; i < 30; i++) { /* 20 a minute for half an hour fill the hour */
		botapi_advance(&server, MINUTE_MS);
		for (int j = 0; j < 20; j++)
			botapi_refused(&server, stranger, "getMe", "{}", 401, "Unauthorized");
	}
	botapi_advance(&server, MINUTE_MS);
	assert_in_range(limited(stranger, "getMe", "{}"), 1700, 1800);
	json_decref(botapi_control(&server, "creation", "{\"limited\":false}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close_is_refused_in_the_first_ten_minutes),
		cmocka_unit_test(a_closed_bot_is_closed_until_its_next_call),
		cmocka_unit_test(a_bot_that_logged_out_is_kept_out_for_ten_minutes),
		cmocka_unit_test(a_long_poll_ends_when_the_bot_logs_out),
		cmocka_unit_test(a_long_poll_lasts_50_seconds_at_most),
		cmocka_unit_test(a_server_that_shuts_down_asks_to_come_again),
		cmocka_unit_test(a_filtered_token_is_misdirected),
		cmocka_unit_test(tokens_that_are_malformed_are_said_to_be),
		cmocka_unit_test(a_chat_takes_so_many_messages_a_minute),
		cmocka_unit_test(a_bot_sends_so_many_messages_a_second),
		cmocka_unit_test(a_retry_after_of_a_day_is_said_as_it_is),
		cmocka_unit_test(new_sessions_are_limited_to_20_a_minute_beyond_loopback),
		cmocka_unit_test(a_refused_token_counts_as_a_new_session_each_time),
	};
	return cmocka_run_group_tests(tests, server_start, server_stop);
}
