/* SPDX-License-Identifier: MIT */
/* The Bot API server of the fleet says what the real one says, and breaks in the ways that it is asked to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi.h"

static struct botapi server;

static int start_server(void **state)
{
	(void)state;
	botapi_start(&server);
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	botapi_stop(&server);
	return 0;
}

/* ---- helpers ---- */

/* Makes the bot `name`, which the control endpoint then knows as name-00001. */
static char *make_bot(const char *name)
{
	return botapi_make_bot(&server, name);
}

static void control(const char *route, const char *body)
{
	json_decref(botapi_control(&server, route, "%s", body));
}

static void assert_refused(struct http_answer answer, long status, const char *description)
{
	assert_int_equal(answer.code, CURLE_OK);
	assert_int_equal(answer.status, status);
	assert_true(json_is_false(json_object_get(answer.json, "ok")));
	assert_int_equal(json_integer_value(json_object_get(answer.json, "error_code")), status);
	assert_string_equal(
		json_string_value(json_object_get(answer.json, "description")), description);
	http_answer_clear(&answer);
}

/* The result of a call that must succeed; the caller owns it. */
static json_t *result_of(const char *token, const char *method, const char *query)
{
	struct http_answer answer = botapi_call(&server, token, method, query);
	assert_int_equal(answer.code, CURLE_OK);
	assert_int_equal(answer.status, 200);
	assert_true(json_is_true(json_object_get(answer.json, "ok")));
	json_t *result = json_incref(json_object_get(answer.json, "result"));
	http_answer_clear(&answer);
	return result;
}

static int64_t pending(const char *token)
{
	json_t *info = result_of(token, "getWebhookInfo", NULL);
	int64_t count = json_integer_value(json_object_get(info, "pending_update_count"));
	json_decref(info);
	return count;
}

static int64_t update_id(json_t *updates, size_t at)
{
	return json_integer_value(json_object_get(json_array_get(updates, at), "update_id"));
}

/* A call that runs while the test goes on. */
struct background {
	pthread_t thread;
	const char *token, *method, *query;
	struct http_answer answer;
	atomic_bool answered;
};

static void *run_background(void *data)
{
	struct background *background = data;
	background->answer =
		botapi_call(&server, background->token, background->method, background->query);
	atomic_store(&background->answered, true);
	return NULL;
}

static void start_background(struct background *background)
{
	assert_int_equal(pthread_create(&background->thread, NULL, run_background, background), 0);
}

/* Until the bot has called getUpdates `count` times. */
static void wait_for_polls(const char *name, int count)
{
	for (int64_t polls = 0; polls < count;) {
		json_t *bot = botapi_control(&server, "bot", "{\"bot\":\"%s\"}", name);
		polls = json_integer_value(json_object_get(bot, "polls"));
		json_decref(bot);
	}
}

/* ---- identity and refusals ---- */

static void method_names_are_compared_without_case(void **state)
{
	(void)state;
	autofree char *token = make_bot("who");
	json_t *me = result_of(token, "GETme", NULL);
	assert_string_equal(json_string_value(json_object_get(me, "username")), "who_00001_bot");
	assert_true(json_is_true(json_object_get(me, "is_bot")));
	json_decref(me);
}

static void arguments_come_as_query_form_or_json(void **state)
{
	(void)state;
	autofree char *token = make_bot("args");
	control("play", "{\"bot\":\"args-00001\",\"count\":3}");
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/getUpdates", server.port, token);
	const char *bodies[] = {"limit=2", "{\"limit\":2}", "{\"limit\":\"2\"}"};
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct http_answer answer = http_ask(url, bodies[i], NULL, 5000);
		assert_int_equal(
			json_array_size(json_object_get(answer.json, "result")), i ? 1 : 2);
		http_answer_clear(&answer);
	}
}

