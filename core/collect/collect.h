/* SPDX-License-Identifier: MIT */
/*
 * The sources. collect_start() makes one worker a Redis and a Postgres (blocking, own thread), one
 * thread for all HTTP (curl multi_socket), one for all files (inotify) and one for processes. Each
 * has its own clock, deadline, back-off with jitter, circuit and freshness, posts observations to
 * the engine's mailbox, and writes its own event chunks. Connections live and die in their thread.
 * collect_stop() returns within one timeout (<= 2 s).
 */
#ifndef BOTSWAIN_COLLECT_COLLECT_H
#define BOTSWAIN_COLLECT_COLLECT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct clock;
struct collect;
struct err;
struct mailbox;
struct prometheus_ask;
struct redactor;
struct settings;
struct tsdb;

/* What a worker's event writer hands over: struct chunk (core/events) as the attachment of
 * obs_notes. */

/* Tokens that were answered by Telegram within 24 h, by bot name and obs_getme.token_hash: polled
 * at once instead of staggered. Called on the HTTP thread. */
typedef bool collect_known_token(void *context, const char *bot, uint64_t token_hash);

/* What the engine lends. */
struct collect_with {
	struct tsdb *metrics; /* where pages of figures go; NULL: nowhere */
	collect_known_token *known;
	void *context; /* of it */
};

/* A source whose thread cannot be started is left out, and tried again at the next reload: `err` names the last such, and
 * is untouched when there is none. `with` is copied. */
struct collect *collect_start(struct settings *settings, const struct clock *clock,
	struct mailbox *to_engine, const struct collect_with *with, struct err *err) MUST_CHECK;
/* New settings: sources that did not change keep their connections and positions. False: `err` names a source whose
 * thread cannot be started. */
MUST_CHECK bool collect_reload(struct collect *collect, struct settings *settings, struct err *err);
/* The selected bot is polled more often ("": none). */
void collect_focus(struct collect *collect, const char *bot);
/* Look at this bot's process, heartbeat and Telegram state now (after an action). */
void collect_hurry(struct collect *collect, const char *bot);
/* Asks the Prometheus of the settings. False: its thread does not run. Else takes ownership of `ask`, whose
 * done() is called. */
MUST_CHECK bool collect_ask(struct collect *collect, struct prometheus_ask *ask);
/* A reference on what redacts every secret that the workers read so far; let go with
 * redactor_unref(). Any thread. */
struct redactor *collect_redactor(struct collect *collect) MUST_CHECK;
void collect_stop(struct collect *collect); /* NULL is legal */

#endif
