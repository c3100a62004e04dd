/* SPDX-License-Identifier: MIT */
/* The functions of templates: those of Prometheus that rules use, and those of Go's text/template that compare and choose. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/template/internal.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/arena.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"

static bool give(struct run *run, const char *text, struct value *ret)
{
	*ret = value_of_text(arena_text(run->arena, text));
	return true;
}

/* A number, or a text that is one. */
static bool number_of(struct run *run, const struct value *value, double *ret)
{
	if (value->kind == VALUE_OF_NUMBER)
		*ret = value->number;
	else if (value->kind != VALUE_OF_TEXT ||
		 !parse_double(value->text, strlen(value->text), ret))
		return err_set(run->err, ERR_INVALID, "a number is wanted");
	return true;
}

/* ---- for people ---- */

/* C's %.4g, and Go's words for what is no number. */
static void add_4g(struct str *to, double number)
{
	if (isfinite(number))
		str_addf(to, "%.4g", number);
	else
		str_adds(to, isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
}

struct scale {
	double step;
	const char *units[8];
};

static const struct scale thousands = {1000, {"k", "M", "G", "T", "P", "E", "Z", "Y"}};
static const struct scale kibis = {1024, {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"}};
static const struct scale thousandths = {1000, {"m", "u", "n", "p", "f", "a", "z", "y"}};

/* "" for a step of none. */
static const char *scale_up(double *number, const struct scale *scale)
{
	const char *unit = "";
	for (size_t i = 0; i < COUNT_OF(scale->units) && fabs(*number) >= scale->step; i++) {
		*number /= scale->step;
		unit = scale->units[i];
	}
	return unit;
}

static const char *scale_down(double *number)
{
	const char *unit = "";
	for (size_t i = 0; i < COUNT_OF(thousandths.units) && fabs(*number) < 1; i++) {
		*number *= thousandths.step;
		unit = thousandths.units[i];
	}
	return unit;
}

static bool humanize(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	autostr struct str text = STR_INIT;
	double number = 0;
	(void)count;
	if (!number_of(run, &args[0], &number))
		return false;
	const char *unit = "";
	if (number != 0 && isfinite(number))
		unit = fabs(number) >= 1 ? scale_up(&number, &thousands) : scale_down(&number);
	add_4g(&text, number);
	str_adds(&text, unit);
	return give(run, text.text, ret);
}

static bool humanize1024(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	autostr struct str text = STR_INIT;
	double number = 0;
	(void)count;
	if (!number_of(run, &args[0], &number))
		return false;
	const char *unit = isfinite(number) && fabs(number) > 1 ? scale_up(&number, &kibis) : "";
	add_4g(&text, number);
	str_adds(&text, unit);
	return give(run, text.text, ret);
}

static bool humanize_percentage(
	struct run *run, const struct value *args, size_t count, struct value *ret)
{
	autostr struct str text = STR_INIT;
	double number = 0;
	(void)count;
	if (!number_of(run, &args[0], &number))
		return false;
	add_4g(&text, number * 100);
	str_addch(&text, '%');
	return give(run, text.text, ret);
}

/* Of a minute and more, in whole seconds. */
static void add_long_duration(struct str *to, double seconds)
{
	long long whole = (long long)fabs(seconds);
	long long days = whole / 86400, hours = whole / 3600 % 24, minutes = whole / 60 % 60;
	str_adds(to, seconds < 0 ? "-" : "");
	if (days)
		str_addf(to, "%lldd ", days);
	if (days || hours)
		str_addf(to, "%lldh ", hours);
	str_addf(to, "%lldm %llds", minutes, whole % 60);
}

static bool humanize_duration(
	struct run *run, const struct value *args, size_t count, struct value *ret)
{
	enum { MINUTE = 60 };
	autostr struct str text = STR_INIT;
	double seconds = 0;
	(void)count;
	if (!number_of(run, &args[0], &seconds))
		return false;
	bool is_long = isfinite(seconds) && fabs(seconds) >= MINUTE && fabs(seconds) < 9e17;
	const char *unit =
		isfinite(seconds) && seconds != 0 && fabs(seconds) < 1 ? scale_down(&seconds) : "";
	if (is_long)
		add_long_duration(&text, seconds);
	else
		add_4g(&text, seconds);
	if (!is_long && isfinite(seconds))
		str_addf(&text, "%ss", unit);
	return give(run, text.text, ret);
}

/* ---- texts ---- */

static bool format(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	autostr struct str text = STR_INIT;
	if (args[0].kind != VALUE_OF_TEXT)
		return err_set(run->err, ERR_INVALID, "printf wants a text first");
	value_format(args[0].text, args + 1, count - 1, &text);
	return give(run, text.text, ret);
}

/* A blank stands between two that are no texts. */
static bool print(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	autostr struct str text = STR_INIT;
	for (size_t i = 0; i < count; i++) {
		bool apart =
			i && args[i].kind != VALUE_OF_TEXT && args[i - 1].kind != VALUE_OF_TEXT;
		str_adds(&text, apart ? " " : "");
		value_print(&args[i], &text);
	}
	return give(run, text.text, ret);
}

static bool change(struct run *run, const struct value *args, int (*letter)(int), bool firsts,
	struct value *ret)
{
	autostr struct str text = STR_INIT;
	bool is_first = true;
	if (args[0].kind != VALUE_OF_TEXT)
		return err_set(run->err, ERR_INVALID, "a text is wanted");
	for (const char *at = args[0].text; *at; at++) {
		unsigned char ch = (unsigned char)*at;
		bool is_changed = ch < 0x80 && (!firsts || is_first);
		str_addch(&text, (char)(is_changed ? letter(ch) : ch));
		is_first = ch == ' ';
	}
	return give(run, text.text, ret);
}

static bool to_upper(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)count;
	return change(run, args, toupper, false, ret);
}

static bool to_lower(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)count;
	return change(run, args, tolower, false, ret);
}

static bool title(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)count;
	return change(run, args, toupper, true, ret);
}

