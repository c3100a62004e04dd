/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a configuration: every finding as `file:line:column: what`, the line, and a
 * caret. Shown lines are made safe for a terminal, and what looks like a secret in them is masked.
 * One thread.
 */
#ifndef BOTSWAIN_CONF_REPORT_H
#define BOTSWAIN_CONF_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct str;

enum { REPORT_ERRORS_MAX = 20 };

struct report {
	const char *path; /* names the file in every finding */
	const char *text; /* what is read; borrowed */
	size_t length;
	struct str *out; /* may be NULL */
	unsigned errors, warnings;
	struct err first; /* the first error, with its position */
};

/* A place in the text, from 1. Line 0: the file as a whole. */
struct place {
	int line, column;
};

/* Both return false, so that a reader can `return report_error(...)`. After REPORT_ERRORS_MAX
 * errors they only count. */
bool report_error(struct report *report, struct place place, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* The value at the place is a secret: it is not shown. */
bool report_secret(struct report *report, struct place place, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* The configuration works, but not as its author may think. */
void report_warning(struct report *report, struct place place, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* About something outside the text, e.g. an environment variable: `where: what`. */
bool report_elsewhere(struct report *report, const char *where, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* Adds how many errors were not shown. */
void report_finish(struct report *report);

/* True when `text` holds what looks like a Telegram bot token. */
bool looks_like_token(const char *text, size_t length);

#endif
