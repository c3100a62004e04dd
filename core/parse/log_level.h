/* SPDX-License-Identifier: MIT */
/* The levels of log lines and events, and the words and numbers that frameworks have for them. Any
 * thread. */
#ifndef BOTSWAIN_PARSE_LOG_LEVEL_H
#define BOTSWAIN_PARSE_LOG_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_NONE, /* the line does not say */
	LOG_LEVEL_TRACE,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_FATAL,
	LOG_LEVELS,
};

/* "error"; "-" for none. */
const char *log_level_word(enum log_level level);
/* 'E'; '-' for none. */
char log_level_letter(enum log_level level);
/* Any of the usual words in any case ("WARNING", "crit", "notice"), or a letter; false if it is
 * none. */
bool log_level_read(const char *word, size_t length, enum log_level *ret_level);
/* The same of a word in small letters whose first byte is the lowest one of `packed`; zeros behind it. */
bool log_level_read_packed(uint64_t packed, size_t length, enum log_level *ret_level);
/* pino and bunyan (10 to 60), below 8 syslog. */
enum log_level log_level_of_number(int64_t number);
/* Python (10 to 50). */
enum log_level log_level_of_python(int64_t number);

#endif
