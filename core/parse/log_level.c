/* SPDX-License-Identifier: MIT */
#include "core/parse/log_level.h"

#include <string.h>

#include "core/base/attr.h"

const char *log_level_word(enum log_level level)
{
	static const char *const words[LOG_LEVELS] = {
		"-", "trace", "debug", "info", "warn", "error", "fatal"};
	return (unsigned)level < LOG_LEVELS ? words[level] : "-";
}

char log_level_letter(enum log_level level)
{
	return (unsigned)level < LOG_LEVELS ? "-TDIWEF"[level] : '-';
}

enum { WORD_MAX = 8 };

struct word {
	char text[WORD_MAX + 1];
	enum log_level level;
};

/* clang-format off */
static const struct word words[] = {
	{"info", LOG_LEVEL_INFO}, {"error", LOG_LEVEL_ERROR}, {"warning", LOG_LEVEL_WARN}, {"warn", LOG_LEVEL_WARN},
	{"debug", LOG_LEVEL_DEBUG}, {"critical", LOG_LEVEL_FATAL}, {"fatal", LOG_LEVEL_FATAL},
	{"trace", LOG_LEVEL_TRACE}, {"notice", LOG_LEVEL_INFO}, {"err", LOG_LEVEL_ERROR}, {"crit", LOG_LEVEL_FATAL},
	{"panic", LOG_LEVEL_FATAL}, {"dpanic", LOG_LEVEL_FATAL}, {"emerg", LOG_LEVEL_FATAL},
	{"alert", LOG_LEVEL_FATAL}, {"severe", LOG_LEVEL_ERROR}, {"success", LOG_LEVEL_INFO},
	{"log", LOG_LEVEL_INFO}, {"verbose", LOG_LEVEL_DEBUG}, {"silly", LOG_LEVEL_TRACE}, {"http", LOG_LEVEL_INFO},
	{"blat", LOG_LEVEL_TRACE}, {"erro", LOG_LEVEL_ERROR}, {"debg", LOG_LEVEL_DEBUG}, {"trac", LOG_LEVEL_TRACE},
	{"t", LOG_LEVEL_TRACE}, {"d", LOG_LEVEL_DEBUG}, {"i", LOG_LEVEL_INFO}, {"w", LOG_LEVEL_WARN},
	{"e", LOG_LEVEL_ERROR}, {"f", LOG_LEVEL_FATAL}, {"c", LOG_LEVEL_FATAL},
};
/* clang-format on */

bool log_level_read(const char *word, size_t length, enum log_level *ret_level)
{
	char lower[WORD_MAX + 1] = "";
	for (size_t i = 0; i < length && i < WORD_MAX; i++)
		lower[i] = (char)(word[i] | 0x20); /* makes no letter of what is none */
	for (size_t i = 0; length <= WORD_MAX && i < COUNT_OF(words); i++) {
		if (memcmp(words[i].text, lower, sizeof(lower)) == 0) {
			*ret_level = words[i].level;
			return true;
		}
	}
	return false;
}

enum log_level log_level_of_number(int64_t number)
{
	static const enum log_level syslog[] = {LOG_LEVEL_FATAL, LOG_LEVEL_FATAL, LOG_LEVEL_FATAL,
		LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG};
	if (number < 0 || number >= 100)
		return LOG_LEVEL_NONE;
	if (number < 8)
		return syslog[number];
	return number < 10    ? LOG_LEVEL_NONE
	       : number >= 60 ? LOG_LEVEL_FATAL
			      : (enum log_level)(number / 10);
}

enum log_level log_level_of_python(int64_t number)
{
	if (number < 5 || number >= 100)
		return LOG_LEVEL_NONE;
	if (number < 10)
		return LOG_LEVEL_TRACE;
	return number >= 50 ? LOG_LEVEL_FATAL : (enum log_level)(number / 10 + 1);
}
