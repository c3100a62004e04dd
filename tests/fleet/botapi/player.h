/* SPDX-License-Identifier: MIT */
/*
 * The users of the fleet: seeded people who write to a bot once, or at a mean rate with random
 * pauses. The same seed gives the same people, texts and pauses. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_PLAYER_H
#define BOTSWAIN_BOTAPI_PLAYER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct bot;

/* `count` messages at once; `chat` 0: anybody's, `text` NULL: something that people say; each update of about `bytes`
 * as JSON, or as it comes for 0. */
void player_burst(struct bot *bot, size_t count, int64_t chat, const char *text, size_t bytes);
/*
 * Somebody writes `text` in `chat`, with long links on it until the Message has about `bytes`; `user` 0: whose number the chat has. Returns the Message, which the caller owns; the
 * caller calls updates_arrived().
 */
json_t *player_say(struct bot *bot, int64_t chat, int64_t user, const char *text, size_t bytes);
/* From now on `per_minute` messages a minute; 0 makes them silent. */
void player_set_rate(struct bot *bot, double per_minute, uint64_t seed);
void player_free(struct bot *bot);

#endif
