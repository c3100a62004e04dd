/* SPDX-License-Identifier: MIT */
/* Between the files of prom_text.h. Pure. */
#ifndef BOTSWAIN_PARSE_PROM_INTERNAL_H
#define BOTSWAIN_PARSE_PROM_INTERNAL_H

#include <string.h>

#include "core/parse/prom_text.h"

/* Where in a line is read; `at` never passes `end`. */
struct cursor {
	const char *at, *end;
	const struct prom_reader *reader;
	struct err *err;
};

/* What the value of a sample may be in OpenMetrics. */
enum {
	RULE_POSITIVE = 1 << 0, /* neither NaN nor below 0 */
	RULE_ONE = 1 << 1,
	RULE_STATE = 1 << 2,    /* 0 or 1 */
	RULE_BOUND = 1 << 3,    /* it has a label le */
	RULE_QUANTILE = 1 << 4, /* ... quantile */
	RULE_NAMED = 1 << 5,    /* ... of the name of its family */
	RULE_EXEMPLAR = 1 << 6, /* it may have an exemplar */
};

static inline bool prom_is_strict(const struct prom_reader *reader)
{
	return reader->format == PROM_OPENMETRICS;
}

static inline char cursor_peek(const struct cursor *cursor)
{
	return cursor->at < cursor->end ? *cursor->at : '\0';
}

static inline bool span_is(struct prom_span one, struct prom_span other)
{
	return one.length == other.length && !memcmp(one.text, other.text, one.length);
}

static inline bool span_says(struct prom_span span, const char *text)
{
	return span_is(span, (struct prom_span){text, strlen(text)});
}

/* An error at the cursor; false. */
bool prom_fail(const struct cursor *cursor, const char *format, ...) PRINTF_LIKE(2, 3);
/* Blanks that may be there: in text any, in OpenMetrics none. */
void prom_skip_blanks(struct cursor *cursor);

/* ---- names and labels (prom_labels.c) ---- */
size_t prom_name_length(const char *text, const char *end);
/* NAME or "NAME". */
MUST_CHECK bool prom_take_name(
	struct cursor *cursor, const char *what, struct prom_span *ret_name, bool *ret_is_quoted);
/* Behind `{` or the name in quotes there, up to and with `}`. */
MUST_CHECK bool prom_take_labels(
	struct cursor *cursor, struct prom_label *labels, size_t *ret_count);

/* ---- families (prom_family.c) ---- */
/* Reads a comment, whose `#` the cursor is at. */
MUST_CHECK bool prom_take_comment(struct prom_reader *reader, struct cursor *cursor);
/* Sets last_type and last_rules for a sample whose name is not last_name. */
MUST_CHECK bool prom_enter_name(
	struct prom_reader *reader, const struct cursor *cursor, struct prom_span name);
void prom_families_free(struct prom_families *families);

/* ---- numbers (prom_number.c) ---- */
/* A short decimal, read to its last digit with its exact value; NULL: it is none, or prom_number() has to read it. */
const char *prom_short_number(const char *text, const char *end, double *ret);
/* All of the span, to the nearest double, in every locale. False: why. */
MUST_CHECK bool prom_number(struct prom_span span, double *ret, const char **ret_why);
MUST_CHECK bool prom_whole_number(struct prom_span span, int64_t *ret);

/* ---- structure (prom_scan.c) ---- */
/* The bracket that closes the labels, from behind the one that opens them; NULL: none in this line, before `end`. */
const char *prom_find_close(const char *from, const char *end);

#endif
