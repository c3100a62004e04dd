/* SPDX-License-Identifier: MIT */
/*
 * All fields of one line, in its order: of a JSON object with what is nested in it, of logfmt, and the `key=value`
 * pairs that stand in a line for people. It is no validator: nothing of a structured line is left out, what cannot be
 * read is the rest. One pass, no allocation, no recursion; parts point into the line. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_LOG_PRETTY_H
#define BOTSWAIN_PARSE_LOG_PRETTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/parse/log_line.h"

enum log_kind {
	LOG_KIND_TEXT,
	LOG_KIND_NUMBER,
	LOG_KIND_WORD,   /* true, false, null */
	LOG_KIND_OBJECT, /* what is in it comes next, one deeper */
	LOG_KIND_LIST,
	LOG_KIND_REST, /* text that is no field: between those of logfmt, behind an error, nested too deep */
	LOG_KINDS
};

enum { LOG_PRETTY_DEPTH = 24 }; /* what is nested deeper is one value, as it is written */

struct log_field {
	struct log_part name, value; /* either may be empty */
	uint32_t depth;
	enum log_kind kind;
};

/* False: it has seen enough. */
typedef bool log_field_take(void *context, const char *text, const struct log_field *field);

/* Tells of each field; returns the form of the line. */
enum log_form log_pretty_walk(const char *text, size_t length, log_field_take *take, void *context);

#endif
