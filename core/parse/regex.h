/* SPDX-License-Identifier: MIT */
/*
 * Patterns that operators type, over text that others wrote: PCRE2 with JIT, a match limit and a bounded
 * subject, so that no pattern can freeze anything; a match that costs too much is no match and is told apart.
 * Subjects may hold invalid UTF-8. A regex belongs to one thread at a time.
 */
#ifndef BOTSWAIN_PARSE_REGEX_H
#define BOTSWAIN_PARSE_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/err.h"

enum regex_flags {
	REGEX_LITERAL = 1 << 0,  /* no character is special */
	REGEX_CASELESS = 1 << 1, /* in all scripts */
	REGEX_WHOLE = 1 << 2,    /* the whole subject must match */
	REGEX_GLOB = 1 << 3,     /* * and ? alone are special; implies whole */
};

enum regex_result {
	REGEX_NO,
	REGEX_YES,
	REGEX_COSTLY, /* given up */
};

struct needle;
struct regex;

/* NULL with the error and the offset in the pattern when it does not compile. */
struct regex *regex_new(const char *pattern, size_t length, unsigned flags, size_t *ret_at,
	struct err *err) MUST_CHECK;
void regex_free(struct regex *regex); /* NULL is legal */
/* What stands in whatever it matches (regex_needle.h), as long as the regex is there; NULL: nothing is certain. */
const struct needle *regex_certain(const struct regex *regex);

/* Looks for the first match at or after `from`; of a longer text the first LIMIT_LOG_STORED_BYTES are
 * searched. The span (either may be NULL) is set on REGEX_YES. */
enum regex_result regex_match(struct regex *regex, const char *text, size_t length, size_t from,
	size_t *ret_start, size_t *ret_end);

/* A group of a match; not set: it was not part of it. */
struct regex_span {
	size_t from, to;
	bool is_set;
};

/* As regex_match() from 0, with the first `count` groups; group 0 is all of the match. */
enum regex_result regex_groups(struct regex *regex, const char *text, size_t length,
	struct regex_span *ret_spans, size_t count);
/* The number of a group with this name; 0: there is none. */
size_t regex_group_named(const struct regex *regex, const char *name);

#endif
