/* SPDX-License-Identifier: MIT */
/*
 * Windows on log lines and events, and on what an operation printed: that is the stream of source
 * "op:ID" in the same store. A pool thread asks the question in slices of a snapshot. The end
 * is followed by asking again: a late line then appears where it belongs.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/event_job.h"
#include "core/engine/internal.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"

static bool begin_events(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	struct event_key anchor;
	if (!event_key_read(window->request->anchor, &anchor, err))
		return false;
	job->owned = event_input_new(engine);
	return true;
}

static bool begin_output(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	if (window->request->operation == 0)
		return err_set(err, ERR_INVALID, "an output window needs an operation");
	return begin_events(engine, window, job, err);
}

static void release(struct window_job *job)
{
	event_input_free(job->owned);
}

/* The slugs of the bots that the window is about. */
static const char **bots_of(const struct msg_win_open *request)
{
	const char **bots = xcalloc(request->bots_count + 1, sizeof(*bots));
	for (size_t i = 0; i < request->bots_count; i++)
		bots[i] = request->bots[i].name;
	return bots;
}

static void fill(struct window_job *job, struct msg_win_rows *rows, struct filter *filter)
{
	const struct msg_win_open *request = job->request;
	autofree const char **bots = bots_of(request);
	struct event_question question = {.before = request->before,
		.after = request->after,
		.bots = bots,
		.bot_count = request->bots_count};
	struct err ignored;
	(void)(event_key_read(request->anchor, &question.anchor, &ignored) || ignored.code);
	struct event_query *query = event_input_ask(job->owned, filter, &question);
	if (event_run(query, &job->query))
		event_query_take(query, rows);
	event_query_free(query);
}

static void answer(struct window_job *job, const char *expression)
{
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	struct err err = {.code = ERR_NONE};
	struct filter *filter = event_filter(expression, job->now_ms, &err);
	if (filter)
		fill(job, rows, filter);
	else
		msg_set(&rows->error, err.text);
	rows->replace = rows->done = true;
	window_post_rows(job, rows);
}

static void work_events(struct window_job *job)
{
	answer(job, job->request->filter);
}

static void work_output(struct window_job *job)
{
	const struct msg_win_open *request = job->request;
	const char *filter = request->filter;
	autofree char *expression =
		xasprintf("source=\"op:%llu\"%s%s%s", (unsigned long long)request->operation,
			filter[0] ? " and (" : "", filter, filter[0] ? ")" : "");
	answer(job, expression);
}

/* A window that stands at an anchor has its rows; only the end is followed. */
static uint64_t news(const struct engine *engine, const struct window *window)
{
	return window->request->anchor[0] ? 0 : engine->event_changes;
}

const struct window_store window_events = {
	.name = "events",
	.begin = begin_events,
	.work = work_events,
	.release = release,
	.news = news,
};

const struct window_store window_output = {
	.name = "output",
	.begin = begin_output,
	.work = work_output,
	.release = release,
	.news = news,
};
