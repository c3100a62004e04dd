/* SPDX-License-Identifier: MIT */
/*
 * Windows on how many lines there are of each level over time. The columns lie on a grid of usual steps, so that a bar
 * stays the bar it is while the window moves. Parts of a first answer are told as it grows. One that follows goes on from
 * the counts it has, moved by whole columns, and counts those columns anew that lines fell out of; it begins again when a
 * file came or went that lies there, or when lines stood behind its end.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/engine/event_job.h"
#include "core/engine/internal.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "core/events/count.h"
#include "core/events/directory.h"
#include "core/events/file_stream.h"

enum { PACE_MS = 250 };

/* What an answer leaves for the next one. */
struct carried {
	struct event_marks *marks;
	const struct redactor *redactor; /* a reference: what the filter saw the lines through */
	struct count_grid grid;
	uint64_t *lines;
	bool has_more;          /* lines behind the end of the grid */
	struct event_lost lost; /* what has fallen out of the store */
	int64_t again_ms;       /* of this answer: lines of before are counted anew */
	size_t file_count;      /* that do not grow: the marks do not tell of these */
	struct file_mark {
		uint64_t source, stream;
	} files[];
};

struct input {
	struct event_scan *scan;
	struct event_count *count;
	struct carried *sums; /* what was counted before; the whole once it is done */
	int64_t last_ms;      /* of all lines */
	bool is_again;
};

static void drop_carried(void *of)
{
	struct carried *carried = of;
	if (!carried)
		return;
	redactor_unref(carried->redactor);
	free(carried->marks);
	free(carried->lines);
	free(carried);
}

static void release(struct window_job *job)
{
	struct input *input = job->owned;
	drop_carried(job->carried);
	if (!input)
		return;
	event_count_free(input->count);
	event_scan_free(input->scan);
	drop_carried(input->sums);
	free(input);
}

static bool begin(
	struct engine *engine, const struct window *window, struct window_job *job, struct err *err)
{
	const struct msg_win_open *request = window->request;
	struct event_key behind;
	bool is_upside_down =
		request->to_ms != 0 && request->from_ms >= 0 && request->from_ms >= request->to_ms;
	if (request->columns == 0 || is_upside_down)
		return err_set(err, ERR_INVALID, "a window on counts needs columns and a span");
	if (!event_key_read(request->anchor, &behind, err))
		return false;
	struct input *input = xcalloc(1, sizeof(*input));
	input->scan = event_scan_new(engine);
	job->owned = input;
	return true;
}

/* ---- grids ---- */

/* A window of one column is a sum: its column has no ends. */
static const struct count_grid everything = {INT64_MIN / 2, INT64_MAX, 1};

static bool is_sum(const struct msg_win_open *request)
{
	return request->columns == 1;
}

static bool is_of_all(const struct msg_win_open *request)
{
	return !is_sum(request) && request->from_ms == 0 && request->to_ms == 0;
}

/* So many columns as the span takes wherever it begins; the last one is that of now. */
static struct count_grid moving(int64_t span_ms, int64_t now_ms, size_t columns)
{
	struct count_grid grid = count_grid_of(0, span_ms, columns - 1);
	grid.columns++;
	int64_t end_ms = now_ms - now_ms % grid.step_ms + grid.step_ms;
	grid.from_ms = end_ms - (int64_t)grid.columns * grid.step_ms;
	return grid;
}

/* Behind the newest line it has room to grow. */
static struct count_grid whole(const struct window_job *job, int64_t first_ms, int64_t last_ms)
{
	const struct msg_win_open *request = job->request;
	struct count_grid grid = count_grid_of(first_ms, last_ms + 1, request->columns);
	if (request->follow)
		grid.columns = request->columns;
	return grid;
}

static struct count_grid grid_of(struct window_job *job)
{
	const struct msg_win_open *request = job->request;
	struct input *input = job->owned;
	int64_t first_ms = job->now_ms, last_ms = first_ms;
	if (is_sum(request))
		return everything;
	if (request->from_ms < 0)
		return moving(-request->from_ms, job->now_ms, request->columns);
	if (!is_of_all(request))
		return count_grid_of(request->from_ms,
			request->to_ms ? request->to_ms : job->now_ms + 1, request->columns);
	(void)event_snapshot_span(event_scan_snapshot(input->scan), &first_ms, &last_ms);
	input->last_ms = last_ms;
	struct count_grid grid = whole(job, first_ms, last_ms);
	const struct carried *before = job->carried;
	bool may_stay = before && first_ms >= before->grid.from_ms &&
			last_ms < before->grid.from_ms +
					  before->grid.step_ms * (int64_t)before->grid.columns;
	return may_stay ? before->grid : grid;
}

/* ---- going on ---- */

