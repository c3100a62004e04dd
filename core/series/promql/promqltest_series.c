/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/literal.h"
#include "core/series/promql/promqltest_internal.h"

enum { REPEATS_MOST = 100000 };

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

void sequence_release(struct sequence *sequence)
{
	labels_unref(sequence->labels);
	free(sequence->list);
	*sequence = (struct sequence){.count = 0};
}

/* ---- labels ---- */

struct label_list {
	struct label *list;
	size_t count, capacity;
};

static void label_list_release(struct label_list *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free((char *)(uintptr_t)labels->list[i].name);
		free((char *)(uintptr_t)labels->list[i].value);
	}
	free(labels->list);
}

static void add_label(struct label_list *labels, char *name, char *value)
{
	labels->list = grow(labels->list, labels->count, &labels->capacity, sizeof(*labels->list));
	labels->list[labels->count++] = (struct label){.name = name, .value = value};
}

static const char *end_of_string(const char *at)
{
	char quote = *at++;
	for (; *at && *at != quote; at++) {
		if (*at == '\\' && quote != '`' && at[1])
			at++;
	}
	return *at ? at + 1 : NULL;
}

/* At a quote; NULL: it is not closed or says nothing. */
static char *read_string(const char **at)
{
	autostr struct str text = STR_INIT;
	size_t wrong;
	const char *end = end_of_string(*at);
	if (!end || literal_string(*at, (size_t)(end - *at), &text, &wrong))
		return NULL;
	*at = end;
	return str_detach(&text);
}

static size_t name_length(const char *at)
{
	size_t length = 0;
	while (isalnum((unsigned char)at[length]) || at[length] == '_' || at[length] == ':')
		length++;
	return length;
}

static char *read_name(const char **at)
{
	size_t length = name_length(*at);
	if (**at == '"' || **at == '\'' || **at == '`')
		return read_string(at);
	if (!length)
		return NULL;
	char *name = xstrndup(*at, length);
	*at += length;
	return name;
}

/* name="value", or a metric's name in quotes. */
static bool read_label(const char **at, struct label_list *labels)
{
	autofree char *name = read_name(at);
	if (!name)
		return false;
	*at = skip_blanks(*at);
	if (**at != '=') {
		add_label(labels, xstrdup(LABEL_NAME), xstrdup(name));
		return true;
	}
	*at = skip_blanks(*at + 1);
	char *value = **at && strchr("\"'`", **at) ? read_string(at) : NULL;
	if (value)
		add_label(labels, xstrdup(name), value);
	return value != NULL;
}

static bool read_braces(const char **at, struct label_list *labels)
{
	*at = skip_blanks(*at + 1);
	while (**at && **at != '}') {
		if (!read_label(at, labels))
			return false;
		*at = skip_blanks(*at);
		if (**at == ',')
			*at = skip_blanks(*at + 1);
		else if (**at != '}')
			return false;
	}
	if (!**at)
		return false;
	++*at;
	return true;
}

static bool read_labels(const char **at, struct sequence *ret)
{
	CLEANUP(label_list_release) struct label_list labels = {.count = 0};
	size_t length = name_length(*at);
	if (length) {
		add_label(&labels, xstrdup(LABEL_NAME), xstrndup(*at, length));
		*at = skip_blanks(*at + length);
	}
	if (**at == '{' && (*at)[1] != '{' && !read_braces(at, &labels))
		return false;
	ret->labels = labels_new(labels.list, labels.count);
	return true;
}

/* ---- values ---- */

static void add_point(struct sequence *to, enum point_kind kind, double value)
{
	to->list = grow(to->list, to->count, &to->capacity, sizeof(*to->list));
	to->list[to->count++] = (struct point){.kind = kind, .value = value};
}

static size_t digits_length(const char *at)
{
	size_t length = strspn(at, "0123456789.");
	if (length && (at[length] == 'e' || at[length] == 'E')) {
		size_t more = length + 1;
		more += at[more] == '+' || at[more] == '-';
		if (isdigit((unsigned char)at[more]))
			length = more + strspn(at + more, "0123456789");
	}
	return length;
}

