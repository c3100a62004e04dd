/* SPDX-License-Identifier: MIT */
#include "tui/when.h"

#include <stdio.h>
#include <string.h>

#include "core/base/format.h"

#define SECOND_MS INT64_C(1000)
#define DAY_MS    (24 * 3600 * SECOND_MS)

/* Milliseconds of the day; false: it is none. */
static bool read_clock(const char *text, int64_t *ret_ms)
{
	int hour, minute, second = 0, used = 0, more = 0;
	if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2)
		return false;
	if (sscanf(text + used, ":%2d%n", &second, &more) == 1)
		used += more;
	if (text[used] == 'Z')
		used++;
	if (text[used] || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
		second > 60)
		return false;
	*ret_ms = ((hour * 60 + minute) * 60 + second) * SECOND_MS;
	return true;
}

/* 2026-11-28 12:04, and 2026-11-28 alone: its midnight. */
static bool read_day(const char *text, int64_t *ret_ms)
{
	int year, month, day, used = 0;
	int64_t clock_ms = 0;
	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || year < 1970 ||
		month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	if (text[used] && ((text[used] != ' ' && text[used] != 'T') ||
				  !read_clock(text + used + 1, &clock_ms)))
		return false;
	*ret_ms = seconds_of(year, month, day, 0) * SECOND_MS + clock_ms;
	return true;
}

bool when_read(const char *text, int64_t now_ms, int64_t clock_ms, int64_t *ret_ms, struct err *err)
{
	int64_t ms, back_ms;
	size_t length = strlen(text);
	struct err ignored;
	if (text[0] == '-' && parse_duration(text + 1, &back_ms, &ignored)) {
		*ret_ms = now_ms - back_ms;
		return true;
	}
	if (read_clock(text, &ms)) {
		int64_t at_ms = clock_ms / DAY_MS * DAY_MS + ms;
		*ret_ms = at_ms > clock_ms ? at_ms - DAY_MS : at_ms;
		return true;
	}
	if ((length && parse_rfc3339(text, length, &ms, NULL) == length) || read_day(text, &ms)) {
		*ret_ms = ms;
		return true;
	}
	return err_set(err, ERR_INVALID,
		"'%.40s' is no time: say 12:04, 12:04:30, -15m, 2026-11-28 12:04 or "
		"2026-11-28T12:04:00Z",
		text);
}
