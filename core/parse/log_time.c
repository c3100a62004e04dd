/* SPDX-License-Identifier: MIT */
/* The notations of time at the start of log lines. */
#include "core/parse/log_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/format.h"
#include "core/parse/log_memo.h"

#define DAY_S INT64_C(86400)

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* Matches `form` at the start: d is a digit, ? a digit or a blank, anything else itself. */
static bool fits(const char *text, size_t length, const char *form)
{
	for (; *form; form++, text++, length--) {
		if (!length)
			return false;
		bool is = *form == 'd'   ? is_digit(*text)
			  : *form == '?' ? is_digit(*text) || *text == ' '
					 : *text == *form;
		if (!is)
			return false;
	}
	return true;
}

/* Two digits, the first of which may be a blank; the form was checked. */
static int two(const char *text)
{
	return (text[0] == ' ' ? 0 : text[0] - '0') * 10 + (text[1] - '0');
}

static int four(const char *text)
{
	return two(text) * 100 + two(text + 2);
}

/* dd:dd:dd at `text` (checked) as a second of the day; -1 when out of range. */
static int second_of_day(const char *text)
{
	int hour = two(text), minute = two(text + 3), second = two(text + 6);
	return hour < 24 && minute < 60 && second <= 60 ? hour * 3600 + minute * 60 + second : -1;
}

/* Jan to Dec at `text` as 1 to 12; 0 if it is none. */
static int month_of(const char *text, size_t length)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int i = 0; length >= 3 && i < 12; i++) {
		if (memcmp(text, months + i * 3, 3) == 0)
			return i + 1;
	}
	return 0;
}

/* .744 or ,744 at `at`: moves over it. */
static int64_t fraction_ms(const char *text, size_t length, size_t *at)
{
	int64_t ms = 0;
	if (*at + 1 >= length || (text[*at] != '.' && text[*at] != ',') || !is_digit(text[*at + 1]))
		return 0;
	size_t end = *at + 1;
	for (int64_t weight = 100; end < length && is_digit(text[end]); end++, weight /= 10)
		ms += (text[end] - '0') * weight;
	*at = end;
	return ms;
}

/* A blank and UTC or GMT: moves over it. */
static bool skip_utc(const char *text, size_t length, size_t *at)
{
	bool is = *at + 4 <= length && text[*at] == ' ' &&
		  (memcmp(text + *at + 1, "UTC", 3) == 0 || memcmp(text + *at + 1, "GMT", 3) == 0);
	*at += is ? 4 : 0;
	return is;
}

static size_t read_iso(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms)
{
	bool has_zone;
	int64_t wall_ms;
	struct log_memo *memo = arrival->memo;
	size_t used =
		parse_rfc3339_next(text, length, memo ? &memo->second : NULL, &wall_ms, &has_zone);
	if (!used)
		return 0;
	if (!has_zone) {
		int64_t zone_ms;
		bool utc = skip_utc(text, length, &used);
		/* `2026-11-20 10:00:21 +0000` */
		size_t apart = used + 6 <= length && text[used] == ' ' &&
					       strchr("+-", text[used + 1]) &&
					       fits(text + used + 2, length - used - 2, "dddd")
				       ? 6
				       : 0;
		zone_ms =
			apart ? (two(text + used + 2) * 60 + two(text + used + 4)) * INT64_C(60000)
			      : arrival->utc_offset_s * INT64_C(1000);
		if (apart && text[used + 1] == '-')
			zone_ms = -zone_ms;
		wall_ms -= utc ? 0 : zone_ms;
		used += apart;
	}
	*ret_wall_ms = wall_ms;
	return used;
}

/* UTC, GMT, +0000; a NUL is taken for a sign. */
static bool may_be_zone(char first)
{
	return first == 'U' || first == 'G' || first == '+' || first == '-' || !first;
}

size_t log_time_recall(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms)
{
	const struct log_memo *memo = arrival->memo;
	size_t end = sizeof(memo->second.text) + strlen(".744");
	if (!memo || length < end + 2 || !second_memo_stands(&memo->second, text) ||
		(text[end - 4] != '.' && text[end - 4] != ',') || !is_digit(text[end - 3]) ||
		!is_digit(text[end - 2]) || !is_digit(text[end - 1]))
		return 0;
	int64_t wall_ms = memo->second.second * 1000 + (text[end - 3] - '0') * 100 +
			  (text[end - 2] - '0') * 10 + (text[end - 1] - '0');
	if (text[end] == 'Z') {
		*ret_wall_ms = wall_ms;
		return end + 1;
	}
	if (text[end] != '"' && (text[end] != ' ' || may_be_zone(text[end + 1])))
		return 0;
	*ret_wall_ms = wall_ms - arrival->utc_offset_s * INT64_C(1000);
	return end;
}

