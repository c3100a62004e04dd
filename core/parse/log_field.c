/* SPDX-License-Identifier: MIT */
#include "core/parse/log_field.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/scan.h"
#include "core/parse/log_internal.h"

enum { DEPTH_MAX = 6, NUMBER_MAX = 48 };

struct look {
	const char *text;
	size_t length;
};

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static size_t skip_blanks(const struct look *look, size_t at)
{
	while (at < look->length && is_blank(look->text[at]))
		at++;
	return at;
}

static char char_at(const struct look *look, size_t at)
{
	return at < look->length ? look->text[at] : '\0';
}

/* ---- JSON ---- */

/* The string whose quote is at `at`; `ret_next` is behind it. */
static struct log_part read_string(const struct look *look, size_t at, size_t *ret_next)
{
	size_t start = ++at;
	bool is_escaped = false;
	while ((at = scan_for(look->text, look->length, at, '"', '\\')) < look->length &&
		look->text[at] == '\\') {
		is_escaped = true;
		at += 2;
	}
	size_t end = at < look->length ? at : look->length;
	*ret_next = end + (end < look->length);
	return (struct log_part){(uint32_t)start, (uint32_t)(end - start), is_escaped};
}

/* Behind an object or array, whatever is in it. */
static size_t skip_nested(const struct look *look, size_t at)
{
	size_t depth = 0;
	while (at < look->length) {
		char ch = look->text[at];
		if (ch == '"') {
			(void)read_string(look, at, &at);
			continue;
		}
		at++;
		depth += ch == '{' || ch == '[';
		if ((ch == '}' || ch == ']') && --depth == 0)
			break;
	}
	return at;
}

/* A number, true, false or null. */
static size_t skip_bare(const struct look *look, size_t at)
{
	while (at < look->length && !is_blank(look->text[at]) && !strchr(",}]\"", look->text[at]))
		at++;
	return at;
}

static struct log_part read_value(const struct look *look, size_t at, size_t *ret_next)
{
	char ch = char_at(look, at);
	if (ch == '"')
		return read_string(look, at, ret_next);
	*ret_next = ch == '{' || ch == '[' ? skip_nested(look, at) : skip_bare(look, at);
	return (struct log_part){(uint32_t)at, (uint32_t)(*ret_next - at), false};
}

/* One key of an object and where its value begins. */
struct member {
	struct log_part key;
	size_t value; /* its place */
};

/* `at` is behind the bracket, or behind the value before. False: there are no more. */
static bool next_member(const struct look *look, size_t *at, struct member *ret)
{
	*at = skip_blanks(look, *at);
	if (char_at(look, *at) == ',')
		*at = skip_blanks(look, *at + 1);
	if (char_at(look, *at) != '"')
		return false;
	ret->key = read_string(look, *at, at);
	*at = skip_blanks(look, *at);
	if (char_at(look, *at) != ':')
		return false;
	ret->value = *at = skip_blanks(look, *at + 1);
	return *at < look->length;
}

/* Letters of ASCII in any case; nearly all keys differ in the first byte. */
static bool is_same(const char *a, const char *b, size_t length)
{
	return !length || (((*a ^ *b) & ~0x20) == 0 && strncasecmp(a, b, length) == 0);
}

static bool is_name(const struct look *look, struct log_part key, const char *name, size_t length)
{
	return key.length == length && is_same(look->text + key.offset, name, length);
}

/* The key is the beginning of the name, up to a dot. */
static bool leads_to(const struct look *look, struct log_part key, const char *name, size_t length)
{
	return key.length < length && name[key.length] == '.' &&
	       is_same(look->text + key.offset, name, key.length);
}

static bool is_null(const struct look *look, struct log_part value)
{
	return !value.is_escaped && value.length == 4 &&
	       memcmp(look->text + value.offset, "null", 4) == 0 &&
	       look->text[value.offset - 1] != '"';
}

