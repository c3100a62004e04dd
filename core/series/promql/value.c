/* SPDX-License-Identifier: MIT */
#include "core/series/promql/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/labels.h"

void query_result_release(struct query_result *result)
{
	for (size_t i = 0; i < result->vector_count; i++)
		labels_unref(result->vector[i].labels);
	for (size_t i = 0; i < result->annotation_count; i++)
		free(result->annotations[i].text);
	free(result->vector);
	free(result->annotations);
	free(result->string);
	selected_set_release(&result->matrix);
	*result = (struct query_result){.type = VALUE_SCALAR};
}

void annotation_text(const struct annotation *annotation, const char *query, struct str *to)
{
	size_t line = 1, column = 1;
	for (uint32_t at = 0; at < annotation->place.from && query[at]; at++) {
		if (query[at] == '\n') {
			line++;
			column = 1;
		} else if ((query[at] & 0xc0) != 0x80) {
			column++;
		}
	}
	str_addf(to, "PromQL %s: %s (%zu:%zu)",
		annotation->kind == ANNOTATION_WARNING ? "warning" : "info", annotation->text, line,
		column);
}

/* The digits of d.ddde+xx and where the point stands among them. */
static int take_digits(const char *text, struct str *digits)
{
	for (; *text && *text != 'e'; text++) {
		if (*text >= '0' && *text <= '9')
			str_addch(digits, *text);
	}
	while (digits->length > 1 && digits->text[digits->length - 1] == '0')
		str_truncate(digits, digits->length - 1);
	return 1 + (int)strtol(text + 1, NULL, 10);
}

static void add_decimal(const struct str *digits, int point, struct str *to)
{
	int count = (int)digits->length;
	if (point <= 0)
		str_adds(to, "0.");
	for (int i = point; i < 0; i++)
		str_addch(to, '0');
	for (int i = 0; i < count; i++) {
		if (i && i == point)
			str_addch(to, '.');
		str_addch(to, digits->text[i]);
	}
	for (int i = count; i < point; i++)
		str_addch(to, '0');
}

void value_text(double value, struct str *to)
{
	enum { DIGITS_MOST = 17 };
	char text[40];
	autostr struct str digits = STR_INIT;
	if (isnan(value) || isinf(value)) {
		str_adds(to, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (int precision = 0; precision < DIGITS_MOST; precision++) {
		(void)snprintf(text, sizeof(text), "%.*e", precision, fabs(value));
		if (strtod(text, NULL) == fabs(value))
			break;
	}
	if (signbit(value))
		str_addch(to, '-');
	int point = take_digits(text, &digits);
	add_decimal(&digits, value == 0 ? 1 : point, to);
}
