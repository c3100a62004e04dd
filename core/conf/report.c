/* SPDX-License-Identifier: MIT */
#include "core/conf/report.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/base/width.h"

enum {
	TOKEN_ID_MIN = 5, /* digits before the colon */
	TOKEN_ID_MAX = 16,
	TOKEN_SECRET_MIN = 24,
	SHOWN_CELLS = 120, /* of a long line */
};

static bool is_secret_byte(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '-';
}

/* The length of a token's part after the colon when `text[at]` is the colon of one; else 0. */
static size_t secret_after(const char *text, size_t length, size_t at)
{
	size_t digits = 0, secret = 0;
	while (digits < at && digits <= TOKEN_ID_MAX &&
		isdigit((unsigned char)text[at - 1 - digits]))
		digits++;
	if (digits < TOKEN_ID_MIN || digits > TOKEN_ID_MAX)
		return 0;
	while (at + 1 + secret < length && is_secret_byte(text[at + 1 + secret]))
		secret++;
	return secret >= TOKEN_SECRET_MIN ? secret : 0;
}

bool looks_like_token(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == ':' && secret_after(text, length, i))
			return true;
	return false;
}

/* ---- what is shown of a line: masked in place, so that the caret still points at its byte ---- */

static void mask_tokens(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		size_t secret = line[i] == ':' ? secret_after(line, length, i) : 0;
		memset(line + i + 1, '*', secret);
		i += secret;
	}
}

/* `password: x`, `"token": x` and `password=x`, but not `token: {file: x}`. */
static void mask_value(char *line, const char *key)
{
	char *at = strcasestr(line, key);
	if (!at)
		return;
	at += strlen(key);
	at += strspn(at, "\"' ");
	if (*at != ':' && *at != '=')
		return;
	at++;
	at += strspn(at, " ");
	if (*at != '{' && *at != '[')
		memset(at, '*', strcspn(at, " ,}]"));
}

static void mask(char *line, size_t length)
{
	static const char *const keys[] = {"password", "passwd", "token", "secret"};
	mask_tokens(line, length);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		mask_value(line, keys[i]);
}

static const char *find_line(const struct report *report, int number, size_t *ret_length)
{
	const char *at = report->text, *end = at + report->length;
	for (; number > 1 && at; number--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at || at > end)
		return NULL;
	const char *stop = memchr(at, '\n', (size_t)(end - at));
	*ret_length = (size_t)((stop ? stop : end) - at);
	return at;
}

/* The bytes before a column; columns count characters. */
static size_t bytes_before(const char *line, size_t length, int column)
{
	size_t at = 0;
	for (int i = 1; i < column && at < length; i++)
		at += utf8_next(line + at, length - at).size;
	return at;
}

static void show_line(struct report *report, struct place place, bool hide)
{
	size_t length, from = 0;
	const char *found = find_line(report, place.line, &length);
	if (!found || place.column < 1)
		return;
	char *line autofree = xcalloc(1, length + 1); /* may hold NUL bytes */
	memcpy(line, found, length);
	size_t at = bytes_before(line, length, place.column);
	mask(line, length);
	if (hide)
		memset(line + at, '*', length - at);
	if (at > SHOWN_CELLS / 2)
		from = utf8_cut(line, at, at - SHOWN_CELLS / 2);
	struct str before autostr = STR_INIT, after autostr = STR_INIT;
	sanitize(&before, line + from, at - from);
	sanitize_clip(&after, line + at, length - at, SHOWN_CELLS / 2);
	str_addf(report->out, "%6d | %s%s\n       | %*s\n", place.line, before.text, after.text,
		(int)text_width(before.text, before.length) + 1, "^");
}

/* A sentence may quote the file: it passes the same masks. */
static void make_safe(struct str *ret, char *sentence)
{
	mask_tokens(sentence, strlen(sentence));
	sanitize(ret, sentence, strlen(sentence));
}

/* The finding's own sentence names the place; `err` gets the first. */
static void add(struct report *report, const char *kind, struct place place, bool hide,
	const char *sentence)
{
	if (!report->out)
		return;
	sanitize(report->out, report->path, strlen(report->path));
	if (place.line)
		str_addf(report->out, ":%d:%d", place.line, place.column);
	str_addf(report->out, ": %s%s\n", kind, sentence);
	if (place.line)
		show_line(report, place, hide);
}

static bool error_at(
	struct report *report, struct place place, bool hide, const char *format, va_list args)
{
	char said[512];
	struct str safe autostr = STR_INIT;
	vsnprintf(said, sizeof(said), format, args);
	make_safe(&safe, said);
	const char *sentence = safe.text;
	if (++report->errors == 1 && place.line)
		err_set(&report->first, ERR_SYNTAX, "%s:%d:%d: %s", report->path, place.line,
			place.column, sentence);
	else if (report->errors == 1)
		err_set(&report->first, ERR_INVALID, "%s: %s", report->path, sentence);
	if (report->errors <= REPORT_ERRORS_MAX)
		add(report, "", place, hide, sentence);
	return false;
}

bool report_error(struct report *report, struct place place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	error_at(report, place, false, format, args);
	va_end(args);
	return false;
}

bool report_secret(struct report *report, struct place place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	error_at(report, place, true, format, args);
	va_end(args);
	return false;
}

void report_warning(struct report *report, struct place place, const char *format, ...)
{
	if (++report->warnings > REPORT_ERRORS_MAX)
		return;
	char said[512];
	struct str safe autostr = STR_INIT;
	va_list args;
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	make_safe(&safe, said);
	add(report, "warning: ", place, false, safe.text);
}

bool report_elsewhere(struct report *report, const char *where, const char *format, ...)
{
	struct report other = {.path = where, .out = report->out, .errors = report->errors};
	va_list args;
	va_start(args, format);
	error_at(&other, (struct place){0}, false, format, args);
	va_end(args);
	report->errors = other.errors;
	if (other.first.code)
		report->first = other.first;
	return false;
}

void report_finish(struct report *report)
{
	if (!report->out || report->errors <= REPORT_ERRORS_MAX)
		return;
	sanitize(report->out, report->path, strlen(report->path));
	str_addf(report->out, ": %u more errors are not shown\n",
		report->errors - REPORT_ERRORS_MAX);
}
