/* SPDX-License-Identifier: MIT */
/* Messages on the fleet's Bot API server: sent, edited, deleted, forwarded, with buttons that users press. */
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

static char *token; /* of a bot that chat 5 has written to */

static int start(void **state)
{
	(void)state;
	botapi_start(&server);
	token = botapi_make_bot(&server, "desk");
	json_decref(botapi_control(
		&server, "say", "{\"bot\":\"desk-00001\",\"chat\":5,\"text\":\"/start now\"}"));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	free(token);
	botapi_stop(&server);
	return 0;
}

static json_t *call(const char *method, const char *body)
{
	return botapi_result(&server, token, method, "%s", body);
}

static void refused(const char *method, const char *body, const char *words)
{
	botapi_refused(&server, token, method, body, 400, words);
}

/* Sends a message and returns its number. */
static int64_t send_text(const char *text)
{
	json_t *message = botapi_result(
		&server, token, "sendMessage", "{\"chat_id\":5,\"text\":\"%s\"}", text);
	int64_t id = number_at(message, "message_id");
	json_decref(message);
	return id;
}

static void a_message_of_a_user_is_a_message_of_the_api(void **state)
{
	(void)state;
	json_t *updates = call("getUpdates", "{\"offset\":0}");
	const json_t *message = json_at(updates, "0.message");
	assert_string_equal(text_at(message, "chat.type"), "private");
	assert_string_equal(
		text_at(message, "from.first_name"), text_at(message, "chat.first_name"));
	assert_true(number_at(message, "date") > 1700000000);
	assert_json(json_incref(json_object_get(message, "entities")),
		"[{\"offset\":0,\"length\":6,\"type\":\"bot_command\"}]");
	json_decref(updates);
}

static void an_edit_changes_the_text_and_says_when(void **state)
{
	(void)state;
	int64_t id = send_text("before");
	json_t *edited = botapi_result(&server, token, "editMessageText",
		"{\"chat_id\":5,\"message_id\":%lld,\"text\":\"*after*\",\"parse_mode\":"
		"\"Markdown\"}",
		(long long)id);
	assert_int_equal(number_at(edited, "message_id"), id);
	assert_string_equal(text_at(edited, "text"), "after");
	assert_true(number_at(edited, "edit_date") >= number_at(edited, "date"));
	json_decref(edited);
}

static void an_edit_that_changes_nothing_is_refused(void **state)
{
	(void)state;
	int64_t id = send_text("same");
	autofree char *body =
		xasprintf("{\"chat_id\":5,\"message_id\":%lld,\"text\":\"same\"}", (long long)id);
	refused("editMessageText", body,
		"Bad Request: message is not modified: specified new message content and reply "
		"markup are exactly the same as a current content and reply markup of the message");
}

static void only_messages_of_the_bot_that_are_there_can_be_edited(void **state)
{
	(void)state;
	refused("editMessageText", "{\"chat_id\":5,\"message_id\":999999,\"text\":\"x\"}",
		"Bad Request: message to edit not found");
	refused("editMessageText", "{\"chat_id\":5,\"message_id\":1,\"text\":\"x\"}",
		"Bad Request: message can't be edited");
	refused("editMessageText", "{\"chat_id\":5,\"text\":\"x\"}",
		"Bad Request: message identifier is not specified");
	autofree char *empty = xasprintf(
		"{\"chat_id\":5,\"message_id\":%lld,\"text\":\"\"}", (long long)send_text("full"));
	refused("editMessageText", empty, "Bad Request: message text is empty");
}

static void a_deleted_message_is_gone(void **state)
{
	(void)state;
	autofree char *body = xasprintf(
		"{\"chat_id\":5,\"message_id\":%lld}", (long long)send_text("short life"));
	assert_json(call("deleteMessage", body), "true");
	refused("deleteMessage", body, "Bad Request: message to delete not found");
}

