/* SPDX-License-Identifier: MIT */
/*
 * What the engine remembers over restarts, through the ledger: which webhook URL a bot had (a change
 * while nobody looked is still a change), which bots an operation stopped, and which tokens Telegram answered, so that a start does
 * not stagger what was checked within a day. Engine thread, but for memory_knows_token().
 */
#ifndef BOTSWAIN_ENGINE_MEMORY_H
#define BOTSWAIN_ENGINE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct bot_facts;
struct engine;
struct ledger;
struct memory;
struct msg_bot;

/* Reads the tokens that were answered within a day before `now_wall_ms`. `ledger` NULL: knows
 * nothing. */
struct memory *memory_new(const struct ledger *ledger, int64_t now_wall_ms) MUST_CHECK;
void memory_free(struct memory *memory); /* NULL is legal */
/* For collect_start(): constant after memory_new(), any thread. */
bool memory_knows_token(void *memory, const char *bot, uint64_t token_hash);

/* What was known of this bot's webhook before our start. */
void memory_recall_url(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts);
void memory_keep_url(
	struct engine *engine, const struct msg_bot *bot, const struct bot_facts *facts);
/* Which operation's stop holds still; halted_ms 0 forgets it. */
void memory_recall_halt(struct engine *engine, struct bot_facts *facts);
void memory_keep_halt(struct engine *engine, const struct bot_facts *facts);
/* Telegram accepted this bot's token. Written once an hour at most. */
void memory_keep_token(struct engine *engine, struct bot_facts *facts, uint64_t token_hash);

#endif
