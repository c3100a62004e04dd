/* SPDX-License-Identifier: MIT */
#include "core/engine/remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/collect/collect.h"
#include "core/collect/http.h"
#include "core/collect/prometheus.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/query_answer.h"
#include "core/engine/window_job.h"
#include "core/parse/prom_api.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"

enum { BODY_MAX = 16 << 20, TEXT_CELLS = 2000 };

#define OWN "; `botswain query --own` asks the engine's own metrics"

struct remote {
	char *url;
	struct query_span span;
	struct collect *collect; /* outlives its workers */
	/* what came; the worker's until the job goes on */
	struct err err;
	long status;
	struct str body;
	struct redactor *redactor; /* of then: it knows the secret that was just read */
};

/* ---- asking ---- */

bool remote_answers(const struct engine *engine, const struct msg_win_open *request)
{
	return !request->own && !engine->replay && *engine->settings->prometheus.url;
}

static void add_field(struct str *form, const char *name, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	str_addf(form, "%s%s=", form->length ? "&" : "", name);
	for (const char *at = text; *at; at++) {
		if (strchr(plain, *at))
			str_addch(form, *at);
		else
			str_addf(form, "%%%02X", (unsigned char)*at);
	}
}

static void add_seconds(struct str *form, const char *name, int64_t time_ms)
{
	autofree char *text = xasprintf("%s%" PRId64 ".%03d", time_ms < 0 ? "-" : "",
		(time_ms < 0 ? -time_ms : time_ms) / 1000, abs((int)(time_ms % 1000)));
	add_field(form, name, text);
}

static char *form_of(const char *query, const struct query_span *span, int64_t timeout_ms)
{
	struct str form = STR_INIT;
	add_field(&form, "query", query);
	if (span->step_ms) {
		add_seconds(&form, "start", span->from_ms);
		add_seconds(&form, "end", span->to_ms);
		add_seconds(&form, "step", span->step_ms);
	} else {
		add_seconds(&form, "time", span->to_ms);
	}
	add_seconds(&form, "timeout", timeout_ms);
	return str_detach(&form);
}

/* The worker's thread; the job, of which it holds a reference, goes on. */
static void on_reply(void *context, const struct http_reply *reply)
{
	struct window_job *job = context;
	struct remote *remote = job->owned;
	remote->err = reply->err;
	remote->status = reply->status;
	remote->redactor = collect_redactor(remote->collect);
	if (reply->err.code == ERR_NONE)
		str_add(&remote->body, reply->body, reply->length);
	window_post_pause(job);
	query_unref(&job->query);
}

static char *bare_url(const char *url)
{
	size_t length = strlen(url);
	while (length && url[length - 1] == '/')
		length--;
	return xstrndup(url, length);
}

static struct remote *new_remote(const struct engine *engine, const struct query_span *span)
{
	struct remote *remote = xcalloc(1, sizeof(*remote));
	remote->url = bare_url(engine->settings->prometheus.url);
	remote->span = *span;
	remote->collect = engine->collect;
	str_init(&remote->body);
	return remote;
}

bool remote_begin(struct engine *engine, const struct query_span *span, struct window_job *job,
	struct err *err)
{
	const struct conf_prometheus *conf = &engine->settings->prometheus;
	if (!engine->collect)
		return err_set(err, ERR_UNSUPPORTED, "nobody asks '%s' here" OWN, conf->url);
	if (job->request->more_count)
		return err_set(err, ERR_UNSUPPORTED,
			"'%s' is asked for one expression at a time, and these are %zu", conf->url,
			job->request->more_count + 1);
	struct prometheus_ask *ask = xcalloc(1, sizeof(*ask));
	*ask = (struct prometheus_ask){.is_range = span->step_ms != 0,
		.form = form_of(job->request->filter, span, conf->timeout_ms),
		.body_max = BODY_MAX,
		.cancelled = &job->query.cancelled,
		.done = on_reply,
		.context = job};
	job->owned = new_remote(engine, span);
	job->is_waiting = true;
	query_ref(&job->query);
	if (collect_ask(engine->collect, ask))
		return true;
	query_unref(&job->query);
	free(ask->form);
	free(ask);
	return err_set(err, ERR_UNREACHABLE,
		"the thread that asks '%s' does not run: reload the settings" OWN, conf->url);
}

void remote_release(struct window_job *job)
{
	struct remote *remote = job->owned;
	if (!remote)
		return;
	redactor_unref(remote->redactor);
	str_release(&remote->body);
	free(remote->url);
	free(remote);
}

/* ---- what is wrong ---- */

static char *safe_text(const struct remote *remote, const char *text)
{
	autostr struct str redacted = STR_INIT;
	struct str safe = STR_INIT;
	redact(remote->redactor, &redacted, text, strlen(text), 0);
	sanitize_clip(&safe, redacted.text, redacted.length, TEXT_CELLS);
	return str_detach(&safe);
}

