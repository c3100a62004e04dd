/* SPDX-License-Identifier: MIT */
/* What the parts of the Bot API's thread share: telegram.c asks, telegram_host.c judges the host,
 * telegram_bots.c keeps the bots, telegram_tokens.c their tokens. HTTP thread. */
#ifndef BOTSWAIN_COLLECT_TELEGRAM_INTERNAL_H
#define BOTSWAIN_COLLECT_TELEGRAM_INTERNAL_H

#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/collect/schedule.h"
#include "core/collect/telegram_bot.h"
#include "core/collect/timers.h"
#include "core/collect/worker.h"

struct http;
struct roster;

enum { TG_SLICE_MS = 20, TG_SPREAD_MS = 5 /* a bot, at the start and after an outage */ };

enum { TG_COMMANDS_MAX = 16 };

/* Commands that print a token. */
struct tg_commands {
	int poll_fd; /* epoll: readable when one ended, or http_turn() has something to do */
	struct tg_bot *running[TG_COMMANDS_MAX];
	size_t count;
	struct tg_bot *first, *last; /* waiting for their turn; `next_waiting` */
	bool is_unpublished;         /* the vault has new tokens */
	int64_t published_ms;
};

struct telegram {
	struct worker *worker;
	struct http *http;
	struct roster *roster;
	struct tg_bot **bots; /* sorted by name */
	size_t count;
	struct timers timers;
	struct rng rng;
	char *focus;
	struct tg_commands commands;
	size_t unread;   /* bots before this one had their tokens read */
	int64_t slot_ms; /* the next new token may be asked about */
	/* the host */
	struct schedule host;
	struct err host_err;
	struct timer probe;          /* when somebody must be asked, due or not */
	const struct tg_bot *prober; /* the one call of an open circuit */
	size_t next_prober;          /* index: each in turn */
	unsigned opinions;           /* wanted from other bots, circuit closed */
	int64_t failed_ms;           /* calls that started before this tell nothing new */
	bool has_answered;
	double latency_ms;
	int64_t reported_ms;
};

/* telegram.c */
const struct settings *tg_settings(const struct telegram *telegram);
int64_t tg_now(const struct telegram *telegram);
struct tg_scene tg_scene_of(struct telegram *telegram, const struct tg_bot *bot);
void tg_plan(struct telegram *telegram, struct tg_bot *bot); /* sets its timer */
/* Asks the bot's next question now, unless the host's circuit says no. */
void tg_take_turn(struct telegram *telegram, struct tg_bot *bot);

/* telegram_host.c */
void tg_host_answered(struct telegram *telegram, struct tg_bot *bot, double latency_ms);
void tg_host_failed(struct telegram *telegram, const struct tg_bot *bot, const struct err *err);
/* True: this bot is not asked now (and was told so). */
bool tg_host_holds_back(struct telegram *telegram, struct tg_bot *bot);
void tg_host_probe(struct telegram *telegram); /* its timer is due */
/* Puts the name of the host before what went wrong. */
void tg_host_name_error(const struct telegram *telegram, struct err *err);

/* telegram_bots.c */
struct tg_bot *tg_find(const struct telegram *telegram, const char *name);
/* Takes ownership of the reference. */
void tg_set_roster(struct telegram *telegram, struct roster *roster);
void tg_free_bots(struct telegram *telegram);

/* telegram_tokens.c */
/* A slice of the tokens that were not read yet. */
void tg_read_tokens(struct telegram *telegram);
/* False: not now, which it was told, and its next turn is to be planned. A rejected token may have
 * been replaced where it is kept: it is read again. */
bool tg_has_token(struct telegram *telegram, struct tg_bot *bot);
/* Takes what commands printed that have ended, ends those whose time is over, runs the next. */
void tg_take_outputs(struct telegram *telegram);
/* When that is to be done though nothing is readable; INT64_MAX: never. */
int64_t tg_outputs_ms(const struct telegram *telegram);
/* The bot goes: its token is wiped, its command killed. */
void tg_drop_token(struct telegram *telegram, struct tg_bot *bot);

#endif
