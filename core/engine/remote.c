/* SPDX-License-Identifier: MIT */
#include "core/engine/remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/query_answer.h"
#include "core/engine/remote_ask.h"
#include "core/engine/window_job.h"
#include "core/parse/prom_api.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"

enum { BODY_MAX = 16 << 20 };

struct remote_query {
	struct remote *remote;
	struct query_span span;
};

/* ---- asking ---- */

bool remote_answers(const struct engine *engine, const struct msg_win_open *request)
{
	return !request->own && !engine->replay && *engine->settings->prometheus.url;
}

static void add_seconds(struct str *form, const char *name, int64_t time_ms)
{
	autofree char *text = xasprintf("%s%" PRId64 ".%03d", time_ms < 0 ? "-" : "",
		(time_ms < 0 ? -time_ms : time_ms) / 1000, abs((int)(time_ms % 1000)));
	remote_add_field(form, name, text);
}

static void set_part(struct remote_part *part, const char *query, const struct query_span *span,
	int64_t timeout_ms)
{
	struct str *form = &part->form;
	part->question = span->step_ms ? PROMETHEUS_RANGE : PROMETHEUS_QUERY;
	remote_add_field(form, "query", query);
	if (span->step_ms) {
		add_seconds(form, "start", span->from_ms);
		add_seconds(form, "end", span->to_ms);
		add_seconds(form, "step", span->step_ms);
	} else {
		add_seconds(form, "time", span->to_ms);
	}
	add_seconds(form, "timeout", timeout_ms);
}

static const char *expression(const struct msg_win_open *request, size_t number)
{
	return number ? request->more[number - 1] : request->filter;
}

bool remote_begin(struct engine *engine, const struct query_span *span, struct window_job *job,
	struct err *err)
{
	const struct msg_win_open *request = job->request;
	struct remote_query *query = xcalloc(1, sizeof(*query));
	query->span = *span;
	query->remote = remote_new(engine, job, 1 + request->more_count, BODY_MAX);
	for (size_t i = 0; i < query->remote->count; i++)
		set_part(&query->remote->parts[i], expression(request, i), span,
			engine->settings->prometheus.timeout_ms);
	job->owned = query;
	return remote_send(query->remote, engine, err);
}

void remote_release(struct window_job *job)
{
	struct remote_query *query = job->owned;
	if (!query)
		return;
	remote_free(query->remote);
	free(query);
}

/* ---- what is wrong ---- */

/* "1:5: parse error": line and column, from 1, in bytes. */
static void find_place(const char *query, const char *error, struct msg_win_points *reply)
{
	const char *at = strstr(error, ": parse error");
	unsigned line = 0, column = 0;
	for (; at && at > error && strchr("0123456789:", at[-1]); at--)
		;
	if (!at || sscanf(at, "%u:%u", &line, &column) != 2 || !line || !column)
		return;
	const char *begin = query;
	for (; begin && line > 1; line--) {
		begin = strchr(begin, '\n');
		begin = begin ? begin + 1 : NULL;
	}
	if (!begin)
		return;
	size_t place = (size_t)(begin - query) + column - 1, length = strlen(query);
	reply->place_from = place < length ? place : length;
	reply->place_to = reply->place_from + 1;
}

/* ---- the result ---- */

static struct labels *labels_of(const struct remote *remote, const struct prom_api_series *series)
{
	struct label *list = xcalloc(series->label_count + 1, sizeof(*list));
	for (size_t i = 0; i < series->label_count; i++)
		list[i] = (struct label){
			series->labels[i].name, remote_safe(remote, series->labels[i].value)};
	struct labels *labels = labels_new(list, series->label_count);
	for (size_t i = 0; i < series->label_count; i++)
		free((char *)(uintptr_t)list[i].value);
	free(list);
	return labels;
}

static bool is_on_grid(const struct query_span *span, int64_t time_ms)
{
	return time_ms >= span->from_ms && time_ms <= span->to_ms &&
	       (time_ms - span->from_ms) % span->step_ms == 0;
}

static bool take_points(const struct query_span *span, const struct prom_api_series *series,
	struct selected *to, struct err *err)
{
	to->samples = xcalloc(series->point_count + 1, sizeof(*to->samples));
	for (size_t i = 0; i < series->point_count; i++) {
		const struct prom_api_point *point = &series->points[i];
		if (span->step_ms && !is_on_grid(span, point->time_ms))
			return err_set(err, ERR_PROTOCOL,
				"it answers with points at times that were not asked for");
		to->samples[to->count++] = (struct sample){point->time_ms, point->value};
	}
	return true;
}

static bool take_matrix(const struct remote_query *query, const struct prom_api_answer *answer,
	struct query_result *result, struct err *err)
{
	struct selected_set *set = &result->matrix;
	set->list = xcalloc(answer->series_count + 1, sizeof(*set->list));
	for (size_t i = 0; i < answer->series_count; i++) {
		struct selected *to = &set->list[set->count++];
		to->labels = labels_of(query->remote, &answer->series[i]);
		if (!take_points(&query->span, &answer->series[i], to, err))
			return false;
	}
	return true;
}

