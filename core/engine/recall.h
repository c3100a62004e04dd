/* SPDX-License-Identifier: MIT */
/*
 * The last known state over a restart. What was observed is kept through the ledger every 15 s, only
 * what changed, a slice a turn and one transaction a round, and at an orderly stop. At a start it is
 * shown as what it is: in fields of their own (`last_...`) beside the live ones, which stay unknown
 * until they are observed; so no verdict, alert, rate or metric can mistake it for the present. Each
 * group of figures goes when it is observed. Alerts that fired go on where they were when their
 * condition is seen again. Not used: what is older than a week, of another configuration, or of what
 * the configuration no longer names. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_RECALL_H
#define BOTSWAIN_ENGINE_RECALL_H

#include <stdbool.h>
#include "core/base/attr.h"

struct bot_facts;
struct engine;
struct msg_bot;
struct msg_engine;
struct recall;

/* Without a ledger it knows and keeps nothing. Before the bots are made. */
void recall_begin(struct engine *engine);
void recall_free(struct recall *recall); /* NULL is legal */

/* A new bot: what was last known of it. */
void recall_bot(const struct engine *engine, struct msg_bot *bot);
/* Takes out what was observed since. */
void recall_refresh(
	const struct engine *engine, struct msg_bot *bot, const struct bot_facts *facts);
/* Alerts that fired, once their targets are there. */
void recall_alerts(struct engine *engine);
/* What the engine's entity says of it. */
void recall_show(const struct engine *engine, struct msg_engine *entity);

/* Keeps what changed, when that is due: a slice of it. True: there is more, come again at once. */
bool recall_turn(struct engine *engine);
/* At an orderly stop: all that changed. */
void recall_keep(struct engine *engine);

#endif
