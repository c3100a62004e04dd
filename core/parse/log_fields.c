/* SPDX-License-Identifier: MIT */
/* The names that frameworks give to the fields of structured lines, and logfmt, the simpler of the
 * two forms. */
#include "core/parse/log_internal.h"

#include <ctype.h>
#include <string.h>

#include "core/base/attr.h"

struct name {
	const char *text;
	enum log_role role;
};

/* In order of their length: log_role_of() stops at the first longer one. */
/* clang-format off */
static const struct name names[] = {
	{"t", ROLE_TIME},
	{"ts", ROLE_TIME},
	{"bot", ROLE_BOT}, {"err", ROLE_ERROR}, {"exc", ROLE_ERROR}, {"lvl", ROLE_LEVEL}, {"msg", ROLE_MESSAGE},
	{"time", ROLE_TIME},
	{"error", ROLE_ERROR}, {"event", ROLE_EVENT}, {"extra", ROLE_NESTED}, {"level", ROLE_LEVEL},
	{"bot_id", ROLE_BOT}, {"fields", ROLE_NESTED}, {"record", ROLE_NESTED}, {"req_id", ROLE_CORRELATION},
	{"asctime", ROLE_TIME}, {"context", ROLE_NESTED}, {"levelno", ROLE_LEVEL_PYTHON}, {"message", ROLE_MESSAGE},
	{"traceId", ROLE_CORRELATION},
	{"bot_name", ROLE_BOT}, {"datetime", ROLE_TIME}, {"exc_info", ROLE_ERROR}, {"loglevel", ROLE_LEVEL},
	{"severity", ROLE_LEVEL}, {"trace_id", ROLE_CORRELATION},
	{"exception", ROLE_ERROR}, {"levelname", ROLE_LEVEL}, {"log.level", ROLE_LEVEL}, {"requestId", ROLE_CORRELATION},
	{"timestamp", ROLE_TIME},
	{"@timestamp", ROLE_TIME}, {"level_name", ROLE_LEVEL}, {"request_id", ROLE_CORRELATION},
	{"bot_username", ROLE_BOT},
	{"correlationId", ROLE_CORRELATION},
	{"correlation_id", ROLE_CORRELATION},
};
/* clang-format on */

enum log_role log_role_of(const char *key, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		size_t size = strlen(names[i].text);
		if (size > length)
			break;
		if (size == length && memcmp(names[i].text, key, size) == 0)
			return names[i].role;
	}
	return ROLE_NONE;
}

static bool read_number(const char *text, size_t length, int64_t *ret_number)
{
	int64_t number = 0;
	if (!length || length > 9)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		number = number * 10 + (text[i] - '0');
	}
	*ret_number = number;
	return true;
}

static void take_level(struct log_line *line, const char *text, size_t length, bool python)
{
	int64_t number;
	enum log_level level;
	if (line->level != LOG_LEVEL_NONE)
		return;
	if (read_number(text, length, &number))
		line->level = python ? log_level_of_python(number) : log_level_of_number(number);
	else if (log_level_read(text, length, &level))
		line->level = level;
}

static void take_time(
	struct log_line *line, const char *text, size_t length, const struct log_arrival *arrival)
{
	int64_t wall_ms;
	if (line->wall_ms != LOG_NO_TIME)
		return;
	if (log_time_of_epoch(text, length, &wall_ms) ||
		log_time_read(text, length, arrival, &wall_ms))
		line->wall_ms = wall_ms;
}

static void take_first(struct log_part *to, struct log_part value)
{
	if (!to->length)
		*to = value;
}

void log_take(struct log_line *line, enum log_role role, const char *text, struct log_part value,
	const struct log_arrival *arrival)
{
	switch (role) {
	case ROLE_LEVEL:
	case ROLE_LEVEL_PYTHON:
		take_level(line, text + value.offset, value.length, role == ROLE_LEVEL_PYTHON);
		break;
	case ROLE_TIME:
		take_time(line, text + value.offset, value.length, arrival);
		break;
	case ROLE_MESSAGE:
		if (value.length)
			line->message = value;
		break;
	case ROLE_EVENT:
		take_first(&line->message, value);
		break;
	case ROLE_BOT:
		take_first(&line->bot, value);
		break;
	case ROLE_CORRELATION:
		take_first(&line->correlation, value);
		break;
	case ROLE_ERROR:
		take_first(&line->error, value);
		break;
	case ROLE_NONE:
	case ROLE_NESTED:
		break;
	}
}

/* ---- logfmt: key=value key="value with \"escapes\"" ---- */

static bool is_key_char(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.' || ch == '@' || ch == '-';
}

static size_t key_end(const char *text, size_t length, size_t at)
{
	while (at < length && is_key_char(text[at]))
		at++;
	return at;
}

/* The value that starts at `at`; `ret_next` is behind it. */
static struct log_part read_value(const char *text, size_t length, size_t at, size_t *ret_next)
{
	struct log_part part = {.offset = (uint32_t)at};
	if (at < length && text[at] == '"') {
		part.offset++;
		for (at++; at < length && text[at] != '"'; at++) {
			if (text[at] == '\\') {
				part.is_escaped = true;
				at++;
			}
		}
		size_t end = at < length ? at : length;
		part.length = (uint32_t)(end - part.offset);
		*ret_next = end + (end < length);
		return part;
	}
	while (at < length && text[at] != ' ' && text[at] != '\t')
		at++;
	part.length = (uint32_t)(at - part.offset);
	*ret_next = at;
	return part;
}

bool log_logfmt_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	size_t at = key_end(text, length, 0);
	if (!at || at >= length || text[at] != '=' || !isalpha((unsigned char)*text))
		return false;
	line->form = LOG_LOGFMT;
	for (at = 0; at < length;) {
		size_t start = at, end = key_end(text, length, at);
		if (end == start || end >= length || text[end] != '=') {
			at = end > start ? end : start + 1;
			continue;
		}
		struct log_part value = read_value(text, length, end + 1, &at);
		log_take(line, log_role_of(text + start, end - start), text, value, arrival);
	}
	return true;
}
