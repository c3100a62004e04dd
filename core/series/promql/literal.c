/* SPDX-License-Identifier: MIT */
#include "core/series/promql/literal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/utf8.h"

/* ---- numbers ---- */

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static int digit_value(char ch)
{
	char lower = (char)(ch | 0x20);
	return is_digit(ch) ? ch - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Without the underscores, each of which must stand between digits or behind 0x. */
static bool strip_underscores(const char *text, size_t length, bool is_hex, struct str *to)
{
	for (size_t i = 0; i < length; i++) {
		char before = i ? text[i - 1] : '\0', after = i + 1 < length ? text[i + 1] : '\0';
		bool fits = is_hex ? (i == 2 || digit_value(before) >= 0) && digit_value(after) >= 0
				   : is_digit(before) && is_digit(after);
		if (text[i] != '_')
			str_addch(to, text[i]);
		else if (!fits)
			return false;
	}
	return true;
}

/* Digits of a base alone, with at least one. */
static bool read_digits(const char *digits, unsigned base, double *ret_value)
{
	double value = 0;
	if (!*digits)
		return false;
	for (; *digits; digits++) {
		int digit = digit_value(*digits);
		if (digit < 0 || digit >= (int)base)
			return false;
		value = value * base + digit;
	}
	*ret_value = value;
	return value < 0x1p63; /* beyond it roundings add up */
}

static bool is_decimal(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	size_t decimals = text[digits] == '.' ? strspn(text + digits + 1, "0123456789") : 0;
	size_t at = digits + decimals + (text[digits] == '.' ? 1 : 0);
	if (digits + decimals == 0)
		return false;
	if ((text[at] | 0x20) == 'e') {
		at += text[at + 1] == '+' || text[at + 1] == '-' ? 2 : 1;
		size_t exponent = strspn(text + at, "0123456789");
		at += exponent;
		if (!exponent)
			return false;
	}
	return !text[at];
}

bool literal_number(const char *text, size_t length, double *ret_value)
{
	autostr struct str plain = STR_INIT;
	bool is_hex = length > 2 && *text == '0' && (text[1] | 0x20) == 'x';
	if (!strip_underscores(text, length, is_hex, &plain))
		return false;
	if (is_hex)
		return read_digits(plain.text + 2, 16, ret_value);
	if (*plain.text == '0' && plain.length > 1 && read_digits(plain.text + 1, 8, ret_value))
		return true;
	if (!is_decimal(plain.text))
		return false;
	double value = strtod(plain.text, NULL);
	if (isinf(value))
		return false;
	*ret_value = value;
	return true;
}

/* ---- durations ---- */

static const struct unit {
	const char *text;
	int64_t ms;
	bool only_whole; /* written only where nothing is left over */
} units[] = {
	{"y", INT64_C(31536000000), true},
	{"w", INT64_C(604800000), true},
	{"d", INT64_C(86400000), false},
	{"h", INT64_C(3600000), false},
	{"m", INT64_C(60000), false},
	{"s", INT64_C(1000), false},
	{"ms", INT64_C(1), false},
};

/* The unit at `text`, of those that may still come. */
static size_t find_unit(const char *text, size_t length, size_t first)
{
	size_t size = 0;
	while (size < length && !is_digit(text[size]))
		size++;
	while (first < COUNT_OF(units) &&
		(strlen(units[first].text) != size || memcmp(units[first].text, text, size) != 0))
		first++;
	return first;
}

bool literal_duration(const char *text, size_t length, int64_t *ret_ms)
{
	const int64_t most = INT64_MAX / 1000000; /* as of nanoseconds in 64 bits */
	int64_t total = 0;
	size_t at = 0, unit = 0;
	while (at < length) {
		int64_t count = 0, ms;
		size_t from = at;
		for (; at < length && is_digit(text[at]); at++) {
			count = count * 10 + (text[at] - '0');
			if (count > most)
				return false;
		}
		size_t found = find_unit(text + at, length - at, unit);
		if (at == from || found == COUNT_OF(units) ||
			__builtin_mul_overflow(count, units[found].ms, &ms) || ms > most - total)
			return false;
		total += ms;
		at += strlen(units[found].text);
		unit = found + 1;
	}
	*ret_ms = total;
	return length > 0;
}

void add_duration(struct str *to, int64_t ms)
{
	if (ms < 0)
		str_addch(to, '-');
	if (!ms)
		str_adds(to, "0s");
	uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		uint64_t unit = (uint64_t)units[i].ms, count = left / unit;
		if (!count || (units[i].only_whole && left % unit))
			continue;
		str_addf(to, "%" PRIu64 "%s", count, units[i].text);
		left %= unit;
	}
}

