/* SPDX-License-Identifier: MIT */
/* The names that frameworks give to the fields of structured lines, and logfmt, the simpler of the
 * two forms. */
#include "core/parse/log_internal.h"

#include <ctype.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/parse/log_scan.h"

struct name {
	const char *text;
	size_t length;
	enum log_role role;
};

#define NAME(text, role)                                                                           \
	{                                                                                          \
		text, sizeof(text) - 1, role                                                       \
	}

/* In order of their length: log_role_of() stops at the first longer one. */
/* clang-format off */
static const struct name names[] = {
	NAME("t", ROLE_TIME),
	NAME("ts", ROLE_TIME),
	NAME("bot", ROLE_BOT), NAME("err", ROLE_ERROR), NAME("exc", ROLE_ERROR),
	NAME("lvl", ROLE_LEVEL), NAME("msg", ROLE_MESSAGE),
	NAME("time", ROLE_TIME),
	NAME("error", ROLE_ERROR), NAME("event", ROLE_EVENT), NAME("extra", ROLE_NESTED),
	NAME("level", ROLE_LEVEL),
	NAME("bot_id", ROLE_BOT), NAME("fields", ROLE_NESTED), NAME("record", ROLE_NESTED),
	NAME("req_id", ROLE_CORRELATION),
	NAME("asctime", ROLE_TIME), NAME("context", ROLE_NESTED),
	NAME("levelno", ROLE_LEVEL_PYTHON), NAME("message", ROLE_MESSAGE),
	NAME("traceId", ROLE_CORRELATION),
	NAME("bot_name", ROLE_BOT), NAME("datetime", ROLE_TIME), NAME("exc_info", ROLE_ERROR),
	NAME("loglevel", ROLE_LEVEL), NAME("severity", ROLE_LEVEL),
	NAME("trace_id", ROLE_CORRELATION),
	NAME("exception", ROLE_ERROR), NAME("levelname", ROLE_LEVEL),
	NAME("log.level", ROLE_LEVEL), NAME("requestId", ROLE_CORRELATION),
	NAME("timestamp", ROLE_TIME),
	NAME("@timestamp", ROLE_TIME), NAME("level_name", ROLE_LEVEL),
	NAME("request_id", ROLE_CORRELATION),
	NAME("bot_username", ROLE_BOT),
	NAME("correlationId", ROLE_CORRELATION),
	NAME("correlation_id", ROLE_CORRELATION),
};
/* clang-format on */

enum log_role log_role_of(const char *key, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (names[i].length > length)
			break;
		if (names[i].length == length && memcmp(names[i].text, key, length) == 0)
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

bool log_logfmt_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line)
{
	struct log_scan scan = {text, length, 0};
	struct log_part name;
	bool is_quoted;
	if (!log_is_logfmt(text, length, 0))
		return false;
	line->form = LOG_LOGFMT;
	while (log_scan_name(&scan, &name)) {
		struct log_part value = log_scan_value(&scan, LOG_PAIRS_ALONE, &is_quoted);
		log_take(line, log_role_of(text + name.offset, name.length), text, value, arrival);
		if (log_is_enough(line, arrival))
			break;
	}
	return true;
}
