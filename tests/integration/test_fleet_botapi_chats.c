/* SPDX-License-Identifier: MIT */
/* Chats, commands, profile and files on the fleet's Bot API server. */
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

static char *token;

static int start(void **state)
{
	(void)state;
	botapi_start(&server);
	token = botapi_make_bot(&server, "hall");
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

static void refused(const char *method, const char *body, long status, const char *words)
{
	botapi_refused(&server, token, method, body, status, words);
}

static void set_chat(int64_t chat, const char *more)
{
	json_decref(botapi_control(&server, "chat", "{\"bot\":\"hall-00001\",\"chat\":%lld%s}",
		(long long)chat, more));
}

static json_t *last_update(void)
{
	json_t *updates = call("getUpdates", "{\"offset\":-1}");
	json_t *last = json_incref(json_array_get(updates, 0));
	json_decref(updates);
	assert_non_null(last);
	return last;
}

static void a_chat_is_found_by_its_number_and_by_its_username(void **state)
{
	(void)state;
	set_chat(-1001234567890, ",\"title\":\"Night shift\",\"username\":\"night_shift\"");
	json_t *chat = call("getChat", "{\"chat_id\":\"@Night_Shift\"}");
	assert_int_equal(number_at(chat, "id"), -1001234567890);
	assert_string_equal(text_at(chat, "type"), "supergroup");
	assert_string_equal(text_at(chat, "title"), "Night shift");
	assert_true(number_at(chat, "max_reaction_count") > 0);
	assert_true(json_is_object(json_object_get(chat, "accepted_gift_types")));
	json_decref(chat);
	refused("getChat", "{\"chat_id\":\"@nobody_here\"}", 400, "Bad Request: chat not found");
	refused("getChat", "{\"chat_id\":9007199254740993}", 400, "Bad Request: chat not found");
	refused("getChat", "{\"chat_id\":\"99999999999999999999999\"}", 400,
		"Bad Request: chat not found");
	refused("getChat", "{}", 400, "Bad Request: chat_id is empty");
}

/* clang-format off */
static void what_stands_against_a_bot_is_said_in_the_words_of_the_server(void **state)
{
	(void)state;
	static const struct { int64_t chat; const char *state, *words; long status; } cases[] = {
		{31, "blocked", "Forbidden: bot was blocked by the user", 403},
		{31, "deactivated", "Forbidden: user is deactivated", 403},
		{31, "stranger", "Forbidden: bot can't initiate conversation with a user", 403},
		{-31, "kicked", "Forbidden: bot was kicked from the group chat", 403},
		{-1009999999991, "kicked", "Forbidden: bot was kicked from the supergroup chat", 403},
		{-1009999999991, "left", "Forbidden: bot is not a member of the supergroup chat", 403},
		{-31, "deleted", "Forbidden: the group chat was deleted", 403},
		{-31, "muted", "Bad Request: not enough rights to send text messages to the chat", 400},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *more = xasprintf(",\"state\":\"%s\"", cases[i].state);
		autofree char *body = xasprintf("{\"chat_id\":%lld,\"text\":\"x\"}", (long long)cases[i].chat);
		set_chat(cases[i].chat, more);
		refused("sendMessage", body, cases[i].status, cases[i].words);
		set_chat(cases[i].chat, ",\"state\":\"ok\"");
		json_decref(call("sendMessage", body));
	}
}
/* clang-format on */

static void a_bot_hears_that_it_was_blocked(void **state)
{
	(void)state;
	set_chat(32, "");
	set_chat(32, ",\"state\":\"blocked\"");
	json_t *update = last_update();
	assert_string_equal(text_at(update, "my_chat_member.new_chat_member.status"), "kicked");
	assert_string_equal(text_at(update, "my_chat_member.old_chat_member.status"), "member");
	json_decref(update);
}

static void a_group_that_becomes_a_supergroup_says_its_new_number(void **state)
{
	(void)state;
	set_chat(-41, ",\"title\":\"Desk\"");
	json_t *moved = botapi_control(&server, "migrate", "{\"bot\":\"hall-00001\",\"chat\":-41}");
	long long to = (long long)number_at(moved, "chat");
	json_decref(moved);
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/sendMessage", server.port, token);
	struct http_answer answer = http_ask(url, "chat_id=-41&text=x", NULL, 5000);
	assert_int_equal(number_at(answer.json, "parameters.migrate_to_chat_id"), to);
	assert_answer_refused(
		&answer, 400, "Bad Request: group chat was upgraded to a supergroup chat");
	json_t *message = botapi_result(
		&server, token, "sendMessage", "{\"chat_id\":%lld,\"text\":\"again\"}", to);
	assert_string_equal(text_at(message, "chat.title"), "Desk");
	json_decref(message);
	json_t *update = last_update();
	assert_int_equal(number_at(update, "message.migrate_from_chat_id"), -41);
	json_decref(update);
}

static void a_bot_that_leaves_a_group_is_no_member(void **state)
{
	(void)state;
	set_chat(-42, "");
	assert_json(call("getChatMemberCount", "{\"chat_id\":-42}"), "2");
	json_t *owners = call("getChatAdministrators", "{\"chat_id\":-42}");
	assert_string_equal(text_at(owners, "0.status"), "creator");
	json_decref(owners);
	assert_json(call("leaveChat", "{\"chat_id\":-42}"), "true");
	refused("getChat", "{\"chat_id\":-42}", 403,
		"Forbidden: bot is not a member of the group chat");
}

static void commands_are_kept_for_each_scope_and_language(void **state)
{
	(void)state;
	static const char set[] = "[{\"command\":\"help\",\"description\":\"What I can do\"}]";
	static const char private[] = "{\"scope\":{\"type\":\"all_private_chats\"},"
				      "\"language_code\":\"de\"}";
	autofree char *body = xasprintf("{\"commands\":%s}", set);
	assert_json(call("setMyCommands", body), "true");
	assert_json(call("getMyCommands", "{}"), set);
	assert_json(call("getMyCommands", private), "[]");
	autofree char *scoped = xasprintf("{\"commands\":[{\"command\":\"/hilfe\",\"description\":"
					  "\"Hilfe\"}],%s",
		private + 1);
	assert_json(call("setMyCommands", scoped), "true");
	assert_json(call("getMyCommands", private),
		"[{\"command\":\"hilfe\",\"description\":\"Hilfe\"}]");
	assert_json(call("deleteMyCommands", private), "true");
	assert_json(call("getMyCommands", private), "[]");
	assert_json(call("getMyCommands", "{}"), set);
}

/* clang-format off */
static void commands_that_are_wrong_are_refused(void **state)
{
	(void)state;
	static const struct { const char *body, *words; } cases[] = {
		{"{}", "Bad Request: can't parse commands JSON object"},
		{"{\"commands\":[{\"command\":\"UP\",\"description\":\"x\"}]}", "Bad Request: BOT_COMMAND_INVALID"},
		{"{\"commands\":[{\"command\":\"a23456789012345678901234567890123\",\"description\":\"x\"}]}",
			"Bad Request: BOT_COMMAND_INVALID"},
		{"{\"commands\":[{\"command\":\"up\",\"description\":\"\"}]}", "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"},
		{"{\"commands\":[{\"command\":\"up\"}]}",
			"Bad Request: can't parse BotCommand: Can't find field \"description\""},
		{"{\"commands\":[],\"scope\":{\"type\":\"moon\"}}",
			"Bad Request: can't parse BotCommandScope: Unsupported type specified"},
		{"{\"commands\":[],\"scope\":{\"type\":\"chat\",\"chat_id\":777}}", "Bad Request: chat not found"},
		{"{\"commands\":[],\"language_code\":\"DE-at\"}", "Bad Request: invalid language code specified"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		refused("setMyCommands", cases[i].body, 400, cases[i].words);
}
/* clang-format on */

static void a_bot_can_rename_itself(void **state)
{
	(void)state;
	assert_json(call("getMyName", "{}"), "{\"name\":\"hall-00001\"}");
	assert_json(call("setMyName", "{\"name\":\"Hall\"}"), "true");
	assert_json(call("getMyName", "{}"), "{\"name\":\"Hall\"}");
	assert_json(call("setMyDescription", "{\"description\":\"All\",\"language_code\":\"de\"}"),
		"true");
	assert_json(call("getMyDescription", "{}"), "{\"description\":\"\"}");
	assert_json(call("getMyDescription", "{\"language_code\":\"de\"}"),
		"{\"description\":\"All\"}");
}

/* ---- files ---- */

static size_t take(char *data, size_t size, size_t count, void *to)
{
	str_add(to, data, size * count);
	return size * count;
}

/* Uploads `data` as a part of a form; returns the answer, which the caller owns. */
static json_t *upload(const char *field, const char *document, const char *data, size_t length)
{
	autofree char *url =
		xasprintf("http://127.0.0.1:%d/bot%s/sendDocument", server.port, token);
	autostr struct str text = STR_INIT;
	CURL *curl = curl_easy_init();
	curl_mime *form = curl_mime_init(curl);
	curl_mimepart *part = curl_mime_addpart(form);
	curl_mime_name(part, "chat_id");
	curl_mime_data(part, "51", CURL_ZERO_TERMINATED);
	part = curl_mime_addpart(form);
	curl_mime_name(part, "caption");
	curl_mime_data(part, "the log, für /help", CURL_ZERO_TERMINATED);
	if (document) {
		part = curl_mime_addpart(form);
		curl_mime_name(part, "document");
		curl_mime_data(part, document, CURL_ZERO_TERMINATED);
	}
	part = curl_mime_addpart(form);
	curl_mime_name(part, field);
	curl_mime_data(part, data, length);
	curl_mime_filename(part, "/etc/bot.log");
	curl_mime_type(part, "text/plain");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_MIMEPOST, form);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	curl_mime_free(form);
	curl_easy_cleanup(curl);
	json_t *answer = json_loadb(text.text, text.length, 0, NULL);
	assert_non_null(answer);
	return answer;
}

static void a_file_is_kept_and_given_back_byte_for_byte(void **state)
{
	(void)state;
	char data[200000];
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 251);
	set_chat(51, "");
	json_t *answer = upload("document", NULL, data, sizeof(data));
	assert_string_equal(text_at(answer, "result.document.file_name"), "bot.log");
	assert_string_equal(text_at(answer, "result.document.mime_type"), "text/plain");
	assert_int_equal(number_at(answer, "result.document.file_size"), sizeof(data));
	assert_string_equal(text_at(answer, "result.caption"), "the log, für /help");
	assert_string_equal(text_at(answer, "result.caption_entities.0.type"), "bot_command");
	json_t *file = botapi_result(&server, token, "getFile", "{\"file_id\":\"%s\"}",
		text_at(answer, "result.document.file_id"));
	autofree char *url = xasprintf("http://127.0.0.1:%d/file/bot%s/%s", server.port, token,
		text_at(file, "file_path"));
	autostr struct str back = STR_INIT;
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &back);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	curl_easy_cleanup(curl);
	assert_int_equal(back.length, sizeof(data));
	assert_memory_equal(back.text, data, sizeof(data));
	json_decref(file);
	json_decref(answer);
}

