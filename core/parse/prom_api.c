/* SPDX-License-Identifier: MIT */
#include "core/parse/prom_api.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/parse/prom_internal.h"

enum {
	DEPTH_MAX = 16,
	NOTES_MAX = 64,
	VALUES_OF_POINT = 3, /* its bracket and two commas */
	VALUES_OF_SERIES = 64,
	OBJECTS_OF_SERIES = 4, /* the largest things that there are */
	VALUES_OF_REST = 4096,
};

#define TIME_MAX_S 1e12

struct reading {
	const struct prom_api_limits *limits;
	struct prom_api_answer *answer;
	size_t points;
	bool (*read_data)(struct reading *reading, const json_t *data);
	struct err *err;
};

static void release_json(json_t **json)
{
	json_decref(*json);
}
#define autojson CLEANUP(release_json)

static bool refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_PROTOCOL, "that is no answer of a Prometheus: %s", what);
}

static bool refuse_size(const struct prom_api_limits *limits, struct err *err)
{
	return err_set(err, ERR_LIMIT,
		"an answer of more than %zu series or %zu points: ask for less of them, or with a "
		"longer step",
		limits->series, limits->points);
}

/* ---- before it is built ---- */

/* Where the text ends that begins at `at`. */
static size_t end_of_string(const char *body, size_t length, size_t at)
{
	for (at++; at < length && body[at] != '"'; at++)
		at += body[at] == '\\';
	return at;
}

/* A document takes many times the memory of its text: what it holds is counted first. */
struct census {
	size_t depth, values, objects;
};

static void count_byte(struct census *census, char byte)
{
	bool is_open = byte == '[' || byte == '{';
	census->objects += byte == '{';
	census->values += is_open || byte == ',';
	census->depth += is_open;
	census->depth -= (byte == ']' || byte == '}') && census->depth;
}

enum weight { FITS, TOO_DEEP, TOO_MUCH };

static enum weight weigh(const char *body, size_t length, size_t values_max, size_t objects_max)
{
	struct census census = {0, 0, 0};
	for (size_t at = 0; at < length; at++) {
		if (body[at] == '"')
			at = end_of_string(body, length, at);
		else
			count_byte(&census, body[at]);
		if (census.depth > DEPTH_MAX)
			return TOO_DEEP;
		if (census.values > values_max || census.objects > objects_max)
			return TOO_MUCH;
	}
	return FITS;
}

static bool refuse_depth(struct err *err)
{
	return refuse(err, "it is nested deeper than any");
}

static bool is_of_size(
	const char *body, size_t length, const struct prom_api_limits *limits, struct err *err)
{
	size_t objects_max = limits->series * OBJECTS_OF_SERIES + VALUES_OF_REST;
	size_t values_max = limits->points * VALUES_OF_POINT + limits->series * VALUES_OF_SERIES +
			    VALUES_OF_REST;
	enum weight weight = weigh(body, length, values_max, objects_max);
	return weight == FITS ||
	       (weight == TOO_DEEP ? refuse_depth(err) : refuse_size(limits, err));
}

/* ---- values ---- */

static bool read_time(const json_t *json, int64_t *ret_ms, struct err *err)
{
	double time_s = json_number_value(json);
	if (!json_is_number(json) || !(fabs(time_s) < TIME_MAX_S))
		return refuse(err, "a time is no number");
	*ret_ms = llround(time_s * 1000);
	return true;
}

/* [time, "text"]; false: it is none. */
static bool split_pair(
	const json_t *json, int64_t *ret_ms, const json_t **ret_text, struct err *err)
{
	if (json_array_size(json) != 2 || !json_is_string(json_array_get(json, 1)))
		return refuse(err, "a value is no pair of a time and a text");
	*ret_text = json_array_get(json, 1);
	return read_time(json_array_get(json, 0), ret_ms, err);
}

static bool read_point(struct reading *reading, const json_t *json, struct prom_api_point *ret)
{
	const json_t *text = NULL;
	const char *why;
	if (!split_pair(json, &ret->time_ms, &text, reading->err))
		return false;
	struct prom_span span = {json_string_value(text), json_string_length(text)};
	if (!prom_number(span, &ret->value, &why))
		return refuse(reading->err, "a value is no number");
	if (++reading->points > reading->limits->points)
		return refuse_size(reading->limits, reading->err);
	return true;
}