static void take_vector(const struct remote *remote, const struct prom_api_answer *answer,
	struct query_result *result)
{
	result->vector = xcalloc(answer->series_count + 1, sizeof(*result->vector));
	for (size_t i = 0; i < answer->series_count; i++)
		result->vector[result->vector_count++] = (struct vector_sample){
			labels_of(remote, &answer->series[i]), answer->series[i].points[0].value};
}

static bool take_result(const struct remote_query *query, const struct prom_api_answer *answer,
	struct query_result *result, struct err *err)
{
	static const enum value_type types[] = {[PROM_API_SCALAR] = VALUE_SCALAR,
		[PROM_API_STRING] = VALUE_STRING,
		[PROM_API_VECTOR] = VALUE_VECTOR,
		[PROM_API_MATRIX] = VALUE_MATRIX};
	result->type = types[answer->type];
	if (query->span.step_ms && result->type != VALUE_MATRIX)
		return err_set(
			err, ERR_PROTOCOL, "it answers with one moment where a span was asked for");
	if (result->type == VALUE_MATRIX)
		return take_matrix(query, answer, result, err);
	if (result->type == VALUE_VECTOR)
		take_vector(query->remote, answer, result);
	else if (result->type == VALUE_STRING)
		result->string = remote_safe(query->remote, answer->string);
	else
		result->scalar = answer->series[0].points[0].value;
	return true;
}

static void set_notes(const struct remote *remote, const struct prom_api_answer *answer,
	struct msg_win_points *reply)
{
	for (size_t i = 0; i < answer->note_count; i++) {
		autofree char *text = remote_safe(remote, answer->notes[i]);
		msg_add_str(&reply->notes, &reply->notes_count, text);
	}
	if (!answer->histograms)
		return;
	autofree char *text = xasprintf(
		"series of native histograms, which are left out: %zu", answer->histograms);
	msg_add_str(&reply->notes, &reply->notes_count, text);
}

/* ---- reading ---- */

/* With an error, too, comes a body that says why. */
static bool read_answer(
	const struct remote_part *part, struct prom_api_answer *answer, struct err *err)
{
	static const struct prom_api_limits limits = {QUERY_SERIES_MAX, QUERY_POINTS_MAX};
	bool is_well = part->status == 200;
	if (part->err.code != ERR_NONE) {
		*err = part->err;
		return false;
	}
	if (prom_api_read(part->body.text, part->body.length, &limits, answer, err) &&
		(is_well || answer->error))
		return true;
	return is_well ? false : remote_say_status(part, err);
}

static bool has_room(
	const struct prom_api_answer *answer, const struct msg_win_points *reply, struct err *err)
{
	return answer->series_count + reply->series_count <= QUERY_SERIES_MAX ||
	       err_set(err, ERR_LIMIT, "more than %d series together: ask for less of them",
		       QUERY_SERIES_MAX);
}

static void answer_part(struct window_job *job, size_t number, struct msg_win_points *reply)
{
	const struct remote_query *query = job->owned;
	struct remote_part *part = &query->remote->parts[number];
	struct prom_api_answer answer = {.error = NULL};
	struct query_result result = {.type = VALUE_SCALAR};
	struct err err = {.code = ERR_NONE};
	bool is_read = read_answer(part, &answer, &err);
	str_release(&part->body);
	if (is_read && answer.error) {
		reply->error = remote_refusal(query->remote, answer.error_type, answer.error);
		find_place(expression(job->request, number), answer.error, reply);
	} else if (is_read && has_room(&answer, reply, &err) &&
		   take_result(query, &answer, &result, &err) &&
		   query_answer_result(reply, &result, &query->span, &err)) {
		set_notes(query->remote, &answer, reply);
	} else {
		reply->error = remote_sentence(query->remote, &err);
	}
	query_result_release(&result);
	prom_api_release(&answer);
}

static void answer_number(struct window_job *job, size_t number, struct msg_win_points *reply)
{
	size_t before = reply->series_count;
	answer_part(job, number, reply);
	for (size_t series = before; series < reply->series_count; series++)
		reply->series[series].query = number;
	reply->query = reply->error ? number : 0;
}

void remote_answer(struct window_job *job, struct msg_win_points *reply)
{
	const struct remote_query *query = job->owned;
	size_t failed = remote_failed(query->remote);
	msg_set(&reply->source, query->remote->url);
	reply->from_ms = query->span.from_ms;
	reply->to_ms = query->span.to_ms;
	reply->step_ms = query->span.step_ms;
	if (failed < query->remote->count)
		answer_number(job, failed, reply);
	for (size_t i = 0; i < query->remote->count && !reply->error; i++)
		answer_number(job, i, reply);
}