static void a_file_can_be_attached_by_name_and_sent_again_by_its_id(void **state)
{
	(void)state;
	set_chat(51, "");
	json_t *answer = upload("part7", "attach://part7", "hello", 5);
	json_t *again = botapi_result(&server, token, "sendDocument",
		"{\"chat_id\":51,\"document\":\"%s\"}", text_at(answer, "result.document.file_id"));
	assert_int_equal(number_at(again, "document.file_size"), 5);
	json_decref(answer);
	json_decref(again);
}

static void a_caption_has_1024_characters_at_most_and_can_be_edited(void **state)
{
	(void)state;
	set_chat(51, "");
	json_t *answer = upload("document", NULL, "hello", 5);
	autofree char *file = xstrdup(text_at(answer, "result.document.file_id"));
	json_decref(answer);
	autostr struct str body = STR_INIT;
	str_addf(&body, "{\"chat_id\":51,\"document\":\"%s\",\"caption\":\"%01024d\"}", file, 0);
	json_t *sent = botapi_result(&server, token, "sendDocument", "%s", body.text);
	str_insert(&body, body.length - 2, "x", 1);
	refused("sendDocument", body.text, 400, "Bad Request: message caption is too long");
	long long id = (long long)number_at(sent, "message_id");
	json_decref(sent);
	autofree char *text = xasprintf("{\"chat_id\":51,\"message_id\":%lld,\"text\":\"x\"}", id);
	refused("editMessageText", text, 400,
		"Bad Request: there is no text in the message to edit");
	json_t *edited = botapi_result(&server, token, "editMessageCaption",
		"{\"chat_id\":51,\"message_id\":%lld,\"caption\":\"<i>new</"
		"i>\",\"parse_mode\":\"HTML\"}",
		id);
	assert_string_equal(text_at(edited, "caption"), "new");
	assert_string_equal(text_at(edited, "caption_entities.0.type"), "italic");
	json_decref(edited);
}

