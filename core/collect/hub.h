/* SPDX-License-Identifier: MIT */
/*
 * What the workers have in common: the clock, the way to the engine, the secrets to redact, the
 * roster of bots, and the list of workers that want to hear when the roster changes. Any thread.
 */
#ifndef BOTSWAIN_COLLECT_HUB_H
#define BOTSWAIN_COLLECT_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/collect/collect.h"
#include "core/collect/worker.h"

struct bot_log;
struct msg_obs_fleet;
struct mailbox;
struct places;
struct roster;
struct tsdb;
struct vault;

struct hub {
	const struct clock *clock;
	struct mailbox *to_engine;
	struct vault *vault;
	struct places *places;      /* where workers were when they left */
	collect_known_token *known; /* called on the HTTP thread; may be NULL */
	void *known_context;
	struct tsdb *metrics; /* where pages of figures go; NULL: nowhere */
	struct hub_private *private;
};

void hub_init(struct hub *hub, const struct clock *clock, struct mailbox *to_engine,
	struct settings *settings);
void hub_release(struct hub *hub);

/* The roster of now; the caller unrefs it. */
struct roster *hub_roster(struct hub *hub) MUST_CHECK;
/* New settings: a new roster for all listeners. Fleets of entries that are gone are forgotten. */
void hub_settings(struct hub *hub, struct settings *settings);
/* The rows of the bots_from entry with this postgres and query. Copies them; listeners hear of it
 * only when something changed. */
void hub_fleet(
	struct hub *hub, const char *postgres, const char *query, const struct msg_obs_fleet *rows);

/* Where this supervisor says that the logs of its bots are, all of them each time: read where the
 * configuration names none. Copies them; listeners hear of it only when something changed. */
void hub_logs(struct hub *hub, const char *supervisor, const struct bot_log *logs, size_t count);

/* A listener gets ORDER_ROSTER now and whenever it changes, until it is taken off. */
void hub_listen(struct hub *hub, struct worker *worker);
void hub_unlisten(struct hub *hub, struct worker *worker);
/* ORDER_FOCUS or ORDER_HURRY for `bot` to all listeners. */
void hub_tell(struct hub *hub, enum order_kind kind, const char *bot);

#endif
