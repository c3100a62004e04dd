/* SPDX-License-Identifier: MIT */
/* What a bot can ask about a chat and do to it: getChat, its members, leaveChat. */
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/members.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/botapi/people.h"

enum { ACCENT_COLORS = 7, REACTIONS_MAX = 11 };

/* Only being out of a group keeps a bot from looking at it. */
static const struct chat *readable(struct bot *bot, const json_t *args, struct refusal *why)
{
	const struct chat *chat = chat_of_args(bot, args, "chat_id", why);
	return !chat || chat->id > 0 || chat_allows(chat, why) ? chat : NULL;
}

static void get_chat(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	const struct chat *chat = readable(bot, args, &why);
	if (!chat) {
		api_refuse(request, &why);
		return;
	}
	json_t *info = chat_json(chat);
	json_object_update_new(info,
		json_pack("{s:i,s:i,s:{s:b,s:b,s:b,s:b,s:b}}", "accent_color_id",
			(int)((uint64_t)chat->id % ACCENT_COLORS), "max_reaction_count",
			REACTIONS_MAX, "accepted_gift_types", "unlimited_gifts", 0, "limited_gifts",
			0, "unique_gifts", 0, "premium_subscription", 0, "gifts_from_channels", 0));
	if (chat->facts && chat->facts->username)
		json_object_set_new(
			info, "active_usernames", json_pack("[s]", chat->facts->username));
	if (chat->id < 0)
		json_object_set_new(info, "permissions", permissions_json());
	api_ok(request, info);
}

const struct api_method method_getChat = {.name = "getChat", .call = get_chat};

/* Groups are not peopled: whoever wrote to the bot in private is taken for a member, and a group belongs to the person
 * of its number. */
static void get_chat_member(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	const struct chat *chat = readable(bot, args, &why);
	int64_t user = arg_number(args, "user_id", 0);
	if (chat && user == bot->id)
		api_ok(request, member_json(bot_user(bot), chat_membership(chat)));
	else if (chat && chat->id < 0 && user == -chat->id)
		api_ok(request, member_json(person_json(user), "creator"));
	else if (chat && (user == chat->id || (user > 0 && chat_find(&bot->chats, user))))
		api_ok(request, member_json(person_json(user), "member"));
	else if (chat)
		api_fail(request, 400, 0,
			user > 0 ? "Bad Request: user not found"
				 : "Bad Request: invalid user_id specified");
	else
		api_refuse(request, &why);
}

const struct api_method method_getChatMember = {.name = "getChatMember", .call = get_chat_member};

static void get_chat_member_count(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	const struct chat *chat = readable(bot, args, &why);
	if (chat)
		api_ok(request, json_integer(2));
	else
		api_refuse(request, &why);
}

const struct api_method method_getChatMemberCount = {
	.name = "getChatMemberCount", .call = get_chat_member_count};

static void get_chat_administrators(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	const struct chat *chat = readable(bot, args, &why);
	if (chat && chat->id > 0)
		api_fail(request, 400, 0,
			"Bad Request: there are no administrators in the private chat");
	else if (chat)
		api_ok(request, json_pack("[o]", member_json(person_json(-chat->id), "creator")));
	else
		api_refuse(request, &why);
}

const struct api_method method_getChatAdministrators = {
	.name = "getChatAdministrators", .call = get_chat_administrators};

static void leave_chat(struct bot *bot, struct request *request, json_t *args)
{
	struct refusal why = {0};
	struct chat *chat = chat_of_args(bot, args, "chat_id", &why);
	bool good = chat && chat_allows(chat, &why);
	if (good && chat->id > 0)
		good = refuse(&why, 400,
			"Bad Request: chat member status can't be changed in private chats");
	if (good && chat_set_state(chat, "left"))
		api_ok(request, json_true());
	else
		api_refuse(request, &why);
}

const struct api_method method_leaveChat = {.name = "leaveChat", .call = leave_chat};
