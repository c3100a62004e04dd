/* SPDX-License-Identifier: MIT */
/*
 * The tokens of the bots. Those of files are read in slices, so that ten thousand of them never stop
 * the polls for long. A command runs beside the loop, which watches for its end and its time: the
 * other bots are asked meanwhile. Few run at once; the rest wait for their turn in order. A command
 * runs when there is no token, a minute after it gave none, and when Telegram rejected what it gave.
 * Tokens that were not answered lately are asked about one after the other.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/msg/msg.h"
#include "core/conf/command.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/telegram_internal.h"
#include "core/collect/vault.h"

enum {
	TOKENS_A_SLICE = 200,
	STAGGER_MS = 60000 / TG_NEW_TOKENS_A_MINUTE,
	SAID_AFTER_MS = 1000,   /* a token that is so late is told to be */
	AGAIN_MS = 30000,       /* between two runs for a rejected token */
	AGAIN_NEAR_MS = 5000,   /* towards loopback */
	PUBLISH_EVERY_MS = 1000 /* redactors; one costs time, and each begins new chunks */
};

/* ---- one token ---- */

static void tell_vault(struct telegram *telegram, const struct tg_bot *bot)
{
	autofree char *owner = xasprintf("bot/%s", bot->conf->name);
	vault_put(telegram->worker->hub->vault, owner, &bot->token);
}

/* Checks what was read, and wipes it; `is_read` false: `err` says why there is none. Publishing is
 * the caller's. */
static bool keep_token(struct telegram *telegram, struct tg_bot *bot, bool is_read,
	struct str *text, struct err *err)
{
	int64_t id;
	if (is_read) {
		secret_set(&bot->token, text->text, text->length);
		is_read = token_check(secret_reveal(&bot->token), bot->token.length, &id, err);
	}
	str_wipe(text);
	str_release(text);
	if (!is_read) {
		secret_release(&bot->token);
		return false;
	}
	bot->token_hash = entity_id("token", secret_reveal(&bot->token));
	tell_vault(telegram, bot);
	return true;
}

static bool is_of_command(const struct tg_bot *bot)
{
	return bot->conf->token.command.count > 0;
}

/* From a file: at once. */
static bool take_token(struct telegram *telegram, struct tg_bot *bot, struct err *err)
{
	struct str text = STR_INIT;
	bool is_read = settings_secret(&bot->conf->token, telegram->worker->stop_fd, &text, err);
	return keep_token(telegram, bot, is_read, &text, err);
}

static bool take_token_again(struct telegram *telegram, struct tg_bot *bot)
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

/* ---- commands ---- */

static void has_no_token(struct telegram *telegram, struct tg_bot *bot, const struct err *err)
{
	struct tg_scene scene = tg_scene_of(telegram, bot);
	tg_bot_no_token(bot, &scene, err);
	tg_plan(telegram, bot);
}

static void run_command(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_commands *commands = &telegram->commands;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = bot};
	struct err err = {0};
	bot->command_ms = tg_now(telegram);
	if (!command_begin(&bot->conf->token.command, &bot->command, &err)) {
		bot->is_reading = false;
		has_no_token(telegram, bot, &err);
		return;
	}
	/* A failure costs time alone: each turn of the loop looks at all that run. */
	(void)epoll_ctl(commands->poll_fd, EPOLL_CTL_ADD, bot->command.ended_fd, &event);
	commands->running[commands->count++] = bot;
}

static void run_waiting(struct telegram *telegram)
{
	struct tg_commands *commands = &telegram->commands;
	while (commands->first && commands->count < TG_COMMANDS_MAX) {
		struct tg_bot *bot = commands->first;
		commands->first = bot->next_waiting;
		if (!commands->first)
			commands->last = NULL;
		bot->next_waiting = NULL;
		run_command(telegram, bot);
	}
}

static void begin_reading(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_commands *commands = &telegram->commands;
	bot->is_reading = true;
	bot->wanted_ms = tg_now(telegram);
	bot->released_ms = bot->wanted_ms + SAID_AFTER_MS;
	if (commands->last)
		commands->last->next_waiting = bot;
	else
		commands->first = bot;
	commands->last = bot;
	run_waiting(telegram);
}

/* Its turn came, but not its token. A rejected one is shown as that. */
static void tell_waiting(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_scene scene = tg_scene_of(telegram, bot);
	const char *name = bot->conf->token.command.argv[0];
	struct err err = {0};
	if (bot->is_rejected || scene.now_ms - bot->wanted_ms < SAID_AFTER_MS) {
		bot->released_ms = scene.now_ms + SAID_AFTER_MS;
		return;
	}
	if (bot->command.pid)
		err_set(&err, ERR_SECRET, "'%s' has not ended yet: it is given %d s", name,
			SECRET_COMMAND_MS / 1000);
	else
		err_set(&err, ERR_SECRET, "'%s' waits until commands of other tokens have ended",
			name);
	tg_bot_no_token(bot, &scene, &err);
}

static void remove_running(struct tg_commands *commands, const struct tg_bot *bot)
{
	for (size_t i = 0; i < commands->count; i++)
		if (commands->running[i] == bot) {
			commands->running[i] = commands->running[--commands->count];
			return;
		}
}

static void remove_waiting(struct tg_commands *commands, struct tg_bot *bot)
{
	struct tg_bot *before = NULL;
	for (struct tg_bot *at = commands->first; at && at != bot; at = at->next_waiting)
		before = at;
	if (before)
		before->next_waiting = bot->next_waiting;
	else
		commands->first = bot->next_waiting;
	if (commands->last == bot)
		commands->last = before;
	bot->next_waiting = NULL;
}

