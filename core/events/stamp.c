/* SPDX-License-Identifier: MIT */
#include "core/events/stamp.h"

#include <stddef.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/events/chunk.h"

/* With a blank before it, as far as there is place. */
static bool add(const struct redactor *redactor, struct str *line, const char *text, size_t most)
{
	if (!text || !*text || line->length >= most)
		return false;
	str_addch(line, ' ');
	bool held_secret = redact(redactor, line, text, strlen(text), 0) > 0;
	str_truncate(line, utf8_cut(line->text, line->length, most));
	return held_secret;
}

bool event_stamp_add(const struct event_stamp *stamp, const struct redactor *redactor,
	struct str *line, struct record *record)
{
	const size_t most = LIMIT_LOG_STORED_BYTES - 1;
	bool held_secret = add(redactor, line, stamp->rest, most - UINT8_MAX - 1);
	const char *id = stamp->correlation;
	size_t before = line->length, length = id ? strlen(id) : 0;
	if (record->correlation_length || !length || length > UINT8_MAX ||
		before + 1 + length > most)
		return held_secret;
	held_secret |= add(redactor, line, id, most);
	if (line->length == before + 1 + length) {
		record->correlation_offset = (uint16_t)(before + 1);
		record->correlation_length = (uint8_t)length;
	}
	return held_secret;
}
