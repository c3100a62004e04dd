/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/messages.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"

json_t *bot_user(const struct bot *bot)
{
	return json_pack("{s:I,s:b,s:s,s:s}", "id", (json_int_t)bot->id, "is_bot", 1, "first_name",
		bot->first_name, "username", bot->username);
}

json_t *message_new(struct bot *bot, const struct chat *chat, json_t *from)
{
	json_t *message = json_pack("{s:I}", "message_id", (json_int_t)bot->next_message_id++);
	if (chat->facts && chat->facts->channel) {
		json_object_set_new(message, "sender_chat", chat_json(chat));
		json_decref(from);
	} else {
		json_object_set_new(message, "from", from);
	}
	json_object_set_new(message, "chat", chat_json(chat));
	json_object_set_new(message, "date", json_integer(loop_wall_ms() / 1000));
	return message;
}

static int64_t chat_of(const json_t *message)
{
	return json_integer_value(json_object_get(json_object_get(message, "chat"), "id"));
}

static struct kept *find(const struct bot *bot, int64_t chat, int64_t id)
{
	for (size_t i = 0; bot->kept && i < MESSAGES_KEPT; i++)
		if (bot->kept[i].json && bot->kept[i].id == id && bot->kept[i].chat == chat)
			return &bot->kept[i];
	return NULL;
}

static void put(struct bot *bot, struct kept kept)
{
	if (!bot->kept)
		bot->kept = xcalloc(MESSAGES_KEPT, sizeof(*bot->kept));
	struct kept *slot = find(bot, kept.chat, kept.id);
	if (!slot)
		slot = &bot->kept[bot->kept_count++ % MESSAGES_KEPT];
	free(slot->json);
	*slot = kept;
}

void message_keep(struct bot *bot, const json_t *message)
{
	put(bot, (struct kept){.chat = chat_of(message),
			 .id = json_integer_value(json_object_get(message, "message_id")),
			 .json = json_dumps(message, JSON_COMPACT),
			 .own = true});
}

void message_keep_update(struct bot *bot, struct update *update)
{
	if (!update->message_id)
		return;
	put(bot, (struct kept){
			 .chat = update->chat, .id = update->message_id, .json = update->json});
	update->json = NULL;
}

/* The message inside of an update, or the message itself. */
static json_t *unwrap(const char *json)
{
	json_t *whole = json_loads(json, 0, NULL), *inner = NULL;
	const char *key;
	json_t *value;
	json_object_foreach(whole, key, value) if (json_object_get(whole, "update_id") &&
						   json_object_get(value, "message_id")) inner =
		json_incref(value);
	if (!inner)
		return whole;
	json_decref(whole);
	return inner;
}

json_t *message_load(const struct bot *bot, int64_t chat, int64_t id, bool *ret_own)
{
	const struct kept *kept = find(bot, chat, id);
	if (ret_own)
		*ret_own = kept && kept->own;
	if (kept)
		return unwrap(kept->json);
	for (const struct update *update = bot->last; update; update = update->previous)
		if (update->message_id == id && update->chat == chat)
			return unwrap(update->json);
	return NULL;
}

bool message_delete(struct bot *bot, int64_t chat, int64_t id)
{
	struct kept *kept = find(bot, chat, id);
	if (kept) {
		free(kept->json);
		*kept = (struct kept){0};
		return true;
	}
	json_t *waiting = message_load(bot, chat, id, NULL); /* goes on to its bot all the same */
	json_decref(waiting);
	return waiting != NULL;
}

json_t *messages_sent(const struct bot *bot)
{
	json_t *sent = json_array();
	for (uint64_t i = 0; bot->kept && i < MESSAGES_KEPT; i++) {
		const struct kept *kept = &bot->kept[(bot->kept_count + i) % MESSAGES_KEPT];
		if (kept->json && kept->own)
			json_array_append_new(sent, json_loads(kept->json, 0, NULL));
	}
	while (json_array_size(sent) > SENT_SHOWN)
		json_array_remove(sent, 0);
	return sent;
}

void messages_release(struct bot *bot)
{
	for (size_t i = 0; bot->kept && i < MESSAGES_KEPT; i++)
		free(bot->kept[i].json);
	free(bot->kept);
	bot->kept = NULL;
}
