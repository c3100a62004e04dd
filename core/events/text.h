/* SPDX-License-Identifier: MIT */
/*
 * The only door out for the text of events: unescaped, redacted with what is known now, sanitised.
 * Filters look at the same text before it is sanitised, so that a filter can't find what is not
 * shown. Any thread.
 */
#ifndef BOTSWAIN_EVENTS_TEXT_H
#define BOTSWAIN_EVENTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"
#include "core/parse/log_columns.h"

struct chunk;
struct filter;
struct needle;
struct part_view;
struct record;
struct redactor;
struct stream;

enum event_part {
	EVENT_MESSAGE,
	EVENT_LINE, /* everything that the line held */
	EVENT_CORRELATION,
};

/* The columns of a filter whose text stands in the line itself. */
#define EVENT_SHOWN_COLUMNS (UINT64_C(1) << LOG_COLUMN_MSG | UINT64_C(1) << LOG_COLUMN_ID)

/* A line that is shown or matched. */
struct event_line {
	const struct stream *stream;
	const struct record *record;
	const char
		*bytes; /* record->length of them, not sanitised; NULL: nobody asked for them yet */
	const char *bot; /* "": none */
	bool is_raw; /* nobody knows what was redacted in them: of a file that stays where it lies, or of the history */
	struct part_view *unread; /* where they are to be had */
	bool has_parts;           /* of what was unread: the record tells of message and id */
	size_t at;
};

/* False when its text cannot hold the needle; its bytes are looked at as they lie. */
bool event_line_may_say(struct event_line *line, const struct needle *needle);
/* Sets `bytes`, unless they are there; of the record only its length and whether they hide something. */
void event_line_take(struct event_line *line);
/* The same, with all of the record that they tell. */
void event_line_read(struct event_line *line);
/* A line of a chunk in memory. */
struct event_line event_line_of(const struct chunk *chunk, const struct record *record);

/* Appends at most `cells` cells, safe for a screen. `redactor` may be NULL: shapes alone. Returns true when it was longer. */
bool event_text(struct event_line *line, enum event_part part, const struct redactor *redactor,
	size_t cells, struct str *to);

/* The same for a text that was made of a line's. */
bool event_safe_text(const struct redactor *redactor, const char *text, size_t length, size_t cells,
	struct str *to);

/* Whether the filter (of log_columns) fits the line. */
bool event_fits(struct event_line *line, const struct redactor *redactor, struct filter *filter);

#endif
