/* SPDX-License-Identifier: MIT */
/* Routes by which tests play the users: what they write, edit, press, and what they do to their chats. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/callbacks.h"
#include "tests/fleet/botapi/members.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/people.h"
#include "tests/fleet/botapi/player.h"
#include "tests/fleet/botapi/routes.h"
#include "tests/fleet/botapi/texts.h"
#include "tests/fleet/botapi/updates.h"

static int64_t id_of(const json_t *body, const char *key)
{
	json_t *value = json_object_get(body, key);
	return json_is_integer(value) ? json_integer_value(value) : 0;
}

/* The chat that "chat" names, made known if it must be; NULL with `err`. */
static struct chat *chat_of(struct bot *bot, const json_t *body, struct err *err)
{
	int64_t id = id_of(body, "chat");
	if (id)
		return chat_learn(&bot->chats, id);
	err_set(err, ERR_INVALID, "which chat? give its number as \"chat\"");
	return NULL;
}

static int64_t user_of(const json_t *body, const struct chat *chat)
{
	int64_t user = id_of(body, "from");
	return user ? user : llabs(chat->id);
}

json_t *route_say(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	const struct chat *chat = bot ? chat_of(bot, body, err) : NULL;
	const char *text = body_text(body, "text");
	if (!chat)
		return NULL;
	json_t *message = player_say(bot, chat->id, id_of(body, "from"), text ? text : "hi", 0);
	updates_arrived(bot);
	return message;
}

json_t *route_edit(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	const struct chat *chat = bot ? chat_of(bot, body, err) : NULL;
	const char *text = body_text(body, "text");
	if (!chat)
		return NULL;
	json_t *message = message_load(bot, chat->id, id_of(body, "message_id"), NULL);
	if (!message) {
		err_set(err, ERR_NOT_FOUND, "no message %lld in that chat",
			(long long)id_of(body, "message_id"));
		return NULL;
	}
	text_store_plain(text ? text : "hi again", message);
	json_object_set_new(message, "edit_date", json_integer(loop_wall_ms() / 1000));
	bot_enqueue(bot, KIND_edited_message, json_incref(message));
	updates_arrived(bot);
	return message;
}

json_t *route_press(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	const struct chat *chat = bot ? chat_of(bot, body, err) : NULL;
	json_t *id = chat ? callback_press(bot, chat->id, id_of(body, "message_id"),
				    user_of(body, chat), body_text(body, "data"), err)
			  : NULL;
	return id ? json_pack("{s:o}", "id", id) : NULL;
}

json_t *route_update(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	const char *name = body_text(body, "kind");
	json_t *payload = json_object_get(body, "payload");
	enum update_kind kind = name ? kind_find(name) : KINDS;
	if (!bot)
		return NULL;
	if (kind == KINDS || !json_is_object(payload)) {
		err_set(err, ERR_INVALID,
			"an update needs a \"kind\" such as inline_query and an "
			"object as its \"payload\"");
		return NULL;
	}
	bool queued = bot_enqueue(bot, kind, json_incref(payload));
	updates_arrived(bot);
	return json_pack("{s:b}", "queued", queued);
}

/* What a bot hears when it is blocked, thrown out, let in again. */
static void tell_membership(
	struct bot *bot, const struct chat *chat, const char *before, int64_t user)
{
	const char *now = chat_membership(chat);
	if (strcmp(before, now) == 0)
		return;
	json_t *update = json_pack("{s:o,s:o,s:I,s:o,s:o}", "chat", chat_json(chat), "from",
		person_json(user), "date", (json_int_t)(loop_wall_ms() / 1000), "old_chat_member",
		member_json(bot_user(bot), before), "new_chat_member",
		member_json(bot_user(bot), now));
	bot_enqueue(bot, KIND_my_chat_member, update);
	updates_arrived(bot);
}

static void replace(char **text, const char *by)
{
	if (!by)
		return;
	free(*text);
	*text = xstrdup(by);
}

json_t *route_chat(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	struct chat *chat = bot ? chat_of(bot, body, err) : NULL;
	const char *state = body_text(body, "state");
	if (!chat)
		return NULL;
	const char *before = chat_membership(chat);
	if (state && !chat_set_state(chat, state)) {
		err_set(err, ERR_INVALID, "no state '%s'; see chats.c for those that there are",
			state);
		return NULL;
	}
	struct chat_facts *facts = chat_facts(chat);
	replace(&facts->title, body_text(body, "title"));
	replace(&facts->username, body_text(body, "username"));
	if (body_text(body, "type"))
		facts->channel = strcmp(body_text(body, "type"), "channel") == 0;
	tell_membership(bot, chat, before, user_of(body, chat));
	return chat_json(chat);
}

static void tell_migration(struct bot *bot, int64_t chat, const char *field, int64_t other)
{
	const struct chat *where = chat_find(&bot->chats, chat);
	json_t *message = message_new(bot, where, person_json(llabs(chat)));
	json_object_set_new(message, field, json_integer(other));
	bot_enqueue(bot, KIND_message, message);
}

json_t *route_migrate(struct api *api, json_t *body, struct err *err)
{
	struct bot *bot = body_bot(api, body, err);
	struct chat *chat = bot ? chat_of(bot, body, err) : NULL;
	if (!chat)
		return NULL;
	if (strcmp(chat_type(chat), "group") != 0) {
		err_set(err, ERR_INVALID, "only a group becomes a supergroup");
		return NULL;
	}
	int64_t from = chat->id, to = from - 1001000000000;
	chat_facts(chat)->migrated_to = to;
	const char *title = chat->facts->title;
	autofree char *copy = title ? xstrdup(title) : NULL;
	replace(&chat_facts(chat_learn(&bot->chats, to))->title, copy);
	tell_migration(bot, from, "migrate_to_chat_id", to);
	tell_migration(bot, to, "migrate_from_chat_id", from);
	updates_arrived(bot);
	return json_pack("{s:I}", "chat", (json_int_t)to);
}

json_t *route_clock(struct api *api, json_t *body, struct err *err)
{
	(void)api;
	int64_t ms = id_of(body, "advance_ms");
	if (ms < 0) {
		err_set(err, ERR_INVALID, "the clock only goes forward");
		return NULL;
	}
	loop_advance(ms);
	return json_pack("{s:I}", "now_ms", (json_int_t)loop_wall_ms());
}
