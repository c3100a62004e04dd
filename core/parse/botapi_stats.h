/* SPDX-License-Identifier: MIT */
/*
 * The statistics port of a self-hosted telegram-bot-api server: lines of tab-separated words, the
 * server's own first, then a block a bot after an empty line (tdlib/telegram-bot-api,
 * ClientManager::get_stats). It prints whole tokens and webhook URLs: nothing but numbers is taken
 * out of it, a bot is its id. The server cuts its answer at 16 KiB. Rates have four columns (since
 * the start, 5 s, 1 min, 1 h); the minute is taken. Unknown lines are ignored. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_BOTAPI_STATS_H
#define BOTSWAIN_PARSE_BOTAPI_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;

enum { BOTAPI_STATS_BOTS = 64, BOTAPI_STATS_BYTES = 16 << 10 };

struct botapi_stats_bot {
	int64_t id, pending; /* pending -1: none waits */
	double updates_per_s, requests_per_s;
};

struct botapi_stats {
	double uptime_s, rss_bytes; /* NaN: not said */
	int64_t bots, active_bots;  /* -1: not said */
	int64_t webhook_connections, active_requests;
	double requests_per_s, errors_per_s, updates_per_s;
	struct botapi_stats_bot list[BOTAPI_STATS_BOTS];
	size_t count;
	bool is_cut; /* there are more bots than the answer holds */
};

/* False: it is no such page, or the server is shutting down. */
MUST_CHECK bool botapi_stats_read(
	const char *body, size_t length, struct botapi_stats *ret, struct err *err);

#endif
