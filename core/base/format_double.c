/* SPDX-License-Identifier: MIT */
/* strtod() depends on the locale and reads up to a NUL; text from outside has neither. */
#include "core/base/format.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum {
	DIGITS_MAX = 19,       /* fit in 64 bits */
	EXPONENT_MAX = 100000, /* far beyond any double */
};

/* digits * 10^exponent */
struct decimal {
	uint64_t digits;
	int exponent;
};

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool read_word(const char *text, size_t length, double *ret_value)
{
	static const struct {
		const char *word;
		double value;
	} words[] = {{"nan", NAN}, {"inf", INFINITY}, {"infinity", INFINITY}};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (strlen(words[i].word) == length &&
			strncasecmp(text, words[i].word, length) == 0) {
			*ret_value = words[i].value;
			return true;
		}
	}
	return false;
}

/* Digits with at most one point among them; returns the bytes used, 0 without any digit. */
static size_t read_digits(const char *text, size_t length, struct decimal *decimal)
{
	size_t at = 0, seen = 0;
	bool point = false;
	int kept = 0;
	for (; at < length && (is_digit(text[at]) || (text[at] == '.' && !point)); at++) {
		if (text[at] == '.') {
			point = true;
			continue;
		}
		seen++;
		bool keeps = kept < DIGITS_MAX;
		if (keeps)
			decimal->digits = decimal->digits * 10 + (uint64_t)(text[at] - '0');
		kept += keeps && decimal->digits;
		if (decimal->exponent > -EXPONENT_MAX && decimal->exponent < EXPONENT_MAX)
			decimal->exponent += !keeps - point;
	}
	return seen ? at : 0;
}

/* e-12 and the like, up to the end; without one nothing may be left. */
static bool read_exponent(const char *text, size_t length, struct decimal *decimal)
{
	if (!length)
		return true;
	size_t at = 1;
	bool negative = length > 1 && text[1] == '-';
	int exponent = 0;
	if (length > 1 && (text[1] == '-' || text[1] == '+'))
		at++;
	if ((*text | 0x20) != 'e' || at == length)
		return false;
	for (; at < length && is_digit(text[at]); at++)
		exponent = exponent < EXPONENT_MAX ? exponent * 10 + (text[at] - '0') : exponent;
	decimal->exponent += negative ? -exponent : exponent;
	return at == length;
}

static double scale(struct decimal decimal)
{
	static const double exact[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	int exponent = decimal.exponent, size = exponent < 0 ? -exponent : exponent;
	if (!decimal.digits || exponent < -400)
		return 0.0;
	if (exponent > 400)
		return INFINITY;
	if (decimal.digits < UINT64_C(1) << 53 && size < (int)COUNT_OF(exact))
		return exponent < 0 ? (double)decimal.digits / exact[size]
				    : (double)decimal.digits * exact[size];
	return (double)((long double)decimal.digits * powl(10.0L, (long double)exponent));
}

bool parse_double(const char *text, size_t length, double *ret_value)
{
	struct decimal decimal = {0};
	bool negative = length && *text == '-';
	if (length && (*text == '-' || *text == '+'))
		text++, length--;
	double value;
	if (!read_word(text, length, &value)) {
		size_t used = read_digits(text, length, &decimal);
		if (!used || !read_exponent(text + used, length - used, &decimal))
			return false;
		value = scale(decimal);
	}
	*ret_value = negative ? -value : value;
	return true;
}
