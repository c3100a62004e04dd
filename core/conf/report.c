/* SPDX-License-Identifier: MIT */
#include "core/conf/report.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

enum {
	TOKEN_ID_MIN = 5, /* digits before the colon */
	TOKEN_ID_MAX = 16,
	TOKEN_SECRET_MIN = 24,
	SHOWN_BYTES = 120, /* of a long line */
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

/* Stars for what looks like a token, '?' for what a terminal should not see. Same length. */
static void make_showable(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		size_t secret = line[i] == ':' ? secret_after(line, length, i) : 0;
		memset(line + i + 1, '*', secret);
		i += secret;
	}
	for (size_t i = 0; i < length; i++)
		if (line[i] == '\t')
			line[i] = ' ';
		else if (!isprint((unsigned char)line[i]) || line[i] & 0x80)
			line[i] = '?';
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

static void show_line(struct report *report, struct place place, bool hide)
{
	size_t length;
	const char *line = find_line(report, place.line, &length);
	if (!line || place.column < 1)
		return;
	size_t column = (size_t)place.column - 1, from = 0;
	if (column > length)
		column = length;
	if (column > SHOWN_BYTES / 2)
		from = column - SHOWN_BYTES / 2;
	char shown[SHOWN_BYTES];
	size_t fits = length - from < sizeof(shown) ? length - from : sizeof(shown);
	memcpy(shown, line + from, fits);
	make_showable(shown, fits);
	if (hide)
		memset(shown + (column - from), '*', fits - (column - from));
	str_addf(report->out, "%6d | %.*s\n       | %*s\n", place.line, (int)fits, shown,
		(int)(column - from) + 1, "^");
}

/* The finding's own sentence names the place; `err` gets the first. */
static void add(struct report *report, const char *kind, struct place place, bool hide,
	const char *sentence)
{
	if (!report->out)
		return;
	str_adds(report->out, report->path);
	if (place.line)
		str_addf(report->out, ":%d:%d", place.line, place.column);
	str_addf(report->out, ": %s%s\n", kind, sentence);
	if (place.line)
		show_line(report, place, hide);
}

static bool error_at(
	struct report *report, struct place place, bool hide, const char *format, va_list args)
{
	char sentence[512];
	vsnprintf(sentence, sizeof(sentence), format, args);
	make_showable(sentence, strlen(sentence));
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
	char sentence[512];
	va_list args;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	make_showable(sentence, strlen(sentence));
	add(report, "warning: ", place, false, sentence);
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
	if (report->out && report->errors > REPORT_ERRORS_MAX)
		str_addf(report->out, "%s: %u more errors are not shown\n", report->path,
			report->errors - REPORT_ERRORS_MAX);
}