static void a_message_older_than_48_hours_cannot_be_deleted(void **state)
{
	(void)state;
	autofree char *body =
		xasprintf("{\"chat_id\":5,\"message_id\":%lld}", (long long)send_text("old"));
	botapi_advance(&server, (int64_t)48 * 3600 * 1000 + 2000);
	refused("deleteMessage", body, "Bad Request: message can't be deleted for everyone");
}

static void many_messages_are_deleted_at_once(void **state)
{
	(void)state;
	int64_t first = send_text("one"), second = send_text("two");
	autofree char *body = xasprintf("{\"chat_id\":5,\"message_ids\":[%lld,%lld,424242]}",
		(long long)first, (long long)second);
	assert_json(call("deleteMessages", body), "true");
	refused("deleteMessages", "{\"chat_id\":5,\"message_ids\":[]}",
		"Bad Request: message identifiers are not specified");
}

static void a_reply_holds_what_it_replies_to(void **state)
{
	(void)state;
	int64_t id = send_text("question");
	json_t *reply = botapi_result(&server, token, "sendMessage",
		"{\"chat_id\":5,\"text\":\"answer\",\"reply_parameters\":{\"message_id\":%lld}}",
		(long long)id);
	assert_string_equal(text_at(reply, "reply_to_message.text"), "question");
	json_decref(reply);
	refused("sendMessage",
		"{\"chat_id\":5,\"text\":\"x\",\"reply_parameters\":{\"message_id\":777777}}",
		"Bad Request: message to be replied not found");
	json_decref(call("sendMessage",
		"{\"chat_id\":5,\"text\":\"x\",\"reply_parameters\":{\"message_id\":777777,"
		"\"allow_sending_without_reply\":true}}"));
}

static void a_message_can_be_forwarded_and_copied(void **state)
{
	(void)state;
	autofree char *body = xasprintf("{\"chat_id\":5,\"from_chat_id\":5,\"message_id\":%lld}",
		(long long)send_text("news"));
	json_t *forwarded = call("forwardMessage", body), *copied = call("copyMessage", body);
	assert_string_equal(text_at(forwarded, "text"), "news");
	assert_string_equal(text_at(forwarded, "forward_origin.type"), "user");
	assert_int_equal(json_object_size(copied), 1);
	assert_true(number_at(copied, "message_id") > number_at(forwarded, "message_id"));
	json_decref(forwarded);
	json_decref(copied);
	refused("forwardMessage", "{\"chat_id\":5,\"from_chat_id\":5,\"message_id\":888888}",
		"Bad Request: message to forward not found");
}

static void an_edit_has_4096_characters_at_most(void **state)
{
	(void)state;
	autofree char *body = xasprintf("{\"chat_id\":5,\"message_id\":%lld,\"text\":\"%04097d\"}",
		(long long)send_text("short"), 0);
	refused("editMessageText", body, "Bad Request: MESSAGE_TOO_LONG");
}

/* ---- buttons ---- */

static const char keyboard[] =
	"{\"inline_keyboard\":[[{\"text\":\"Yes\",\"callback_data\":\"yes\"},{\"text\":\"No\","
	"\"callback_data\":\"no\",\"style\":\"danger\",\"nonsense\":1}],[{\"text\":\"Docs\","
	"\"url\":\"https://example.com/\"}]]}";

static int64_t send_buttons(void)
{
	json_t *message = botapi_result(&server, token, "sendMessage",
		"{\"chat_id\":5,\"text\":\"sure?\",\"reply_markup\":%s}", keyboard);
	int64_t id = number_at(message, "message_id");
	json_decref(message);
	return id;
}

/* A user presses; returns the update that the bot gets. */
static json_t *press(int64_t message, const char *data)
{
	json_decref(call("getUpdates", "{\"offset\":-1}"));
	json_decref(botapi_control(&server, "press",
		"{\"bot\":\"desk-00001\",\"chat\":5,\"message_id\":%lld,\"data\":\"%s\"}",
		(long long)message, data));
	json_t *updates = call("getUpdates", "{\"offset\":-1,\"timeout\":3}");
	json_t *query = json_incref(json_object_get(json_array_get(updates, 0), "callback_query"));
	assert_non_null(query);
	json_decref(updates);
	return query;
}