static bool as_it_is(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)run;
	(void)count;
	*ret = args[0];
	return true;
}

/* host:80 and [::1]:80 without what is behind the host. */
static bool strip_port(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)count;
	if (args[0].kind != VALUE_OF_TEXT)
		return err_set(run->err, ERR_INVALID, "a text is wanted");
	const char *text = args[0].text, *colon = strrchr(text, ':');
	const char *close = strchr(text, ']');
	if (*text == '[' && close && close[1] == ':') {
		*ret = value_of_text(
			arena_text_n(run->arena, text + 1, (size_t)(close - text) - 1));
		return true;
	}
	bool is_one = colon && strchr(text, ':') == colon && *text != '[';
	*ret = value_of_text(
		is_one ? arena_text_n(run->arena, text, (size_t)(colon - text)) : text);
	return true;
}

static bool length_of(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)count;
	size_t length;
	if (args[0].kind == VALUE_OF_TEXT)
		length = strlen(args[0].text);
	else if (args[0].kind == VALUE_OF_SAMPLES)
		length = args[0].samples->vector_count;
	else if (args[0].kind == VALUE_OF_LABELS)
		length = args[0].labels ? labels_count(args[0].labels) : 0;
	else
		return err_set(run->err, ERR_INVALID, "this has no length");
	*ret = (struct value){.kind = VALUE_OF_NUMBER, .number = (double)length, .is_whole = true};
	return true;
}

/* ---- queries ---- */

static bool keep_result(struct run *run, const struct query_result *result, struct value *ret)
{
	struct query_result *kept = arena_alloc(run->arena, sizeof(*kept));
	*kept = *result;
	run->results = grow(run->results, run->result_count, &run->result_room, sizeof(*kept));
	run->results[run->result_count++] = *result;
	if (kept->type == VALUE_SCALAR) {
		static const struct labels *none;
		kept->vector = arena_alloc(run->arena, sizeof(*kept->vector));
		*kept->vector = (struct vector_sample){none, kept->scalar};
		kept->vector_count = 1;
	}
	*ret = (struct value){.kind = VALUE_OF_SAMPLES, .samples = kept};
	return true;
}

static bool query(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	struct query_result result = {.type = VALUE_VECTOR};
	(void)count;
	if (args[0].kind != VALUE_OF_TEXT)
		return err_set(run->err, ERR_INVALID, "query wants a text");
	if (!run->scene->query)
		return err_set(run->err, ERR_UNSUPPORTED, "nobody answers a query here");
	if (!run->scene->query(run->scene->context, args[0].text, &result, run->err)) {
		query_result_release(&result);
		return false;
	}
	return keep_result(run, &result, ret);
}

static bool first(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)count;
	if (args[0].kind != VALUE_OF_SAMPLES || args[0].samples->vector_count == 0)
		return err_set(run->err, ERR_INVALID, "first() called on vector with no elements");
	*ret = value_of_sample(args[0].samples, 0);
	return true;
}

static const struct vector_sample *sample_of(struct run *run, const struct value *value)
{
	if (value->kind == VALUE_OF_SAMPLE)
		return &value->samples->vector[value->at];
	err_set(run->err, ERR_INVALID, "a sample is wanted, as first gives one");
	return NULL;
}

