/* SPDX-License-Identifier: MIT */
/*
 * The bars above the rows of Logs: lines by time and level over the span, of those that the filters show. Reads a window on
 * counts. The bar under the cursor is that of the line under it; a step moves the log to the next bar that holds lines.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/log_level.h"
#include "tui/command.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"
#include "widgets/histogram.h"

enum {
	SMALL_ROWS = 17, /* of the pane, with which there are bars */
	LARGE_ROWS = 28,
	LEAST_COLUMNS = 50,
	BARS_MAX = 1000,
	SECOND_MS = 1000,
	DAY_MS = 86400000,
};

/* ---- asking ---- */

static int rows_of(const struct logs_view *view, int rows, int columns)
{
	if (view->has_no_bars || rows < SMALL_ROWS || columns < LEAST_COLUMNS)
		return 0;
	return rows < LARGE_ROWS ? 2 : 4;
}

static void ask(struct app *app, struct logs_view *view, size_t columns)
{
	const struct logs_span *span = &view->span;
	struct msg_win_open wish = {
		.columns = columns < BARS_MAX ? columns : BARS_MAX, .follow = !span->is_pinned};
	wish.store = (char[]){"counts"};
	logs_wish_begin(app, &wish);
	wish.from_ms = span->is_pinned ? span->from_ms : -logs_time_span_ms(view);
	wish.to_ms = span->is_pinned ? span->to_ms : 0;
	parts_ask(app, WINDOW_BARS, ALL_ENGINES, &wish);
	logs_wish_end(&wish);
}

int logs_bars_fit(struct app *app, struct logs_view *view, int rows, int columns)
{
	view->bar_rows = rows_of(view, rows, columns);
	if (view->bar_rows)
		ask(app, view, histogram_room(columns));
	else if (app->windows[WINDOW_BARS].asked)
		parts_close(app, WINDOW_BARS);
	return view->bar_rows;
}

/* ---- bars ---- */

struct bars {
	struct histogram_bar list[BARS_MAX];
	size_t count;
	int64_t from_ms, step_ms;
	double most;
};

/* Worse levels stand higher. */
static void add_level(struct bars *bars, enum log_level level, const struct msg_points *points)
{
	for (size_t i = 0; i < points->values_count && i < bars->count; i++) {
		struct histogram_bar *bar = &bars->list[i];
		double lines = points->values[i];
		if (lines <= 0)
			continue;
		if (level >= LOG_LEVEL_ERROR)
			bar->error += lines;
		else if (level == LOG_LEVEL_WARN)
			bar->warn += lines;
		else
			bar->rest += lines;
		bar->letter = log_level_letter(level);
	}
}

static const struct msg_points *points_of(const struct msg_win_points *all, enum log_level level)
{
	for (size_t i = 0; i < all->series_count; i++)
		if (strcmp(all->series[i].name, log_level_word(level)) == 0)
			return &all->series[i];
	return NULL;
}

static double lines_of(const struct histogram_bar *bar)
{
	return bar->error + bar->warn + bar->rest;
}

/* NULL: nothing was counted. The caller frees it. */
static struct bars *read_bars(const struct app *app)
{
	const struct msg_win_points *points = &app->windows[WINDOW_BARS].points;
	size_t count = points->series_count ? points->series[0].values_count : 0;
	if (!count || points->to_ms <= points->from_ms)
		return NULL;
	struct bars *bars = xcalloc(1, sizeof(*bars));
	bars->count = count < BARS_MAX ? count : BARS_MAX;
	bars->from_ms = points->from_ms;
	bars->step_ms = (points->to_ms - points->from_ms) / (int64_t)count;
	for (size_t i = 0; i < bars->count; i++)
		bars->list[i].letter = ' ';
	for (int level = LOG_LEVEL_NONE; level < LOG_LEVELS; level++) {
		const struct msg_points *of = points_of(points, (enum log_level)level);
		if (of)
			add_level(bars, (enum log_level)level, of);
	}
	for (size_t i = 0; i < bars->count; i++)
		bars->most = fmax(bars->most, lines_of(&bars->list[i]));
	return bars;
}

/* The bar of a moment; below 0 before the first, the count or more behind the last. */
static long bar_at(const struct bars *bars, int64_t time_ms)
{
	int64_t since_ms = time_ms - bars->from_ms;
	return since_ms < 0 ? -1 : (long)(since_ms / bars->step_ms);
}

/* ---- walking ---- */

static void say_no_bars(struct app *app)
{
	const struct logs_view *view = logs_view(app);
	if (view->has_no_bars)
		app_toast(app, false, "bars are switched off: :bars");
	else if (!view->bar_rows)
		app_toast(app, false, "bars need more room: + gives Logs the screen");
	else
		app_toast(app, false, "nothing was counted yet");
}

void logs_bars_toggle(struct app *app)
{
	struct logs_view *view = logs_view(app);
	view->has_no_bars = !view->has_no_bars;
	if (!view->has_no_bars && !rows_of(view, view->rows, view->columns))
		say_no_bars(app);
}

static long here(struct app *app, const struct bars *bars)
{
	const struct logs_view *view = logs_view(app);
	int64_t now_ms = view->span.going_ms ? view->span.going_ms
					     : logs_row_ms(logs_window(app), view->list.cursor);
	long at = bar_at(bars, now_ms);
	return view->list.follow || at > (long)bars->count ? (long)bars->count : at;
}

