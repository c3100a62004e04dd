/* SPDX-License-Identifier: MIT */
/*
 * One bot as the Bot API sees it: when it is asked what, and what an answer means. No I/O: the
 * thread (telegram.c) asks, this decides. HTTP thread.
 */
#ifndef BOTSWAIN_COLLECT_TELEGRAM_BOT_H
#define BOTSWAIN_COLLECT_TELEGRAM_BOT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/secret.h"
#include "core/conf/command.h"
#include "core/collect/schedule.h"
#include "core/collect/timers.h"

struct conf_bot;
struct err;
struct http_call;
struct http_reply;
struct hub;
struct rng;
struct settings;
struct telegram;

enum {
	TG_REJECTED_MS = 10 * 60 * 1000, /* a 401 makes the server build the session again */
	TG_REJECTED_NEAR_INTERVALS = 5,  /* towards loopback */
	TG_FOCUS_MS = 10000,
	TG_NEW_TOKENS_A_MINUTE = 15,
};

enum tg_method { TG_GETME, TG_WEBHOOK };

struct tg_bot {
	struct telegram *telegram;
	const struct conf_bot *conf; /* of the thread's roster */
	struct timer timer;
	struct secret token; /* empty: could not be read */
	uint64_t token_hash;
	struct schedule schedules[2]; /* by enum tg_method */
	int64_t released_ms;          /* staggered: not before */
	bool is_rejected;             /* only getMe, slowly */
	bool has_answered;            /* this token was known to the host once */
	bool was_held_back;           /* not asked, since the host does not answer */
	struct http_call *call;       /* under way */
	enum tg_method asked;
	int64_t asked_ms;
	/* its token's command (telegram_tokens.c) */
	struct command_run command;    /* zeroed: does not run */
	bool is_reading;               /* it runs, or waits for its turn */
	bool is_new;                   /* its token was never read */
	int64_t wanted_ms, command_ms; /* mono: since when it is awaited; begun the last time */
	struct tg_bot *next_waiting;
	/* while the roster changes */
	const struct conf_bot *next_conf;
	bool is_kept;
};

/* What the thread knows when it digests an answer. */
struct tg_scene {
	struct hub *hub;
	const struct settings *settings;
	struct rng *rng;
	int64_t now_ms;
	bool is_focused;
};

/* Polled over the Bot API at all. */
bool tg_is_polled(const struct conf_bot *conf);
const char *tg_method_name(enum tg_method method);
/* Both schedules anew; getMe first. */
void tg_bot_start(struct tg_bot *bot, const struct tg_scene *scene, int64_t first_ms);
/* The next thing to ask, and when. */
enum tg_method tg_bot_wants(const struct tg_bot *bot);
int64_t tg_bot_next_ms(const struct tg_bot *bot);
/* The tick on which a bot is asked that is due at this time: never before it, and at most a 400th of the interval and a
 * tenth of a second later. */
int64_t tg_on_tick(const struct settings *settings, int64_t due_ms);
void tg_bot_hurry(struct tg_bot *bot, int64_t now_ms);
/* Sets the interval of getWebhookInfo for a bot that gained or lost the focus. */
void tg_bot_set_pace(struct tg_bot *bot, const struct tg_scene *scene);

/* Plans the next question, posts what came. True: the host answered as a Bot API (also 4xx); false:
 * it did not, and `ret_err` says why. */
bool tg_bot_take_reply(struct tg_bot *bot, const struct tg_scene *scene,
	const struct http_reply *reply, struct err *ret_err);
/* Not asked, for this reason: posted as the answer to what it wanted. */
void tg_bot_hold_back(struct tg_bot *bot, const struct tg_scene *scene, const struct err *err);
/* Its token cannot be read. */
void tg_bot_no_token(struct tg_bot *bot, const struct tg_scene *scene, const struct err *err);

#endif
