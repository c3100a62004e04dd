/* SPDX-License-Identifier: MIT */
#include "core/events/fields.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/events/chunk.h"
#include "core/events/text.h"
#include "core/msg/msg.h"
#include "core/parse/log_pretty.h"

struct taken {
	const struct redactor *redactor;
	struct msg_row *row;
	size_t bytes;
};

/* With its escapes resolved. */
static void read_part(const char *text, struct log_part part, struct str *to)
{
	if (part.length)
		log_part_text(text, part, to);
}

/* `"password": "..."` is a secret by its name, which may have been written with escapes. */
static bool is_secret_by_name(
	const struct redactor *redactor, const struct str *name, const char *value, size_t length)
{
	autostr struct str pair = STR_INIT;
	if (!name->length || !length || strncmp(value, REDACTED, strlen(REDACTED)) == 0)
		return false;
	str_addch(&pair, '"');
	str_add(&pair, name->text, name->length);
	str_adds(&pair, "\": \"");
	size_t start = pair.length;
	str_add(&pair, value, length);
	str_addch(&pair, '"');
	return redact_has_candidate(redactor, pair.text, pair.length) &&
	       !redact_has_candidate(redactor, pair.text + start, length);
}

static void add_field(struct taken *taken, const struct log_field *field, const struct str *name,
	const char *value, size_t length, bool more)
{
	struct msg_row *row = taken->row;
	if (row->fields_count == EVENT_FIELDS_MAX || taken->bytes >= EVENT_FIELDS_BYTES) {
		row->fields_left++;
		return;
	}
	struct msg_line_field *to = msg_add(row->fields, &row->fields_count);
	autostr struct str safe_name = STR_INIT, safe = STR_INIT;
	if (!more)
		event_safe_text(taken->redactor, name->text, name->length, EVENT_FIELD_NAME_CELLS,
			&safe_name);
	if (is_secret_by_name(taken->redactor, name, value, length))
		str_adds(&safe, REDACTED);
	else
		to->cut = event_safe_text(taken->redactor, value, length, EVENT_FIELD_CELLS, &safe);
	msg_set(&to->name, safe_name.length ? safe_name.text : "");
	msg_set(&to->value, safe.length ? safe.text : "");
	to->depth = field->depth;
	to->kind = field->kind;
	to->more = more;
	taken->bytes += safe_name.length + safe.length;
}

/* A text of several lines (a stack) is several fields, the later ones without a name. */
static bool take(void *context, const char *text, const struct log_field *field)
{
	struct taken *taken = context;
	autostr struct str name = STR_INIT, value = STR_INIT;
	read_part(text, field->name, &name);
	read_part(text, field->value, &value);
	const char *at = value.length ? value.text : "", *end = at + value.length;
	bool more = false;
	do {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		size_t length = (size_t)(stop - at);
		add_field(taken, field, &name, at,
			length && newline && at[length - 1] == '\r' ? length - 1 : length, more);
		more = true;
		at = newline ? newline + 1 : end;
	} while (at < end);
	return true;
}

void event_fields(struct event_line *line, const struct redactor *redactor, struct msg_row *row)
{
	autostr struct str redacted = STR_INIT;
	struct taken taken = {.redactor = redactor, .row = row};
	if (!line->bytes)
		event_line_read(line);
	const char *text = line->bytes;
	size_t length = line->record->length;
	if (redact_has_candidate(redactor, text, length)) {
		redact(redactor, &redacted, text, length, 0);
		text = redacted.text;
		length = redacted.length;
	}
	row->form = log_pretty_walk(text, length, take, &taken);
	row->cut |= (line->record->flags & RECORD_CUT) != 0;
}