void logs_bars_step(struct app *app, int step)
{
	autofree struct bars *bars = read_bars(app);
	if (!bars || !logs_view(app)->bar_rows) {
		say_no_bars(app);
		return;
	}
	long at = here(app, bars) + step;
	while (at >= 0 && at < (long)bars->count && lines_of(&bars->list[at]) <= 0)
		at += step;
	if (at >= 0 && at < (long)bars->count)
		logs_time_go(app, bars->from_ms + at * bars->step_ms);
	else
		app_toast(app, false, "%s",
			step < 0 ? "no bar before: } shows a longer span"
				 : "no bar behind: G follows the newest line");
}

/* ---- drawing ---- */

struct words {
	struct shown from, to, top, under;
	struct str middle;
};

static struct shown moment(const struct bars *bars, int64_t ms)
{
	bool is_long = bars->step_ms * (int64_t)bars->count > DAY_MS;
	return is_long ? format_day_clock(ms, false) : format_clock(ms, false);
}

static void say_lines(const struct histogram_bar *bar, struct str *to)
{
	str_addf(to, "%s: %s, %s", format_many((uint64_t)lines_of(bar), "line").text,
		format_many((uint64_t)bar->error, "error").text,
		format_many((uint64_t)bar->warn, "warning").text);
}

/* With the part of a second where bars are no longer than that. */
static void say_bar(const struct bars *bars, long at, struct str *to)
{
	int64_t ms = bars->from_ms + at * bars->step_ms;
	str_adds(to, moment(bars, ms).text);
	if (bars->step_ms < SECOND_MS)
		str_addf(to, ".%03d", (int)(ms % SECOND_MS));
	str_adds(to, "  ");
	say_lines(&bars->list[at], to);
}

/* What all bars have together. */
static void say_all(const struct bars *bars, struct str *to)
{
	struct histogram_bar all = {.letter = ' '};
	for (size_t i = 0; i < bars->count; i++) {
		all.error += bars->list[i].error;
		all.warn += bars->list[i].warn;
		all.rest += bars->list[i].rest;
	}
	say_lines(&all, to);
}

/* How long a bar is; with "/bar" no longer than the side is wide. */
static struct shown step_word(const struct bars *bars)
{
	struct shown word = format_age(bars->step_ms);
	if (bars->step_ms < SECOND_MS / 10)
		(void)print_text(word.text, sizeof(word.text), "%dms", (int)bars->step_ms);
	else if (bars->step_ms < SECOND_MS)
		(void)print_text(word.text, sizeof(word.text), "0.%ds",
			(int)(bars->step_ms * 10 / SECOND_MS));
	return word;
}

static void find_words(
	const struct window *window, const struct bars *bars, long cursor, struct words *words)
{
	const struct msg_win_points *points = &window->points;
	double looked = (double)points->looked, all = looked + (double)points->left;
	words->from = moment(bars, bars->from_ms);
	words->to = moment(bars, bars->from_ms + bars->step_ms * (int64_t)bars->count);
	words->top = format_count((int64_t)bars->most);
	if (!window->done && all > 0)
		(void)print_text(words->top.text, sizeof(words->top.text), "%.0f%% ...",
			floor(looked / all * 100));
	(void)print_text(
		words->under.text, sizeof(words->under.text), "%s/bar", step_word(bars).text);
	str_init(&words->middle);
	if (cursor >= 0)
		say_bar(bars, cursor, &words->middle);
	else if (window->done)
		say_all(bars, &words->middle);
}

/* With two rows the bar under the cursor is told of at the side. */
static void say_at_side(const struct bars *bars, long cursor, struct words *words)
{
	words->top = format_count((int64_t)lines_of(&bars->list[cursor]));
	words->under = moment(bars, bars->from_ms + cursor * bars->step_ms);
	if (strlen(words->under.text) > HISTOGRAM_SIDE_CELLS - 1)
		memmove(words->under.text, words->under.text + 6, strlen(words->under.text) - 5);
}

static void draw_none(const struct window *window, const struct canvas *canvas)
{
	canvas_text(canvas, 0, 1, ROLE_DIM,
		window->error[0]                   ? window->error
		: window->answered && window->done ? "no line in this span"
						   : "counting");
}

void logs_bars_draw(
	const struct app *app, const struct logs_view *view, const struct canvas *canvas)
{
	const struct window *window = &app->windows[WINDOW_BARS];
	autofree struct bars *bars = read_bars(app);
	struct words words;
	if (!bars) {
		draw_none(window, canvas);
		return;
	}
	long cursor =
		view->list.follow
			? -1
			: bar_at(bars, logs_row_ms(&app->windows[WINDOW_LOGS], view->list.cursor));
	cursor = cursor < (long)bars->count ? cursor : -1;
	find_words(window, bars, cursor, &words);
	if (canvas->rows == 2 && cursor >= 0)
		say_at_side(bars, cursor, &words);
	const struct histogram histogram = {.bars = bars->list,
		.count = bars->count,
		.cursor = cursor,
		.is_rough = !window->done,
		.top = words.top.text,
		.under = words.under.text,
		.from = words.from.text,
		.middle = words.middle.text ? words.middle.text : "",
		.to = words.to.text};
	histogram_draw(canvas, &histogram);
	str_release(&words.middle);
}
