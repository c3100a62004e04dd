/* SPDX-License-Identifier: MIT */
/*
 * Remembers what names of bots became, of a writer whose lines say them: the same few come with every entry. A name is
 * remembered as it came, so it stays in the memory of its writer alone, and no longer than the redactor that saw it. One
 * thread.
 */
#ifndef BOTSWAIN_EVENTS_NAME_MEMO_H
#define BOTSWAIN_EVENTS_NAME_MEMO_H

#include <stddef.h>
#include "core/base/limits.h"

enum { NAME_MEMO_PLACES = 64 };

struct name_memo_entry {
	size_t length;
	char raw[LIMIT_NAME_BYTES], name[LIMIT_NAME_BYTES];
};

/* Zeroed: nothing. */
struct name_memo {
	struct name_memo_entry *entries;
};

void name_memo_forget(struct name_memo *memo); /* everything, with its memory */
/* What `raw` became; NULL: not known. */
const char *name_memo_find(const struct name_memo *memo, const char *raw, size_t length);
/* Names that are too long are not remembered. */
void name_memo_keep(struct name_memo *memo, const char *raw, size_t length, const char *name);

#endif
