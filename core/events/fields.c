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

/* As it may be seen; true: it was longer. */
static bool add_value(const struct redactor *redactor, const struct str *name, const char *value,
	size_t length, size_t cells, struct str *to)
{
	if (!is_secret_by_name(redactor, name, value, length))
		return event_safe_text(redactor, value, length, cells, to);
	str_adds(to, REDACTED);
	return false;
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
	to->cut = add_value(taken->redactor, name, value, length, EVENT_FIELD_CELLS, &safe);
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

/* The line as it may be seen: borrowed, or in `made`. */
static const char *open_line(struct event_line *line, const struct redactor *redactor,
	struct str *made, size_t *ret_length)
{
	if (!line->bytes)
		event_line_read(line);
	*ret_length = line->record->length;
	if (!redact_has_candidate(redactor, line->bytes, *ret_length))
		return line->bytes;
	redact(redactor, made, line->bytes, *ret_length, 0);
	*ret_length = made->length;
	return made->text;
}

void event_fields(struct event_line *line, const struct redactor *redactor, struct msg_row *row)
{
	autostr struct str made = STR_INIT;
	struct taken taken = {.redactor = redactor, .row = row};
	size_t length;
	const char *text = open_line(line, redactor, &made, &length);
	row->form = log_pretty_walk(text, length, take, &taken);
	row->cut |= (line->record->flags & RECORD_CUT) != 0;
}

/* ---- some fields ---- */

struct wanted {
	const struct redactor *redactor;
	const char *const *names;
	size_t count;
	struct str values[EVENT_VALUES_MAX];
	struct log_part path[LOG_PRETTY_DEPTH + 1]; /* names of what we are in */
	bool in_list[EVENT_VALUES_MAX];             /* its value goes on while the list does */
};

/* Whether the name of the field at `depth`, with those that it stands in, ends like the wanted one. */
static bool is_path(const struct wanted *wanted, const char *text, uint32_t depth, const char *name)
{
	size_t left = strlen(name);
	for (;; depth--) {
		struct log_part part = wanted->path[depth];
		if (part.length > left ||
			memcmp(name + left - part.length, text + part.offset, part.length) != 0)
			return false;
		left -= part.length;
		if (left == 0)
			return part.length > 0;
		if (depth == 0 || name[--left] != '.')
			return false;
	}
}

static void take_value(
	struct wanted *wanted, size_t at, const char *text, const struct log_field *field)
{
	autostr struct str name = STR_INIT, value = STR_INIT;
	struct str *to = &wanted->values[at];
	read_part(text, wanted->path[field->depth], &name);
	read_part(text, field->value, &value);
	if (to->length)
		str_addch(to, ',');
	if (to->length < EVENT_VALUE_CELLS)
		(void)add_value(wanted->redactor, &name, value.length ? value.text : "",
			value.length, EVENT_VALUE_CELLS, to);
}

static bool take_wanted(void *context, const char *text, const struct log_field *field)
{
	struct wanted *wanted = context;
	bool nests = field->kind == LOG_KIND_OBJECT || field->kind == LOG_KIND_LIST;
	bool is_element = !field->name.length && field->depth;
	if (field->kind == LOG_KIND_REST && !is_element)
		return true;
	/* What is in a list has the name of the list. */
	wanted->path[field->depth] = is_element ? wanted->path[field->depth - 1] : field->name;
	for (size_t i = 0; i < wanted->count && !nests; i++) {
		bool is_open = !wanted->values[i].length || (is_element && wanted->in_list[i]);
		if (!is_element)
			wanted->in_list[i] = false;
		if (!is_open || !is_path(wanted, text, field->depth - is_element, wanted->names[i]))
			continue;
		wanted->in_list[i] = is_element;
		take_value(wanted, i, text, field);
	}
	return true;
}

void event_values(struct event_line *line, const struct redactor *redactor,
	const char *const *names, size_t count, struct msg_row *row)
{
	autostr struct str made = STR_INIT;
	struct wanted wanted = {.redactor = redactor,
		.names = names,
		.count = count < EVENT_VALUES_MAX ? count : EVENT_VALUES_MAX};
	size_t length;
	const char *text = open_line(line, redactor, &made, &length);
	for (size_t i = 0; i < wanted.count; i++)
		str_init(&wanted.values[i]);
	(void)log_pretty_walk(text, length, take_wanted, &wanted);
	for (size_t i = 0; i < wanted.count; i++) {
		msg_add_str(&row->values, &row->values_count,
			wanted.values[i].length ? wanted.values[i].text : "");
		str_release(&wanted.values[i]);
	}
}
