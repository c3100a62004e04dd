/* SPDX-License-Identifier: MIT */
/*
 * Windows on what can be asked for: the names of metrics with the functions of PromQL, the labels of the series that a selector
 * selects, or the values of one label, each with the count of its series; of another Prometheus, which counts none, where the settings name one (remote_names.h). A window's `names` say which: the label whose values
 * are wanted, "" the names of labels, "__name__" with no filter the metrics and functions; and a text that they must hold.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "core/engine/metrics.h"
#include "core/engine/name_cache.h"
#include "core/engine/remote.h"
#include "core/engine/remote_names.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "core/series/labels.h"
#include "core/series/metadata.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/functions.h"
#include "core/series/tsdb.h"

enum {
	NAMES_MAX = 2000,
	NAME_BYTES = 2048, /* nobody chooses a longer one, and all of them go into one message */
	NAMES_SERIES_MAX = 50000,
};

static bool begin(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	if (remote_answers(engine, window->request))
		return remote_names_begin(engine, job, err);
	if (!engine->metrics)
		return err_set(err, ERR_UNSUPPORTED, "a recording has no list of its metrics");
	job->input = metrics_store(engine->metrics);
	return true;
}

/* ---- the reply ---- */

static void add_name(
	struct msg_win_points *reply, const char *part, const char *text, size_t series)
{
	if (!strcasestr(text, part))
		return;
	autostr struct str safe = STR_INIT;
	sanitize(&safe, text, strlen(text));
	if (reply->series_count >= NAMES_MAX || safe.length > NAME_BYTES) {
		reply->left++;
		return;
	}
	struct msg_points *to = msg_add(reply->series, &reply->series_count);
	to->name = str_detach(&safe);
	to->last = (double)series;
}

/* What the metrics that were just added are told to be. */
static void tell_types(struct metadata *metadata, struct msg_win_points *reply)
{
	struct metadata_told told;
	for (size_t i = 0; i < reply->series_count; i++) {
		struct msg_points *to = &reply->series[i];
		if (!metadata_find(metadata, to->name, &told))
			continue;
		msg_set(&to->type, told.type);
		msg_set(&to->help, told.help);
		msg_set(&to->measure, told.unit);
	}
}

/* Not counted among the names. */
static void add_function(
	struct msg_win_points *reply, const char *name, const char *unit, const char *help)
{
	struct msg_points *to = msg_add(reply->series, &reply->series_count);
	to->name = xstrdup(name);
	to->unit = xstrdup(unit);
	to->help = xstrdup(help);
}

static void add_functions(struct msg_win_points *reply)
{
	const struct function *function;
	for (size_t i = 0; (function = function_at(i)); i++)
		add_function(reply, function->name, "function", function->help);
	for (int op = AGG_SUM; op <= AGG_COUNT_VALUES; op++)
		add_function(reply, aggregate_op_word((enum aggregate_op)op), "aggregation",
			"of many series one, or one a group: by (LABEL)");
}

/* ---- of all series ---- */

static void name_all(
	struct tsdb *tsdb, const struct msg_win_open *request, struct msg_win_points *reply)
{
	const char *label = names_label(request);
	struct tsdb_counts counts = {NULL, 0};
	if (*label)
		tsdb_label_values(tsdb, label, &counts);
	else
		tsdb_label_names(tsdb, &counts);
	for (size_t i = 0; i < counts.count; i++)
		if (*label || strcmp(counts.list[i].text, LABEL_NAME) != 0)
			add_name(reply, names_part(request), counts.list[i].text,
				counts.list[i].series);
	tsdb_counts_release(&counts);
	if (strcmp(label, LABEL_NAME) != 0)
		return;
	tell_types(tsdb_metadata(tsdb), reply);
	add_functions(reply);
}

/* ---- of those that a selector selects ---- */

struct texts {
	const char **list;
	size_t count, room;
};

