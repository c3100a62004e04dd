/* SPDX-License-Identifier: MIT */
/* What a journal or a container's engine knows of a line beside its text. Any thread. */
#ifndef BOTSWAIN_EVENTS_STAMP_H
#define BOTSWAIN_EVENTS_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include "core/parse/log_level.h"

struct record;
struct redactor;
struct str;

struct event_stamp {
	int64_t wall_ms;         /* when it was written, whatever time the line names */
	enum log_level level;    /* where the line names none */
	const char *bot;         /* the same; NULL: the source's */
	const char *correlation; /* the same; NULL: none */
	const char *rest;        /* other fields, searched but not shown in a row; may be NULL */
	bool is_more;            /* it belongs to the line before */
};

/* Appends its fields to the line, redacted, then its correlation id, where the record has none. True: a secret was in them. */
bool event_stamp_add(const struct event_stamp *stamp, const struct redactor *redactor,
	struct str *line, struct record *record);

#endif
