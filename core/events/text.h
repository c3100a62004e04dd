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
#include "core/base/str.h"

struct chunk;
struct filter;
struct record;
struct redactor;

enum event_part {
	EVENT_MESSAGE,
	EVENT_LINE, /* everything that the line held */
	EVENT_CORRELATION,
};

/* Appends at most `cells` cells, safe for a screen. `redactor` may be NULL: shapes alone. */
void event_text(const struct chunk *chunk, const struct record *record, enum event_part part,
	const struct redactor *redactor, size_t cells, struct str *to);

/* Whether the filter (of log_columns) fits the line. */
bool event_fits(const struct chunk *chunk, const struct record *record,
	const struct redactor *redactor, struct filter *filter);

#endif
