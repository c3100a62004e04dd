/* SPDX-License-Identifier: MIT */
/* The way back of format.h: durations, sizes and times that operators and programs write. */
#include "core/base/format.h"

#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit duration_units[] = {
	{"ms", 1},
	{"s", 1000},
	{"m", 60 * 1000},
	{"h", 3600 * 1000},
	{"d", INT64_C(86400) * 1000},
	{"w", INT64_C(604800) * 1000},
};

static const struct unit size_units[] = {
	{"", 1},
	{"K", INT64_C(1) << 10},
	{"M", INT64_C(1) << 20},
	{"G", INT64_C(1) << 30},
	{"T", INT64_C(1) << 40},
};

#define DURATION_MAX_MS (INT64_C(36525) * 86400 * 1000)
#define BYTES_MAX       (INT64_C(1) << 62)

struct figure {
	int64_t whole;
	int64_t fraction; /* of `scale` */
	int64_t scale;
};

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* A decimal without sign or exponent; returns the bytes used, 0 if there is none or it is too
 * large. */
static size_t read_figure(const char *text, struct figure *ret_figure)
{
	struct figure figure = {.whole = 0, .fraction = 0, .scale = 1};
	size_t at = 0;
	for (; is_digit(text[at]); at++) {
		if (figure.whole > BYTES_MAX / 10)
			return 0;
		figure.whole = figure.whole * 10 + (text[at] - '0');
	}
	if (at && text[at] == '.' && is_digit(text[at + 1])) {
		for (at++; is_digit(text[at]); at++) {
			if (figure.scale > 100000)
				continue;
			figure.fraction = figure.fraction * 10 + (text[at] - '0');
			figure.scale *= 10;
		}
	}
	*ret_figure = figure;
	return at;
}

/* figure * factor when it is at most `max`, else -1. */
static int64_t multiply(struct figure figure, int64_t factor, int64_t max)
{
	int64_t product, part;
	if (__builtin_mul_overflow(figure.whole, factor, &product) ||
		__builtin_mul_overflow(figure.fraction, factor, &part) ||
		__builtin_add_overflow(product, part / figure.scale, &product))
		return -1;
	return product > max ? -1 : product;
}

static const struct unit *duration_unit(const char *text)
{
	const struct unit *found = NULL;
	for (size_t i = 0; i < COUNT_OF(duration_units); i++) {
		size_t size = strlen(duration_units[i].name);
		if (strncmp(text, duration_units[i].name, size) == 0 &&
			(!found || size > strlen(found->name)))
			found = &duration_units[i];
	}
	return found;
}

bool parse_duration(const char *text, int64_t *ret_ms, struct err *err)
{
	int64_t total = 0;
	size_t at = 0;
	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return true;
	}
	while (at == 0 || text[at]) {
		struct figure figure;
		size_t used = read_figure(text + at, &figure);
		if (!used)
			return err_set(err, ERR_SYNTAX,
				"no number at position %zu: write 30s, 5m or 1h30m", at + 1);
		at += used;
		const struct unit *unit = duration_unit(text + at);
		if (!unit)
			return err_set(err, ERR_SYNTAX,
				"no unit at position %zu: ms, s, m, h, d or w follows a number",
				at + 1);
		int64_t part = multiply(figure, unit->factor, DURATION_MAX_MS);
		if (part < 0 || part > DURATION_MAX_MS - total)
			return err_set(err, ERR_LIMIT, "duration is longer than 100 years");
		total += part;
		at += strlen(unit->name);
	}
	*ret_ms = total;
	return true;
}

static const struct unit *size_unit(const char *text)
{
	const struct unit *found = &size_units[0];
	for (size_t i = 1; i < COUNT_OF(size_units); i++) {
		if (strncasecmp(text, size_units[i].name, 1) == 0)
			found = &size_units[i];
	}
	const char *rest = text + strlen(found->name);
	bool ends = !*rest || strcasecmp(rest, "b") == 0 ||
		    (found->factor > 1 && strcasecmp(rest, "ib") == 0);
	return ends ? found : NULL;
}