static void an_inline_keyboard_comes_back_with_its_message(void **state)
{
	(void)state;
	json_t *message = botapi_result(&server, token, "sendMessage",
		"{\"chat_id\":5,\"text\":\"x\",\"reply_markup\":%s}", keyboard);
	assert_string_equal(text_at(message, "reply_markup.inline_keyboard.0.1.style"), "danger");
	assert_null(json_at(message, "reply_markup.inline_keyboard.0.1.nonsense"));
	json_decref(message);
	message = call("sendMessage", "{\"chat_id\":5,\"text\":\"x\",\"reply_markup\":"
				      "{\"keyboard\":[[\"a\",\"b\"]]}}");
	assert_null(json_object_get(message, "reply_markup"));
	json_decref(message);
}

static void a_button_that_is_pressed_becomes_an_update_with_its_message(void **state)
{
	(void)state;
	int64_t id = send_buttons();
	json_t *query = press(id, "no");
	assert_string_equal(text_at(query, "data"), "no");
	assert_int_equal(number_at(query, "message.message_id"), id);
	assert_int_equal(number_at(query, "from.id"), 5);
	assert_true(strlen(text_at(query, "chat_instance")) > 0);
	json_decref(query);
}

static void a_press_is_answered_once(void **state)
{
	(void)state;
	json_t *query = press(send_buttons(), "yes");
	autofree char *body =
		xasprintf("{\"callback_query_id\":\"%s\",\"text\":\"done\"}", text_at(query, "id"));
	assert_json(call("answerCallbackQuery", body), "true");
	refused("answerCallbackQuery", body,
		"Bad Request: query is too old and response timeout expired or query ID is "
		"invalid");
	json_t *bot = botapi_control(&server, "bot", "{\"bot\":\"desk-00001\"}");
	const json_t *seen = json_object_get(bot, "callbacks");
	assert_string_equal(
		text_at(json_array_get(seen, json_array_size(seen) - 1), "text"), "done");
	json_decref(bot);
	json_decref(query);
}

static void a_press_cannot_be_answered_after_150_seconds(void **state)
{
	(void)state;
	json_t *query = press(send_buttons(), "yes");
	autofree char *body = xasprintf("{\"callback_query_id\":\"%s\"}", text_at(query, "id"));
	botapi_advance(&server, 150000);
	refused("answerCallbackQuery", body,
		"Bad Request: query is too old and response timeout expired or query ID is "
		"invalid");
	json_decref(query);
}

static int64_t pending(void)
{
	json_t *info = call("getWebhookInfo", "{}");
	int64_t count = number_at(info, "pending_update_count");
	json_decref(info);
	return count;
}

static void a_press_that_nobody_takes_is_dropped_after_150_seconds(void **state)
{
	(void)state;
	json_decref(call("getUpdates", "{\"offset\":-1}"));
	json_decref(botapi_control(&server, "press",
		"{\"bot\":\"desk-00001\",\"chat\":5,\"message_id\":%lld}",
		(long long)send_buttons()));
	int64_t before = pending();
	botapi_advance(&server, 150000);
	int64_t after = pending();
	assert_int_equal(after, before - 1);
}

