/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/journal.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/str.h"

enum { MESSAGE_MAX = 1024 };

static const struct {
	const char *json, *python;
} words[] = {
	[LOG_DEBUG] = {"debug", "DEBUG"},
	[LOG_INFO] = {"info", "INFO"},
	[LOG_WARNING] = {"warning", "WARNING"},
	[LOG_ERROR] = {"error", "ERROR"},
	[LOG_CRITICAL] = {"critical", "CRITICAL"},
};

const char *journal_word(enum journal_level level)
{
	return words[level].json;
}

/* "2026-11-20T10:00:21" and the milliseconds; in local time for python, which does so. */
static int64_t stamp(char *to, size_t size, bool python)
{
	int64_t now_ms = clock_wall_ms(clock_real());
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm broken;
	if (python)
		localtime_r(&seconds, &broken);
	else
		gmtime_r(&seconds, &broken);
	strftime(to, size, python ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%S", &broken);
	return now_ms % 1000;
}

static void write_json(const struct journal *journal, enum journal_level level,
	const char *correlation, const char *message, const char *stack)
{
	char day[32], when[48];
	int64_t ms = stamp(day, sizeof(day), false);
	snprintf(when, sizeof(when), "%s.%03dZ", day, (int)ms);
	json_t *line = json_pack("{s:s,s:s,s:s,s:s,s:i,s:s*,s:s*}", "ts", when, "level",
		words[level].json, "bot", journal->bot, "msg", message, "pid", (int)getpid(),
		"correlation_id", correlation, "exc", stack);
	autofree char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	if (text)
		puts(text);
}

static void write_python(
	const struct journal *journal, enum journal_level level, const char *message)
{
	char day[32];
	int64_t ms = stamp(day, sizeof(day), true);
	printf("%s,%03d - %s.handlers - %s - %s\n", day, (int)ms, journal->bot, words[level].python,
		message);
}

void journal_write(const struct journal *journal, enum journal_level level, const char *correlation,
	const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (journal->python)
		write_python(journal, level, message);
	else
		write_json(journal, level, correlation, message, NULL);
	fflush(stdout);
}

void journal_exception(
	const struct journal *journal, const char *correlation, const char *where, const char *what)
{
	autostr struct str stack = STR_INIT;
	str_addf(&stack,
		"Traceback (most recent call last):\n"
		"  File \"/srv/%s/bot/dispatcher.py\", line 118, in process_update\n"
		"    await handler.check_update(update)\n"
		"  File \"/srv/%s/bot/%s.py\", line 42, in handle\n"
		"    reply = self.service.answer(message.text)\n"
		"%s",
		journal->bot, journal->bot, where, what);
	if (journal->python) {
		write_python(
			journal, LOG_ERROR, "No error handlers are registered, logging exception.");
		puts(stack.text);
	} else {
		write_json(journal, LOG_ERROR, correlation, what, stack.text);
	}
	fflush(stdout);
}