bool parse_bytes(const char *text, int64_t *ret_bytes, struct err *err)
{
	struct figure figure;
	size_t used = read_figure(text, &figure);
	if (!used)
		return err_set(err, ERR_SYNTAX, "no number at position 1: write 4096, 64K or 1.5M");
	const struct unit *unit = size_unit(text + used);
	if (!unit)
		return err_set(err, ERR_SYNTAX,
			"unknown unit at position %zu: K, M, G or T follows a number", used + 1);
	int64_t bytes = multiply(figure, unit->factor, BYTES_MAX);
	if (bytes < 0)
		return err_set(err, ERR_LIMIT, "size is larger than 2^62 bytes");
	*ret_bytes = bytes;
	return true;
}

/* Exactly `count` digits with a value in range; -1 when they are not there. */
static int digits(const char *text, size_t count, int low, int high)
{
	int value = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_digit(text[i]))
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value >= low && value <= high ? value : -1;
}

int64_t seconds_of(int year, int month, int day, int second_of_day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
	return days * 86400 + second_of_day;
}

static bool read_fields(const char *text, int64_t *ret_s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	for (size_t i = 0; form[i]; i++) {
		bool fits = form[i] == 'd'   ? is_digit(text[i])
			    : form[i] == 'T' ? text[i] == 'T' || text[i] == 't' || text[i] == ' '
					     : text[i] == form[i] || (i < 10 && text[i] == '/');
		if (!fits)
			return false;
	}
	int year = digits(text, 4, 0, 9999), month = digits(text + 5, 2, 1, 12);
	int day = digits(text + 8, 2, 1, 31), hour = digits(text + 11, 2, 0, 23);
	int minute = digits(text + 14, 2, 0, 59), second = digits(text + 17, 2, 0, 60);
	if (month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0)
		return false;
	*ret_s = seconds_of(year, month, day, hour * 3600 + minute * 60 + second);
	return true;
}

/* .744 or ,744; returns the bytes used. */
static size_t read_fraction(const char *text, size_t length, int64_t *ret_ms)
{
	*ret_ms = 0;
	if (length < 2 || (text[0] != '.' && text[0] != ',') || !is_digit(text[1]))
		return 0;
	size_t at = 1;
	for (int64_t weight = 100; at < length && at <= 9 && is_digit(text[at]); at++, weight /= 10)
		*ret_ms += (text[at] - '0') * weight;
	return at;
}

/* Z, +03:00, +0300, -11; returns the bytes used. */
static size_t read_zone(const char *text, size_t length, int64_t *ret_s)
{
	*ret_s = 0;
	if (length && (*text == 'Z' || *text == 'z'))
		return 1;
	if (length < 3 || (*text != '+' && *text != '-'))
		return 0;
	int hours = digits(text + 1, 2, 0, 23), minutes = 0;
	if (hours < 0)
		return 0;
	size_t at = 3, colon = length > at && text[at] == ':';
	if (length >= at + colon + 2 && digits(text + at + colon, 2, 0, 59) >= 0) {
		minutes = digits(text + at + colon, 2, 0, 59);
		at += colon + 2;
	}
	*ret_s = (*text == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return at;
}

static bool read_second(const char *text, struct second_memo *memo, int64_t *ret_s)
{
	if (memo && second_memo_stands(memo, text)) {
		*ret_s = memo->second;
		return true;
	}
	bool is_one = read_fields(text, ret_s);
	if (is_one && memo) {
		memcpy(memo->text, text, sizeof(memo->text));
		memo->second = *ret_s;
		memo->is_set = true;
	}
	return is_one;
}

size_t parse_rfc3339(const char *text, size_t length, int64_t *ret_wall_ms, bool *ret_has_zone)
{
	return parse_rfc3339_next(text, length, NULL, ret_wall_ms, ret_has_zone);
}

size_t parse_rfc3339_next(const char *text, size_t length, struct second_memo *memo,
	int64_t *ret_wall_ms, bool *ret_has_zone)
{
	size_t at = sizeof(memo->text);
	int64_t seconds, ms, zone;
	if (length < at || !read_second(text, memo, &seconds))
		return 0;
	at += read_fraction(text + at, length - at, &ms);
	size_t zone_size = read_zone(text + at, length - at, &zone);
	*ret_wall_ms = (seconds - zone) * 1000 + ms;
	if (ret_has_zone)
		*ret_has_zone = zone_size > 0;
	return at + zone_size;
}
