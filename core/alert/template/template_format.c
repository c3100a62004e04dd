/* SPDX-License-Identifier: MIT */
/* printf as Go has it, of what templates can give it: a verb that does not fit its argument says so in the text. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alert/template/internal.h"
#include "core/base/attr.h"
#include "core/base/str.h"

enum { WIDTH_MAX = 200 };

struct verb {
	char flags[6];        /* as C has them */
	int width, precision; /* -1: not given */
	char letter;
};

static int read_number(const char **at)
{
	int number = 0;
	for (; **at >= '0' && **at <= '9'; (*at)++)
		number = number < WIDTH_MAX ? number * 10 + (**at - '0') : number;
	return number < WIDTH_MAX ? number : WIDTH_MAX;
}

/* From behind the %. */
static struct verb read_verb(const char **at)
{
	struct verb verb = {.width = -1, .precision = -1};
	size_t flags = 0;
	while (**at && strchr("+-# 0", **at)) {
		if (flags + 1 < sizeof(verb.flags) && !strchr(verb.flags, **at))
			verb.flags[flags++] = **at;
		(*at)++;
	}
	if (**at >= '1' && **at <= '9')
		verb.width = read_number(at);
	if (**at == '.') {
		(*at)++;
		verb.precision = read_number(at);
	}
	verb.letter = **at;
	if (**at)
		(*at)++;
	return verb;
}

static void pad(const struct verb *verb, const char *text, size_t length, struct str *to)
{
	size_t width = verb->width > 0 ? (size_t)verb->width : 0, fill = 0;
	fill = width > length ? width - length : 0;
	bool is_left = strchr(verb->flags, '-');
	for (size_t i = 0; !is_left && i < fill; i++)
		str_addch(to, ' ');
	str_add(to, text, length);
	for (size_t i = 0; is_left && i < fill; i++)
		str_addch(to, ' ');
}

static void add_text(const struct verb *verb, const char *text, struct str *to)
{
	size_t length = strlen(text);
	if (verb->precision >= 0 && (size_t)verb->precision < length)
		length = (size_t)verb->precision;
	pad(verb, text, length, to);
}

static void add_quoted(const struct verb *verb, const char *text, struct str *to)
{
	autostr struct str quoted = STR_INIT;
	str_addch(&quoted, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_addch(&quoted, '\\');
		if (*text == '\n')
			str_adds(&quoted, "\\n");
		else
			str_addch(&quoted, *text);
	}
	str_addch(&quoted, '"');
	pad(verb, quoted.text, quoted.length, to);
}

/* int=5, as Go tells of what it cannot place. */
static void add_typed(const struct value *value, struct str *to)
{
	const char *type = value->kind == VALUE_OF_TEXT     ? "string"
			   : value->kind == VALUE_OF_BOOL   ? "bool"
			   : value->kind == VALUE_OF_NUMBER ? value->is_whole ? "int" : "float64"
							    : "map[string]string";
	str_addf(to, "%s=", type);
	value_print(value, to);
}

/* What Go says of a verb that does not fit. */
static void add_misfit(const struct verb *verb, const struct value *value, struct str *to)
{
	str_addf(to, "%%!%c(", verb->letter);
	add_typed(value, to);
	str_addch(to, ')');
}

static void add_float(const struct verb *verb, double number, struct str *to)
{
	char text[512];
	const char *plus = strchr(verb->flags, '+') ? "+" : "";
	const char *zero = strchr(verb->flags, '0') && isfinite(number) ? "0" : "";
	const char *left = strchr(verb->flags, '-') ? "-" : "";
	int width = verb->width > 0 ? verb->width : 0;
	int precision = verb->precision >= 0 ? verb->precision : 6;
	if (!isfinite(number))
		snprintf(text, sizeof(text), "%s",
			isnan(number) ? "NaN"
			: number > 0  ? "+Inf"
				      : "-Inf");
	else {
		char format[24];
		snprintf(format, sizeof(format), "%%%s%s%s*.*%c", plus, zero, left, verb->letter);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), format, width, precision, number);
#pragma GCC diagnostic pop
	}
	pad(verb, text, strlen(text), to);
}

static void add_number(const struct verb *verb, const struct value *value, struct str *to)
{
	autostr struct str text = STR_INIT;
	bool is_shortest = strchr("vg", verb->letter) && verb->precision < 0;
	if (value->is_whole && strchr("dvx", verb->letter)) {
		if (verb->letter == 'x')
			str_addf(&text, "%" PRIx64, (uint64_t)(int64_t)value->number);
		else
			str_addf(&text, "%" PRId64, (int64_t)value->number);
		pad(verb, text.text, text.length, to);
	} else if (is_shortest && !value->is_whole) {
		value_print_number(value->number, &text);
		pad(verb, text.text, text.length, to);
	} else if (!value->is_whole && strchr("feEgGFv", verb->letter)) {
		struct verb as = *verb;
		as.letter = verb->letter == 'v' ? 'g' : verb->letter;
		add_float(&as, value->number, to);
	} else {
		add_misfit(verb, value, to);
	}
}

static void add_value(const struct verb *verb, const struct value *value, struct str *to)
{
	autostr struct str text = STR_INIT;
	if (value->kind == VALUE_OF_NUMBER) {
		add_number(verb, value, to);
		return;
	}
	value_print(value, &text);
	bool is_bool = value->kind == VALUE_OF_BOOL;
	if (verb->letter == 'v' || (verb->letter == 's' && !is_bool) ||
		(verb->letter == 't' && is_bool))
		add_text(verb, text.text, to);
	else if (verb->letter == 'q' && value->kind == VALUE_OF_TEXT)
		add_quoted(verb, text.text, to);
	else
		add_misfit(verb, value, to);
}

void value_format(const char *format, const struct value *args, size_t count, struct str *to)
{
	size_t used = 0;
	while (*format && to->length <= TEMPLATE_OUT_MAX) {
		size_t plain = strcspn(format, "%");
		str_add(to, format, plain);
		format += plain;
		if (!*format)
			break;
		format++;
		struct verb verb = read_verb(&format);
		if (!verb.letter)
			str_adds(to, "%!(NOVERB)");
		else if (verb.letter == '%')
			str_addch(to, '%');
		else if (used == count)
			str_addf(to, "%%!%c(MISSING)", verb.letter);
		else
			add_value(&verb, &args[used++], to);
	}
	for (bool is_first = true; used < count; used++, is_first = false) {
		str_adds(to, is_first ? "%!(EXTRA " : ", ");
		add_typed(&args[used], to);
		str_adds(to, used + 1 == count ? ")" : "");
	}
}
