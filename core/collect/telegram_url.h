/* SPDX-License-Identifier: MIT */
/*
 * The only door to the Bot API: what is not on the list here has no URL, and no URL of the Bot API
 * is put together anywhere else (a test reads the sources for it). On a token of the fleet nothing
 * but getMe and getWebhookInfo is ever asked: both are answered without touching the bot, whereas
 * one getUpdates ends the bot's own poller. Pure; any thread.
 */
#ifndef BOTSWAIN_COLLECT_TELEGRAM_URL_H
#define BOTSWAIN_COLLECT_TELEGRAM_URL_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;
struct secret;
struct str;

/* Exactly getMe and getWebhookInfo; the server takes any case, we do not. */
bool telegram_method_allowed(const char *method);
/* The URL of an allowed method, appended to `ret`. It holds the token: the caller hands it to the
 * HTTP client, wipes it, and never prints it. */
MUST_CHECK bool telegram_url(const char *base, const struct secret *token, const char *method,
	struct str *ret, struct err *err);

#endif