static bool value_of(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	const struct vector_sample *sample = sample_of(run, &args[0]);
	(void)count;
	if (sample)
		*ret = value_of_number(sample->value);
	return sample != NULL;
}

static bool label(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	const struct vector_sample *sample = sample_of(run, &args[1]);
	(void)count;
	if (!sample)
		return false;
	if (args[0].kind != VALUE_OF_TEXT)
		return err_set(run->err, ERR_INVALID, "label wants a name first");
	*ret = value_of_text(sample->labels ? labels_get(sample->labels, args[0].text) : "");
	return true;
}

/* ---- comparing ---- */

static bool order_of(struct run *run, const struct value *one, const struct value *other, int *ret)
{
	if (one->kind == VALUE_OF_TEXT && other->kind == VALUE_OF_TEXT)
		*ret = strcmp(one->text, other->text);
	else if (one->kind == VALUE_OF_NUMBER && other->kind == VALUE_OF_NUMBER)
		*ret = one->number < other->number ? -1 : one->number > other->number;
	else if (one->kind == VALUE_OF_BOOL && other->kind == VALUE_OF_BOOL)
		*ret = (int)one->truth - (int)other->truth;
	else
		return err_set(run->err, ERR_INVALID, "these two cannot be compared");
	return true;
}

static bool is_no_number(const struct value *value)
{
	return value->kind == VALUE_OF_NUMBER && isnan(value->number);
}

#define COMPARE(name, condition)                                                                   \
	static bool name(                                                                          \
		struct run *run, const struct value *args, size_t count, struct value *ret)        \
	{                                                                                          \
		int order = 0;                                                                     \
		(void)count;                                                                       \
		if (!order_of(run, &args[0], &args[1], &order))                                    \
			return false;                                                              \
		bool is_nan = is_no_number(&args[0]) || is_no_number(&args[1]);                    \
		(void)is_nan;                                                                      \
		*ret = value_of_bool(condition);                                                   \
		return true;                                                                       \
	}
COMPARE(is_ne, is_nan || order != 0)
COMPARE(is_lt, !is_nan && order < 0)
COMPARE(is_le, !is_nan && order <= 0)
COMPARE(is_gt, !is_nan && order > 0)
COMPARE(is_ge, !is_nan && order >= 0)

/* One of several. */
static bool is_eq(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	bool found = false;
	for (size_t i = 1; i < count; i++) {
		int order = 0;
		if (!order_of(run, &args[0], &args[i], &order))
			return false;
		found |= order == 0 && !is_no_number(&args[0]) && !is_no_number(&args[i]);
	}
	*ret = value_of_bool(found);
	return true;
}

static bool both(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)run;
	*ret = args[count - 1];
	for (size_t i = count; i-- > 0;)
		if (!value_is_true(&args[i]))
			*ret = args[i];
	return true;
}

static bool either(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)run;
	*ret = args[count - 1];
	for (size_t i = count; i-- > 0;)
		if (value_is_true(&args[i]))
			*ret = args[i];
	return true;
}

static bool no(struct run *run, const struct value *args, size_t count, struct value *ret)
{
	(void)run;
	(void)count;
	*ret = value_of_bool(!value_is_true(&args[0]));
	return true;
}

const struct call *call_find(const char *name)
{
	static const struct call calls[] = {
		{"and", 1, -1, both},
		{"eq", 2, -1, is_eq},
		{"first", 1, 1, first},
		{"ge", 2, 2, is_ge},
		{"gt", 2, 2, is_gt},
		{"humanize", 1, 1, humanize},
		{"humanize1024", 1, 1, humanize1024},
		{"humanizeDuration", 1, 1, humanize_duration},
		{"humanizePercentage", 1, 1, humanize_percentage},
		{"label", 2, 2, label},
		{"le", 2, 2, is_le},
		{"len", 1, 1, length_of},
		{"lt", 2, 2, is_lt},
		{"ne", 2, 2, is_ne},
		{"not", 1, 1, no},
		{"or", 1, -1, either},
		{"print", 0, -1, print},
		{"printf", 1, -1, format},
		{"query", 1, 1, query},
		{"safeHtml", 1, 1, as_it_is},
		{"stripPort", 1, 1, strip_port},
		{"title", 1, 1, title},
		{"toLower", 1, 1, to_lower},
		{"toUpper", 1, 1, to_upper},
		{"value", 1, 1, value_of},
	};
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	return NULL;
}
