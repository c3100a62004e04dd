/* SPDX-License-Identifier: MIT */
/*
 * What Telegram's trouble looks like in the words of any framework: two pollers on one token, a
 * revoked token, flood control, a user who blocked the bot, a message that does not parse. Also
 * what frameworks tell about the time a handler took. The table is in log_trouble.c. Pure; any
 * thread.
 */
#ifndef BOTSWAIN_PARSE_LOG_TROUBLE_H
#define BOTSWAIN_PARSE_LOG_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/parse/log_level.h"

enum log_trouble {
	TROUBLE_NONE,
	TROUBLE_CONFLICT,     /* a second getUpdates consumer */
	TROUBLE_WEBHOOK_SET,  /* polls although a webhook is set */
	TROUBLE_UNAUTHORIZED, /* token revoked or wrong */
	TROUBLE_FLOOD,        /* 429; retry_after_s */
	TROUBLE_BLOCKED,      /* that user or group is gone; no fault of the bot */
	TROUBLE_ENTITIES,     /* a message that Telegram does not parse */
	TROUBLE_MEMORY,
	TROUBLE_UNREACHABLE, /* Telegram not reached */
	TROUBLE_TRACEBACK,   /* an exception that nobody caught, as far as the line tells */
	TROUBLE_SECRET,      /* the line held a secret (found by who redacts, not here) */
	TROUBLE_HANDLED,     /* no trouble: an update was handled; duration_ms */
	TROUBLES,
};

struct log_trouble_find {
	enum log_trouble kind;
	int64_t retry_after_s; /* TROUBLE_FLOOD: 0 when the line does not say; capped */
	int64_t duration_ms;   /* TROUBLE_HANDLED */
};

/* "conflict"; "-" for none. Stable: for JSON and metrics. */
const char *log_trouble_word(enum log_trouble kind);

/* Looks at the start of the line (2 KiB). Lines that call themselves information are searched for
 * less. */
struct log_trouble_find log_trouble_of(const char *text, size_t length, enum log_level level);

#endif