/* 10:00:21 or 10:00:21.744: the latest such time that is not after the arrival (a minute of grace).
 */
static size_t read_clock(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms)
{
	if (!fits(text, length, "dd:dd:dd") || second_of_day(text) < 0)
		return 0;
	size_t at = strlen("10:00:21");
	int64_t ms = second_of_day(text) * INT64_C(1000) + fraction_ms(text, length, &at);
	int64_t local_ms = arrival->received_ms + arrival->utc_offset_s * INT64_C(1000);
	int64_t into_day = (local_ms % (DAY_S * 1000) + DAY_S * 1000) % (DAY_S * 1000);
	int64_t wall_ms = arrival->received_ms - into_day + ms;
	*ret_wall_ms = wall_ms > arrival->received_ms + 60000 ? wall_ms - DAY_S * 1000 : wall_ms;
	return at;
}

/* Nov 20 10:00:21 (syslog): the latest such year. */
static size_t read_syslog(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms)
{
	int month = month_of(text, length);
	if (!month || !fits(text + 3, length - 3, " ?d dd:dd:dd") || second_of_day(text + 7) < 0)
		return 0;
	int64_t now_s = arrival->received_ms / 1000;
	int year = 1970 + (int)(now_s / (DAY_S * 146097 / 400)) + 1;
	int64_t wall_s;
	do {
		wall_s = seconds_of(year--, month, two(text + 4), second_of_day(text + 7)) -
			 arrival->utc_offset_s;
	} while (wall_s > now_s + DAY_S);
	*ret_wall_ms = wall_s * 1000;
	return strlen("Nov 20 10:00:21");
}

/* 20/Nov/2026:10:00:21 +0000 (access logs) and 20 Nov 2026 10:00:21.744 (Redis). */
static size_t read_day_first(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms)
{
	bool access = fits(text, length, "dd/") && length > 6 &&
		      fits(text + 6, length - 6, "/dddd:dd:dd:dd");
	bool redis = fits(text, length, "?d ") && length > 6 &&
		     fits(text + 6, length - 6, " dddd dd:dd:dd");
	int month = access || redis ? month_of(text + 3, length - 3) : 0;
	if (!month || second_of_day(text + 12) < 0)
		return 0;
	size_t at = strlen("20/Nov/2026:10:00:21");
	int64_t wall_s = seconds_of(four(text + 7), month, two(text), second_of_day(text + 12));
	int64_t ms = fraction_ms(text, length, &at), zone_s = arrival->utc_offset_s;
	if (at + 6 <= length && text[at] == ' ' && (text[at + 1] == '+' || text[at + 1] == '-') &&
		fits(text + at + 2, length - at - 2, "dddd")) {
		zone_s = (two(text + at + 2) * 60 + two(text + at + 4)) *
			 (text[at + 1] == '-' ? -60 : 60);
		at += 6;
	}
	*ret_wall_ms = (wall_s - zone_s) * 1000 + ms;
	return at;
}

size_t log_time_read(
	const char *text, size_t length, const struct log_arrival *arrival, int64_t *ret_wall_ms)
{
	static size_t (*const readers[])(const char *, size_t, const struct log_arrival *,
		int64_t *) = {read_iso, read_clock, read_syslog, read_day_first};
	if (!length || !(is_digit(*text) || isupper((unsigned char)*text) || *text == ' '))
		return 0;
	for (size_t i = 0; i < COUNT_OF(readers); i++) {
		size_t used = readers[i](text, length, arrival, ret_wall_ms);
		if (used)
			return used;
	}
	return 0;
}

bool log_time_of_epoch(const char *text, size_t length, int64_t *ret_wall_ms)
{
	uint64_t whole = 0; /* nineteen nines are more than an int64_t holds */
	size_t at = 0;
	if (length < 9 || !is_digit(text[4]))
		return false;
	for (; at < length && at < 19 && is_digit(text[at]); at++)
		whole = whole * 10 + (uint64_t)(text[at] - '0');
	if (at < 9)
		return false;
	int64_t ms = fraction_ms(text, length, &at);
	if (at != length)
		return false;
	if (whole >= UINT64_C(100000000000000000))
		*ret_wall_ms = (int64_t)(whole / 1000000);
	else if (whole >= UINT64_C(100000000000000))
		*ret_wall_ms = (int64_t)(whole / 1000);
	else if (whole >= UINT64_C(100000000000))
		*ret_wall_ms = (int64_t)whole;
	else
		*ret_wall_ms = (int64_t)whole * 1000 + ms;
	return true;
}
