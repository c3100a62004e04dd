/* SPDX-License-Identifier: MIT */
#include "core/events/skip.h"

#include <string.h>

#include "core/events/chunk.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_level.h"

bool chunk_may_be_wanted(const struct chunk *chunk, char *const *bots, size_t count)
{
	bool may = count == 0;
	for (size_t i = 0; i < count && !may; i++)
		may = chunk_may_hold(chunk, bots[i]);
	return may;
}

/* Lines of a chunk with a bot and a level in common; everything else may be anything. */
struct kind {
	const struct chunk *chunk;
	const char *bot; /* NULL: any */
	unsigned level;
};

static void get(const void *of, size_t column, struct filter_value *value)
{
	const struct kind *kind = of;
	if (column == LOG_COLUMN_SOURCE)
		value->text = chunk_stream(kind->chunk)->name;
	else if (column == LOG_COLUMN_BOT)
		value->text = kind->bot;
	else if (column == LOG_COLUMN_LEVEL)
		value->number = kind->level;
	value->is_any = !value->text && column != LOG_COLUMN_LEVEL;
	value->length = value->text ? strlen(value->text) : 0;
	value->is_known =
		column == LOG_COLUMN_LEVEL ? kind->level != LOG_LEVEL_NONE : value->length > 0;
}

static bool a_level_may_fit(
	const struct chunk *chunk, const char *bot, struct filter *filter, size_t *looks)
{
	unsigned levels = chunk_levels(chunk);
	for (unsigned level = 0; level < LOG_LEVELS; level++) {
		const struct kind kind = {.chunk = chunk, .bot = bot, .level = level};
		if (!(levels & 1u << level))
			continue;
		++*looks;
		if (filter_may_match(filter, get, &kind))
			return true;
	}
	return false;
}

bool chunk_may_fit(const struct chunk *chunk, struct filter *filter, size_t *looks)
{
	const char *bots[CHUNK_BOTS + 1];
	if (!filter || filter_is_empty(filter))
		return true;
	size_t count = chunk_bots(chunk, bots);
	bool may = count == 0 && a_level_may_fit(chunk, NULL, filter, looks);
	for (size_t i = 0; i < count && !may; i++)
		may = a_level_may_fit(chunk, bots[i], filter, looks);
	return may;
}
