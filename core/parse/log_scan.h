/* SPDX-License-Identifier: MIT */
/*
 * What the readers of lines have in common: where a string, a value, a name of JSON and of `name=value` ends. It is no
 * validator: what a line that was cut has left of a string counts. Parts point into the text. Inline, since each line that
 * comes is read with it.
 */
#ifndef BOTSWAIN_PARSE_LOG_SCAN_H
#define BOTSWAIN_PARSE_LOG_SCAN_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/scan.h"
#include "core/parse/log_line.h"

struct log_scan {
	const char *text;
	size_t length, at;
};

static inline struct log_part log_scan_part(size_t start, size_t end)
{
	return (struct log_part){(uint32_t)start, (uint32_t)(end - start), false};
}

static inline bool log_is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* What is at `at`; NUL: the end. */
static inline char log_scan_char(const struct log_scan *scan)
{
	return scan->at < scan->length ? scan->text[scan->at] : '\0';
}

/* The same, behind blanks; mostly there is none. */
static inline char log_scan_next(struct log_scan *scan)
{
	if (scan->at < scan->length && (unsigned char)scan->text[scan->at] > ' ')
		return scan->text[scan->at];
	while (scan->at < scan->length && log_is_blank(scan->text[scan->at]))
		scan->at++;
	return log_scan_char(scan);
}

/* ---- JSON ---- */

/* The string that starts at the quote under `at`; ends behind it. */
static inline struct log_part log_scan_string(struct log_scan *scan)
{
	char quote = scan->text[scan->at];
	size_t start = ++scan->at, at = start;
	bool is_escaped = false;
	for (;;) {
		at = scan_for(scan->text, scan->length, at, quote, '\\');
		if (at >= scan->length || scan->text[at] == quote)
			break;
		is_escaped = true;
		at += 2;
	}
	size_t end = at < scan->length ? at : scan->length;
	scan->at = end + (end < scan->length);
	return (struct log_part){(uint32_t)start, (uint32_t)(end - start), is_escaped};
}

static inline bool log_ends_bare(char ch)
{
	static const bool ends[256] = {[','] = true,
		['}'] = true,
		[']'] = true,
		['"'] = true,
		['\0'] = true,
		[' '] = true,
		['\t'] = true,
		['\r'] = true,
		['\n'] = true};
	return ends[(unsigned char)ch];
}

/* A number, true, false or null: everything up to what ends a value. */
static inline struct log_part log_scan_bare(struct log_scan *scan)
{
	size_t start = scan->at;
	while (scan->at < scan->length && !log_ends_bare(scan->text[scan->at]))
		scan->at++;
	return log_scan_part(start, scan->at);
}

/* The object or list that starts at `at`, whatever is in it, as it is written. */
static inline struct log_part log_scan_nested(struct log_scan *scan)
{
	size_t start = scan->at, depth = 0;
	while (scan->at < scan->length) {
		char ch = scan->text[scan->at];
		if (ch == '"') {
			(void)log_scan_string(scan);
			continue;
		}
		scan->at++;
		depth += ch == '{' || ch == '[';
		if ((ch == '}' || ch == ']') && --depth == 0)
			break;
	}
	return log_scan_part(start, scan->at);
}

/* ---- name=value ---- */

/* What the pairs stand in. */
enum log_pairs {
	LOG_PAIRS_ALONE,   /* logfmt: only a blank ends a value */
	LOG_PAIRS_IN_TEXT, /* they may stand in brackets, in a list, or in an address */
	LOG_PAIRS_IN_JSON, /* the same, in a string: a backslash ends one, too */
};

static inline bool log_is_name_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.' || ch == '@' || ch == '-' ||
	       (unsigned char)ch >= 0x80;
}

/* The next name with a '='; ends behind that. False: there is none. */
static inline bool log_scan_name(struct log_scan *scan, struct log_part *ret_name)
{
	while (scan->at < scan->length) {
		size_t start = scan->at;
		while (scan->at < scan->length && log_is_name_char(scan->text[scan->at]))
			scan->at++;
		size_t end = scan->at++;
		if (end > start && end < scan->length && scan->text[end] == '=') {
			*ret_name = log_scan_part(start, end);
			return true;
		}
	}
	return false;
}

/* It begins with a pair. */
static inline bool log_is_logfmt(const char *text, size_t length, size_t at)
{
	if (at >= length || !isalpha((unsigned char)text[at]))
		return false;
	while (at < length && log_is_name_char(text[at]))
		at++;
	return at < length && text[at] == '=';
}

static inline bool log_ends_word(char ch, enum log_pairs in)
{
	if (in == LOG_PAIRS_ALONE || log_is_blank(ch))
		return log_is_blank(ch);
	return memchr("\",;&)]}'<>", ch, 10) || (ch == '\\' && in == LOG_PAIRS_IN_JSON);
}

/* A full stop behind it is one of the sentence. */
static inline struct log_part log_scan_word(struct log_scan *scan, enum log_pairs in)
{
	size_t start = scan->at, end;
	while (scan->at < scan->length && !log_ends_word(scan->text[scan->at], in))
		scan->at++;
	end = scan->at;
	if (in != LOG_PAIRS_ALONE && end > start + 1 && scan->text[end - 1] == '.')
		end--;
	return log_scan_part(start, end);
}

/* An apostrophe is a quote when another one ends a value, as Python writes a text. */
static inline bool log_is_in_apostrophes(struct log_scan scan, enum log_pairs in)
{
	if (log_scan_char(&scan) != '\'')
		return false;
	struct log_part part = log_scan_string(&scan);
	bool is_closed = part.offset + part.length < scan.length;
	char behind = log_scan_char(&scan);
	return is_closed &&
	       (scan.at >= scan.length || behind == '.' ||
		       log_ends_word(behind, LOG_PAIRS_IN_TEXT)) &&
	       (in != LOG_PAIRS_IN_JSON || !memchr(scan.text + part.offset, '"', part.length));
}

/* A quote in a string of JSON is one behind a backslash; without, it ends the string. */
static inline struct log_part log_scan_escaped(struct log_scan *scan)
{
	size_t start = scan->at += 2;
	bool is_escaped = false;
	while (scan->at < scan->length && scan->text[scan->at] != '"') {
		bool is_escape = scan->text[scan->at] == '\\';
		if (is_escape && scan->at + 1 < scan->length && scan->text[scan->at + 1] == '"')
			break;
		is_escaped |= is_escape;
		scan->at += is_escape ? 2 : 1;
	}
	size_t end = scan->at < scan->length ? scan->at : scan->length;
	scan->at = end;
	return (struct log_part){(uint32_t)start, (uint32_t)(end - start), is_escaped};
}

/* The value at `at`, which is behind the '='. */
static inline struct log_part log_scan_value(
	struct log_scan *scan, enum log_pairs in, bool *ret_is_quoted)
{
	bool is_inner = in == LOG_PAIRS_IN_JSON && scan->at + 2 <= scan->length &&
			memcmp(scan->text + scan->at, "\\\"", 2) == 0;
	*ret_is_quoted = is_inner || log_is_in_apostrophes(*scan, in) ||
			 (in != LOG_PAIRS_IN_JSON && log_scan_char(scan) == '"');
	if (is_inner)
		return log_scan_escaped(scan);
	return *ret_is_quoted ? log_scan_string(scan) : log_scan_word(scan, in);
}

#endif
