/* SPDX-License-Identifier: MIT */
/*
 * One line of a log -> when, how bad, which bot, what. Our own scanner, one pass, no allocation:
 * JSON (pino, bunyan, zap, structlog, loguru, winston), logfmt, Python's logging in its usual
 * formats, nginx, Redis, PostgreSQL, supervisord, syslog, and anything that begins with a time; any
 * other line is a text without time and level. Before any of these may stand what the runtime of a
 * container writes there (k8s-file of Podman); its time is the line's, for it has a zone. A line cut anywhere gives what its start says. Parts
 * point into the line. Pure; any thread.
 *
 * What a line does not say itself it has from the lines before it: struct log_flow holds that, one
 * a source.
 */
#ifndef BOTSWAIN_PARSE_LOG_LINE_H
#define BOTSWAIN_PARSE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"
#include "core/parse/log_level.h"

struct log_memo;

#define LOG_NO_TIME INT64_MIN

enum log_form {
	LOG_TEXT,
	LOG_JSON,
	LOG_LOGFMT,
};

/* Nothing was written long after now: who claims that has a wrong clock. */
enum { LOG_AHEAD_MS = 5 * 60 * 1000 };
static inline bool log_is_believed(int64_t claimed_ms, int64_t now_ms)
{
	return claimed_ms != LOG_NO_TIME && claimed_ms >= 0 && claimed_ms <= now_ms + LOG_AHEAD_MS;
}

struct log_part {
	uint32_t offset, length; /* length 0: not there */
	bool is_escaped;         /* holds backslash escapes; log_part_text() resolves them */
};

struct log_line {
	enum log_form form;
	enum log_level level;
	int64_t wall_ms;             /* LOG_NO_TIME: the line does not say */
	struct log_part message;     /* the whole line when nothing better is known */
	struct log_part bot;         /* name or id, as written */
	struct log_part correlation; /* request or trace id */
	struct log_part error;       /* of a JSON line: the message of its err or exception */
	uint32_t envelope;           /* bytes that a container's runtime put before the line */
	bool is_stamped;             /* it has its time from there, and says none itself */
	bool is_detail;              /* says more of the line before it, though it has a time */
	bool is_continuation;        /* belongs to the line before it (set by log_flow_take) */
};

/* How the line came. Times without a zone are the writer's local time, those without a date or year
 * the latest that is not after `received_ms`. */
struct log_arrival {
	int64_t received_ms;
	int32_t utc_offset_s;
	struct log_memo *memo; /* of its source, to read it faster; NULL: none */
	bool is_brief;         /* form, time, level and bot are enough: the rest may be missing */
};

void log_line_read(const char *text, size_t length, const struct log_arrival *arrival,
	struct log_line *ret_line);

/* Zeroed at the start of a source. */
struct log_flow {
	int64_t wall_ms; /* of the last line that had one; valid when has_times */
	enum log_level level;
	bool has_times;    /* lines of this source begin with a time */
	bool is_text;      /* ... and the last that did was for people */
	bool in_traceback; /* until a line that stands at the margin */
	bool started;
};

/* Lets `line` have from its predecessors what it lacks: lines of a traceback and lines that merely
 * go on get their time and level. Call it once for each line in order. */
void log_flow_take(struct log_flow *flow, const char *text, size_t length, struct log_line *line);

/* Appends the part with its escapes resolved (bad ones become U+FFFD). */
void log_part_text(const char *text, struct log_part part, struct str *to);

/* Appends the line as it should be kept: colours (SGR sequences, also as \u001b) are taken out, and
 * printable ASCII that is written as \u00XX is written as itself, so that no secret hides behind an
 * escape. A line of Docker's json-file driver is unwrapped first: TIME stdout F LINE. */
void log_normalise(const char *text, size_t length, struct str *to);
/* Whether log_normalise() would change the line; of one without ESC and backslash it is enough to know whether it is wrapped. */
bool log_is_wrapped(const char *text, size_t length);
bool log_needs_normalising(const char *text, size_t length);

#endif
