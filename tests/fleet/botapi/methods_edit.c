/* SPDX-License-Identifier: MIT */
/* Edits and deletions of messages: only the bot's own can be edited, and an edit must change something. */
#include <string.h>

#include "core/base/attr.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/texts.h"

enum { DELETE_WITHIN_S = 48 * 3600, DELETE_MAX = 100 };

/* The message that chat_id and message_id name; NULL with the server's words. */
static json_t *load_target(
	struct bot *bot, const json_t *args, const char *verb, bool *ret_own, struct refusal *why)
{
	int64_t id = arg_number(args, "message_id", 0);
	if (arg_text(args, "inline_message_id")) {
		(void)refuse(why, 400, "Bad Request: MESSAGE_ID_INVALID");
		return NULL;
	}
	const struct chat *chat = chat_of_args(bot, args, "chat_id", why);
	if (!chat || !chat_allows(chat, why))
		return NULL;
	if (!id) {
		(void)refuse(why, 400, "Bad Request: message identifier is not specified");
		return NULL;
	}
	json_t *message = message_load(bot, chat->id, id, ret_own);
	if (!message)
		(void)refuse(why, 400, "Bad Request: message to %s not found", verb);
	return message;
}

/* What a method of editing changes besides the keyboard. */
struct edit {
	const char *field, *entities; /* NULL: nothing */
	size_t max_units;
	const char *too_long;
};

static bool edit_text(
	const struct edit *edit, const json_t *args, json_t *message, struct refusal *why)
{
	struct formatted text;
	formatted_init(&text);
	bool good = text_read(args, edit->field, edit->entities, &text, why);
	if (good && !text.text.length && strcmp(edit->field, "text") == 0)
		good = refuse(why, 400, "Bad Request: message text is empty");
	if (good && text.units > edit->max_units)
		good = refuse(why, 400, "%s", edit->too_long);
	if (good)
		text_store(&text, message, edit->field, edit->entities);
	formatted_release(&text);
	return good;
}

static bool has_content(const struct edit *edit, const json_t *message, struct refusal *why)
{
	const char *needs = !edit->field                       ? "message_id"
			    : strcmp(edit->field, "text") == 0 ? "text"
							       : "document";
	if (json_object_get(message, needs))
		return true;
	return refuse(why, 400, "Bad Request: there is no %s in the message to edit",
		strcmp(needs, "text") == 0 ? "text" : "caption");
}

static bool set_markup(const json_t *args, json_t *message, struct refusal *why)
{
	json_t *markup;
	if (!markup_read(args, &markup, why))
		return false;
	json_object_del(message, "reply_markup");
	if (markup)
		json_object_set_new(message, "reply_markup", markup);
	return true;
}

/* The message as the edit leaves it; NULL with the server's words. */
static json_t *edited(
	struct bot *bot, const json_t *args, const struct edit *edit, struct refusal *why)
{
	bool own = false;
	json_t *old = load_target(bot, args, "edit", &own, why);
	json_t *message = json_deep_copy(old);
	bool good = message != NULL;
	if (good && !own)
		good = refuse(why, 400, "Bad Request: message can't be edited");
	good = good && has_content(edit, message, why) &&
	       (!edit->field || edit_text(edit, args, message, why)) &&
	       set_markup(args, message, why);
	struct chat *chat = good ? chat_of_args(bot, args, "chat_id", why) : NULL;
	good = good && chat && flood_allows(bot, chat, why);
	if (good && json_equal(old, message))
		good = refuse(why, 400,
			"Bad Request: message is not modified: specified new message content and "
			"reply markup are exactly the same as a current content and reply markup "
			"of the message");
	json_decref(old);
	if (good)
		json_object_set_new(message, "edit_date", json_integer(loop_wall_ms() / 1000));
	else
		json_decref(message);
	return good ? message : NULL;
}

static void run_edit(
	struct bot *bot, struct request *request, const json_t *args, const struct edit *edit)
{
	struct refusal why = {0};
	json_t *message = edited(bot, args, edit, &why);
	if (!message) {
		api_refuse(request, &why);
		return;
	}
	message_keep(bot, message);
	api_ok(request, message);
}

static void edit_message_text(struct bot *bot, struct request *request, json_t *args)
{
	static const struct edit edit = {
		"text", "entities", TEXT_MAX_UNITS, "Bad Request: MESSAGE_TOO_LONG"};
	run_edit(bot, request, args, &edit);
}

const struct api_method method_editMessageText = {
	.name = "editMessageText", .call = edit_message_text};

static void edit_message_caption(struct bot *bot, struct request *request, json_t *args)
{
	static const struct edit edit = {"caption", "caption_entities", CAPTION_MAX_UNITS,
		"Bad Request: message caption is too long"};
	run_edit(bot, request, args, &edit);
}

const struct api_method method_editMessageCaption = {
	.name = "editMessageCaption", .call = edit_message_caption};

static void edit_message_reply_markup(struct bot *bot, struct request *request, json_t *args)
{
	static const struct edit edit = {0};
	run_edit(bot, request, args, &edit);
}

const struct api_method method_editMessageReplyMarkup = {
	.name = "editMessageReplyMarkup", .call = edit_message_reply_markup};

/* Others' messages go only where the bot needs no right for it; old ones stay. */
static bool can_delete(const json_t *message, bool own, struct refusal *why)
{
	int64_t age_s =
		loop_wall_ms() / 1000 - json_integer_value(json_object_get(message, "date"));
	const json_t *chat = json_object_get(message, "chat");
	bool private = json_integer_value(json_object_get(chat, "id")) > 0;
	return (age_s <= DELETE_WITHIN_S && (own || private)) ||
	       refuse(why, 400, "Bad Request: message can't be deleted for everyone");
}

static void delete_message(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	bool own = false;
	json_t *message = load_target(bot, args, "delete", &own, &why);
	if (message && can_delete(message, own, &why)) {
		const json_t *chat = json_object_get(message, "chat");
		message_delete(bot, json_integer_value(json_object_get(chat, "id")),
			json_integer_value(json_object_get(message, "message_id")));
		api_ok(request, json_true());
	} else {
		api_refuse(request, &why);
	}
	json_decref(message);
}

const struct api_method method_deleteMessage = {.name = "deleteMessage", .call = delete_message};

/* Those that are not there are passed over. */
static void delete_messages(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	json_t *ids, *id;
	size_t i;
	const struct chat *chat = chat_of_args(bot, args, "chat_id", &why);
	bool good = arg_json(args, "message_ids", &ids) && json_array_size(ids) > 0;
	if (chat && !good)
		(void)refuse(&why, 400, "Bad Request: message identifiers are not specified");
	else if (chat && json_array_size(ids) > DELETE_MAX)
		good = refuse(&why, 400, "Bad Request: too many message identifiers specified");
	if (chat && good) {
		json_array_foreach(ids, i, id)
			message_delete(bot, chat->id, json_integer_value(id));
		api_ok(request, json_true());
	} else {
		api_refuse(request, &why);
	}
	json_decref(ids);
}

const struct api_method method_deleteMessages = {.name = "deleteMessages", .call = delete_messages};