/* ---- series ---- */

static bool read_labels(struct reading *reading, json_t *metric, struct prom_api_series *series)
{
	const char *name;
	json_t *value;
	if (!json_is_object(metric))
		return refuse(reading->err, "a series has no labels");
	if (json_object_size(metric) > PROM_API_LABELS_MAX)
		return err_set(reading->err, ERR_LIMIT, "a series of more than %d labels",
			PROM_API_LABELS_MAX);
	series->labels = xcalloc(json_object_size(metric) + 1, sizeof(*series->labels));
	json_object_foreach(metric, name, value)
	{
		if (!json_is_string(value))
			return refuse(reading->err, "a label is no text");
		series->labels[series->label_count++] =
			(struct prom_api_label){xstrdup(name), xstrdup(json_string_value(value))};
	}
	return true;
}

static bool read_points(
	struct reading *reading, const json_t *values, struct prom_api_series *series)
{
	if (!json_is_array(values))
		return refuse(reading->err, "a series has no values");
	size_t count = json_array_size(values);
	series->points = xcalloc(count + 1, sizeof(*series->points));
	for (size_t i = 0; i < count; i++)
		if (!read_point(reading, json_array_get(values, i),
			    &series->points[series->point_count++]))
			return false;
	return true;
}

static struct prom_api_series *add_series(struct reading *reading)
{
	struct prom_api_answer *answer = reading->answer;
	struct prom_api_series *series = &answer->series[answer->series_count++];
	*series = (struct prom_api_series){.labels = NULL};
	return series;
}

static bool read_one(struct reading *reading, const json_t *value, struct prom_api_series *series)
{
	series->points = xcalloc(1, sizeof(*series->points));
	series->point_count = 1;
	return read_point(reading, value, series->points);
}

/* {"metric": {...}, "value": [...]}, or "values"; of a native histogram there is neither. */
static bool read_element(struct reading *reading, const json_t *element)
{
	bool is_matrix = reading->answer->type == PROM_API_MATRIX;
	const json_t *value = json_object_get(element, is_matrix ? "values" : "value");
	bool has_histogram = json_object_get(element, is_matrix ? "histograms" : "histogram");
	reading->answer->histograms += has_histogram;
	if (!value && has_histogram)
		return true;
	struct prom_api_series *series = add_series(reading);
	return read_labels(reading, json_object_get(element, "metric"), series) &&
	       (is_matrix ? read_points(reading, value, series) : read_one(reading, value, series));
}

static bool read_elements(struct reading *reading, const json_t *result)
{
	size_t count = json_array_size(result);
	if (!json_is_array(result))
		return refuse(reading->err, "the result is no list");
	if (count > reading->limits->series)
		return refuse_size(reading->limits, reading->err);
	reading->answer->series = xcalloc(count + 1, sizeof(*reading->answer->series));
	for (size_t i = 0; i < count; i++)
		if (!read_element(reading, json_array_get(result, i)))
			return false;
	return true;
}

static bool read_scalar(struct reading *reading, const json_t *result)
{
	reading->answer->series = xcalloc(1, sizeof(*reading->answer->series));
	return read_one(reading, result, add_series(reading));
}

static bool read_string(struct reading *reading, const json_t *result)
{
	const json_t *text = NULL;
	int64_t time_ms;
	if (!split_pair(result, &time_ms, &text, reading->err))
		return false;
	reading->answer->string = xstrdup(json_string_value(text));
	return true;
}

static bool read_data(struct reading *reading, const json_t *data)
{
	static const struct {
		const char *word;
		bool (*read)(struct reading *reading, const json_t *result);
	} types[] = {[PROM_API_SCALAR] = {"scalar", read_scalar},
		[PROM_API_STRING] = {"string", read_string},
		[PROM_API_VECTOR] = {"vector", read_elements},
		[PROM_API_MATRIX] = {"matrix", read_elements}};
	const char *type = json_string_value(json_object_get(data, "resultType"));
	for (size_t i = 0; type && i < COUNT_OF(types); i++) {
		if (strcmp(types[i].word, type) != 0)
			continue;
		reading->answer->type = (enum prom_api_type)i;
		return types[i].read(reading, json_object_get(data, "result"));
	}
	return refuse(reading->err, "its result has no type that there is");
}

/* ---- the envelope ---- */