/* With a sign; no base but ten, for an x repeats. */
static bool read_number(const char **at, double *ret)
{
	double sign = **at == '-' ? -1 : 1;
	const char *from = *at + (**at == '-' || **at == '+');
	size_t length = strncasecmp(from, "inf", 3) == 0 || strncasecmp(from, "nan", 3) == 0
				? 3
				: digits_length(from);
	autofree char *text = xstrndup(from, length);
	char *end;
	*ret = sign * strtod(text, &end);
	*at = from + length;
	return length && !*end;
}

/* x5, or nothing, which is -1. */
static bool read_times(const char **at, long *ret)
{
	char *end;
	*ret = -1;
	if (**at != 'x')
		return true;
	*ret = strtol(*at + 1, &end, 10);
	if (end == *at + 1 || *ret < 0 || *ret > REPEATS_MOST)
		return false;
	*at = end;
	return true;
}

/* _ or _x3: as many as it says. */
static bool read_gaps(const char **at, struct sequence *to)
{
	long times;
	++*at;
	if (!read_times(at, &times))
		return false;
	for (long i = 0; i < (times < 0 ? 1 : times); i++)
		add_point(to, POINT_NONE, 0);
	return true;
}

/* {{...}}, {{...}}x3, {{...}}+{{...}}x3: one more than it says. */
static bool read_natives(const char **at, struct sequence *to)
{
	long times;
	for (bool more = true; more;) {
		const char *end = strstr(*at, "}}");
		if (!end)
			return false;
		*at = end + 2;
		more = (**at == '+' || **at == '-') && (*at)[1] == '{' && (*at)[2] == '{';
	}
	if (!read_times(at, &times))
		return false;
	for (long i = 0; i <= (times < 0 ? 0 : times); i++)
		add_point(to, POINT_NATIVE, 0);
	return true;
}

/* 3, 3x5, 3+2x5, 3-2x5: one more than it says. */
static bool read_values(const char **at, struct sequence *to)
{
	double value, step = 0;
	long times;
	bool has_step;
	if (!read_number(at, &value))
		return false;
	has_step = **at == '+' || **at == '-';
	if ((has_step && !read_number(at, &step)) || !read_times(at, &times) ||
		(has_step && times < 0))
		return false;
	for (long i = 0; i <= (times < 0 ? 0 : times); i++, value += step)
		add_point(to, POINT_VALUE, value);
	return true;
}

static bool read_points(const char **at, struct sequence *to)
{
	if (**at == '_')
		return read_gaps(at, to);
	if (strncmp(*at, "{{", 2) == 0)
		return read_natives(at, to);
	if (strncmp(*at, "stale", 5) == 0) {
		*at += 5;
		add_point(to, POINT_VALUE, stale_value());
		return true;
	}
	return read_values(at, to);
}

bool sequence_read(const char *line, struct sequence *ret, struct err *err)
{
	struct sequence sequence = {.count = 0};
	const char *at = skip_blanks(line);
	bool is_good = read_labels(&at, &sequence);
	for (at = skip_blanks(at); is_good && *at; at = skip_blanks(at)) {
		is_good = read_points(&at, &sequence) && (!*at || *at == ' ' || *at == '\t');
	}
	if (!is_good) {
		sequence_release(&sequence);
		return err_set(err, ERR_SYNTAX, "cannot read the series '%.80s'", line);
	}
	*ret = sequence;
	return true;
}

bool sequence_read_number(const char *line, struct sequence *ret)
{
	const char *at = line;
	double value;
	struct sequence sequence = {.count = 0};
	if (!read_number(&at, &value) || *at)
		return false;
	sequence.labels = labels_new(NULL, 0);
	add_point(&sequence, POINT_VALUE, value);
	*ret = sequence;
	return true;
}
