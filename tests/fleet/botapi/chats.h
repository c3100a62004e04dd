/* SPDX-License-Identifier: MIT */
/*
 * The chats that a bot can write to, and what stands against it: a user who blocked it, a group that threw it out, a
 * group that became a supergroup. A chat of no more than its id costs 16 bytes. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_CHATS_H
#define BOTSWAIN_BOTAPI_CHATS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

struct bot;
struct refusal;
struct chat_state;

enum { CHATS_MAX = 4096 /* that a bot knows */ };

/* What is known of a chat beyond its id. */
struct chat_facts {
	char *title, *username;
	bool channel;
	const struct chat_state *state; /* NULL: the bot may write */
	int64_t migrated_to;            /* 0: nowhere */
	int64_t free_ms;                /* when the flood limit lets the next message through */
};

struct chat {
	int64_t id;
	struct chat_facts *facts; /* NULL: nothing */
};

struct chats {
	struct chat *items;
	size_t count, capacity;
};

void chats_release(struct chats *chats);
/* NULL when the bot does not know it. The pointer is good until the next chat is learned. */
struct chat *chat_find(const struct chats *chats, int64_t id);
/* Makes it known; past CHATS_MAX the last one makes room. */
struct chat *chat_learn(struct chats *chats, int64_t id);
struct chat_facts *chat_facts(struct chat *chat);

/* "private", "group", "supergroup" or "channel". */
const char *chat_type(const struct chat *chat);
/* A Chat object. */
json_t *chat_json(const struct chat *chat);
/* Sets what stands against the bot by its word ("blocked", "kicked" ..., "ok"); false: no such word. */
MUST_CHECK bool chat_set_state(struct chat *chat, const char *word);
/* The ChatMember status of the bot: "member", "kicked" ("left" for a group that is gone). */
const char *chat_membership(const struct chat *chat);
/* False, with the server's words, when the bot cannot write there. */
MUST_CHECK bool chat_allows(const struct chat *chat, struct refusal *why);
/* The chat that args[name] names by id or @username; NULL with the server's words. */
struct chat *chat_of_args(
	const struct bot *bot, const json_t *args, const char *name, struct refusal *why);

#endif
