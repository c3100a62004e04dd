/* SPDX-License-Identifier: MIT */
/*
 * Whose a line is by what it calls its bot: one may call itself by another name than it has here. Lines of one log mostly name one
 * bot, so that many bots are not gone through for each. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_BOT_MEMO_H
#define BOTSWAIN_COLLECT_BOT_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/limits.h"

struct roster;

struct bot_memo {
	const struct roster *roster;  /* borrowed */
	bool knows_units;             /* a systemd unit's name is its bot's, too */
	char named[LIMIT_NAME_BYTES]; /* what was called a bot last */
	const char *is_of;            /* ... whose that is, of the roster; NULL: nobody's */
};

/* From here on it is of this roster. */
void bot_memo_begin(struct bot_memo *memo, const struct roster *roster);
/* An event_resolve of a struct bot_memo. */
const char *bot_memo_whose(void *memo, const char *name, size_t length);

#endif
