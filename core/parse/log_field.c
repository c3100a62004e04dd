/* SPDX-License-Identifier: MIT */
#include "core/parse/log_field.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/parse/log_internal.h"
#include "core/parse/log_scan.h"

enum { DEPTH_MAX = 6, NUMBER_MAX = 48 };

/* ---- JSON ---- */

/* It is behind the bracket, or behind the value before. False: there are no more. */
static bool next_member(struct log_scan *scan, struct log_part *ret_key)
{
	if (log_scan_next(scan) == ',')
		scan->at++;
	if (log_scan_next(scan) != '"')
		return false;
	*ret_key = log_scan_string(scan);
	if (log_scan_next(scan) != ':')
		return false;
	scan->at++;
	(void)log_scan_next(scan);
	return scan->at < scan->length;
}

static struct log_part read_value(struct log_scan *scan)
{
	char ch = log_scan_char(scan);
	return ch == '"'                ? log_scan_string(scan)
	       : ch == '{' || ch == '[' ? log_scan_nested(scan)
					: log_scan_bare(scan);
}

/* Letters of ASCII in any case; nearly all keys differ in the first byte. */
static bool is_same(const char *a, const char *b, size_t length)
{
	return !length || (((*a ^ *b) & ~0x20) == 0 && strncasecmp(a, b, length) == 0);
}

static bool is_name(
	const struct log_scan *look, struct log_part key, const char *name, size_t length)
{
	return key.length == length && is_same(look->text + key.offset, name, length);
}

/* The key is the beginning of the name, up to a dot. */
static bool leads_to(
	const struct log_scan *look, struct log_part key, const char *name, size_t length)
{
	return key.length < length && name[key.length] == '.' &&
	       is_same(look->text + key.offset, name, key.length);
}

static bool is_null(const struct log_scan *look, struct log_part value)
{
	return !value.is_escaped && value.length == 4 &&
	       memcmp(look->text + value.offset, "null", 4) == 0 &&
	       look->text[value.offset - 1] != '"';
}

/* In the object that it is at, by its path. */
static bool find_path(
	struct log_scan scan, const char *name, size_t length, struct log_part *ret_value)
{
	struct log_part key;
	for (scan.at++; next_member(&scan, &key);) {
		if (leads_to(&scan, key, name, length) && log_scan_char(&scan) == '{' &&
			find_path(scan, name + key.length + 1, length - key.length - 1, ret_value))
			return true;
		struct log_part value = read_value(&scan);
		if (!is_name(&scan, key, name, length) || is_null(&scan, value))
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}

/* In it, else in the objects in it. */
static bool find_within(
	struct log_scan scan, const char *name, unsigned depth, struct log_part *ret_value)
{
	struct log_part key;
	if (find_path(scan, name, strlen(name), ret_value))
		return true;
	for (scan.at++; depth < DEPTH_MAX && next_member(&scan, &key);) {
		if (log_scan_char(&scan) == '{' && find_within(scan, name, depth + 1, ret_value))
			return true;
		(void)read_value(&scan);
	}
	return false;
}

/* ---- name=value ---- */

static struct log_part assigned_value(const struct log_scan *look, size_t at, enum log_pairs in)
{
	struct log_scan scan = {look->text, look->length, at};
	bool is_quoted;
	return log_scan_value(&scan, in, &is_quoted);
}

static bool stands_before(
	const struct log_scan *look, size_t equals, const char *name, size_t length)
{
	return equals >= look->at + length && is_same(look->text + equals - length, name, length) &&
	       (equals == look->at + length || !log_is_name_char(look->text[equals - length - 1]));
}

static bool find_assigned(const struct log_scan *look, enum log_pairs in, const char *name,
	struct log_part *ret_value)
{
	size_t length = strlen(name);
	const char *begin = look->text + look->at, *end = look->text + look->length;
	for (const char *at = begin; (at = memchr(at, '=', (size_t)(end - at))); at++) {
		size_t equals = (size_t)(at - look->text);
		if (!stands_before(look, equals, name, length))
			continue;
		*ret_value = assigned_value(look, equals + 1, in);
		return true;
	}
	return false;
}

/* ---- both ---- */

/* Where the line of the program begins. */
static size_t begin_of(struct log_scan scan)
{
	const struct log_arrival arrival = {.is_brief = true};
	int64_t ignored_ms;
	if (isdigit((unsigned char)log_scan_next(&scan))) {
		scan.at = log_envelope_read(scan.text, scan.length, &arrival, &ignored_ms);
		(void)log_scan_next(&scan);
	}
	return scan.at;
}

bool log_field_find(const char *text, size_t length, const char *name, struct log_part *ret_value)
{
	struct log_scan scan = {.text = text, .length = length};
	scan.at = begin_of(scan);
	bool is_json = log_scan_char(&scan) == '{';
	if (is_json && find_within(scan, name, 0, ret_value))
		return true;
	enum log_pairs in = is_json                                ? LOG_PAIRS_IN_JSON
			    : log_is_logfmt(text, length, scan.at) ? LOG_PAIRS_ALONE
								   : LOG_PAIRS_IN_TEXT;
	return find_assigned(&scan, in, name, ret_value);
}

static bool read_span(const char *text, size_t length, double *ret_ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ns", 1e-6}, {"us", 1e-3}, {"\302\265s", 1e-3}, {"\316\274s", 1e-3},
		{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}};
	char copy[NUMBER_MAX];
	int64_t ms;
	struct err ignored;
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t size = strlen(units[i].unit);
		if (length <= size || memcmp(text + length - size, units[i].unit, size) != 0 ||
			!parse_double(text, length - size, ret_ms))
			continue;
		*ret_ms *= units[i].ms;
		return true;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (!length || !parse_duration(copy, &ms, &ignored))
		return false;
	*ret_ms = (double)ms;
	return true;
}

bool log_field_number(const char *text, size_t length, double *ret_number)
{
	double number;
	if (length >= NUMBER_MAX)
		return false;
	bool is = parse_double(text, length, &number) ||
		  (length && text[length - 1] == '%' && parse_double(text, length - 1, &number)) ||
		  read_span(text, length, &number);
	if (is)
		*ret_number = number;
	return is;
}
