/* SPDX-License-Identifier: MIT */
/*
 * One log of a journal: a unit's, or all of it. It gives entries to its writer line by line, with what the journal knows of them.
 * Journal thread.
 */
#ifndef BOTSWAIN_COLLECT_JOURNAL_TARGET_H
#define BOTSWAIN_COLLECT_JOURNAL_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/collect/bot_memo.h"
#include "core/collect/event_post.h"

struct hub;
struct journal_entry;
struct roster;

struct journal_target {
	char *unit, *bot; /* "": all of the journal; each entry says */
	struct event_post post;
	bool is_new;    /* its past was not read yet */
	bool is_wanted; /* by the roster */
	struct bot_memo memo;
};

/* `path`: of the journal, "" this machine's. */
struct journal_target *journal_target_new(struct hub *hub, const struct roster *roster,
	const char *path, const char *unit, const char *bot);
void journal_target_free(struct journal_target *target);
/* It is this bot's ("": each entry says), of this roster, from here on. */
void journal_target_give_to(
	struct journal_target *target, const struct roster *roster, const char *bot);
/* Its post is renewed by the caller, before a batch of them. `is_back`: it was there before us. How many
 * lines the journal says it left out. */
uint64_t journal_target_take(
	struct journal_target *target, const struct journal_entry *entry, bool is_back);

#endif