static void files_that_are_not_there_are_refused(void **state)
{
	(void)state;
	set_chat(51, "");
	refused("sendDocument", "{\"chat_id\":51}", 400,
		"Bad Request: there is no document in the request");
	refused("sendDocument", "{\"chat_id\":51,\"document\":\"attach://x\"}", 400,
		"Bad Request: there is no document in the request");
	refused("sendDocument", "{\"chat_id\":51,\"document\":\"BQACnope\"}", 400,
		"Bad Request: wrong file identifier/HTTP URL specified");
	refused("getFile", "{\"file_id\":\"nope\"}", 400, "Bad Request: invalid file_id");
	json_t *empty = upload("document", NULL, "", 0);
	assert_string_equal(text_at(empty, "description"), "Bad Request: file must be non-empty");
	json_decref(empty);
	autofree char *other = botapi_make_bot(&server, "other");
	autofree char *url = xasprintf(
		"http://127.0.0.1:%d/file/bot%s/documents/file_1.log", server.port, other);
	struct http_answer answer = http_ask(url, NULL, NULL, 5000);
	assert_answer_refused(&answer, 404, "Not Found");
}

static void a_long_form_in_many_pieces_keeps_its_characters(void **state)
{
	(void)state;
	autostr struct str form = STR_INIT;
	set_chat(51, "");
	str_adds(&form, "chat_id=51&text=");
	for (int i = 0; i < 4096; i++)
		str_adds(&form, "%d0%b6"); /* one Cyrillic letter */
	autofree char *url = xasprintf("http://127.0.0.1:%d/bot%s/sendMessage", server.port, token);
	struct http_answer answer = http_ask(url, form.text, NULL, 5000);
	assert_int_equal(strlen(text_at(answer.json, "result.text")), 8192);
	http_answer_clear(&answer);
	answer = http_ask(url, "chat_id=51&text=%ff%fe", NULL, 5000);
	assert_answer_refused(&answer, 400, "Bad Request: strings must be encoded in UTF-8");
}

