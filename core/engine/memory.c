/* SPDX-License-Identifier: MIT */
#include "core/engine/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "core/store/ledger.h"

enum { DAY_MS = 86400000, HOUR_MS = 3600000, VALUE_MAX = 64 };

struct known_token {
	uint64_t bot, hash;
};

struct memory {
	struct known_token *tokens;
	size_t count, room;
	int64_t since_ms;
};

/* A value is "HASH TIME": hexadecimal, wall ms. */
static bool read_value(const void *value, size_t length, uint64_t *ret_hash, int64_t *ret_ms)
{
	char text[VALUE_MAX];
	if (length >= sizeof(text))
		return false;
	memcpy(text, value, length);
	text[length] = '\0';
	return sscanf(text, "%" SCNx64 " %" SCNd64, ret_hash, ret_ms) == 2;
}

static void put(
	struct engine *engine, const char *kind, const char *bot, uint64_t hash, int64_t time_ms)
{
	char key[128], value[VALUE_MAX];
	if (!engine->ledger)
		return;
	snprintf(key, sizeof(key), "%s/%s", kind, bot);
	int length = snprintf(value, sizeof(value), "%016" PRIx64 " %" PRId64, hash, time_ms);
	(void)ledger_put(engine->ledger, key, value, (size_t)length);
}

static void learn_token(void *context, const char *key, const void *value, size_t length)
{
	struct memory *memory = context;
	struct known_token token;
	int64_t time_ms;
	if (!read_value(value, length, &token.hash, &time_ms) || time_ms < memory->since_ms)
		return;
	token.bot = entity_id("bot", strchr(key, '/') + 1);
	memory->tokens =
		grow(memory->tokens, memory->count, &memory->room, sizeof(*memory->tokens));
	memory->tokens[memory->count++] = token;
}

static int compare_tokens(const void *a, const void *b)
{
	uint64_t left = ((const struct known_token *)a)->bot;
	uint64_t right = ((const struct known_token *)b)->bot;
	return (left > right) - (left < right);
}

struct memory *memory_new(const struct ledger *ledger, int64_t now_wall_ms)
{
	struct memory *memory = xcalloc(1, sizeof(*memory));
	memory->since_ms = now_wall_ms - DAY_MS;
	if (ledger)
		ledger_each(ledger, "token/", learn_token, memory);
	if (memory->count)
		qsort(memory->tokens, memory->count, sizeof(*memory->tokens), compare_tokens);
	return memory;
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	free(memory->tokens);
	free(memory);
}

bool memory_knows_token(void *context, const char *bot, uint64_t token_hash)
{
	const struct memory *memory = context;
	const struct known_token wanted = {.bot = entity_id("bot", bot)};
	if (memory->count == 0)
		return false;
	const struct known_token *found = bsearch(
		&wanted, memory->tokens, memory->count, sizeof(*memory->tokens), compare_tokens);
	return found && found->hash == token_hash;
}

void memory_recall_url(struct engine *engine, struct msg_bot *bot, struct bot_facts *facts)
{
	autostr struct str value = STR_INIT;
	char key[128];
	snprintf(key, sizeof(key), "url/%s", bot->name);
	if (!engine->ledger || !ledger_get(engine->ledger, key, &value))
		return;
	facts->url_known =
		read_value(value.text, value.length, &facts->url_hash, &bot->url_changed_ms);
}

void memory_keep_url(
	struct engine *engine, const struct msg_bot *bot, const struct bot_facts *facts)
{
	put(engine, "url", bot->name, facts->url_hash, bot->url_changed_ms);
}

/* "TIME\nWHO\nREASON" */
void memory_recall_halt(struct engine *engine, struct bot_facts *facts)
{
	autostr struct str value = STR_INIT;
	autofree char *key = xasprintf("halt/%s", facts->name);
	if (!engine->ledger || !ledger_get(engine->ledger, key, &value))
		return;
	const char *by = memchr(value.text, '\n', value.length);
	const char *why = by ? strchr(by + 1, '\n') : NULL;
	if (!why || sscanf(value.text, "%" SCNd64, &facts->halted_ms) != 1)
		return;
	facts->halted_by = xstrndup(by + 1, (size_t)(why - by - 1));
	facts->halted_why = xstrdup(why + 1);
}

void memory_keep_halt(struct engine *engine, const struct bot_facts *facts)
{
	autofree char *key = xasprintf("halt/%s", facts->name);
	autofree char *value = facts->halted_ms ? xasprintf("%" PRId64 "\n%s\n%s", facts->halted_ms,
							  facts->halted_by, facts->halted_why)
						: xstrdup("");
	if (engine->ledger)
		(void)ledger_put(engine->ledger, key, value, strlen(value));
}

void memory_keep_token(struct engine *engine, struct bot_facts *facts, uint64_t token_hash)
{
	int64_t now = now_mono(engine);
	bool same = facts->token_hash == token_hash;
	if (token_hash == 0 || (same && now - facts->token_kept_mono_ms < HOUR_MS))
		return;
	facts->token_hash = token_hash;
	facts->token_kept_mono_ms = now;
	put(engine, "token", facts->name, token_hash, now_wall(engine));
}
