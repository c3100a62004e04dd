/* SPDX-License-Identifier: MIT */
/*
 * The limits on sending: so many messages a second of a bot, so many a minute in one chat or group, with a burst. A bot
 * that goes past one gets 429, and so do all of its calls but the local ones until retry_after is over. Without a rule
 * nothing is limited. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_FLOOD_H
#define BOTSWAIN_BOTAPI_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"

struct bot;
struct chat;
struct refusal;

/* Pauses between two messages in ms; 0: no limit. */
struct flood_rule {
	int64_t bot_ms, chat_ms, group_ms;
	int burst; /* messages at once */
};

/* Counts a message of the bot to the chat. False with 429 when that is one too many. */
MUST_CHECK bool flood_allows(struct bot *bot, struct chat *chat, struct refusal *why);
/* False with 429 while the bot waits for a retry_after. */
MUST_CHECK bool flood_is_over(const struct bot *bot, struct refusal *why);

#endif
