/* SPDX-License-Identifier: MIT */
/*
 * Webhooks: setWebhook, deleteWebhook and real deliveries over HTTP. Up to max_connections updates are under way at
 * once; one that failed is tried again after 1, 2, 4 ... s, at most 60 to 120 s, or when the bot's Retry-After says.
 * Only URLs on loopback are accepted: this server sends nothing beyond the machine. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_WEBHOOK_H
#define BOTSWAIN_BOTAPI_WEBHOOK_H

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct api;
struct bot;

/* Sends what is due and plans the next try. */
void webhook_pump(struct bot *bot);
/* Points the webhook elsewhere (NULL: nowhere) and forgets its errors. */
void webhook_point(struct bot *bot, const char *url);
/* Drops the deliveries that are under way, at the end of the program. */
void webhook_release_all(struct api *api);

#endif
