/* SPDX-License-Identifier: MIT */
/* Answers of the fleet's Bot API server that go wrong on request, and batches as large as they get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi_calls.h"

/* A bot whose answers go wrong in this way. */
static char *make_faulty(const char *name, const char *fault)
{
	char *token = botapi_make_bot(&server, name);
	json_decref(botapi_control(&server, "fault", "{\"bot\":\"%s-00001\",%s}", name, fault));
	return token;
}

static struct http_answer get_me(const char *token)
{
	return botapi_call(&server, token, "getMe", NULL);
}

static void a_drip_gives_the_true_answer_slowly(void **state)
{
	(void)state;
	autofree char *token =
		make_faulty("drip", "\"kind\":\"drip\",\"bytes\":40,\"delay_ms\":20");
	struct http_answer answer = get_me(token);
	assert_int_equal(answer.code, CURLE_OK);
	assert_string_equal(text_at(answer.json, "result.username"), "drip_00001_bot");
	assert_true(answer.took_ms >= (int64_t)(strlen(answer.body) / 40 - 1) * 20);
	http_answer_clear(&answer);
}

static void a_client_that_loses_its_patience_with_a_drip_harms_nobody(void **state)
{
	(void)state;
	autofree char *token = make_faulty("sip", "\"kind\":\"drip\",\"bytes\":1,\"delay_ms\":30");
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/getMe", server.port, token);
	struct http_answer answer = http_ask(url, NULL, NULL, 100);
	assert_int_equal(answer.code, CURLE_OPERATION_TIMEDOUT);
	http_answer_clear(&answer);
	json_decref(botapi_control(&server, "clear", "{\"bot\":\"sip-00001\"}"));
	json_decref(botapi_result(&server, token, "getMe", NULL));
}

static void a_slow_end_comes_after_the_last_byte(void **state)
{
	(void)state;
	autofree char *token = make_faulty("slow", "\"kind\":\"slow-end\",\"delay_ms\":300");
	struct http_answer answer = get_me(token);
	assert_int_equal(answer.code, CURLE_OK);
	assert_non_null(answer.json);
	assert_true(answer.took_ms >= 290);
	http_answer_clear(&answer);
}

static void a_length_that_is_too_great_leaves_the_client_waiting_for_more(void **state)
{
	(void)state;
	autofree char *token = make_faulty("more", "\"kind\":\"length\",\"off_by\":7");
	struct http_answer answer = get_me(token);
	assert_int_equal(answer.code, CURLE_PARTIAL_FILE);
	http_answer_clear(&answer);
}

static void a_length_that_is_too_small_cuts_the_answer(void **state)
{
	(void)state;
	autofree char *token = make_faulty("less", "\"kind\":\"length\",\"off_by\":-7");
	struct http_answer answer = get_me(token);
	assert_int_equal(answer.code, CURLE_OK);
	assert_null(answer.json);
	assert_true(starts_with(answer.body, "{\"ok\":true,"));
	http_answer_clear(&answer);
}

static void garbage_that_says_it_is_gzip_is_none(void **state)
{
	(void)state;
	autofree char *token = make_faulty("gzip", "\"kind\":\"gzip\",\"bytes\":2000");
	struct http_answer answer = get_me(token);
	assert_int_equal(answer.status, 200);
	assert_null(answer.json);
	assert_int_equal((unsigned char)answer.body[0], 0x1f);
	http_answer_clear(&answer);
}

static void a_nesting_is_deeper_than_a_parser_should_follow(void **state)
{
	(void)state;
	autofree char *token = make_faulty("deep", "\"kind\":\"deep\",\"bytes\":50000");
	struct http_answer answer = get_me(token);
	assert_null(answer.json);
	assert_int_equal(strlen(answer.body), strlen("{\"ok\":true,\"result\":}") + 100000);
	http_answer_clear(&answer);
}

static void numbers_are_greater_than_any_number_should_be(void **state)
{
	(void)state;
	autofree char *token = make_faulty("huge", "\"kind\":\"numbers\"");
	struct http_answer answer = get_me(token);
	assert_null(answer.json); /* jansson holds no 18446744073709551616 */
	assert_non_null(strstr(answer.body, "\"id\":9007199254740993"));
	http_answer_clear(&answer);
}

static void a_batch_of_updates_ends_just_below_4_mib(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "bulk");
	json_decref(botapi_control(
		&server, "play", "{\"bot\":\"bulk-00001\",\"count\":60,\"bytes\":150000}"));
	struct http_answer answer = botapi_call(&server, token, "getUpdates", NULL);
	size_t length = strlen(answer.body);
	size_t count = json_array_size(json_object_get(answer.json, "result"));
	assert_in_range(length, (4 << 20) - 160000, 4 << 20);
	assert_in_range(count, 20, 30);
	long long next = (long long)number_at(
				 json_array_get(json_object_get(answer.json, "result"), count - 1),
				 "update_id") +
			 1;
	http_answer_clear(&answer);
	json_t *rest = botapi_result(&server, token, "getUpdates", "{\"offset\":%lld}", next);
	assert_int_equal(number_at(rest, "0.update_id"), next);
	json_decref(rest);
}

static void a_request_larger_than_50_mib_is_refused(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "heavy");
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/sendMessage", server.port, token);
	size_t length = (52 << 20) + 1;
	autofree char *body = xmalloc(length + 1);
	memset(body, 'a', length);
	body[length] = '\0';
	struct http_answer answer = http_ask(url, body, NULL, 20000);
	assert_answer_refused(&answer, 413, "Request Entity Too Large");
}

static void json_that_is_broken_is_as_if_nothing_was_asked(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "broken");
	botapi_refused(&server, token, "sendMessage", "{\"chat_id\":5,\"text\":", 400,
		"Bad Request: message text is empty");
	autostr struct str deep = STR_INIT;
	str_adds(&deep, "{\"text\":\"x\",\"reply_markup\":");
	for (int i = 0; i < 200000; i++)
		str_addch(&deep, '[');
	botapi_refused(&server, token, "sendMessage", deep.text, 400,
		"Bad Request: message text is empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drip_gives_the_true_answer_slowly),
		cmocka_unit_test(a_client_that_loses_its_patience_with_a_drip_harms_nobody),
		cmocka_unit_test(a_slow_end_comes_after_the_last_byte),
		cmocka_unit_test(a_length_that_is_too_great_leaves_the_client_waiting_for_more),
		cmocka_unit_test(a_length_that_is_too_small_cuts_the_answer),
		cmocka_unit_test(garbage_that_says_it_is_gzip_is_none),
		cmocka_unit_test(a_nesting_is_deeper_than_a_parser_should_follow),
		cmocka_unit_test(numbers_are_greater_than_any_number_should_be),
		cmocka_unit_test(a_batch_of_updates_ends_just_below_4_mib),
		cmocka_unit_test(a_request_larger_than_50_mib_is_refused),
		cmocka_unit_test(json_that_is_broken_is_as_if_nothing_was_asked),
	};
	return cmocka_run_group_tests(tests, server_start, server_stop);
}
