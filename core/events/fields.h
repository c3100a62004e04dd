/* SPDX-License-Identifier: MIT */
/*
 * The fields of one line on their way out: of the line as it may be seen, each name and value unescaped, redacted once
 * more (also as what stands under its name) and sanitised. Bounded; what is left out is counted. Any thread.
 */
#ifndef BOTSWAIN_EVENTS_FIELDS_H
#define BOTSWAIN_EVENTS_FIELDS_H

#include <stddef.h>

struct event_line;
struct msg_row;
struct redactor;

enum {
	EVENT_FIELDS_MAX = 400, /* of a line, a text of several lines counting as several */
	EVENT_FIELD_NAME_CELLS = 60,
	EVENT_FIELD_CELLS = 4000,
	EVENT_FIELDS_BYTES = 128 << 10, /* of all names and values */
	EVENT_VALUES_MAX = 8,
	EVENT_VALUE_CELLS = 60,
};

/* Sets fields, form, cut and fields_left of the row, which are empty. */
void event_fields(struct event_line *line, const struct redactor *redactor, struct msg_row *row);

/* Sets the values of the row, one a name: of the first field of that name, wherever it is nested; `ctx.chat` is one that
 * stands in another. Those of a list stand in one value. At most EVENT_VALUES_MAX. */
void event_values(struct event_line *line, const struct redactor *redactor,
	const char *const *names, size_t count, struct msg_row *row);

#endif