static struct carried *new_sums(const struct input *input, struct count_grid grid)
{
	const struct event_snapshot *snapshot = event_scan_snapshot(input->scan);
	size_t count;
	struct file_stream *const *files = event_snapshot_files(snapshot, &count);
	struct carried *sums = xcalloc(1, sizeof(*sums) + count * sizeof(sums->files[0]));
	sums->redactor = redactor_ref(event_scan_redactor(input->scan));
	sums->grid = grid;
	sums->lines = xcalloc(LOG_LEVELS * grid.columns, sizeof(*sums->lines));
	sums->lost = event_snapshot_lost(snapshot);
	for (size_t i = 0; i < count; i++)
		if (!files[i]->is_growing)
			sums->files[sums->file_count++] =
				(struct file_mark){files[i]->stream.source, files[i]->stream.id};
	return sums;
}

static bool is_same_store(const struct carried *a, const struct carried *b)
{
	return a->redactor == b->redactor && a->file_count == b->file_count &&
	       memcmp(a->files, b->files, a->file_count * sizeof(a->files[0])) == 0;
}

/* A sum has no columns that could be counted again: it goes on unless lines behind its line fell out. */
static bool can_go_on(
	const struct carried *before, const struct carried *sums, struct event_key behind)
{
	const struct count_grid *from = &before->grid, *to = &sums->grid;
	bool is_whole = before->lost.lines == sums->lost.lines || to->columns > 1 ||
			sums->lost.last_ms < behind.time_ms;
	return is_whole && is_same_store(before, sums) && from->step_ms == to->step_ms &&
	       from->columns == to->columns && from->from_ms <= to->from_ms &&
	       (!before->has_more || from->from_ms == to->from_ms);
}

/* The first columns, of which lines fell out of the store since. */
static size_t columns_to_repeat(const struct carried *before, const struct carried *sums)
{
	const struct count_grid *grid = &sums->grid;
	if (grid->columns == 1 || before->lost.lines == sums->lost.lines ||
		sums->lost.last_ms < grid->from_ms)
		return 0;
	uint64_t columns =
		((uint64_t)sums->lost.last_ms - (uint64_t)grid->from_ms) / (uint64_t)grid->step_ms +
		1;
	return columns < grid->columns ? (size_t)columns : grid->columns;
}

/* Moved by as many columns as time went by. */
static void carry_over(const struct carried *before, struct carried *sums)
{
	const struct count_grid *from = &before->grid, *to = &sums->grid;
	size_t columns = to->columns, first = columns_to_repeat(before, sums);
	uint64_t moved = (uint64_t)(to->from_ms - from->from_ms) / (uint64_t)to->step_ms;
	size_t shift = moved < columns ? (size_t)moved : columns;
	for (size_t level = 0; level < LOG_LEVELS; level++)
		for (size_t i = first; i + shift < columns; i++)
			sums->lines[level * columns + i] =
				before->lines[level * columns + i + shift];
	sums->has_more = before->has_more;
	if (first)
		sums->again_ms = to->from_ms + (int64_t)first * to->step_ms;
}

static void go_on_or_begin_again(struct window_job *job, struct event_key behind)
{
	struct input *input = job->owned;
	input->sums->again_ms = INT64_MIN;
	if (job->carried && can_go_on(job->carried, input->sums, behind)) {
		carry_over(job->carried, input->sums);
		return;
	}
	drop_carried(job->carried);
	job->carried = NULL;
}

/* ---- counting ---- */

static bool begin_count(struct window_job *job, struct err *err)
{
	const struct msg_win_open *request = job->request;
	struct input *input = job->owned;
	struct event_key behind = EVENT_KEY_FIRST;
	struct filter *filter = event_filter_new(request->filter, job->now_ms, err);
	if (!filter || (request->anchor[0] && !event_key_read(request->anchor, &behind, err)))
		return false;
	input->sums = new_sums(input, grid_of(job));
	go_on_or_begin_again(job, behind);
	const struct carried *carried = job->carried;
	autofree const char **bots = xcalloc(request->bots_count + 1, sizeof(*bots));
	for (size_t i = 0; i < request->bots_count; i++)
		bots[i] = request->bots[i].name;
	const struct count_question question = {.grid = input->sums->grid,
		.behind = behind,
		.bots = bots,
		.bot_count = request->bots_count,
		.since = carried ? carried->marks : NULL,
		.again_ms = input->sums->again_ms};
	input->count = event_count_new(
		event_scan_take(input->scan), filter, event_scan_redactor(input->scan), &question);
	return true;
}

/* Where a file ends was an estimate while nobody had read it. */
static bool has_missed(const struct window_job *job)
{
	const struct input *input = job->owned;
	const struct count_sums *sums = event_count_sums(input->count);
	return is_of_all(job->request) && !input->is_again && (sums->before || sums->after);
}

