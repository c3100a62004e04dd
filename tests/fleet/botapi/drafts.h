/* SPDX-License-Identifier: MIT */
/* What all methods that send have in common: the chat, what it replies to, the keyboard, and the road of the message. */
#ifndef BOTSWAIN_BOTAPI_DRAFTS_H
#define BOTSWAIN_BOTAPI_DRAFTS_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/attr.h"

struct bot;
struct chat;
struct refusal;
struct request;

struct draft {
	struct chat *chat;
	json_t *markup, *reply_to; /* NULL: none */
};

/* Looks whether the bot may send what `args` says, with the server's words when not. */
MUST_CHECK bool draft_begin(
	struct bot *bot, const json_t *args, struct draft *draft, struct refusal *why);
void draft_release(struct draft *draft);
/* A new Message of the bot in the draft's chat, without content; the caller owns it. */
json_t *draft_message(struct bot *bot, const struct draft *draft, const json_t *args);
/* Keeps the message and answers with it; takes it. */
void draft_send(struct bot *bot, struct request *request, json_t *message);

#endif