/* clang-format off */
static void keyboards_that_are_wrong_are_refused(void **state)
{
	(void)state;
	static const struct { const char *markup, *words; } cases[] = {
		{"{\"inline_keyboard\":[[{\"text\":\"x\",\"callback_data\":\"\"}]]}", "Bad Request: BUTTON_DATA_INVALID"},
		{"{\"inline_keyboard\":[[{\"text\":\"x\",\"callback_data\":"
			"\"ééééééééééééééééééééééééééééééééx\"}]]}", "Bad Request: BUTTON_DATA_INVALID"},
		{"{\"inline_keyboard\":[[{\"text\":\"x\"}]]}",
			"Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"},
		{"{\"inline_keyboard\":[[{\"url\":\"x\"}]]}",
			"Bad Request: can't parse inline keyboard button: Can't find field \"text\""},
		{"{\"inline_keyboard\":[{}]}", "Bad Request: field \"inline_keyboard\" must be an Array of Arrays"},
		{"{\"inline_keyboard\":5}", "Bad Request: field \"inline_keyboard\" must be of type Array"},
		{"[]", "Bad Request: object expected as reply markup"},
		{"\"{broken\"", "Bad Request: can't parse reply keyboard markup JSON object"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *body = xasprintf("{\"chat_id\":5,\"text\":\"x\",\"reply_markup\":%s}", cases[i].markup);
		refused("sendMessage", body, cases[i].words);
	}
	json_decref(call("sendMessage", "{\"chat_id\":5,\"text\":\"x\",\"reply_markup\":{\"inline_keyboard\":[[{\"text\":"
		"\"x\",\"callback_data\":\"éééééééééééééééééééééééééééééééé\"}]]}}"));
}
/* clang-format on */

static void buttons_are_changed_and_taken_away_by_an_edit(void **state)
{
	(void)state;
	int64_t id = send_buttons();
	autofree char *body = xasprintf("{\"chat_id\":5,\"message_id\":%lld}", (long long)id);
	json_t *message = call("editMessageReplyMarkup", body);
	assert_null(json_object_get(message, "reply_markup"));
	assert_string_equal(text_at(message, "text"), "sure?");
	json_decref(message);
}

static void a_user_who_edits_sends_an_edited_message(void **state)
{
	(void)state;
	json_t *said = botapi_control(
		&server, "say", "{\"bot\":\"desk-00001\",\"chat\":5,\"text\":\"helo\"}");
	int64_t id = number_at(said, "message_id");
	json_decref(said);
	json_decref(botapi_control(&server, "edit",
		"{\"bot\":\"desk-00001\",\"chat\":5,\"message_id\":%lld,\"text\":\"hello\"}",
		(long long)id));
	json_t *updates = call("getUpdates", "{\"offset\":-1}");
	assert_string_equal(text_at(updates, "0.edited_message.text"), "hello");
	assert_int_equal(number_at(updates, "0.edited_message.message_id"), id);
	json_decref(updates);
}

static void only_known_chat_actions_are_taken(void **state)
{
	(void)state;
	assert_json(call("sendChatAction", "{\"chat_id\":5,\"action\":\"typing\"}"), "true");
	refused("sendChatAction", "{\"chat_id\":5,\"action\":\"dancing\"}",
		"Bad Request: wrong parameter action in request");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_of_a_user_is_a_message_of_the_api),
		cmocka_unit_test(an_edit_changes_the_text_and_says_when),
		cmocka_unit_test(an_edit_that_changes_nothing_is_refused),
		cmocka_unit_test(only_messages_of_the_bot_that_are_there_can_be_edited),
		cmocka_unit_test(a_deleted_message_is_gone),
		cmocka_unit_test(a_message_older_than_48_hours_cannot_be_deleted),
		cmocka_unit_test(many_messages_are_deleted_at_once),
		cmocka_unit_test(a_reply_holds_what_it_replies_to),
		cmocka_unit_test(a_message_can_be_forwarded_and_copied),
		cmocka_unit_test(an_edit_has_4096_characters_at_most),
		cmocka_unit_test(an_inline_keyboard_comes_back_with_its_message),
		cmocka_unit_test(a_button_that_is_pressed_becomes_an_update_with_its_message),
		cmocka_unit_test(a_press_is_answered_once),
		cmocka_unit_test(a_press_cannot_be_answered_after_150_seconds),
		cmocka_unit_test(a_press_that_nobody_takes_is_dropped_after_150_seconds),
		cmocka_unit_test(keyboards_that_are_wrong_are_refused),
		cmocka_unit_test(buttons_are_changed_and_taken_away_by_an_edit),
		cmocka_unit_test(a_user_who_edits_sends_an_edited_message),
		cmocka_unit_test(only_known_chat_actions_are_taken),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