static void count_again(struct window_job *job)
{
	struct input *input = job->owned;
	int64_t first_ms, last_ms;
	input->is_again = true;
	drop_carried(job->carried);
	job->carried = NULL;
	if (!event_count_span(input->count, &first_ms, &last_ms))
		return;
	input->last_ms = last_ms;
	input->sums->grid = whole(job, first_ms, last_ms);
	free(input->sums->lines);
	input->sums->lines =
		xcalloc(LOG_LEVELS * input->sums->grid.columns, sizeof(*input->sums->lines));
	event_count_again(input->count, &input->sums->grid);
}

static void step(struct window_job *job)
{
	struct input *input = job->owned;
	const struct count_sums *sums = event_count_sums(input->count);
	uint64_t enough = sums->cost + SCAN_LINES;
	bool done = false;
	while (!done && sums->cost < enough && !query_cancelled(&job->query))
		done = event_count_step(input->count, SCAN_STEP_LINES);
	if (done && has_missed(job)) {
		count_again(job);
		done = false;
	}
	job->has_ended = done;
}

/* ---- telling ---- */

static void add_up(struct input *input)
{
	const struct count_sums *counted = event_count_sums(input->count);
	for (size_t i = 0; i < LOG_LEVELS * input->sums->grid.columns; i++)
		input->sums->lines[i] += counted->lines[i];
	input->sums->has_more |= counted->after > 0;
	input->sums->marks = event_count_marks(input->count);
}

/* Up to the newest line. */
static size_t columns_to_tell(const struct window_job *job)
{
	const struct input *input = job->owned;
	const struct count_grid *grid = &input->sums->grid;
	size_t columns = (size_t)((input->last_ms - grid->from_ms) / grid->step_ms) + 1;
	return is_of_all(job->request) && columns < grid->columns ? columns : grid->columns;
}

static void tell_level(struct msg_win_points *reply, enum log_level level, const uint64_t *lines,
	const uint64_t *more, size_t columns)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < columns; i++)
		sum += lines[i] + (more ? more[i] : 0);
	if (!sum)
		return;
	struct msg_points *points = msg_add(reply->series, &reply->series_count);
	msg_set(&points->name, log_level_word(level));
	points->last = (double)sum;
	points->values = xcalloc(columns, sizeof(*points->values));
	points->values_count = columns;
	for (size_t i = 0; i < columns; i++)
		points->values[i] = (double)(lines[i] + (more ? more[i] : 0));
}

static void tell(struct window_job *job)
{
	struct input *input = job->owned;
	const struct count_grid *grid = &input->sums->grid;
	const struct count_sums *counted = event_count_sums(input->count);
	struct msg_win_points *reply = msg_new(MSG_win_points);
	size_t columns = columns_to_tell(job);
	if (job->has_ended)
		add_up(input);
	for (size_t level = 0; level < LOG_LEVELS; level++)
		tell_level(reply, (enum log_level)level, input->sums->lines + level * grid->columns,
			job->has_ended ? NULL : counted->lines + level * grid->columns, columns);
	reply->from_ms = is_sum(job->request) ? 0 : grid->from_ms;
	reply->to_ms = is_sum(job->request) ? 0 : grid->from_ms + (int64_t)columns * grid->step_ms;
	reply->looked = counted->looked;
	reply->left = counted->left;
	reply->done = job->has_ended;
	if (job->has_ended && job->request->follow && !event_count_ages(input->count)) {
		drop_carried(job->carried);
		job->carried = input->sums;
		input->sums = NULL;
	}
	window_post_points(job, reply);
}

static void refuse(struct window_job *job, const char *why)
{
	struct msg_win_points *reply = msg_new(MSG_win_points);
	msg_set(&reply->error, why);
	reply->done = true;
	window_post_points(job, reply);
}

static void work(struct window_job *job)
{
	struct input *input = job->owned;
	struct err err = {.code = ERR_NONE};
	if (!input->count && !begin_count(job, &err)) {
		refuse(job, err.text);
		return;
	}
	step(job);
	if (job->has_ended ? job->end_due : job->part_due && job->is_first)
		tell(job);
	else
		window_post_pause(job);
}

/* What moves is also counted when time went on by a column. */
static uint64_t news(const struct engine *engine, const struct window *window)
{
	const struct msg_win_open *request = window->request;
	uint64_t changes = engine->redactor_changes;
	if (request->follow)
		changes += engine->event_changes;
	if (request->follow && request->from_ms < 0 && !is_sum(request))
		changes += (uint64_t)(now_wall(engine) /
				      moving(-request->from_ms, 0, request->columns).step_ms);
	return changes;
}

const struct window_store window_counts = {
	.name = "counts",
	.is_of_points = true,
	.pace_ms = PACE_MS,
	.begin = begin,
	.work = work,
	.release = release,
	.drop = drop_carried,
	.news = news,
};
