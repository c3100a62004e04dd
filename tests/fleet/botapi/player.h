/* SPDX-License-Identifier: MIT */
/*
 * The users of the fleet: seeded people who write to a bot once, or at a mean rate with random
 * pauses. The same seed gives the same people, texts and pauses. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_PLAYER_H
#define BOTSWAIN_BOTAPI_PLAYER_H

#include <stddef.h>
#include <stdint.h>

struct bot;

/* One message; `text` NULL: something that people say. */
void player_say(struct bot *bot, int64_t chat, const char *text);
/* `count` messages at once. */
void player_burst(struct bot *bot, size_t count, const char *text);
/* From now on `per_minute` messages a minute; 0 makes them silent. */
void player_set_rate(struct bot *bot, double per_minute, uint64_t seed);
void player_free(struct bot *bot);

#endif
