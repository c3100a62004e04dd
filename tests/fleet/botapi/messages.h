/* SPDX-License-Identifier: MIT */
/*
 * The messages that a bot can still name: those that it sent and those that it got, the last MESSAGES_KEPT of them. What
 * is still in its queue can be named as well. A bot that neither reads nor writes keeps none. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_MESSAGES_H
#define BOTSWAIN_BOTAPI_MESSAGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct bot;
struct chat;
struct update;

enum { MESSAGES_KEPT = 64, SENT_SHOWN = 32 };

struct kept {
	int64_t chat, id;
	char *json; /* a Message, or an Update that holds one; NULL: none here, or deleted */
	bool own;   /* the bot's */
};

/* A Message with message_id, from, chat and date; takes `from`. */
json_t *message_new(struct bot *bot, const struct chat *chat, json_t *from);
/* The bot as a User. */
json_t *bot_user(const struct bot *bot);

/* Keeps what the bot sent, or what it turned into by an edit. */
void message_keep(struct bot *bot, const json_t *message);
/* Keeps the message of an update that the bot has taken; the update gives its JSON away. */
void message_keep_update(struct bot *bot, struct update *update);
/* The message, which the caller owns, or NULL. `ret_own` may be NULL. */
json_t *message_load(const struct bot *bot, int64_t chat, int64_t id, bool *ret_own);
/* False when there is none. */
bool message_delete(struct bot *bot, int64_t chat, int64_t id);
/* What the bot sent, oldest first, at most SENT_SHOWN. */
json_t *messages_sent(const struct bot *bot);
void messages_release(struct bot *bot);

#endif
