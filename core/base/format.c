/* SPDX-License-Identifier: MIT */
#include "core/base/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SECOND_MS = 1000,
	MINUTE_MS = 60 * SECOND_MS,
	HOUR_MS = 60 * MINUTE_MS,
	DAY_MS = 24 * HOUR_MS,
};

static PRINTF_LIKE(1, 2) struct shown show(const char *format, ...)
{
	struct shown shown;
	va_list args;
	va_start(args, format);
	vsnprintf(shown.text, sizeof(shown.text), format, args);
	va_end(args);
	return shown;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
}

struct shown format_duration(int64_t ms)
{
	const char *sign = ms < 0 ? "-" : "";
	uint64_t span = magnitude(ms), s = span / SECOND_MS, m = s / 60, h = m / 60;
	if (span < 10 * SECOND_MS)
		return show("%s%" PRIu64 ".%us", sign, s, (unsigned)(span % SECOND_MS / 100));
	if (m < 1)
		return show("%s%" PRIu64 "s", sign, s);
	if (m < 10)
		return show("%s%" PRIu64 "m%02u", sign, m, (unsigned)(s % 60));
	if (h < 1)
		return show("%s%" PRIu64 "m", sign, m);
	if (h < 10)
		return show("%s%" PRIu64 "h%02u", sign, h, (unsigned)(m % 60));
	if (h < 48)
		return show("%s%" PRIu64 "h", sign, h);
	return show("%s%" PRIu64 "d", sign, h / 24);
}

struct shown format_age(int64_t ms)
{
	const char *sign = ms < 0 ? "-" : "";
	uint64_t span = magnitude(ms);
	if (span < MINUTE_MS)
		return show("%s%" PRIu64 "s", sign, span / SECOND_MS);
	if (span < HOUR_MS)
		return show("%s%" PRIu64 "m", sign, span / MINUTE_MS);
	if (span < 2 * (uint64_t)DAY_MS)
		return show("%s%" PRIu64 "h", sign, span / HOUR_MS);
	return show("%s%" PRIu64 "d", sign, span / DAY_MS);
}

/* `value` in the largest unit that keeps it at one or above; a decimal below ten. Never rounds up
 * to `base`. */
static struct shown scaled(const char *sign, double value, double base, const char *units)
{
	size_t unit = 0, last = strlen(units) - 1;
	value /= base;
	while (value >= base && unit < last) {
		value /= base;
		unit++;
	}
	double tenths = floor(value * 10.0) / 10.0;
	if (value < 10.0 && fmod(floor(value * 10.0), 10.0) != 0.0)
		return show("%s%.1f%c", sign, tenths, units[unit]);
	return show("%s%.0f%c", sign, floor(value), units[unit]);
}

struct shown format_bytes(int64_t bytes)
{
	const char *sign = bytes < 0 ? "-" : "";
	uint64_t size = magnitude(bytes);
	if (size < 1024)
		return show("%s%" PRIu64, sign, size);
	return scaled(sign, (double)size, 1024.0, "KMGTPE");
}

struct shown format_count(int64_t count)
{
	const char *sign = count < 0 ? "-" : "";
	uint64_t size = magnitude(count);
	if (size < 10000)
		return show("%s%" PRIu64, sign, size);
	return scaled(sign, (double)size, 1000.0, "kMGTPE");
}

struct shown format_many(uint64_t count, const char *noun)
{
	size_t length = strlen(noun);
	bool is_y = length > 1 && noun[length - 1] == 'y' && !strchr("aeo", noun[length - 2]);
	if (count == 1)
		return show("1 %s", noun);
	return show("%" PRIu64 " %.*s%s", count, (int)(is_y ? length - 1 : length), noun,
		is_y ? "ies" : "s");
}

struct shown format_number(double value)
{
	if (!isfinite(value))
		return show("--");
	const char *sign = value < 0 ? "-" : "";
	double size = fabs(value);
	if (size < 0.05)
		return show("0.0");
	if (size < 99.95)
		return show("%s%.1f", sign, size);
	if (size < 9999.5)
		return show("%s%.0f", sign, size);
	return scaled(sign, size, 1000.0, "kMGTPE");
}

struct shown format_percent(double ratio)
{
	if (!isfinite(ratio))
		return show("--");
	double percent = ratio * 100.0;
	if (fabs(percent) < 9.95 && fabs(percent) >= 0.05)
		return show("%.1f%%", percent);
	return fabs(percent) < 1e9 ? show("%.0f%%", percent) : show("--");
}

static bool split(int64_t wall_ms, bool local, struct tm *ret_tm)
{
	int64_t ms = wall_ms % SECOND_MS;
	time_t seconds = (time_t)(wall_ms / SECOND_MS - (ms < 0));
	return (local ? localtime_r(&seconds, ret_tm) : gmtime_r(&seconds, ret_tm)) &&
	       ret_tm->tm_year >= -1900 && ret_tm->tm_year <= 9999 - 1900;
}

struct shown format_rfc3339(int64_t wall_ms)
{
	struct tm tm;
	if (!split(wall_ms, false, &tm))
		return show("-");
	int ms = (int)((wall_ms % SECOND_MS + SECOND_MS) % SECOND_MS);
	return show("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
}

struct shown format_clock(int64_t wall_ms, bool local)
{
	struct tm tm;
	if (!split(wall_ms, local, &tm))
		return show("-");
	return show("%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

struct shown format_day_clock(int64_t wall_ms, bool local)
{
	struct tm tm;
	if (!split(wall_ms, local, &tm))
		return show("-");
	return show("%02d-%02d %02d:%02d", tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min);
}

int32_t local_offset_s(int64_t wall_ms)
{
	struct tm tm;
	return split(wall_ms, true, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}
