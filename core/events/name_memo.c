/* SPDX-License-Identifier: MIT */
#include "core/events/name_memo.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/secret.h"

/* Each name has one place. */
static size_t place_of(const char *raw, size_t length)
{
	uint32_t value = hash32_bytes(HASH32_BEGIN, raw, length);
	return (value ^ value >> 16) % NAME_MEMO_PLACES;
}

void name_memo_forget(struct name_memo *memo)
{
	if (memo->entries)
		wipe(memo->entries, NAME_MEMO_PLACES * sizeof(*memo->entries));
	free(memo->entries);
	memo->entries = NULL;
}

const char *name_memo_find(const struct name_memo *memo, const char *raw, size_t length)
{
	if (!memo->entries || !length || length > sizeof(memo->entries->raw))
		return NULL;
	const struct name_memo_entry *entry = &memo->entries[place_of(raw, length)];
	bool is_it = entry->length == length && memcmp(entry->raw, raw, length) == 0;
	return is_it ? entry->name : NULL;
}

void name_memo_keep(struct name_memo *memo, const char *raw, size_t length, const char *name)
{
	size_t size = strlen(name) + 1;
	if (!length || length > sizeof(memo->entries->raw) || size > sizeof(memo->entries->name))
		return;
	if (!memo->entries)
		memo->entries = xcalloc(NAME_MEMO_PLACES, sizeof(*memo->entries));
	struct name_memo_entry *entry = &memo->entries[place_of(raw, length)];
	entry->length = length;
	memcpy(entry->raw, raw, length);
	memcpy(entry->name, name, size);
}
