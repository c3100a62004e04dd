/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/chats.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/people.h"

/* Ids at and below this are supergroups and channels. */
static const int64_t supergroups_end = -1000000000000;

/* What stands against a bot in a chat; %s is the type of chat. */
static const struct chat_state {
	const char *word;
	unsigned status;
	const char *description;
	const char *membership;
} states[] = {
	{"blocked", 403, "Forbidden: bot was blocked by the user", "kicked"},
	{"deactivated", 403, "Forbidden: user is deactivated", "kicked"},
	{"stranger", 403, "Forbidden: bot can't initiate conversation with a user", "left"},
	{"kicked", 403, "Forbidden: bot was kicked from the %s chat", "kicked"},
	{"left", 403, "Forbidden: bot is not a member of the %s chat", "left"},
	{"deleted", 403, "Forbidden: the group chat was deleted", "left"},
	{"muted", 400, "Bad Request: not enough rights to send text messages to the chat",
		"restricted"},
};

static void facts_free(struct chat_facts *facts)
{
	if (!facts)
		return;
	free(facts->title);
	free(facts->username);
	free(facts);
}

void chats_release(struct chats *chats)
{
	for (size_t i = 0; i < chats->count; i++)
		facts_free(chats->items[i].facts);
	free(chats->items);
	*chats = (struct chats){0};
}

struct chat *chat_find(const struct chats *chats, int64_t id)
{
	for (size_t i = 0; i < chats->count; i++)
		if (chats->items[i].id == id)
			return &chats->items[i];
	return NULL;
}

struct chat *chat_learn(struct chats *chats, int64_t id)
{
	struct chat *known = chat_find(chats, id);
	if (known)
		return known;
	if (chats->count >= CHATS_MAX)
		facts_free(chats->items[--chats->count].facts);
	chats->items = grow(chats->items, chats->count, &chats->capacity, sizeof(*chats->items));
	chats->items[chats->count] = (struct chat){.id = id};
	return &chats->items[chats->count++];
}

struct chat_facts *chat_facts(struct chat *chat)
{
	if (!chat->facts)
		chat->facts = xcalloc(1, sizeof(*chat->facts));
	return chat->facts;
}

const char *chat_type(const struct chat *chat)
{
	if (chat->id > 0)
		return "private";
	if (chat->id > supergroups_end)
		return "group";
	return chat->facts && chat->facts->channel ? "channel" : "supergroup";
}

json_t *chat_json(const struct chat *chat)
{
	const struct chat_facts *facts = chat->facts;
	json_t *json = json_pack("{s:I,s:s}", "id", (json_int_t)chat->id, "type", chat_type(chat));
	if (chat->id > 0)
		json_object_set_new(json, "first_name", json_string(person_name(chat->id)));
	else
		json_object_set_new(json, "title",
			json_string(facts && facts->title ? facts->title : "Operators"));
	if (facts && facts->username)
		json_object_set_new(json, "username", json_string(facts->username));
	return json;
}

bool chat_set_state(struct chat *chat, const char *word)
{
	struct chat_facts *facts = chat_facts(chat);
	facts->state = NULL;
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (strcmp(states[i].word, word) == 0)
			facts->state = &states[i];
	return facts->state || strcmp(word, "ok") == 0;
}

const char *chat_membership(const struct chat *chat)
{
	const struct chat_state *state = chat->facts ? chat->facts->state : NULL;
	return state ? state->membership : "member";
}

/* The states' words hold at most one %s, and are not the caller's. */
static bool refuse_state(const struct chat *chat, struct refusal *why)
{
	const struct chat_state *state = chat->facts->state;
	const char *gap = strstr(state->description, "%s");
	if (!gap)
		return refuse(why, state->status, "%s", state->description);
	return refuse(why, state->status, "%.*s%s%s", (int)(gap - state->description),
		state->description, chat_type(chat), gap + 2);
}

bool chat_allows(const struct chat *chat, struct refusal *why)
{
	const struct chat_facts *facts = chat->facts;
	if (facts && facts->migrated_to) {
		why->migrate_to = facts->migrated_to;
		return refuse(
			why, 400, "Bad Request: group chat was upgraded to a supergroup chat");
	}
	return !facts || !facts->state || refuse_state(chat, why);
}

static struct chat *find_username(const struct chats *chats, const char *username)
{
	for (size_t i = 0; i < chats->count; i++) {
		const struct chat_facts *facts = chats->items[i].facts;
		if (facts && facts->username && strcasecmp(facts->username, username) == 0)
			return &chats->items[i];
	}
	return NULL;
}

struct chat *chat_of_args(
	const struct bot *bot, const json_t *args, const char *name, struct refusal *why)
{
	const char *text = arg_text(args, name);
	if (!text || !*text) {
		(void)refuse(why, 400, "Bad Request: %s is empty", name);
		return NULL;
	}
	struct chat *chat = *text == '@' ? find_username(&bot->chats, text + 1)
					 : chat_find(&bot->chats, arg_number(args, name, 0));
	if (!chat)
		(void)refuse(why, 400, "Bad Request: chat not found");
	return chat;
}
