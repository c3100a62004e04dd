/* SPDX-License-Identifier: MIT */
/*
 * Real deliveries to webhooks over HTTP. Up to max_connections updates are under way at once; one that failed is tried
 * again after 1, 2, 4 ... s, at most 60 to 120 s, or when the bot's Retry-After says. An answer may name a method that is
 * then called. Only URLs on loopback get here: this server sends nothing beyond the machine. One thread.
 */
#ifndef BOTSWAIN_BOTAPI_WEBHOOK_H
#define BOTSWAIN_BOTAPI_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"

struct api;
struct bot;

enum { WEBHOOK_CONNECTIONS = 40 /* at once, when nobody says how many */ };

/* Sends what is due and plans the next try. */
void webhook_pump(struct bot *bot);
/* When the first update that waits is tried next (monotonic ms); 0: none waits. */
int64_t webhook_next_try_ms(const struct bot *bot);
/* Points the webhook elsewhere (NULL: nowhere) and forgets its errors. */
void webhook_point(struct bot *bot, const char *url);
/* Drops the deliveries that are under way, at the end of the program. */
void webhook_release_all(struct api *api);

#endif
