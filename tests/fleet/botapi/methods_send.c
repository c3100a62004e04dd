/* SPDX-License-Identifier: MIT */
/* sendMessage, forwardMessage, copyMessage and sendChatAction. */
#include <string.h>

#include "core/base/attr.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/drafts.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/texts.h"

static json_t *compose_text(
	struct bot *bot, const json_t *args, struct formatted *text, struct refusal *why)
{
	struct draft draft;
	const char *raw = arg_text(args, "text");
	if (!text_read(args, "text", "entities", text, why))
		return NULL;
	if (!raw || !*raw) {
		(void)refuse(why, 400, "Bad Request: message text is empty");
		return NULL;
	}
	if (!draft_begin(bot, args, &draft, why))
		return NULL;
	json_t *message = NULL;
	if (!text->text.length)
		(void)refuse(why, 400, "Bad Request: text must be non-empty");
	else if (text->units > TEXT_MAX_UNITS)
		(void)refuse(why, 400, "Bad Request: message is too long");
	else
		message = draft_message(bot, &draft, args);
	draft_release(&draft);
	if (message)
		text_store(text, message, "text", "entities");
	return message;
}

static void send_message(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	struct formatted text;
	formatted_init(&text);
	json_t *message = compose_text(bot, args, &text, &why);
	formatted_release(&text);
	if (message)
		draft_send(bot, request, message);
	else
		api_refuse(request, &why);
}

const struct api_method method_sendMessage = {.name = "sendMessage", .call = send_message};

/* The message that from_chat_id and message_id name; NULL with the server's words. */
static json_t *load_source(
	struct bot *bot, const json_t *args, const char *verb, struct refusal *why)
{
	const struct chat *from = chat_of_args(bot, args, "from_chat_id", why);
	if (!from)
		return NULL;
	json_t *message = message_load(bot, from->id, arg_number(args, "message_id", 0), NULL);
	if (!message)
		(void)refuse(why, 400, "Bad Request: message to %s not found", verb);
	return message;
}

static void copy_content(const json_t *from, json_t *to)
{
	static const char *const content[] = {
		"text", "entities", "document", "caption", "caption_entities"};
	for (size_t i = 0; i < COUNT_OF(content); i++) {
		json_t *value = json_object_get(from, content[i]);
		if (value)
			json_object_set(to, content[i], value);
	}
}

static json_t *origin_of(const json_t *message)
{
	json_t *date = json_object_get(message, "date");
	json_t *user = json_object_get(message, "from");
	json_t *chat = json_object_get(message, "sender_chat");
	if (user)
		return json_pack(
			"{s:s,s:O,s:O}", "type", "user", "date", date, "sender_user", user);
	return json_pack("{s:s,s:O,s:O,s:O}", "type", "channel", "date", date, "chat", chat,
		"message_id", json_object_get(message, "message_id"));
}

/* The new message that holds what another one does; NULL with the server's words. */
static json_t *repeat(struct bot *bot, const json_t *args, const char *verb, struct refusal *why)
{
	struct draft draft;
	json_t *source = load_source(bot, args, verb, why), *message = NULL;
	if (source && draft_begin(bot, args, &draft, why)) {
		message = draft_message(bot, &draft, args);
		copy_content(source, message);
		if (strcmp(verb, "forward") == 0)
			json_object_set_new(message, "forward_origin", origin_of(source));
		draft_release(&draft);
	}
	json_decref(source);
	return message;
}

static void forward_message(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	json_t *message = repeat(bot, args, "forward", &why);
	if (message)
		draft_send(bot, request, message);
	else
		api_refuse(request, &why);
}

const struct api_method method_forwardMessage = {.name = "forwardMessage", .call = forward_message};

static void copy_message(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	json_t *message = repeat(bot, args, "copy", &why);
	if (!message) {
		api_refuse(request, &why);
		return;
	}
	bot->sent_count++;
	message_keep(bot, message);
	api_ok(request, json_pack("{s:O}", "message_id", json_object_get(message, "message_id")));
	json_decref(message);
}

const struct api_method method_copyMessage = {.name = "copyMessage", .call = copy_message};

static bool is_action(const char *action)
{
	static const char *const actions[] = {"typing", "upload_photo", "record_video",
		"upload_video", "record_voice", "upload_voice", "upload_document", "choose_sticker",
		"find_location", "record_video_note", "upload_video_note", "cancel"};
	for (size_t i = 0; action && i < COUNT_OF(actions); i++)
		if (strcmp(actions[i], action) == 0)
			return true;
	return false;
}

static void send_chat_action(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	const struct chat *chat = chat_of_args(bot, args, "chat_id", &why);
	bool good = chat && chat_allows(chat, &why);
	if (good && !is_action(arg_text(args, "action")))
		good = refuse(&why, 400, "Bad Request: wrong parameter action in request");
	if (good)
		api_ok(request, json_true());
	else
		api_refuse(request, &why);
}

const struct api_method method_sendChatAction = {
	.name = "sendChatAction", .call = send_chat_action};
