/* SPDX-License-Identifier: MIT */
/* Shared by the files behind log_line.h; nobody else includes this. */
#ifndef BOTSWAIN_PARSE_LOG_INTERNAL_H
#define BOTSWAIN_PARSE_LOG_INTERNAL_H

#include "core/parse/log_line.h"

/* What a field of a structured line is for. */
enum log_role {
	ROLE_NONE,
	ROLE_LEVEL,
	ROLE_LEVEL_PYTHON, /* a number on Python's scale */
	ROLE_TIME,
	ROLE_MESSAGE,
	ROLE_EVENT, /* a message when there is no better one */
	ROLE_BOT,
	ROLE_CORRELATION,
	ROLE_ERROR,
	ROLE_NESTED, /* an object with more such fields */
};

enum log_role log_role_of(const char *key, size_t length);

/* Stores a value under its role; the first of a kind counts, except that a message beats an event.
 */
void log_take(struct log_line *line, enum log_role role, const char *text, struct log_part value,
	const struct log_arrival *arrival);

/* All that is wanted is there: of each the first counts. */
static inline bool log_is_enough(const struct log_line *line, const struct log_arrival *arrival)
{
	return arrival->is_brief && line->bot.length && line->level != LOG_LEVEL_NONE &&
	       line->wall_ms != LOG_NO_TIME;
}

/* A time at the start of `text` in any known notation; returns the bytes used, 0 if there is none.
 */
size_t log_time_read(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms);
/* The same of a time in the second that the memory holds, to the millisecond and of UTC or without a zone: the usual one of
 * a log. 0: it is another. */
size_t log_time_recall(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms);
/* A number of seconds, ms, us or ns since 1970, told apart by its size; false if it is none. */
bool log_time_of_epoch(const char *text, size_t length, int64_t *ret_wall_ms);

/* What the runtime of a container puts before the line of its program: the bytes that it takes and
 * its time; 0 if there is none. */
size_t log_envelope_read(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms);
/* It is a whole line of Docker's json-file driver. */
bool log_is_docker(const char *text, size_t length);
/* Appends such a line with an envelope in place of its JSON, no longer than it was; false and
 * nothing: it is none, or cut. */
bool log_docker_open(const char *text, size_t length, struct str *to);

/* The readers. False: it is not that form. */
bool log_json_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line);
bool log_logfmt_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line);
void log_text_read(
	const char *text, size_t length, const struct log_arrival *arrival, struct log_line *line);

#endif
