/* SPDX-License-Identifier: MIT */
#include "tests/fleet/botapi/bots.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/fleet/botapi/api.h"
#include "tests/fleet/botapi/callbacks.h"
#include "tests/fleet/botapi/messages.h"
#include "tests/fleet/common/loop.h"

/* Ids of bots lie below 2^54. */
#define ID_END (UINT64_C(1) << 54)

enum { HASH_SIZE = 1 << 15, FIRST_UPDATE_ID = 100000001 };

bool token_is_well_formed(const char *token)
{
	size_t length = strlen(token);
	const char *colon = strchr(token, ':');
	if (length > TOKEN_MAX || !colon || token[0] == '0' || colon - token > 17)
		return false;
	for (const char *p = token; p < colon; p++)
		if (!isdigit((unsigned char)*p))
			return false;
	for (const char *p = colon + 1; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
			return false;
	return colon > token && strtoull(token, NULL, 10) < ID_END &&
	       strlen(colon + 1) >= SECRET_MIN;
}

static size_t hash_of(const char *token)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (; *token; token++)
		hash = (hash ^ (unsigned char)*token) * UINT64_C(1099511628211);
	return (size_t)(hash ^ hash >> 32) & (HASH_SIZE - 1);
}

void bots_init(struct bots *bots)
{
	*bots = (struct bots){.hash_size = HASH_SIZE};
	bots->hash = xcalloc(HASH_SIZE, sizeof(struct bot *));
	bots->names = xcalloc(HASH_SIZE, sizeof(struct bot *));
}

static void bot_free(struct bot *bot)
{
	bot_drop_all(bot);
	messages_release(bot);
	callbacks_release(bot);
	json_decref(bot->profile);
	chats_release(&bot->chats);
	free(bot->token);
	free(bot->name);
	free(bot->username);
	free(bot->first_name);
	free(bot->webhook.url);
	free(bot->webhook.secret);
	free(bot->webhook.certificate);
	free(bot);
}

void bots_release(struct bots *bots)
{
	for (size_t i = 0; i < bots->count; i++)
		bot_free(bots->items[i]);
	free(bots->items);
	free(bots->hash);
	free(bots->names);
	*bots = (struct bots){0};
}

/* orders-en -> orders_en_bot */
static char *username_of(const char *name)
{
	char *username = xasprintf("%s_bot", name);
	for (char *p = username; *p; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return username;
}

bool bots_add(struct bots *bots, struct api *api, const char *token, const char *name,
	const char *first_name, struct bot **ret_bot, struct err *err)
{
	if (!token_is_well_formed(token))
		return err_set(err, ERR_INVALID, "malformed token of '%s'", name);
	if (bots_by_token(bots, token) || bots_find(bots, name))
		return err_set(err, ERR_CONFLICT, "bot '%s' exists already", name);
	if (bots->count >= BOTS_MAX)
		return err_set(err, ERR_LIMIT, "no more than %d bots", BOTS_MAX);
	struct bot *bot = xcalloc(1, sizeof(*bot));
	bot->api = api;
	bot->id = strtoll(token, NULL, 10);
	bot->token = xstrdup(token);
	bot->name = xstrdup(name);
	bot->username = username_of(name);
	bot->first_name = xstrdup(first_name);
	bot->next_update_id = FIRST_UPDATE_ID;
	bot->next_message_id = 1;
	bot->allowed = kinds_default();
	bots->items = grow(bots->items, bots->count, &bots->capacity, sizeof(struct bot *));
	bots->items[bots->count++] = bot;
	struct bot **slot = &bots->hash[hash_of(token)];
	bot->next_of_token = *slot;
	*slot = bot;
	slot = &bots->names[hash_of(name)];
	bot->next_of_name = *slot;
	*slot = bot;
	*ret_bot = bot;
	return true;
}

struct bot *bots_by_token(const struct bots *bots, const char *token)
{
	struct bot *bot = bots->hash[hash_of(token)];
	while (bot && strcmp(bot->token, token) != 0)
		bot = bot->next_of_token;
	return bot;
}

struct bot *bots_find(const struct bots *bots, const char *key)
{
	int64_t id = strtoll(key, NULL, 10);
	struct bot *bot = bots->names[hash_of(key)];
	while (bot && strcmp(bot->name, key) != 0)
		bot = bot->next_of_name;
	for (size_t i = 0; !bot && id && i < bots->count; i++)
		if (bots->items[i]->id == id)
			bot = bots->items[i];
	return bot;
}

void bot_drop_update(struct bot *bot, struct update *update)
{
	if (update->previous)
		update->previous->next = update->next;
	else
		bot->first = update->next;
	if (update->next)
		update->next->previous = update->previous;
	else
		bot->last = update->previous;
	bot->pending--;
	free(update->json);
	free(update);
}

void bot_take_update(struct bot *bot, struct update *update)
{
	message_keep_update(bot, update);
	bot_drop_update(bot, update);
}

void bot_drop_all(struct bot *bot)
{
	while (bot->first)
		bot_drop_update(bot, bot->first);
}

void bot_expire(struct bot *bot)
{
	int64_t now = loop_now_ms();
	for (struct update *update = bot->first, *next; update; update = next) {
		next = update->next;
		if (update->expires_ms > now || update->in_flight)
			continue;
		bot_drop_update(bot, update);
		bot->expired++;
	}
}

static void append(struct bot *bot, struct update *update)
{
	update->previous = bot->last;
	if (bot->last)
		bot->last->next = update;
	else
		bot->first = update;
	bot->last = update;
	bot->pending++;
}

bool bot_enqueue(struct bot *bot, enum update_kind kind, json_t *payload)
{
	if (!(bot->allowed & UINT32_C(1) << kind)) {
		json_decref(payload);
		return false;
	}
	if (bot->pending >= QUEUE_MAX)
		bot_drop_update(bot, bot->first);
	struct update *update = xcalloc(1, sizeof(*update));
	json_t *chat = json_object_get(payload, "chat");
	update->id = bot->next_update_id++;
	update->expires_ms = loop_now_ms() + kind_lifetime_ms(kind);
	update->message_id = json_integer_value(json_object_get(payload, "message_id"));
	update->chat = json_integer_value(json_object_get(chat, "id"));
	json_t *whole = json_pack(
		"{s:I,s:o}", "update_id", (json_int_t)update->id, kind_name(kind), payload);
	update->json = json_dumps(whole, JSON_COMPACT);
	update->length = strlen(update->json);
	json_decref(whole);
	append(bot, update);
	rates_add(&bot->updates, loop_now_ms(), 1);
	rates_add(&bot->api->figures.updates, loop_now_ms(), 1);
	return true;
}