/* No answer of the API came. */
static bool say_status(const struct remote *remote, struct err *err)
{
	long status = remote->status;
	if (status == 401)
		return err_set(err, ERR_AUTH,
			"it does not let us in (HTTP 401): look at bearer, user and password of "
			"metrics: prometheus");
	if (status == 403)
		return err_set(err, ERR_DENIED, "it does not let us in (HTTP 403)");
	if (status == 404)
		return err_set(err, ERR_NOT_FOUND,
			"it has no /api/v1/query (HTTP 404): look at url of metrics: prometheus");
	if (status >= 300 && status < 400)
		return err_set(err, ERR_PROTOCOL,
			"a redirect (HTTP %ld), which is not followed: give the url that it leads "
			"to",
			status);
	return err_set(err, ERR_PROTOCOL, "HTTP %ld in place of an answer", status);
}

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

/* What the expression is wrong in, its own words say; else who else can be asked is the next step. */
static void say_refusal(
	struct window_job *job, const struct prom_api_answer *answer, struct msg_win_points *reply)
{
	const struct remote *remote = job->owned;
	autofree char *text = safe_text(remote, answer->error);
	autofree char *type = safe_text(remote, answer->error_type);
	bool is_ours = strcmp(type, "bad_data") == 0;
	reply->error = xasprintf(
		"%s says%s%s: %s%s", remote->url, *type ? " " : "", type, text, is_ours ? "" : OWN);
	find_place(job->request->filter, text, reply);
}

static void say_failure(
	const struct remote *remote, const struct err *err, struct msg_win_points *reply)
{
	reply->error = xasprintf("%s: %s" OWN, remote->url, err->text);
}

/* ---- the result ---- */

static struct labels *labels_of(const struct remote *remote, const struct prom_api_series *series)
{
	struct label *list = xcalloc(series->label_count + 1, sizeof(*list));
	for (size_t i = 0; i < series->label_count; i++)
		list[i] = (struct label){
			series->labels[i].name, safe_text(remote, series->labels[i].value)};
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

static bool take_points(const struct remote *remote, const struct prom_api_series *series,
	struct selected *to, struct err *err)
{
	const struct query_span *span = &remote->span;
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

static bool take_matrix(const struct remote *remote, const struct prom_api_answer *answer,
	struct query_result *result, struct err *err)
{
	struct selected_set *set = &result->matrix;
	set->list = xcalloc(answer->series_count + 1, sizeof(*set->list));
	for (size_t i = 0; i < answer->series_count; i++) {
		struct selected *to = &set->list[set->count++];
		to->labels = labels_of(remote, &answer->series[i]);
		if (!take_points(remote, &answer->series[i], to, err))
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

static bool take_result(const struct remote *remote, const struct prom_api_answer *answer,
	struct query_result *result, struct err *err)
{
	static const enum value_type types[] = {[PROM_API_SCALAR] = VALUE_SCALAR,
		[PROM_API_STRING] = VALUE_STRING,
		[PROM_API_VECTOR] = VALUE_VECTOR,
		[PROM_API_MATRIX] = VALUE_MATRIX};
	result->type = types[answer->type];
	if (remote->span.step_ms && result->type != VALUE_MATRIX)
		return err_set(
			err, ERR_PROTOCOL, "it answers with one moment where a span was asked for");
	if (result->type == VALUE_MATRIX)
		return take_matrix(remote, answer, result, err);
	if (result->type == VALUE_VECTOR)
		take_vector(remote, answer, result);
	else if (result->type == VALUE_STRING)
		result->string = safe_text(remote, answer->string);
	else
		result->scalar = answer->series[0].points[0].value;
	return true;
}

static void set_notes(const struct remote *remote, const struct prom_api_answer *answer,
	struct msg_win_points *reply)
{
	for (size_t i = 0; i < answer->note_count; i++) {
		autofree char *text = safe_text(remote, answer->notes[i]);
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
static bool read_answer(struct remote *remote, struct prom_api_answer *answer, struct err *err)
{
	static const struct prom_api_limits limits = {QUERY_SERIES_MAX, QUERY_POINTS_MAX};
	bool is_well = remote->status == 200;
	if (remote->err.code != ERR_NONE) {
		*err = remote->err;
		return false;
	}
	if (prom_api_read(remote->body.text, remote->body.length, &limits, answer, err) &&
		(is_well || answer->error))
		return true;
	return is_well ? false : say_status(remote, err);
}

void remote_answer(struct window_job *job, struct msg_win_points *reply)
{
	struct remote *remote = job->owned;
	struct prom_api_answer answer = {.error = NULL};
	struct query_result result = {.type = VALUE_SCALAR};
	struct err err = {.code = ERR_NONE};
	msg_set(&reply->source, remote->url);
	reply->from_ms = remote->span.from_ms;
	reply->to_ms = remote->span.to_ms;
	reply->step_ms = remote->span.step_ms;
	bool is_read = read_answer(remote, &answer, &err);
	str_release(&remote->body);
	if (is_read && answer.error)
		say_refusal(job, &answer, reply);
	else if (is_read && take_result(remote, &answer, &result, &err) &&
		 query_answer_result(reply, &result, &remote->span, &err))
		set_notes(remote, &answer, reply);
	else
		say_failure(remote, &err, reply);
	query_result_release(&result);
	prom_api_release(&answer);
}