static void read_notes(struct prom_api_answer *answer, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list) && answer->note_count < NOTES_MAX; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text)
			continue;
		answer->notes = xreallocarray(
			answer->notes, answer->note_count + 1, sizeof(*answer->notes));
		answer->notes[answer->note_count++] = xstrdup(text);
	}
}

static void read_error(struct prom_api_answer *answer, const json_t *page)
{
	const char *type = json_string_value(json_object_get(page, "errorType"));
	const char *text = json_string_value(json_object_get(page, "error"));
	answer->error_type = xstrdup(type ? type : "");
	answer->error = xstrdup(text && *text ? text : "it does not say why");
}

static bool read_envelope(struct reading *reading, const json_t *page)
{
	const char *status = json_string_value(json_object_get(page, "status"));
	if (!status)
		return refuse(reading->err, "it has no status");
	read_notes(reading->answer, json_object_get(page, "warnings"));
	read_notes(reading->answer, json_object_get(page, "infos"));
	if (strcmp(status, "success") == 0)
		return reading->read_data(reading, json_object_get(page, "data"));
	if (strcmp(status, "error") != 0)
		return refuse(reading->err, "its status is neither success nor error");
	read_error(reading->answer, page);
	return true;
}

static const char *why_no_json(const char *body, size_t length)
{
	size_t at = 0;
	while (at < length && strchr(" \t\r\n", body[at]))
		at++;
	if (at == length)
		return "it is empty";
	return body[at] == '<' ? "it is a page of HTML" : "it is no JSON";
}

static bool read_page(
	const char *body, size_t length, struct reading *reading, struct prom_api_answer *ret)
{
	json_t *page autojson = json_loadb(body, length, 0, NULL);
	if (!page)
		return refuse(reading->err, why_no_json(body, length));
	if (!read_envelope(reading, page)) {
		prom_api_release(reading->answer);
		return false;
	}
	*ret = *reading->answer;
	return true;
}

bool prom_api_read(const char *body, size_t length, const struct prom_api_limits *limits,
	struct prom_api_answer *ret, struct err *err)
{
	struct prom_api_answer answer = {.error = NULL};
	struct reading reading = {
		.limits = limits, .answer = &answer, .read_data = read_data, .err = err};
	return is_of_size(body, length, limits, err) && read_page(body, length, &reading, ret);
}

/* ---- names ---- */

static bool read_names(struct reading *reading, const json_t *data)
{
	struct prom_api_answer *answer = reading->answer;
	size_t count = json_array_size(data);
	if (!json_is_array(data))
		return refuse(reading->err, "there is no list of names");
	answer->names = xcalloc(count + 1, sizeof(*answer->names));
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(data, i));
		if (!text)
			return refuse(reading->err, "a name is no text");
		answer->names[answer->name_count++] = xstrdup(text);
	}
	return true;
}

bool prom_api_read_names(
	const char *body, size_t length, size_t most, struct prom_api_answer *ret, struct err *err)
{
	struct prom_api_answer answer = {.error = NULL};
	struct reading reading = {.answer = &answer, .read_data = read_names, .err = err};
	enum weight weight = weigh(body, length, most + VALUES_OF_REST, VALUES_OF_REST);
	if (weight == TOO_DEEP)
		return refuse_depth(err);
	if (weight == TOO_MUCH)
		return err_set(err, ERR_LIMIT, "more than %zu names", most);
	if (!read_page(body, length, &reading, ret))
		return false;
	if (ret->name_count <= most)
		return true;
	prom_api_release(ret);
	return err_set(err, ERR_LIMIT, "more than %zu names", most);
}

static void release_series(struct prom_api_series *series)
{
	for (size_t i = 0; i < series->label_count; i++) {
		free(series->labels[i].name);
		free(series->labels[i].value);
	}
	free(series->labels);
	free(series->points);
}

void prom_api_release(struct prom_api_answer *answer)
{
	for (size_t i = 0; i < answer->series_count; i++)
		release_series(&answer->series[i]);
	for (size_t i = 0; i < answer->note_count; i++)
		free(answer->notes[i]);
	for (size_t i = 0; i < answer->name_count; i++)
		free(answer->names[i]);
	free(answer->names);
	free(answer->series);
	free(answer->notes);
	free(answer->string);
	free(answer->error_type);
	free(answer->error);
	*answer = (struct prom_api_answer){.error = NULL};
}
