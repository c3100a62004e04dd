/* SPDX-License-Identifier: MIT */
/* The bots that are polled: those of the roster, each going on where it was when that changes. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/conf/settings.h"
#include "core/collect/http.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/telegram_internal.h"

/* A poll lasts a tenth of a second, bots are asked some seconds apart: of eight one has a call under way. */
enum { BOTS_PER_CONNECTION = 8, KEPT_LEAST = 8 };

static int by_name(const void *one, const void *other)
{
	const struct tg_bot *const *a = one, *const *b = other;
	return strcmp((*a)->conf->name, (*b)->conf->name);
}

struct tg_bot *tg_find(const struct telegram *telegram, const char *name)
{
	const struct conf_bot conf = {.name = (char *)(uintptr_t)name};
	const struct tg_bot wanted = {.conf = &conf}, *key = &wanted;
	struct tg_bot **found = telegram->count ? bsearch(&key, telegram->bots, telegram->count,
							  sizeof(struct tg_bot *), by_name)
						: NULL;
	return found ? *found : NULL;
}

static void free_bot(struct telegram *telegram, struct tg_bot *bot)
{
	timers_remove(&telegram->timers, &bot->timer);
	if (bot->call)
		http_cancel(bot->call);
	if (telegram->prober == bot)
		telegram->prober = NULL;
	tg_drop_token(telegram, bot);
	free(bot);
}

/* Changing the server or a token makes a bot a new one; everything else goes on where it was. */
static bool is_same(const struct telegram *telegram, const struct tg_bot *bot,
	const struct settings *settings, const struct conf_bot *conf)
{
	return strcmp(tg_settings(telegram)->telegram_api, settings->telegram_api) == 0 &&
	       same_secret(&bot->conf->token, &conf->token) &&
	       (secret_is_set(&bot->token) || bot->is_reading);
}

static struct tg_bot *keep_or_make(
	struct telegram *telegram, const struct settings *settings, const struct conf_bot *conf)
{
	struct tg_bot *bot = tg_find(telegram, conf->name);
	if (bot && is_same(telegram, bot, settings, conf)) {
		bot->is_kept = true;
	} else {
		bot = xcalloc(1, sizeof(*bot));
		bot->telegram = telegram;
		bot->timer.owner = bot;
	}
	bot->next_conf = conf;
	return bot;
}

static void replace_bots(struct telegram *telegram, struct tg_bot **bots, size_t count)
{
	for (size_t i = 0; i < telegram->count; i++)
		if (!telegram->bots[i]->is_kept)
			free_bot(telegram, telegram->bots[i]);
	free(telegram->bots);
	telegram->bots = bots;
	telegram->count = count;
	for (size_t i = 0; i < count; i++)
		bots[i]->conf = bots[i]->next_conf;
	if (count)
		qsort(bots, count, sizeof(struct tg_bot *), by_name);
}

void tg_set_roster(struct telegram *telegram, struct roster *roster)
{
	struct tg_bot **bots = xcalloc(roster->count + 1, sizeof(struct tg_bot *));
	struct roster *old = telegram->roster;
	size_t count = 0;
	for (size_t i = 0; i < telegram->count; i++)
		telegram->bots[i]->is_kept = false;
	for (size_t i = 0; i < roster->count; i++)
		if (tg_is_polled(roster->bots[i]))
			bots[count++] = keep_or_make(telegram, roster->settings, roster->bots[i]);
	replace_bots(telegram, bots, count);
	http_keep(telegram->http, count / BOTS_PER_CONNECTION + KEPT_LEAST);
	telegram->roster = roster;
	telegram->unread = 0;
	roster_unref(old);
	for (size_t i = 0; i < count; i++) {
		struct tg_scene scene = tg_scene_of(telegram, bots[i]);
		if (!bots[i]->is_kept)
			continue;
		tg_bot_set_pace(bots[i], &scene);
		if (!bots[i]->call)
			tg_plan(telegram, bots[i]);
	}
}

void tg_free_bots(struct telegram *telegram)
{
	for (size_t i = 0; i < telegram->count; i++)
		free_bot(telegram, telegram->bots[i]);
	free(telegram->bots);
}
