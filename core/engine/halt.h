/* SPDX-License-Identifier: MIT */
/*
 * Bots that an operation stopped on purpose: by whom, why and when is remembered, also over a restart
 * of the engine, until an operation starts the bot or it is seen to run. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_HALT_H
#define BOTSWAIN_ENGINE_HALT_H

struct act_halt;
struct bot_facts;
struct engine;
struct msg_bot;

/* For act_on_halt(). `context` is the engine. */
void halt_take(void *context, const struct act_halt *halt);
/* It was seen to run, or an operation starts it. */
void halt_over(struct engine *engine, struct bot_facts *facts);
/* What was known before our start. */
void halt_recall(struct engine *engine, struct bot_facts *facts);
/* Says it in the entity. */
void halt_show(struct msg_bot *bot, const struct bot_facts *facts);

#endif
