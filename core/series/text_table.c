/* SPDX-License-Identifier: MIT */
#include "core/series/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"

enum { FIRST_SLOTS = 4 };

/* The slot that holds the text, or the free one where it belongs; there are slots. */
static uint32_t *slot_of(const struct text_table *table, const char *text)
{
	uint64_t hash = hash64_text(HASH64_BEGIN, text);
	for (size_t at = hash ^ hash >> 32;; at++) {
		uint32_t *slot = &table->slots[at & (table->slot_count - 1)];
		if (*slot == 0 || strcmp(table->texts[*slot - 1], text) == 0)
			return slot;
	}
}

static void make_slots(struct text_table *table, size_t slot_count)
{
	free(table->slots);
	table->slot_count = slot_count;
	table->slots = xcalloc(slot_count, sizeof(*table->slots));
	for (size_t i = 0; i < table->count; i++)
		*slot_of(table, table->texts[i]) = (uint32_t)i + 1;
}

uint32_t text_table_add(struct text_table *table, const char *text)
{
	if (table->count * 4 >= table->slot_count * 3)
		make_slots(table, table->slot_count ? 2 * table->slot_count : FIRST_SLOTS);
	uint32_t *slot = slot_of(table, text);
	if (*slot)
		return *slot - 1;
	table->texts = grow(table->texts, table->count, &table->room, sizeof(*table->texts));
	table->texts[table->count++] = xstrdup(text);
	table->text_bytes += strlen(text) + 1;
	*slot = (uint32_t)table->count;
	return *slot - 1;
}

uint32_t text_table_find(const struct text_table *table, const char *text)
{
	uint32_t found = table->slot_count ? *slot_of(table, text) : 0;
	return found ? found - 1 : TEXT_NONE;
}

size_t text_table_bytes(const struct text_table *table)
{
	return table->text_bytes + table->count * 8 + table->room * sizeof(*table->texts) +
	       table->slot_count * sizeof(*table->slots);
}

void text_table_release(struct text_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->texts[i]);
	free(table->texts);
	free(table->slots);
	*table = (struct text_table){0};
}
