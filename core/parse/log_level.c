/* SPDX-License-Identifier: MIT */
#include "core/parse/log_level.h"

#include <endian.h>
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

/* By length, those that are seen most first. */
/* clang-format off */
static const struct word words[] = {
	{"i", LOG_LEVEL_INFO}, {"w", LOG_LEVEL_WARN}, {"e", LOG_LEVEL_ERROR}, {"d", LOG_LEVEL_DEBUG},
	{"t", LOG_LEVEL_TRACE}, {"f", LOG_LEVEL_FATAL}, {"c", LOG_LEVEL_FATAL},
	{"err", LOG_LEVEL_ERROR}, {"log", LOG_LEVEL_INFO},
	{"info", LOG_LEVEL_INFO}, {"warn", LOG_LEVEL_WARN}, {"crit", LOG_LEVEL_FATAL}, {"http", LOG_LEVEL_INFO},
	{"blat", LOG_LEVEL_TRACE}, {"erro", LOG_LEVEL_ERROR}, {"debg", LOG_LEVEL_DEBUG}, {"trac", LOG_LEVEL_TRACE},
	{"debug", LOG_LEVEL_DEBUG}, {"error", LOG_LEVEL_ERROR}, {"fatal", LOG_LEVEL_FATAL}, {"trace", LOG_LEVEL_TRACE},
	{"panic", LOG_LEVEL_FATAL}, {"emerg", LOG_LEVEL_FATAL}, {"alert", LOG_LEVEL_FATAL}, {"silly", LOG_LEVEL_TRACE},
	{"notice", LOG_LEVEL_INFO}, {"severe", LOG_LEVEL_ERROR}, {"dpanic", LOG_LEVEL_FATAL},
	{"warning", LOG_LEVEL_WARN}, {"success", LOG_LEVEL_INFO}, {"verbose", LOG_LEVEL_DEBUG},
	{"critical", LOG_LEVEL_FATAL},
};
/* clang-format on */

/* Where the words of a length begin. */
static const uint8_t first_of[WORD_MAX + 2] = {0, 0, 7, 7, 9, 17, 25, 28, 31, COUNT_OF(words)};

bool log_level_read_packed(uint64_t packed, size_t length, enum log_level *ret_level)
{
	if (length > WORD_MAX)
		return false;
	for (size_t i = first_of[length]; i < first_of[length + 1]; i++) {
		uint64_t word;
		memcpy(&word, words[i].text, sizeof(word));
		if (le64toh(word) == packed) {
			*ret_level = words[i].level;
			return true;
		}
	}
	return false;
}

bool log_level_read(const char *word, size_t length, enum log_level *ret_level)
{
	uint64_t packed = 0;
	if (length > WORD_MAX)
		return false;
	for (size_t i = 0; i < length; i++) /* makes no letter of what is none */
		packed |= (uint64_t)((unsigned char)word[i] | 0x20u) << 8 * i;
	return log_level_read_packed(packed, length, ret_level);
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
