/* SPDX-License-Identifier: MIT */
/* The methods that answer at once. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "tests/fleet/botapi/api.h"

enum { TEXT_MAX_UTF16 = 4096 };

static void get_me(struct bot *bot, struct request *request, json_t *args)
{
	(void)args;
	api_ok(request,
		json_pack("{s:I,s:b,s:s,s:s,s:b,s:b,s:b,s:b,s:b,s:b}", "id", (json_int_t)bot->id,
			"is_bot", 1, "first_name", bot->first_name, "username", bot->username,
			"can_join_groups", 1, "can_read_all_group_messages", 0,
			"supports_inline_queries", 0, "can_connect_to_business", 0,
			"has_main_web_app", 0, "has_topics_enabled", 0));
}

const struct api_method method_getMe = {.name = "getMe", .call = get_me};

static void get_webhook_info(struct bot *bot, struct request *request, json_t *args)
{
	(void)args;
	const struct webhook *webhook = &bot->webhook;
	bot_expire(bot);
	json_t *info = json_pack("{s:s,s:b,s:I}", "url", webhook->url ? webhook->url : "",
		"has_custom_certificate", 0, "pending_update_count", (json_int_t)bot->pending);
	if (webhook->url)
		json_object_set_new(info, "ip_address", json_string("127.0.0.1"));
	if (webhook->last_error_at) {
		json_object_set_new(
			info, "last_error_date", json_integer((json_int_t)webhook->last_error_at));
		json_object_set_new(info, "last_error_message", json_string(webhook->last_error));
	}
	if (bot->last_sync_error_at)
		json_object_set_new(info, "last_synchronization_error_date",
			json_integer((json_int_t)bot->last_sync_error_at));
	if (webhook->url && webhook->max_connections > 0)
		json_object_set_new(
			info, "max_connections", json_integer(webhook->max_connections));
	if (bot->allowed_updates)
		json_object_set_new(
			info, "allowed_updates", json_loads(bot->allowed_updates, 0, NULL));
	api_ok(request, info);
}

const struct api_method method_getWebhookInfo = {
	.name = "getWebhookInfo", .call = get_webhook_info};

/* Code units of UTF-16: characters beyond the basic plane count twice. */
static size_t utf16_length(const char *text)
{
	size_t units = 0;
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		units += (byte & 0xc0) != 0x80;
		units += byte >= 0xf0;
	}
	return units;
}

/* Why a message cannot be sent, or NULL. */
static const char *refuse_message(const struct bot *bot, int64_t chat, const char *text)
{
	if (!chat)
		return "Bad Request: chat_id is empty";
	if (!bot_knows_chat(bot, chat))
		return "Bad Request: chat not found";
	if (!text || !*text)
		return "Bad Request: message text is empty";
	if (utf16_length(text) > TEXT_MAX_UTF16)
		return "Bad Request: message is too long";
	return NULL;
}

static void answer_callback_query(struct bot *bot, struct request *request, json_t *args)
{
	(void)bot;
	if (arg_text(args, "callback_query_id"))
		api_ok(request, json_true());
	else
		api_fail(request, 400, 0,
			"Bad Request: query is too old and response timeout expired or query ID is "
			"invalid");
}

const struct api_method method_answerCallbackQuery = {
	.name = "answerCallbackQuery", .call = answer_callback_query};

static void send_message(struct bot *bot, struct request *request, json_t *args)
{
	int64_t chat = arg_number(args, "chat_id", 0);
	const char *text = arg_text(args, "text");
	const char *refused = refuse_message(bot, chat, text);
	if (refused) {
		api_fail(request, 400, 0, refused);
		return;
	}
	json_t *message = json_pack("{s:I,s:{s:I,s:b,s:s,s:s},s:{s:I,s:s},s:I,s:s}", "message_id",
		(json_int_t)bot->next_message_id++, "from", "id", (json_int_t)bot->id, "is_bot", 1,
		"first_name", bot->first_name, "username", bot->username, "chat", "id",
		(json_int_t)chat, "type", chat < 0 ? "group" : "private", "date",
		(json_int_t)(clock_wall_ms(clock_real()) / 1000), "text", text);
	bot_remember_sent(bot, message);
	api_ok(request, message);
}

const struct api_method method_sendMessage = {.name = "sendMessage", .call = send_message};
