/* SPDX-License-Identifier: MIT */
/*
 * Figures as people read them, and back. A formatter returns its text by value, so that it can be
 * used in place: str_adds(&line, format_duration(age_ms).text). Pure; any thread (local time needs
 * tzset() before threads).
 */
#ifndef BOTSWAIN_BASE_FORMAT_H
#define BOTSWAIN_BASE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct shown {
	char text[32];
};

/* 0.4s 9.9s 48s 6m05 31m 1h55 13h 44d; negative with a leading '-'. At most 5 characters up to 27
 * years. */
struct shown format_duration(int64_t ms);
/* One unit, for narrow columns: 0s 4s 6m 3h 12d. */
struct shown format_age(int64_t ms);
/* 812 9K 9M 3.1G 48T: powers of 1024, at most 4 characters. */
struct shown format_bytes(int64_t bytes);
/* 0 1204 12k 3.4M 120M 2.1G: as it is below 10,000, then powers of 1000. */
struct shown format_count(int64_t count);
/* 1 bot, 2 bots, 0 bots: an exact number and its noun, whose plural ends in s, or of entry in ies. */
struct shown format_many(uint64_t count, const char *noun);
/* 0.6 12.4 870 12k for measured values; NaN and infinities are "--". */
struct shown format_number(double value);
/* 0.6% 25% 100%: a decimal below 10. `ratio` 1.0 is 100%; NaN is "--". */
struct shown format_percent(double ratio);

/* 2026-11-20T10:00:21.744Z; outside the years 0000 to 9999 "-". */
struct shown format_rfc3339(int64_t wall_ms);
/* 10:00:21, UTC or local. */
struct shown format_clock(int64_t wall_ms, bool local);
/* 11-20 10:00, UTC or local: for what is older than a day. */
struct shown format_day_clock(int64_t wall_ms, bool local);

/* Seconds that local time is ahead of UTC at that moment. */
int32_t local_offset_s(int64_t wall_ms);

/* 30s 5m 1h30m 1.5s 250ms 7d 2w; a bare 0 is allowed, any other number needs its unit. The whole
 * text must be used; the error names the position. At most 100 years. */
bool parse_duration(const char *text, int64_t *ret_ms, struct err *err) MUST_CHECK;
/* 4096 64K 64KiB 1.5M 3GB: powers of 1024, with or without B or iB; at most 2^62. */
bool parse_bytes(const char *text, int64_t *ret_bytes, struct err *err) MUST_CHECK;
/* A decimal number as programs write it (12, -1.5e3, NaN, +Inf), whatever the locale; all of `text` must be one.
 * The nearest double for what a double can hold exactly, within one unit of the last place otherwise. */
bool parse_double(const char *text, size_t length, double *ret_value);

/* 2026-11-20T10:00:21.744Z, also with a blank for the T, a comma for the point, slashes in the
 * date, 1 to 9 decimals or none, and +03:00 for the Z. Reads a prefix of `text`; returns the bytes
 * used, 0 if there is none. Without a zone it is read as UTC; `ret_has_zone` (may be NULL) tells.
 */
size_t parse_rfc3339(const char *text, size_t length, int64_t *ret_wall_ms, bool *ret_has_zone);

/* Date and time of day of the last one, which the next one mostly shares; zeroed at the start. */
struct second_memo {
	char text[19]; /* YYYY-MM-DDThh:mm:ss */
	bool is_set;
	int64_t second;
};
/* It stands at `text`, where there are as many bytes. */
static inline bool second_memo_stands(const struct second_memo *memo, const char *text)
{
	enum { REST = sizeof(memo->text) - 2 * sizeof(uint64_t) };
	return memo->is_set && memcmp(memo->text, text, 8) == 0 &&
	       memcmp(memo->text + 8, text + 8, 8) == 0 &&
	       memcmp(memo->text + 16, text + 16, REST) == 0;
}
/* The same with a memory (NULL: none), which makes it faster and changes no result. */
size_t parse_rfc3339_next(const char *text, size_t length, struct second_memo *memo,
	int64_t *ret_wall_ms, bool *ret_has_zone);

/* Seconds since 1970 of a date and time of the Gregorian calendar (UTC); month and day from 1, not
 * checked. */
int64_t seconds_of(int year, int month, int day, int second_of_day);

#endif
