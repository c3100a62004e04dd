/* SPDX-License-Identifier: MIT */
/* Who takes a bot's updates: a long poll or a webhook, never both. One thread. */
#ifndef BOTSWAIN_BOTAPI_UPDATES_H
#define BOTSWAIN_BOTAPI_UPDATES_H

struct bot;

/* An update came: answers the waiting poll or wakes the webhook. */
void updates_arrived(struct bot *bot);
/* Ends the waiting poll, if there is one, with a 409 in these words. */
void updates_evict_poll(struct bot *bot, const char *why);
/* Ends it with any other refusal, at once. */
void updates_end_poll(struct bot *bot, unsigned status, const char *why);

#endif