static void tokens_that_it_does_not_know_are_unauthorised(void **state)
{
	(void)state;
	autofree char *token = make_bot("revoked");
	assert_refused(botapi_call(&server, "12:short", "getMe", NULL), 401,
		"Unauthorized: invalid token specified");
	assert_refused(
		botapi_call(&server, "123:ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "getMe", NULL),
		401, "Unauthorized");
	control("revoke", "{\"bot\":\"revoked-00001\"}");
	assert_refused(botapi_call(&server, token, "getMe", NULL), 401, "Unauthorized");
	control("revoke", "{\"bot\":\"revoked-00001\",\"revoked\":false}");
	json_decref(result_of(token, "getMe", NULL));
}

static void unknown_methods_and_paths_are_not_found(void **state)
{
	(void)state;
	autofree char *token = make_bot("lost");
	assert_refused(
		botapi_call(&server, token, "getMee", NULL), 404, "Not Found: method not found");
	autofree char *url = xasprintf("http://127.0.0.1:%d/other", server.port);
	assert_refused(http_ask(url, NULL, NULL, 5000), 404, "Not Found");
}

static void messages_are_checked_as_the_real_server_does(void **state)
{
	(void)state;
	autofree char *token = make_bot("send");
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/sendMessage", server.port, token);
	autostr struct str longest = STR_INIT;
	str_adds(&longest, "chat_id=5&text=");
	for (int i = 0; i < 4097; i++)
		str_addch(&longest, 'x');
	assert_refused(http_ask(url, "text=hi", NULL, 5000), 400, "Bad Request: chat_id is empty");
	assert_refused(
		http_ask(url, "chat_id=5&text=hi", NULL, 5000), 400, "Bad Request: chat not found");
	control("play", "{\"bot\":\"send-00001\",\"chat\":5}");
	assert_refused(
		http_ask(url, "chat_id=5", NULL, 5000), 400, "Bad Request: message text is empty");
	assert_refused(
		http_ask(url, longest.text, NULL, 5000), 400, "Bad Request: message is too long");
	str_truncate(&longest, longest.length - 1);
	struct http_answer answer = http_ask(url, longest.text, NULL, 5000);
	assert_int_equal(answer.status, 200);
	http_answer_clear(&answer);
}

/* ---- getUpdates ---- */

static void an_offset_confirms_what_lies_below_it(void **state)
{
	(void)state;
	autofree char *token = make_bot("offset");
	control("play", "{\"bot\":\"offset-00001\",\"count\":5}");
	json_t *all = result_of(token, "getUpdates", NULL);
	assert_int_equal(json_array_size(all), 5);
	assert_int_equal(pending(token), 5);
	autofree char *query = xasprintf("offset=%lld", (long long)update_id(all, 2));
	json_t *rest = result_of(token, "getUpdates", query);
	assert_int_equal(json_array_size(rest), 3);
	assert_int_equal(update_id(rest, 0), update_id(all, 2));
	assert_int_equal(pending(token), 3);
	json_decref(result_of(token, "getUpdates", "offset=-1"));
	assert_int_equal(pending(token), 1);
	json_decref(all);
	json_decref(rest);
}

static void a_long_poll_is_answered_by_the_next_message(void **state)
{
	(void)state;
	autofree char *token = make_bot("long");
	struct background poll = {.token = token, .method = "getUpdates", .query = "timeout=15"};
	start_background(&poll);
	wait_for_polls("long-00001", 1);
	control("play", "{\"bot\":\"long-00001\",\"text\":\"are you there?\"}");
	pthread_join(poll.thread, NULL);
	json_t *updates = json_object_get(poll.answer.json, "result");
	const char *text = NULL;
	json_unpack(updates, "[{s:{s:s}}]", "message", "text", &text);
	assert_string_equal(text, "are you there?");
	assert_true(poll.answer.took_ms < 10000);
	http_answer_clear(&poll.answer);
}

static const char other_poll[] = "Conflict: terminated by other getUpdates request; make sure that "
				 "only one bot instance is running";

static void a_second_poller_ends_the_first_and_the_newcomer_wins(void **state)
{
	(void)state;
	autofree char *token = make_bot("two");
	struct background first = {.token = token, .method = "getUpdates", .query = "timeout=15"};
	struct background second = {
		.token = token, .method = "getUpdates", .query = "timeout=15&limit=7"};
	start_background(&first);
	wait_for_polls("two-00001", 1);
	start_background(&second);
	pthread_join(first.thread, NULL);
	assert_true(first.answer.took_ms < 3000);
	assert_refused(first.answer, 409, other_poll);
	wait_for_polls("two-00001", 2);
	control("play", "{\"bot\":\"two-00001\"}");
	pthread_join(second.thread, NULL);
	assert_int_equal(second.answer.status, 200);
	http_answer_clear(&second.answer);
}

static void a_conflict_that_repeats_within_3_s_is_answered_late(void **state)
{
	(void)state;
	autofree char *token = make_bot("fight");
	struct background polls[3];
	for (size_t i = 0; i < COUNT_OF(polls); i++) {
		polls[i] = (struct background){
			.token = token, .method = "getUpdates", .query = "timeout=15"};
		start_background(&polls[i]);
		wait_for_polls("fight-00001", (int)i + 1);
	}
	control("clock", "{\"advance_ms\":2000}");
	control("summary", "{}"); /* a turn of the server later */
	assert_false(atomic_load(&polls[1].answered));
	control("clock", "{\"advance_ms\":1000}");
	pthread_join(polls[0].thread, NULL);
	pthread_join(polls[1].thread, NULL);
	assert_refused(polls[0].answer, 409, other_poll);
	assert_refused(polls[1].answer, 409, other_poll);
	control("play", "{\"bot\":\"fight-00001\"}");
	pthread_join(polls[2].thread, NULL);
	assert_int_equal(polls[2].answer.status, 200);
	http_answer_clear(&polls[2].answer);
}

static void asking_the_same_again_at_once_is_slowed_down(void **state)
{
	(void)state;
	autofree char *token = make_bot("eager");
	json_decref(result_of(token, "getUpdates", NULL));
	struct background again = {.token = token, .method = "getUpdates"};
	start_background(&again);
	wait_for_polls("eager-00001", 2);
	control("clock", "{\"advance_ms\":2000}");
	control("summary", "{}"); /* a turn of the server later */
	assert_false(atomic_load(&again.answered));
	control("clock", "{\"advance_ms\":1000}");
	pthread_join(again.thread, NULL);
	assert_int_equal(again.answer.status, 200);
	assert_int_equal(json_array_size(json_object_get(again.answer.json, "result")), 0);
	http_answer_clear(&again.answer);
}

/* ---- faults ---- */

static void a_429_says_when_to_come_back_in_body_and_header(void **state)
{
	(void)state;
	autofree char *token = make_bot("rate");
	control("fault", "{\"bot\":\"rate-00001\",\"kind\":\"status\",\"status\":429,"
			 "\"retry_after\":17,\"count\":1}");
	struct http_answer answer = botapi_call(&server, token, "getMe", NULL);
	json_t *parameters = json_object_get(answer.json, "parameters");
	assert_int_equal(answer.retry_after_s, 17);
	assert_int_equal(json_integer_value(json_object_get(parameters, "retry_after")), 17);
	assert_refused(answer, 429, "Too Many Requests: retry after 17");
	json_decref(result_of(token, "getMe", NULL)); /* it was for one request */
}

static void a_fault_hits_its_own_bot_method_and_peer_only(void **state)
{
	(void)state;
	autofree char *token = make_bot("hit");
	autofree char *other = make_bot("miss");
	control("fault", "{\"bot\":\"hit-00001\",\"method\":\"getMe\",\"kind\":\"status\","
			 "\"status\":403}");
	control("fault", "{\"bot\":\"miss-00001\",\"peer\":\"console\",\"kind\":\"status\","
			 "\"status\":500}");
	assert_refused(botapi_call(&server, token, "getMe", NULL), 403,
		"Forbidden: bot was blocked by the user");
	assert_int_equal(pending(token), 0);
	json_decref(result_of(other, "getMe", NULL));
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/getMe", server.port, other);
	assert_refused(
		http_ask(url, NULL, "botswain/1", 5000), 500, "Internal Server Error: restart");
	control("clear", "{\"bot\":\"hit-00001\"}");
	json_decref(result_of(token, "getMe", NULL));
}

static void html_of_a_proxy_is_not_json(void **state)
{
	(void)state;
	autofree char *token = make_bot("html");
	control("fault", "{\"bot\":\"html-00001\",\"kind\":\"html\"}");
	struct http_answer answer = botapi_call(&server, token, "getMe", NULL);
	assert_int_equal(answer.status, 502);
	assert_null(answer.json);
	assert_non_null(strstr(answer.body, "502 Bad Gateway"));
	http_answer_clear(&answer);
}

static void a_truncated_body_is_shorter_than_it_says(void **state)
{
	(void)state;
	autofree char *token = make_bot("cut");
	control("fault", "{\"bot\":\"cut-00001\",\"kind\":\"truncate\"}");
	struct http_answer answer = botapi_call(&server, token, "getMe", NULL);
	assert_int_equal(answer.code, CURLE_PARTIAL_FILE);
	assert_null(answer.json);
	assert_true(strlen(answer.body) > 10);
	http_answer_clear(&answer);
}

static void a_reset_ends_the_connection_without_an_answer(void **state)
{
	(void)state;
	autofree char *token = make_bot("reset");
	control("fault", "{\"bot\":\"reset-00001\",\"kind\":\"reset\"}");
	struct http_answer answer = botapi_call(&server, token, "getMe", NULL);
	assert_int_equal(answer.code, CURLE_RECV_ERROR);
	http_answer_clear(&answer);
}

static void a_hang_outlasts_the_clients_patience(void **state)
{
	(void)state;
	autofree char *token = make_bot("hang");
	control("fault", "{\"bot\":\"hang-00001\",\"kind\":\"hang\"}");
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/getMe", server.port, token);
	struct http_answer answer = http_ask(url, NULL, NULL, 700);
	assert_int_equal(answer.code, CURLE_OPERATION_TIMEDOUT);
	http_answer_clear(&answer);
}

static void a_delay_is_followed_by_the_true_answer(void **state)
{
	(void)state;
	autofree char *token = make_bot("delay");
	control("fault", "{\"bot\":\"delay-00001\",\"kind\":\"delay\",\"delay_ms\":400}");
	struct http_answer answer = botapi_call(&server, token, "getMe", NULL);
	assert_int_equal(answer.status, 200);
	assert_true(answer.took_ms >= 390);
	http_answer_clear(&answer);
}

static void the_control_endpoint_refuses_pages_of_a_browser(void **state)
{
	(void)state;
	autofree char *url =
		xasprintf("http://localtest.me:%d/control/summary", server.control_port);
	autofree char *resolve = xasprintf("localtest.me:%d:127.0.0.1", server.control_port);
	struct curl_slist *hosts = curl_slist_append(NULL, resolve);
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, hosts);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{}");
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	assert_int_equal(curl_easy_perform(curl), CURLE_HTTP_RETURNED_ERROR);
	long status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	assert_int_equal(status, 403);
	curl_slist_free_all(hosts);
	curl_easy_cleanup(curl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(method_names_are_compared_without_case),
		cmocka_unit_test(arguments_come_as_query_form_or_json),
		cmocka_unit_test(tokens_that_it_does_not_know_are_unauthorised),
		cmocka_unit_test(unknown_methods_and_paths_are_not_found),
		cmocka_unit_test(messages_are_checked_as_the_real_server_does),
		cmocka_unit_test(an_offset_confirms_what_lies_below_it),
		cmocka_unit_test(a_long_poll_is_answered_by_the_next_message),
		cmocka_unit_test(a_second_poller_ends_the_first_and_the_newcomer_wins),
		cmocka_unit_test(a_conflict_that_repeats_within_3_s_is_answered_late),
		cmocka_unit_test(asking_the_same_again_at_once_is_slowed_down),
		cmocka_unit_test(a_429_says_when_to_come_back_in_body_and_header),
		cmocka_unit_test(a_fault_hits_its_own_bot_method_and_peer_only),
		cmocka_unit_test(html_of_a_proxy_is_not_json),
		cmocka_unit_test(a_truncated_body_is_shorter_than_it_says),
		cmocka_unit_test(a_reset_ends_the_connection_without_an_answer),
		cmocka_unit_test(a_hang_outlasts_the_clients_patience),
		cmocka_unit_test(a_delay_is_followed_by_the_true_answer),
		cmocka_unit_test(the_control_endpoint_refuses_pages_of_a_browser),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
