/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/drafts.h"

#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/texts.h"

/* The message that reply_parameters or the older reply_to_message_id names. */
static bool read_reply(
	const struct bot *bot, const json_t *args, struct draft *draft, struct refusal *why)
{
	json_t *parameters;
	if (!arg_json(args, "reply_parameters", &parameters) ||
		(parameters && !json_is_object(parameters))) {
		json_decref(parameters);
		return refuse(why, 400, "Bad Request: can't parse reply parameters JSON object");
	}
	int64_t id = json_integer_value(json_object_get(parameters, "message_id"));
	bool lenient = json_is_true(json_object_get(parameters, "allow_sending_without_reply")) ||
		       arg_flag(args, "allow_sending_without_reply");
	json_decref(parameters);
	if (!id)
		id = arg_number(args, "reply_to_message_id", 0);
	if (!id)
		return true;
	draft->reply_to = message_load(bot, draft->chat->id, id, NULL);
	json_object_del(draft->reply_to, "reply_to_message");
	return draft->reply_to || lenient ||
	       refuse(why, 400, "Bad Request: message to be replied not found");
}

bool draft_begin(struct bot *bot, const json_t *args, struct draft *draft, struct refusal *why)
{
	*draft = (struct draft){0};
	bool good = markup_read(args, &draft->markup, why);
	if (good)
		draft->chat = chat_of_args(bot, args, "chat_id", why);
	good = good && draft->chat && chat_allows(draft->chat, why) &&
	       read_reply(bot, args, draft, why);
	if (good && arg_number(args, "message_thread_id", 0))
		good = refuse(why, 400, "Bad Request: message thread not found");
	good = good && flood_allows(bot, draft->chat, why);
	if (!good)
		draft_release(draft);
	return good;
}

void draft_release(struct draft *draft)
{
	json_decref(draft->markup);
	json_decref(draft->reply_to);
	*draft = (struct draft){0};
}

json_t *draft_message(struct bot *bot, const struct draft *draft, const json_t *args)
{
	json_t *message = message_new(bot, draft->chat, bot_user(bot));
	if (draft->reply_to)
		json_object_set(message, "reply_to_message", draft->reply_to);
	if (draft->markup)
		json_object_set(message, "reply_markup", draft->markup);
	if (arg_flag(args, "protect_content"))
		json_object_set_new(message, "has_protected_content", json_true());
	return message;
}

void draft_send(struct bot *bot, struct request *request, json_t *message)
{
	bot->sent_count++;
	message_keep(bot, message);
	api_ok(request, message);
}
