/* SPDX-License-Identifier: MIT */
/* Values of templates, printed as Go prints them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/template/internal.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"

struct value value_of_text(const char *text)
{
	return (struct value){.kind = VALUE_OF_TEXT, .text = text};
}

struct value value_of_number(double number)
{
	return (struct value){.kind = VALUE_OF_NUMBER, .number = number};
}

struct value value_of_bool(bool truth)
{
	return (struct value){.kind = VALUE_OF_BOOL, .truth = truth};
}

struct value value_of_sample(const struct query_result *samples, size_t at)
{
	return (struct value){.kind = VALUE_OF_SAMPLE, .samples = samples, .at = at};
}

/* ---- printing ---- */

/* The fewest digits that read back as the same. */
static void shortest(double number, char *ret, size_t size)
{
	double back;
	for (int digits = 0; digits <= 16; digits++) {
		snprintf(ret, size, "%.*e", digits, number);
		if (parse_double(ret, strlen(ret), &back) && back == number)
			return;
	}
}

/* Go's %v of a float64: with an exponent where that is below -4, or 6 and more. */
void value_print_number(double number, struct str *to)
{
	enum { LEAST_EXPONENT = -4, MOST_EXPONENT = 6 };
	char text[40];
	if (!isfinite(number)) {
		str_adds(to, isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
		return;
	}
	shortest(number, text, sizeof(text));
	char *e = strchr(text, 'e');
	long exponent = strtol(e + 1, NULL, 10);
	long digits = (long)(e - text) - (*text == '-') - (strchr(text, '.') != NULL);
	if (exponent < LEAST_EXPONENT || exponent >= MOST_EXPONENT)
		str_adds(to, text);
	else
		str_addf(to, "%.*f", digits > exponent + 1 ? (int)(digits - exponent - 1) : 0,
			number);
}

static void print_labels(const struct labels *labels, struct str *to)
{
	str_adds(to, "map[");
	for (size_t i = 0; labels && i < labels_count(labels); i++) {
		const struct label *label = labels_at(labels, i);
		str_addf(to, "%s%s:%s", i ? " " : "", label->name, label->value);
	}
	str_adds(to, "]");
}

static void print_sample(const struct vector_sample *sample, struct str *to)
{
	str_adds(to, "{");
	print_labels(sample->labels, to);
	str_adds(to, " ");
	value_print_number(sample->value, to);
	str_adds(to, "}");
}

static void print_samples(const struct query_result *samples, struct str *to)
{
	str_adds(to, "[");
	for (size_t i = 0; i < samples->vector_count && to->length < TEMPLATE_OUT_MAX; i++) {
		str_adds(to, i ? " " : "");
		print_sample(&samples->vector[i], to);
	}
	str_adds(to, "]");
}

void value_print(const struct value *value, struct str *to)
{
	switch (value->kind) {
	case VALUE_OF_TEXT:
		str_adds(to, value->text);
		break;
	case VALUE_OF_NUMBER:
		if (value->is_whole && fabs(value->number) < 9e15)
			str_addf(to, "%" PRId64, (int64_t)value->number);
		else
			value_print_number(value->number, to);
		break;
	case VALUE_OF_BOOL:
		str_adds(to, value->truth ? "true" : "false");
		break;
	case VALUE_OF_LABELS:
		print_labels(value->labels, to);
		break;
	case VALUE_OF_SAMPLE:
		print_sample(&value->samples->vector[value->at], to);
		break;
	case VALUE_OF_SAMPLES:
		print_samples(value->samples, to);
		break;
	case VALUE_OF_NOTHING:
	case VALUE_OF_SCENE:
	default:
		str_adds(to, "<no value>");
		break;
	}
}

/* ---- asking ---- */

bool value_is_true(const struct value *value)
{
	switch (value->kind) {
	case VALUE_OF_TEXT:
		return *value->text;
	case VALUE_OF_NUMBER:
		return value->number != 0;
	case VALUE_OF_BOOL:
		return value->truth;
	case VALUE_OF_LABELS:
		return value->labels && labels_count(value->labels) > 0;
	case VALUE_OF_SAMPLES:
		return value->samples->vector_count > 0;
	case VALUE_OF_NOTHING:
		return false;
	case VALUE_OF_SAMPLE:
	case VALUE_OF_SCENE:
	default:
		return true;
	}
}

static struct value labels_value(const struct labels *labels)
{
	return (struct value){.kind = VALUE_OF_LABELS, .labels = labels};
}

static bool field_of(
	const struct labels *labels, double number, const char *name, struct value *ret)
{
	if (strcmp(name, "Labels") == 0)
		*ret = labels_value(labels);
	else if (strcmp(name, "Value") == 0)
		*ret = value_of_number(number);
	else
		return false;
	return true;
}

bool value_field(struct run *run, const struct value *value, const char *name, struct value *ret)
{
	bool is_there = false;
	if (value->kind == VALUE_OF_LABELS) {
		*ret = value_of_text(value->labels ? labels_get(value->labels, name) : "");
		return true;
	}
	if (value->kind == VALUE_OF_SCENE)
		is_there = field_of(run->scene->labels, run->scene->value, name, ret);
	if (value->kind == VALUE_OF_SCENE && strcmp(name, "ExternalLabels") == 0) {
		*ret = labels_value(NULL);
		return true;
	}
	if (value->kind == VALUE_OF_SAMPLE) {
		const struct vector_sample *sample = &value->samples->vector[value->at];
		is_there = field_of(sample->labels, sample->value, name, ret);
	}
	return is_there || err_set(run->err, ERR_INVALID, "there is no field '%.60s'", name);
}