static void add_text(struct texts *texts, const char *text)
{
	texts->list = grow(texts->list, texts->count, &texts->room, sizeof(*texts->list));
	texts->list[texts->count++] = text;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void gather(const struct labels *labels, const char *label, struct texts *to)
{
	for (size_t i = 0; i < labels_count(labels); i++) {
		const struct label *own = labels_at(labels, i);
		if (*label && strcmp(own->name, label) == 0)
			add_text(to, own->value);
		else if (!*label && strcmp(own->name, LABEL_NAME) != 0)
			add_text(to, own->name);
	}
}

static void name_set(const struct selected_set *set, const struct msg_win_open *request,
	struct msg_win_points *reply)
{
	struct texts texts = {NULL, 0, 0};
	for (size_t i = 0; i < set->count; i++)
		gather(set->list[i].labels, names_label(request), &texts);
	if (texts.count)
		qsort(texts.list, texts.count, sizeof(*texts.list), compare_texts);
	for (size_t i = 0, next; i < texts.count; i = next) {
		for (next = i + 1; next < texts.count; next++)
			if (strcmp(texts.list[next], texts.list[i]) != 0)
				break;
		add_name(reply, names_part(request), texts.list[i], next - i);
	}
	free(texts.list);
}

static bool name_selected(
	struct window_job *job, struct tsdb *tsdb, struct msg_win_points *reply, struct err *err)
{
	const struct msg_win_open *request = job->request;
	struct place place;
	struct selected_set set = {.list = NULL};
	struct expr *expr = promql_parse(request->filter, strlen(request->filter), &place, err);
	if (!expr)
		return false;
	struct selection selection = {.from_ms = 0,
		.to_ms = job->now_ms,
		.last_only = true,
		.series_max = NAMES_SERIES_MAX,
		.cancelled = &job->query.cancelled};
	bool good = expr->kind == EXPR_SELECTOR ||
		    err_set(err, ERR_INVALID, "names are those of the series of a selector");
	if (good) {
		selection.matchers = expr->selector.matchers;
		selection.matcher_count = expr->selector.matcher_count;
		good = tsdb_select(tsdb, &selection, &set, err);
	}
	if (good)
		name_set(&set, request, reply);
	selected_set_release(&set);
	expr_free(expr);
	return good;
}

static void answer(struct window_job *job, struct msg_win_points *reply)
{
	const struct msg_win_open *request = job->request;
	struct tsdb *tsdb = (struct tsdb *)(uintptr_t)job->input;
	struct err err = {.code = ERR_NONE};
	if (!request->filter || !request->filter[0])
		name_all(tsdb, request, reply);
	else if (!name_selected(job, tsdb, reply, &err))
		msg_set(&reply->error, err.text);
}

/* ---- of another Prometheus ---- */

static void answer_remote(struct window_job *job, struct msg_win_points *reply)
{
	const struct msg_win_open *request = job->request;
	const char *label = names_label(request), *source = "";
	bool of_all = !request->filter || !request->filter[0];
	const struct name_list *list = remote_names_read(job, &source, &reply->error);
	msg_set(&reply->source, source);
	for (size_t i = 0; list && i < list->count; i++)
		if (*label || strcmp(list->names[i], LABEL_NAME) != 0)
			add_name(reply, names_part(request), list->names[i], 0);
	if (list && of_all && strcmp(label, LABEL_NAME) == 0)
		add_functions(reply);
}

static void work(struct window_job *job)
{
	struct msg_win_points *reply = msg_new(MSG_win_points);
	if (job->owned)
		answer_remote(job, reply);
	else
		answer(job, reply);
	reply->done = true;
	window_post_points(job, reply);
}

static uint64_t news(const struct engine *engine, const struct window *window)
{
	(void)engine, (void)window;
	return 0;
}

const struct window_store window_metrics = {
	.name = "metrics",
	.is_of_points = true,
	.begin = begin,
	.work = work,
	.release = remote_names_release,
	.news = news,
};