/* ---- numbers, written ---- */

/* The fewest digits that read back as the same number, 1 to 17; the first stands before the point. */
static int shortest_digits(double value, char digits[32], long *ret_exponent)
{
	char text[32];
	int count = 0;
	do {
		snprintf(text, sizeof(text), "%.*e", count, value);
		count++;
	} while (count < 17 && strtod(text, NULL) != value);
	*digits = *text;
	memcpy(digits + 1, text + 2, (size_t)count - 1);
	*ret_exponent = strtol(strchr(text, 'e') + 1, NULL, 10);
	return count;
}

static void add_fixed(struct str *to, const char *digits, int count, long exponent)
{
	if (exponent < 0)
		str_adds(to, "0.");
	for (long i = exponent + 1; i < 0; i++)
		str_addch(to, '0');
	for (long i = 0; i < count || i <= exponent; i++) {
		if (i && i == exponent + 1)
			str_addch(to, '.');
		str_addch(to, i < count ? digits[i] : '0');
	}
}

void add_number(struct str *to, double value)
{
	char digits[32];
	long exponent;
	if (isnan(value) || isinf(value)) {
		str_adds(to, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return;
	}
	if (signbit(value))
		str_addch(to, '-');
	int count = shortest_digits(fabs(value), digits, &exponent);
	if (exponent >= -4 && exponent < 21) {
		add_fixed(to, digits, count, exponent);
		return;
	}
	str_addch(to, *digits);
	if (count > 1)
		str_addf(to, ".%.*s", count - 1, digits + 1);
	str_addf(to, "e%c%02ld", exponent < 0 ? '-' : '+', labs(exponent));
}

/* ---- strings ---- */

/* The number behind \x, \u, \U or \ in octal. */
static bool read_code(const char *text, size_t length, size_t digits, int base, uint32_t *ret_code)
{
	uint32_t code = 0;
	if (digits > length)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int digit = digit_value(text[i]);
		if (digit < 0 || digit >= base)
			return false;
		code = code * (uint32_t)base + (uint32_t)digit;
	}
	*ret_code = code;
	return true;
}

static bool add_code(struct str *to, uint32_t code, bool is_byte)
{
	char bytes[UTF8_MAX_BYTES];
	if (is_byte && code <= 0xff) {
		str_addch(to, (char)code);
		return true;
	}
	if (is_byte || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return false;
	str_add(to, bytes, utf8_encode(code, bytes));
	return true;
}

/* At what stands behind a backslash; how many bytes of it belong to it, 0: it is no escape. */
static size_t read_escape(const char *text, size_t length, char quote, struct str *to)
{
	static const char named[] = "a\ab\bf\fn\nr\rt\tv\v\\\\";
	uint32_t code;
	for (size_t i = 0; i + 1 < sizeof(named); i += 2) {
		if (*text == named[i]) {
			str_addch(to, named[i + 1]);
			return 1;
		}
	}
	if (*text == quote) {
		str_addch(to, quote);
		return 1;
	}
	size_t digits = *text == 'x' ? 2 : *text == 'u' ? 4 : *text == 'U' ? 8 : 0;
	if (digits)
		return read_code(text + 1, length - 1, digits, 16, &code) &&
				       add_code(to, code, digits == 2)
			       ? digits + 1
			       : 0;
	return read_code(text, length, 3, 8, &code) && add_code(to, code, true) ? 3 : 0;
}

const char *literal_string(const char *text, size_t length, struct str *ret, size_t *ret_at)
{
	char quote = *text;
	size_t end = length - 1;
	for (size_t at = 1; at < end;) {
		size_t kept = ret->length, used = 0;
		*ret_at = at;
		if (text[at] != '\\' || quote == '`') {
			str_addch(ret, text[at++]);
		} else {
			used = at + 1 < end ? read_escape(text + at + 1, end - at - 1, quote, ret)
					    : 0;
			if (!used)
				return "unknown escape sequence";
			at += 1 + used;
		}
		if (!ret->text[kept])
			return "a string cannot hold a NUL byte";
	}
	return NULL;
}
