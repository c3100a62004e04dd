/* SPDX-License-Identifier: MIT */
/*
 * Kinds of updates: how long each waits for its bot, and which of them a bot has asked for. A set of kinds is a bit
 * mask of 1 << kind. The lifetimes are those of the real server. Pure.
 */
#ifndef BOTSWAIN_BOTAPI_KINDS_H
#define BOTSWAIN_BOTAPI_KINDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum update_kind {
#define KIND(name, seconds, by_default) KIND_##name,
#include "tests/fleet/botapi/kinds.def"
#undef KIND
	KINDS,
};

const char *kind_name(enum update_kind kind);
int64_t kind_lifetime_ms(enum update_kind kind);
/* KINDS when there is none of that name. */
enum update_kind kind_find(const char *name);

/* What a bot gets that never asked: all but chat_member, message_reaction and message_reaction_count. */
uint32_t kinds_default(void);
/* Reads a JSON array of names into `kinds`: unknown names do not count, an empty array is the default. Text that is no
 * array of strings leaves `kinds` as it is and returns false. */
bool kinds_read(const char *text, uint32_t *kinds);
/* The names as a JSON array. */
json_t *kinds_json(uint32_t kinds);

#endif
