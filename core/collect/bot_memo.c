/* SPDX-License-Identifier: MIT */
#include "core/collect/bot_memo.h"

#include <stdio.h>
#include <string.h>

#include "core/collect/roster.h"
#include "core/conf/settings.h"

static bool is_its_unit(const struct conf_bot *bot, const char *name)
{
	const char *unit = bot->process.systemd;
	size_t length = unit ? strlen(unit) : 0;
	return length && strncmp(unit, name, length) == 0 &&
	       (!name[length] || strcmp(name + length, ".service") == 0);
}

static const struct conf_bot *bot_of(const struct bot_memo *memo, const char *name)
{
	const struct roster *roster = memo->roster;
	const struct conf_bot *bot = roster_bot(roster, name);
	for (size_t i = 0; i < roster->count && !bot && memo->knows_units; i++)
		if (is_its_unit(roster->bots[i], name))
			bot = roster->bots[i];
	return bot;
}

void bot_memo_begin(struct bot_memo *memo, const struct roster *roster)
{
	memo->roster = roster;
	memo->named[0] = '\0';
	memo->is_of = NULL;
}

const char *bot_memo_whose(void *context, const char *name, size_t length)
{
	struct bot_memo *memo = context;
	if (length >= sizeof(memo->named))
		return NULL;
	if (strncmp(memo->named, name, length) == 0 && !memo->named[length])
		return memo->is_of;
	snprintf(memo->named, sizeof(memo->named), "%.*s", (int)length, name);
	const struct conf_bot *bot = bot_of(memo, memo->named);
	memo->is_of = bot ? bot->name : NULL;
	return memo->is_of;
}
