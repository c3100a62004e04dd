/* SPDX-License-Identifier: MIT */
/*
 * Numbers as Go reads them: decimals, Inf and Infinity with a sign or none, NaN without one, in any case of letters; no
 * hexadecimals, no underscores, nothing that no double is large enough for.
 */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "core/parse/prom_internal.h"

enum { EXACT_DIGITS = 15 }; /* below 2^53 whatever they are */

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* Digits and a power of ten that are both exact doubles: their quotient is the nearest one. */
const char *prom_short_number(const char *text, const char *end, double *ret)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15};
	bool is_negative = text < end && *text == '-';
	const char *at = text + is_negative, *begin = at, *point = NULL;
	uint64_t digits = 0;
	for (; at < end && at - begin <= EXACT_DIGITS; at++) {
		if (is_digit(*at))
			digits = digits * 10 + (uint64_t)(*at - '0');
		else if (*at == '.' && !point)
			point = at;
		else
			break;
	}
	size_t count = (size_t)(at - begin) - (point != NULL);
	if (!count || count > EXACT_DIGITS)
		return NULL;
	double value = (double)digits;
	if (point)
		value /= powers[at - point - 1];
	*ret = is_negative ? -value : value;
	return at;
}

static bool read_word(struct prom_span span, double *ret)
{
	static const struct {
		const char *word;
		double value;
		bool may_have_sign;
	} words[] = {{"nan", NAN, false}, {"inf", INFINITY, true}, {"infinity", INFINITY, true}};
	bool has_sign = span.length && (*span.text == '-' || *span.text == '+');
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		size_t length = strlen(words[i].word);
		if (span.length - has_sign != length || (has_sign && !words[i].may_have_sign) ||
			strncasecmp(span.text + has_sign, words[i].word, length) != 0)
			continue;
		*ret = has_sign && *span.text == '-' ? -words[i].value : words[i].value;
		return true;
	}
	return false;
}

static size_t skip_digits(struct prom_span span, size_t at)
{
	while (at < span.length && is_digit(span.text[at]))
		at++;
	return at;
}

static bool has_sign_at(struct prom_span span, size_t at)
{
	return at < span.length && (span.text[at] == '-' || span.text[at] == '+');
}

/* [sign] digits [. digits] [e [sign] digits], with a digit on either side of the point. */
static bool is_decimal(struct prom_span span)
{
	size_t begin = has_sign_at(span, 0), at = skip_digits(span, begin), count = at - begin;
	if (at < span.length && span.text[at] == '.') {
		size_t end = skip_digits(span, at + 1);
		count += end - at - 1;
		at = end;
	}
	if (!count)
		return false;
	if (at < span.length && (span.text[at] | 0x20) == 'e') {
		begin = at + 1 + has_sign_at(span, at + 1);
		at = skip_digits(span, begin);
		if (at == begin)
			return false;
	}
	return at == span.length;
}

static double in_no_locale(const char *text)
{
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	double value = strtod_l(text, NULL, plain);
	freelocale(plain);
	return value;
}

bool prom_number(struct prom_span span, double *ret, const char **ret_why)
{
	char text[PROM_NUMBER_MAX + 1];
	if (prom_short_number(span.text, span.text + span.length, ret) == span.text + span.length)
		return true;
	if (read_word(span, ret))
		return true;
	*ret_why = "is no number";
	if (!is_decimal(span))
		return false;
	*ret_why = "is too long for a number";
	if (span.length > PROM_NUMBER_MAX)
		return false;
	memcpy(text, span.text, span.length);
	text[span.length] = '\0';
	double value = in_no_locale(text);
	*ret_why = "is larger than a number can be";
	if (isinf(value))
		return false;
	*ret = value;
	return true;
}

bool prom_whole_number(struct prom_span span, int64_t *ret)
{
	size_t begin = has_sign_at(span, 0);
	int64_t number = 0;
	bool is_negative = begin && *span.text == '-';
	if (begin == span.length)
		return false;
	for (size_t at = begin; at < span.length; at++) {
		int digit = span.text[at] - '0';
		if (!is_digit(span.text[at]) || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, is_negative ? -digit : digit, &number))
			return false;
	}
	*ret = number;
	return true;
}
