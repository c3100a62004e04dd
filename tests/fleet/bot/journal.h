/* SPDX-License-Identifier: MIT */
/* The log of a bot on standard output: one JSON object a line, or the look of python's logging. */
#ifndef BOTSWAIN_FLEET_JOURNAL_H
#define BOTSWAIN_FLEET_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"

enum journal_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_CRITICAL };

struct journal {
	const char *bot; /* borrowed */
	bool python;
};

/* "debug" .. "critical" */
const char *journal_word(enum journal_level level);
/* `correlation` may be NULL. */
void journal_write(const struct journal *journal, enum journal_level level, const char *correlation,
	const char *format, ...) PRINTF_LIKE(4, 5);
/* An error with the stack that led to it: several lines in python's look, a field in JSON. */
void journal_exception(const struct journal *journal, const char *correlation, const char *where,
	const char *what);

#endif
