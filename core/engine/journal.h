/* SPDX-License-Identifier: MIT */
/*
 * botswain's own events, in the same store as everybody's, from the source "botswain": states that
 * changed, alerts, operations, reloads, clients that were dropped. What is about one bot stands in the
 * log of that bot, everything else under the bot "botswain". journal_turn() looks at what
 * changed in the model since the last turn and says it once. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_JOURNAL_H
#define BOTSWAIN_ENGINE_JOURNAL_H

#include <stdint.h>
#include "core/base/attr.h"
#include "core/parse/log_level.h"

#define JOURNAL_BOT "botswain"

struct clock;
struct journal_book;
struct mailbox;
struct model;
struct redactor;

/* Borrows all; events go to `to_engine` as those of every writer. */
struct journal_book *journal_new(
	const struct clock *clock, const struct model *model, struct mailbox *to_engine) MUST_CHECK;
void journal_free(struct journal_book *book); /* NULL is legal */
void journal_redact_with(struct journal_book *book, const struct redactor *redactor);
void journal_say(struct journal_book *book, enum log_level level, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* What is there now is no news: what was remembered from before a start. */
void journal_begin(struct journal_book *book);
void journal_turn(struct journal_book *book);
/* How long until journal_turn() has something to post; -1: nothing. */
int64_t journal_due_ms(const struct journal_book *book);

#endif