static void end_reading(struct telegram *telegram, struct tg_bot *bot, bool has_ended)
{
	struct tg_scene scene = tg_scene_of(telegram, bot);
	struct str text = STR_INIT;
	struct err err = {0};
	remove_running(&telegram->commands, bot);
	bool is_read = settings_secret_end(&bot->command, has_ended, &text, &err);
	bot->is_reading = false;
	if (!keep_token(telegram, bot, is_read, &text, &err)) {
		has_no_token(telegram, bot, &err);
		return;
	}
	telegram->commands.is_unpublished = true;
	if (bot->is_new)
		tg_bot_start(bot, &scene, first_ms(telegram, bot, 0));
	else
		bot->released_ms = scene.now_ms;
	bot->is_new = false;
	tg_plan(telegram, bot);
}

static void publish_when_due(struct telegram *telegram)
{
	struct tg_commands *commands = &telegram->commands;
	int64_t now_ms = tg_now(telegram);
	if (!commands->is_unpublished || now_ms < commands->published_ms + PUBLISH_EVERY_MS)
		return;
	vault_publish(telegram->worker->hub->vault);
	commands->is_unpublished = false;
	commands->published_ms = now_ms;
}

void tg_take_outputs(struct telegram *telegram)
{
	struct tg_commands *commands = &telegram->commands;
	struct tg_bot *running[TG_COMMANDS_MAX];
	struct pollfd ends[TG_COMMANDS_MAX];
	size_t count = commands->count;
	for (size_t i = 0; i < count; i++) {
		running[i] = commands->running[i];
		ends[i] = (struct pollfd){.fd = running[i]->command.ended_fd, .events = POLLIN};
	}
	if (count && poll(ends, count, 0) < 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_late = tg_now(telegram) >= running[i]->command_ms + SECRET_COMMAND_MS;
		if (ends[i].revents || is_late)
			end_reading(telegram, running[i], ends[i].revents);
	}
	run_waiting(telegram);
	publish_when_due(telegram);
}

int64_t tg_outputs_ms(const struct telegram *telegram)
{
	const struct tg_commands *commands = &telegram->commands;
	int64_t next_ms =
		commands->is_unpublished ? commands->published_ms + PUBLISH_EVERY_MS : INT64_MAX;
	for (size_t i = 0; i < commands->count; i++)
		if (commands->running[i]->command_ms + SECRET_COMMAND_MS < next_ms)
			next_ms = commands->running[i]->command_ms + SECRET_COMMAND_MS;
	return next_ms;
}

void tg_drop_token(struct telegram *telegram, struct tg_bot *bot)
{
	struct str nothing = STR_INIT;
	if (bot->command.pid) {
		remove_running(&telegram->commands, bot);
		command_end(&bot->command, COMMAND_STOPPED, 0, 0, &nothing, NULL);
	} else if (bot->is_reading) {
		remove_waiting(&telegram->commands, bot);
	}
	bot->is_reading = false;
	secret_release(&bot->token);
	tell_vault(telegram, bot);
}

/* ---- when they are wanted ---- */

static int64_t again_ms(const struct telegram *telegram)
{
	return tg_settings(telegram)->telegram_loopback ? AGAIN_NEAR_MS : AGAIN_MS;
}

bool tg_has_token(struct telegram *telegram, struct tg_bot *bot)
{
	bool has_one = secret_is_set(&bot->token);
	if (bot->is_reading) {
		tell_waiting(telegram, bot);
		return false;
	}
	if (has_one && !bot->is_rejected)
		return true;
	if (!is_of_command(bot))
		return take_token_again(telegram, bot);
	if (has_one && tg_now(telegram) - bot->command_ms < again_ms(telegram))
		return true;
	begin_reading(telegram, bot);
	return false;
}

static void read_first_token(struct telegram *telegram, struct tg_bot *bot, size_t place)
{
	struct err err = {0};
	struct tg_scene scene = tg_scene_of(telegram, bot);
	if (is_of_command(bot)) {
		tg_bot_start(bot, &scene, scene.now_ms);
		bot->is_new = true;
		begin_reading(telegram, bot);
		tg_plan(telegram, bot);
		return;
	}
	bool is_good = take_token(telegram, bot, &err);
	tg_bot_start(bot, &scene, is_good ? first_ms(telegram, bot, place) : scene.now_ms);
	if (!is_good)
		tg_bot_no_token(bot, &scene, &err);
	tg_plan(telegram, bot);
}

/* At a reload the token may be another one where it always was: then the bot begins anew. One that cannot be read now
 * leaves the one that there is. */
static void read_kept_token(struct telegram *telegram, struct tg_bot *bot)
{
	struct tg_scene scene = tg_scene_of(telegram, bot);
	struct secret fresh = {0};
	struct str text = STR_INIT;
	struct err err = {0};
	if (is_of_command(bot) ||
		!settings_secret(&bot->conf->token, telegram->worker->stop_fd, &text, &err))
		return;
	secret_set(&fresh, text.text, text.length);
	bool is_another = !secret_equal(&fresh, &bot->token);
	secret_release(&fresh);
	if (!is_another) {
		str_wipe(&text);
		str_release(&text);
		return;
	}
	if (keep_token(telegram, bot, true, &text, &err))
		tg_bot_start(bot, &scene, scene.now_ms);
	else
		tg_bot_no_token(bot, &scene, &err);
	if (!bot->call)
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
			read_kept_token(telegram, bot);
		else
			read_first_token(telegram, bot, telegram->unread);
		read++;
	}
	if (read)
		vault_publish(telegram->worker->hub->vault);
}