static void the_test_servers_are_behind_their_own_path(void **state)
{
	(void)state;
	json_t *me = botapi_result(&server, token, "test/getMe", "{}");
	assert_string_equal(text_at(me, "username"), "hall_00001_bot");
	json_decref(me);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chat_is_found_by_its_number_and_by_its_username),
		cmocka_unit_test(what_stands_against_a_bot_is_said_in_the_words_of_the_server),
		cmocka_unit_test(a_bot_hears_that_it_was_blocked),
		cmocka_unit_test(a_group_that_becomes_a_supergroup_says_its_new_number),
		cmocka_unit_test(a_bot_that_leaves_a_group_is_no_member),
		cmocka_unit_test(commands_are_kept_for_each_scope_and_language),
		cmocka_unit_test(commands_that_are_wrong_are_refused),
		cmocka_unit_test(a_bot_can_rename_itself),
		cmocka_unit_test(a_file_is_kept_and_given_back_byte_for_byte),
		cmocka_unit_test(a_file_can_be_attached_by_name_and_sent_again_by_its_id),
		cmocka_unit_test(a_caption_has_1024_characters_at_most_and_can_be_edited),
		cmocka_unit_test(files_that_are_not_there_are_refused),
		cmocka_unit_test(a_long_form_in_many_pieces_keeps_its_characters),
		cmocka_unit_test(the_test_servers_are_behind_their_own_path),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
