/* SPDX-License-Identifier: MIT */
/*
 * The bots that are polled, and their tokens. Tokens are read in slices, so that ten thousand of
 * them, or a slow command, never stop the polls for long; tokens that were not answered lately wait
 * for their turn.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/conf/settings.h"
#include "core/collect/http.h"
#include "core/collect/hub.h"
#include "core/collect/roster.h"
#include "core/collect/same.h"
#include "core/collect/telegram_internal.h"
#include "core/collect/vault.h"

enum { TOKENS_A_SLICE = 200, STAGGER_MS = 60000 / TG_NEW_TOKENS_A_MINUTE };

/* ---- tokens ---- */

static void keep_secret(struct telegram *telegram, const struct tg_bot *bot)
{
	autofree char *owner = xasprintf("bot/%s", bot->conf->name);
	vault_put(telegram->worker->hub->vault, owner, &bot->token);
}

/* Reads and checks it, and tells the vault, whose publishing is the caller's. */
static bool take_token(struct telegram *telegram, struct tg_bot *bot, struct err *err)
{
	struct str text = STR_INIT;
	int64_t id;
	bool is_good = settings_secret(&bot->conf->token, telegram->worker->stop_fd, &text, err);
	if (is_good) {
		secret_set(&bot->token, text.text, text.length);
		is_good = token_check(secret_reveal(&bot->token), bot->token.length, &id, err);
	}
	str_wipe(&text);
	str_release(&text);
	if (!is_good) {
		secret_release(&bot->token);
		return false;
	}
	bot->token_hash = entity_id("token", secret_reveal(&bot->token));
	keep_secret(telegram, bot);
	return true;
}

static bool read_token(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_scene scene = tg_scene_of(telegram, bot);
	struct err err = {0};
	if (take_token(telegram, bot, &err)) {
		vault_publish(telegram->worker->hub->vault);
		return true;
	}
	tg_bot_no_token(bot, &scene, &err);
	return false;
}

bool tg_has_token(struct telegram *telegram, struct tg_bot *bot)
{
	if (secret_is_set(&bot->token) && !bot->is_rejected)
		return true;
	return read_token(telegram, bot);
}

/* The Bot API server builds a session for each token that it does not have, and counts them by
 * address: tokens that were not answered lately wait for their turn. */
static int64_t first_ms(struct telegram *telegram, const struct tg_bot *bot, size_t place)
{
	const struct hub *hub = telegram->worker->hub;
	int64_t now_ms = tg_now(telegram);
	bool is_known =
		hub->known && hub->known(hub->known_context, bot->conf->name, bot->token_hash);
	if (is_known || tg_settings(telegram)->telegram_loopback) {
		int64_t spread_ms = (int64_t)telegram->count * TG_SPREAD_MS;
		int64_t interval_ms = tg_settings(telegram)->telegram_interval_ms;
		if (spread_ms > interval_ms)
			spread_ms = interval_ms;
		return now_ms + (int64_t)place * spread_ms / (int64_t)telegram->count;
	}
	if (telegram->slot_ms < now_ms)
		telegram->slot_ms = now_ms;
	int64_t slot_ms = telegram->slot_ms;
	telegram->slot_ms += STAGGER_MS;
	return slot_ms;
}

static void read_first_token(struct telegram *telegram, struct tg_bot *bot, size_t place)
{
	struct err err = {0};
	struct tg_scene scene = tg_scene_of(telegram, bot);
	bool is_good = take_token(telegram, bot, &err);
	tg_bot_start(bot, &scene, is_good ? first_ms(telegram, bot, place) : scene.now_ms);
	if (!is_good)
		tg_bot_no_token(bot, &scene, &err);
	tg_plan(telegram, bot);
}

void tg_read_tokens(struct telegram *telegram)
{
	int64_t until_ms = tg_now(telegram) + TG_SLICE_MS;
	size_t read = 0;
	while (telegram->unread < telegram->count && read < TOKENS_A_SLICE &&
		tg_now(telegram) <= until_ms) {
		struct tg_bot *bot = telegram->bots[telegram->unread++];
		if (bot->is_kept)
			continue;
		read_first_token(telegram, bot, telegram->unread);
		read++;
	}
	if (read)
		vault_publish(telegram->worker->hub->vault);
}

/* ---- which bots ---- */

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
	secret_release(&bot->token);
	keep_secret(telegram, bot);
	free(bot);
}

/* Changing the server or a token makes a bot a new one; everything else goes on where it was. */
static bool is_same(const struct telegram *telegram, const struct tg_bot *bot,
	const struct settings *settings, const struct conf_bot *conf)
{
	return strcmp(tg_settings(telegram)->telegram_api, settings->telegram_api) == 0 &&
	       same_secret(&bot->conf->token, &conf->token) && secret_is_set(&bot->token);
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
