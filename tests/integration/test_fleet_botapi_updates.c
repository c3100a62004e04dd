/* SPDX-License-Identifier: MIT */
/* The queue of a bot on the fleet's Bot API server: what gets into it, how long it stays, how it is taken. */
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

enum { SECOND_MS = 1000, HOUR_MS = 3600 * SECOND_MS };

/* Queues an update of a kind; true when the bot had asked for it. */
static bool queue(const char *bot, const char *kind)
{
	json_t *result = botapi_control(&server, "update",
		"{\"bot\":\"%s-00001\",\"kind\":\"%s\",\"payload\":{\"id\":\"1\"}}", bot, kind);
	bool queued = json_is_true(json_object_get(result, "queued"));
	json_decref(result);
	return queued;
}

static int64_t pending(const char *token)
{
	json_t *info = botapi_result(&server, token, "getWebhookInfo", "{}");
	int64_t count = number_at(info, "pending_update_count");
	json_decref(info);
	return count;
}

static json_t *allowed(const char *token)
{
	json_t *info = botapi_result(&server, token, "getWebhookInfo", "{}");
	json_t *list = json_incref(json_object_get(info, "allowed_updates"));
	json_decref(info);
	return list;
}

/* clang-format off */
static void each_kind_of_update_waits_as_long_as_on_the_real_server(void **state)
{
	(void)state;
	static const struct { const char *kind; int64_t ms; } cases[] = {
		{"inline_query", 30 * SECOND_MS}, {"callback_query", 150 * SECOND_MS}, {"shipping_query", 150 * SECOND_MS},
		{"pre_checkout_query", 150 * SECOND_MS}, {"message", 24 * HOUR_MS}, {"poll_answer", 24 * HOUR_MS},
	};
	autofree char *token = botapi_make_bot(&server, "life");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(queue("life", cases[i].kind));
		botapi_advance(&server, cases[i].ms - 2 * SECOND_MS);
		assert_int_equal(pending(token), 1);
		botapi_advance(&server, 2 * SECOND_MS);
		assert_int_equal(pending(token), 0);
	}
}
/* clang-format on */

static void three_kinds_come_only_to_who_asks_for_them(void **state)
{
	(void)state;
	static const char *const shy[] = {
		"chat_member", "message_reaction", "message_reaction_count"};
	autofree char *token = botapi_make_bot(&server, "shy");
	for (size_t i = 0; i < COUNT_OF(shy); i++)
		assert_false(queue("shy", shy[i]));
	assert_null(allowed(token));
	json_decref(botapi_result(&server, token, "getUpdates",
		"{\"allowed_updates\":[\"message_reaction\",\"chat_member\",\"no_such_kind\"]}"));
	assert_true(queue("shy", "message_reaction"));
	assert_true(queue("shy", "chat_member"));
	assert_false(queue("shy", "message"));
	assert_json(allowed(token), "[\"message_reaction\",\"chat_member\"]");
}

static void allowed_updates_stay_until_they_are_said_anew(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "stay");
	json_decref(botapi_result(
		&server, token, "getUpdates", "allowed_updates=%%5B%%22message%%22%%5D&offset=1"));
	json_decref(botapi_result(&server, token, "getUpdates", "{\"offset\":2}"));
	assert_false(queue("stay", "callback_query"));
	json_decref(botapi_result(
		&server, token, "getUpdates", "{\"offset\":3,\"allowed_updates\":\"not json\"}"));
	assert_json(allowed(token), "[\"message\"]");
	json_decref(botapi_result(
		&server, token, "getUpdates", "{\"offset\":4,\"allowed_updates\":[]}"));
	assert_null(allowed(token));
	assert_true(queue("stay", "callback_query"));
	assert_false(queue("stay", "chat_member"));
}

static void what_came_before_stays_in_the_queue_whatever_is_allowed_now(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "before");
	assert_true(queue("before", "message"));
	json_t *updates = botapi_result(
		&server, token, "getUpdates", "{\"allowed_updates\":[\"callback_query\"]}");
	assert_int_equal(json_array_size(updates), 1);
	json_decref(updates);
}

