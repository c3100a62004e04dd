/* SPDX-License-Identifier: MIT */
/*
 * The language of filters, the same for tables and logs:
 *   pay timeout          both words, anywhere, in any case     "two words"  !pay
 *   /time(d )?out/       a regular expression; also ~timeout   !/x/  (caseless unless it has a capital)
 *   pend>100  up < 5m  mem>=100M  level>=warn  time>10:00  time>-15m
 *   host=eu-*  bot!=quiz  msg~^GET  msg !~ health              = takes * and ?, ~ a regular expression
 *   chat=42  ms>500  took>1.5s  req.id=a*  user~^ada           of a schema with fields: whatever a line calls so
 *   not a   a and b   a or b   ( )                             side by side is `and`, which binds before `or`
 * Quote what would be an operator or a bracket: "and", "a(b)". A value that is not known fits no comparison, not
 * even !=; `not` negates what is inside it.
 *
 * A field is what is no column and stands right before its operator. < <= > >= compare it with a number or a span (its
 * own spans, `512ms`, are compared in ms); where neither stands behind them, or nothing behind any operator, the whole is a
 * word: `a->b`, `x<y`, `token=`. So is what has a character before the operator that no name has: `https://h?a=b`, `a==b`.
 *
 * What a row holds is asked for through a callback, so the language knows nothing of bots or logs. A filter
 * belongs to one thread at a time.
 */
#ifndef BOTSWAIN_PARSE_FILTER_H
#define BOTSWAIN_PARSE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

enum filter_kind {
	FILTER_TEXT,
	FILTER_NUMBER,   /* 12 1.5 12k 3M 5% */
	FILTER_DURATION, /* ms; written 5m, 1h30m; a bare number is seconds */
	FILTER_BYTES,    /* written 100M */
	FILTER_LEVEL,    /* enum log_level; written warn or W */
	FILTER_TIME, /* wall ms; written 10:00, 10:00:21, RFC 3339, or -15m for 15 minutes ago */
};

struct filter_column {
	const char *name;
	enum filter_kind kind;
};

struct filter_schema {
	const struct filter_column *columns; /* must outlive the filter */
	size_t count;
	const char *noun; /* what an error calls the expression; NULL: filter */
	bool is_loose;    /* `x=y` with an unknown x is about a field, or a word; not an error */
	int64_t now_ms;   /* for times */
	int32_t utc_offset_s; /* 10:00 is meant where the operator is */
};

struct filter_value {
	const char *field; /* preset: the name of the one that is asked for, of FILTER_FIELD */
	bool is_known;     /* preset false */
	bool is_any;       /* preset false; filter_may_match() only: it could be anything */
	double number;     /* all kinds but text */
	const char *text;  /* text columns and FILTER_WHOLE; need not end in NUL */
	size_t length;
};

/* The column of a word without one: all text of the row. */
#define FILTER_WHOLE SIZE_MAX
/* That of all fields; their value is text. */
#define FILTER_FIELD (SIZE_MAX - 1)

typedef void filter_get(const void *row, size_t column, struct filter_value *ret_value);

struct filter;
struct needle;

/* NULL with an error when it does not parse; `ret_at` is the byte of the expression where, for a caret; the
 * error names the character, counted from 1. The empty expression gives a filter that fits everything. */
struct filter *filter_new(const char *expression, const struct filter_schema *schema,
	size_t *ret_at, struct err *err) MUST_CHECK;
void filter_free(struct filter *filter); /* NULL is legal */

bool filter_match(struct filter *filter, filter_get *get, const void *row);
/* Whether a row could match of which not everything is said (`is_any`): false is certain. */
bool filter_may_match(struct filter *filter, filter_get *get, const void *row);
/* Whether it compares this column. */
bool filter_compares(const struct filter *filter, size_t column);
bool filter_is_empty(const struct filter *filter);
/* A text that stands in each row that fits, in one of the columns of the set (bit n: column n, or in all of its text for a
 * word without one and for a field): the longest that is certain, names of
 * fields only where nothing else is, as long as the filter is there. NULL: none is. */
const struct needle *filter_certain(const struct filter *filter, uint64_t columns);
/* Matches that were given up because they cost too much, so far; they count as no match. */
uint64_t filter_costly(const struct filter *filter);

/* The first thing in `text` at or after `from` that a word or pattern of the filter (not a negated one, not one
 * of a column other than `column` or FILTER_WHOLE) looks for: what to highlight. */
bool filter_find(struct filter *filter, size_t column, const char *text, size_t length, size_t from,
	size_t *ret_start, size_t *ret_end);

#endif
