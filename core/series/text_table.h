/* SPDX-License-Identifier: MIT */
/* Texts as small numbers, each kept once: the first is 0, and a number is for ever. The owner locks. */
#ifndef BOTSWAIN_SERIES_TEXT_TABLE_H
#define BOTSWAIN_SERIES_TEXT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

/* Zeroed: empty. `texts` may be read, the rest is private. */
struct text_table {
	char **texts;
	size_t count, room;
	uint32_t *slots; /* number + 1 */
	size_t slot_count;
	size_t text_bytes;
};

#define TEXT_NONE UINT32_MAX

/* The number of the text, which it is given here if it has none. */
uint32_t text_table_add(struct text_table *table, const char *text);
/* TEXT_NONE: it is not there. */
uint32_t text_table_find(const struct text_table *table, const char *text);
size_t text_table_bytes(const struct text_table *table);
void text_table_release(struct text_table *table);

#endif
