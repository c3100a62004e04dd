/* SPDX-License-Identifier: MIT */
/*
 * Windows on log lines and events, and on what an operation printed: that is the stream of source
 * "op:ID" in the same store. A pool thread asks a snapshot in slices; while a first answer is looked
 * for, what was found and how far it got are parts of it. The end is followed by asking only for what
 * came since: rows that go where their keys belong, late ones too.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/events/marks.h"
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
	job->owned = event_scan_new(engine);
	return true;
}

static bool begin_output(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	if (window->request->operation == 0)
		return err_set(err, ERR_INVALID, "an output window needs an operation");
	return begin_events(engine, window, job, err);
}

/* What an answer leaves for the next one of a window that follows the end. */
struct carried {
	struct event_marks *marks;
	const struct redactor *redactor; /* a reference: what the rows were redacted with */
	struct event_key oldest;         /* sent first; with more_before some before it were not */
	uint64_t hits, hidden, costly, more_before;
};

static void drop_carried(void *of)
{
	struct carried *carried = of;
	if (!carried)
		return;
	redactor_unref(carried->redactor);
	free(carried->marks);
	free(carried);
}

static void release(struct window_job *job)
{
	event_scan_free(job->owned);
	drop_carried(job->carried);
}

/* The slugs of the bots that the window is about. */
static const char **bots_of(const struct msg_win_open *request)
{
	const char **bots = xcalloc(request->bots_count + 1, sizeof(*bots));
	for (size_t i = 0; i < request->bots_count; i++)
		bots[i] = request->bots[i].name;
	return bots;
}

/* Rows that show what is known for a secret by now are sent again, without it; and all are looked for again when a file came
 * whose lines may stand among them. */
static void forget_if_not_to_go_on_from(struct window_job *job)
{
	const struct carried *carried = job->carried;
	if (!carried || (carried->redactor == event_scan_redactor(job->owned) &&
				marks_know_files(event_scan_snapshot(job->owned), carried->marks)))
		return;
	drop_carried(job->carried);
	job->carried = NULL;
}

static bool begin_scan(struct window_job *job, const char *expression, struct err *err)
{
	forget_if_not_to_go_on_from(job);
	const struct msg_win_open *request = job->request;
	const struct carried *carried = job->carried;
	autofree const char **bots = bots_of(request);
	struct event_question question = {.before = request->before,
		.after = request->after,
		.from_ms = request->from_ms,
		.to_ms = request->to_ms,
		.bots = bots,
		.bot_count = request->bots_count,
		.all_fields = request->whole && request->fields,
		.room = request->whole ? WINDOW_WHOLE_BYTES : 0,
		.names = (const char *const *)request->names,
		.name_count = request->names_count,
		.with_lines = request->lines,
		.since = carried ? carried->marks : NULL};
	return event_key_read(request->anchor, &question.anchor, err) &&
	       event_scan_begin(job->owned, expression, job->now_ms, &question, err);
}

static void refuse(struct window_job *job, const char *why)
{
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	msg_set(&rows->error, why);
	rows->replace = rows->done = true;
	window_post_rows(job, rows);
}

/* Rows from before those that the window holds would stand there with a gap behind them. */
static void drop_older(struct msg_win_rows *rows, const struct carried *carried)
{
	size_t older = 0;
	struct event_key key;
	struct err ignored;
	while (older < rows->rows_count && event_key_read(rows->rows[older].key, &key, &ignored) &&
		event_key_compare(key, carried->oldest) < 0)
		msg_release(MSG_row, &rows->rows[older++]);
	rows->rows_count -= older;
	memmove(rows->rows, rows->rows + older, rows->rows_count * sizeof(*rows->rows));
	rows->more_before += older;
}

static void go_on_from(struct msg_win_rows *rows, const struct carried *carried)
{
	rows->replace = false;
	rows->more_before = carried->more_before;
	rows->hits += carried->hits;
	rows->hidden += carried->hidden;
	rows->costly += carried->costly;
	if (carried->more_before)
		drop_older(rows, carried);
}

/* Only the end is followed; and rows must not leave because time goes by. */
static bool can_carry_on(const struct window_job *job)
{
	const struct msg_win_open *request = job->request;
	return request->follow && !request->anchor[0] &&
	       !event_query_ages(event_scan_query(job->owned));
}

static void carry_on(struct window_job *job, const struct msg_win_rows *rows)
{
	struct event_query *query = event_scan_query(job->owned);
	struct carried *carried = xcalloc(1, sizeof(*carried));
	struct carried *old = job->carried;
	struct event_key oldest = EVENT_KEY_END, newest;
	(void)event_query_span(query, &oldest, &newest);
	if (old)
		oldest = old->oldest;
	*carried = (struct carried){.marks = event_query_marks(query),
		.redactor = redactor_ref(event_scan_redactor(job->owned)),
		.oldest = oldest,
		.hits = rows->hits,
		.hidden = rows->hidden,
		.costly = rows->costly,
		.more_before = rows->more_before};
	drop_carried(old);
	job->carried = carried;
}

static void tell(struct window_job *job)
{
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	event_query_take(event_scan_query(job->owned), rows);
	rows->replace = !job->has_told;
	job->has_told = true;
	if (job->carried)
		go_on_from(rows, job->carried);
	if (rows->done && can_carry_on(job))
		carry_on(job, rows);
	window_post_rows(job, rows);
}

/* A page full of news: between them and what was sent there may be more. */
static void begin_again(struct window_job *job)
{
	drop_carried(job->carried);
	job->carried = NULL;
	job->has_ended = false;
	event_query_whole(event_scan_query(job->owned));
}

static bool is_page_full(const struct window_job *job)
{
	struct event_key oldest, newest;
	return event_query_span(event_scan_query(job->owned), &oldest, &newest) >=
	       job->request->before;
}

/* Parts are of a first answer. Later ones are told once all is looked through: only then is it known
 * whether what came goes among the rows that were sent, and those that a part took the place of would be
 * gone until they are found again. */
static void answer(struct window_job *job, const char *expression)
{
	struct err err = {.code = ERR_NONE};
	if (!event_scan_query(job->owned) && !begin_scan(job, expression, &err)) {
		refuse(job, err.text);
		return;
	}
	job->has_ended = event_scan_step(job->owned, &job->query);
	if (job->has_ended && job->carried && is_page_full(job))
		begin_again(job);
	if (job->has_ended ? job->end_due : job->part_due && job->is_first)
		tell(job);
	else
		window_post_pause(job);
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

/* A window that stands at an anchor has its rows, and only the end is followed; but no window keeps what
 * turned out to be a secret. */
static uint64_t news(const struct engine *engine, const struct window *window)
{
	const struct msg_win_open *request = window->request;
	bool follows = request->follow && !request->anchor[0];
	return engine->redactor_changes + (follows ? engine->event_changes : 0);
}

const struct window_store window_events = {
	.name = "events",
	.begin = begin_events,
	.work = work_events,
	.release = release,
	.drop = drop_carried,
	.news = news,
};

const struct window_store window_output = {
	.name = "output",
	.begin = begin_output,
	.work = work_output,
	.release = release,
	.drop = drop_carried,
	.news = news,
};