static void a_negative_offset_leaves_the_last_of_the_queue(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "tail");
	json_decref(botapi_control(&server, "play", "{\"bot\":\"tail-00001\",\"count\":3}"));
	assert_true(queue("tail", "inline_query"));
	json_decref(botapi_control(&server, "play", "{\"bot\":\"tail-00001\",\"count\":2}"));
	botapi_advance(&server, 30 * SECOND_MS); /* a hole in the numbers */
	json_t *updates = botapi_result(&server, token, "getUpdates", "{\"offset\":-4}");
	assert_int_equal(json_array_size(updates), 4);
	json_decref(updates);
	assert_int_equal(pending(token), 4);
	updates = botapi_result(&server, token, "getUpdates", "{\"offset\":-100}");
	assert_int_equal(json_array_size(updates), 4);
	json_decref(updates);
}

static void a_limit_is_kept_between_1_and_100(void **state)
{
	(void)state;
	static const struct {
		const char *query;
		size_t count;
	} cases[] = {{"{\"limit\":1}", 1}, {"{\"limit\":0}", 1}, {"{\"limit\":-9}", 1},
		{"{\"limit\":\"7\"}", 7}, {"{\"limit\":1000}", 100}, {"{\"limit\":\"x\"}", 100},
		{"{}", 100}};
	autofree char *token = botapi_make_bot(&server, "limit");
	json_decref(botapi_control(&server, "play", "{\"bot\":\"limit-00001\",\"count\":130}"));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		botapi_advance(&server, 5 * SECOND_MS);
		json_t *updates = botapi_result(&server, token, "getUpdates", "%s", cases[i].query);
		assert_int_equal(json_array_size(updates), cases[i].count);
		json_decref(updates);
	}
}

static void the_same_offset_within_half_a_second_gets_one_update(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "hasty");
	json_decref(botapi_control(&server, "play", "{\"bot\":\"hasty-00001\",\"count\":9}"));
	json_t *first = botapi_result(&server, token, "getUpdates", "{\"offset\":5}");
	json_t *again = botapi_result(&server, token, "getUpdates", "{\"offset\":5}");
	assert_int_equal(json_array_size(first), 9);
	assert_int_equal(json_array_size(again), 1);
	json_decref(first);
	json_decref(again);
	botapi_advance(&server, 600);
	again = botapi_result(&server, token, "getUpdates", "{\"offset\":5}");
	assert_int_equal(json_array_size(again), 9);
	json_decref(again);
}

static void an_update_of_an_unknown_kind_is_refused_by_the_control_endpoint(void **state)
{
	(void)state;
	autofree char *token = botapi_make_bot(&server, "odd");
	autofree char *url = xasprintf("http://127.0.0.1:%d/control/update", server.control_port);
	static const char *const bodies[] = {
		"{\"bot\":\"odd-00001\",\"kind\":\"telepathy\",\"payload\":{}}",
		"{\"bot\":\"odd-00001\",\"kind\":\"message\"}", "{\"bot\":\"nobody\"}", "{", "[]"};
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct http_answer answer = http_ask(url, bodies[i], NULL, 5000);
		assert_in_range(answer.status, 400, 404);
		http_answer_clear(&answer);
	}
	assert_int_equal(pending(token), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_update_waits_as_long_as_on_the_real_server),
		cmocka_unit_test(three_kinds_come_only_to_who_asks_for_them),
		cmocka_unit_test(allowed_updates_stay_until_they_are_said_anew),
		cmocka_unit_test(what_came_before_stays_in_the_queue_whatever_is_allowed_now),
		cmocka_unit_test(a_negative_offset_leaves_the_last_of_the_queue),
		cmocka_unit_test(a_limit_is_kept_between_1_and_100),
		cmocka_unit_test(the_same_offset_within_half_a_second_gets_one_update),
		cmocka_unit_test(an_update_of_an_unknown_kind_is_refused_by_the_control_endpoint),
	};
	return cmocka_run_group_tests(tests, server_start, server_stop);
}