/* In the object at `at`, by its path. */
static bool find_path(const struct look *look, size_t at, const char *name, size_t length,
	struct log_part *ret_value)
{
	struct member member;
	for (at++; next_member(look, &at, &member);) {
		struct log_part value = {0};
		if (leads_to(look, member.key, name, length) && char_at(look, at) == '{' &&
			find_path(look, at, name + member.key.length + 1,
				length - member.key.length - 1, ret_value))
			return true;
		value = read_value(look, at, &at);
		if (!is_name(look, member.key, name, length) || is_null(look, value))
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}

/* In it, else in the objects in it. */
static bool find_within(const struct look *look, size_t at, const char *name, unsigned depth,
	struct log_part *ret_value)
{
	struct member member;
	if (find_path(look, at, name, strlen(name), ret_value))
		return true;
	for (at++; depth < DEPTH_MAX && next_member(look, &at, &member);) {
		if (char_at(look, at) == '{' && find_within(look, at, name, depth + 1, ret_value))
			return true;
		(void)read_value(look, at, &at);
	}
	return false;
}

/* ---- name=value ---- */

static bool is_key_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.' || ch == '@' || ch == '-' ||
	       (unsigned char)ch >= 0x80;
}

/* Of logfmt only a blank ends it; in other texts it may stand in brackets, in a list, or in an address. */
static size_t bare_end(const struct look *look, size_t at, bool is_logfmt)
{
	size_t start = at;
	while (at < look->length && !is_blank(look->text[at]) && look->text[at] != '"' &&
		(is_logfmt || !strchr(",;&)]}'\\<>", look->text[at])))
		at++;
	bool is_sentence = !is_logfmt && at > start + 1 && look->text[at - 1] == '.';
	return at - is_sentence;
}

static struct log_part quoted_value(const struct look *look, size_t at)
{
	struct log_part part = {.offset = (uint32_t)at + 1};
	char quote = look->text[at];
	for (at++; at < look->length && look->text[at] != quote; at++)
		if (look->text[at] == '\\') {
			part.is_escaped = true;
			at++;
		}
	part.length = (uint32_t)((at < look->length ? at : look->length) - part.offset);
	return part;
}

static struct log_part assigned_value(const struct look *look, size_t at, bool is_logfmt)
{
	char ch = char_at(look, at);
	if (ch == '"' || (ch == '\'' && !is_logfmt))
		return quoted_value(look, at);
	return (struct log_part){
		(uint32_t)at, (uint32_t)(bare_end(look, at, is_logfmt) - at), false};
}

static bool stands_before(const struct look *look, size_t equals, const char *name, size_t length)
{
	return equals >= length && is_same(look->text + equals - length, name, length) &&
	       (equals == length || !is_key_char(look->text[equals - length - 1]));
}

static bool find_assigned(const struct look *look, const char *name, struct log_part *ret_value)
{
	size_t length = strlen(name), first = 0;
	while (first < look->length && is_key_char(look->text[first]))
		first++;
	bool is_logfmt = first && char_at(look, first) == '=';
	const char *end = look->text + look->length;
	for (const char *at = look->text; (at = memchr(at, '=', (size_t)(end - at))); at++) {
		size_t equals = (size_t)(at - look->text);
		if (!stands_before(look, equals, name, length))
			continue;
		*ret_value = assigned_value(look, equals + 1, is_logfmt);
		return true;
	}
	return false;
}

/* ---- both ---- */

/* Where the line of the program begins. */
static size_t begin_of(const struct look *look)
{
	const struct log_arrival arrival = {.is_brief = true};
	int64_t ignored_ms;
	size_t at = skip_blanks(look, 0);
	if (!isdigit((unsigned char)char_at(look, at)))
		return at;
	return skip_blanks(
		look, log_envelope_read(look->text, look->length, &arrival, &ignored_ms));
}

bool log_field_find(const char *text, size_t length, const char *name, struct log_part *ret_value)
{
	const struct look look = {text, length};
	size_t begin = begin_of(&look);
	if (char_at(&look, begin) == '{' && find_within(&look, begin, name, 0, ret_value))
		return true;
	const struct look rest = {text + begin, length - begin};
	if (!find_assigned(&rest, name, ret_value))
		return false;
	ret_value->offset += (uint32_t)begin;
	return true;
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
