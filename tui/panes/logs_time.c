/* SPDX-License-Identifier: MIT */
/*
 * Time in Logs: jumps to one, and spans that limit what is shown and counted. A span ends now while the newest line is
 * followed; it stays as it is while the log stands still, and is put around the place that was asked for where that lies
 * outside.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"
#include "tui/when.h"

enum { STEPS = 60, DAY_MS = 86400000 }; /* a span moves by so many parts of itself */

static const struct {
	const char *word;
	int64_t ms;
} spans[] = {{"1m", 60000}, {"5m", 300000}, {"15m", 900000}, {"1h", 3600000}, {"6h", 21600000},
	{"1d", DAY_MS}, {"all", 0}};

enum { ALL = COUNT_OF(spans) - 1 };

int64_t logs_time_span_ms(const struct logs_view *view)
{
	return spans[view->span.which].ms;
}

const char *logs_time_word(const struct logs_view *view)
{
	return spans[view->span.which].word;
}

bool logs_time_choose(struct logs_view *view, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(spans); i++)
		if (strcmp(spans[i].word, word) == 0) {
			view->span = (struct logs_span){.which = i};
			return true;
		}
	return false;
}

int64_t logs_row_ms(const struct window *window, size_t row)
{
	struct event_key key;
	struct err ignored;
	bool is_there =
		row < window->count && event_key_read(window->rows[row].key, &key, &ignored);
	return is_there ? key.time_ms : 0;
}

static bool is_far(const struct app *app, int64_t time_ms)
{
	return llabs(app->now_ms - time_ms) >= DAY_MS;
}

struct shown logs_moment(const struct app *app, int64_t time_ms)
{
	return is_far(app, time_ms) ? format_day_clock(time_ms, false)
				    : format_clock(time_ms, false);
}

/* ---- limits ---- */

void logs_time_fit(const struct app *app, struct logs_view *view)
{
	struct logs_span *span = &view->span;
	int64_t length_ms = spans[span->which].ms, step_ms = length_ms / STEPS;
	if (!length_ms) {
		span->from_ms = span->to_ms = 0;
		span->is_pinned = false;
	} else if (view->list.follow || !span->from_ms) {
		span->from_ms = (app->now_ms - length_ms) / step_ms * step_ms;
		span->to_ms = 0;
		span->is_pinned = false;
	}
}

static void put_around(struct logs_span *span, int64_t time_ms)
{
	int64_t length_ms = spans[span->which].ms, step_ms = length_ms / STEPS;
	span->from_ms = (time_ms - length_ms / 2) / step_ms * step_ms;
	span->to_ms = span->from_ms + length_ms;
	span->is_pinned = true;
}

static bool is_within(const struct logs_span *span, int64_t time_ms)
{
	return time_ms >= span->from_ms && (!span->to_ms || time_ms < span->to_ms);
}

void logs_zoom(struct app *app, int step)
{
	struct logs_view *view = logs_view(app);
	struct logs_span *span = &view->span;
	int64_t here_ms =
		span->going_ms ? span->going_ms : logs_row_ms(logs_window(app), view->list.cursor);
	if (step < 0 ? span->which == 0 : span->which == ALL) {
		app_toast(
			app, false, "%s", step < 0 ? "no span is shorter" : "this is all there is");
		return;
	}
	span->which += (size_t)step;
	span->from_ms = span->to_ms = 0;
	if (view->list.follow || !here_ms)
		return;
	if (span->which != ALL)
		put_around(span, here_ms);
	logs_replace(&view->anchor, view->cursor_key);
	view->going = true;
}

/* The span is put around a moment that is outside. */
static void reach(struct logs_view *view, int64_t time_ms)
{
	if (view->span.which != ALL && !is_within(&view->span, time_ms))
		put_around(&view->span, time_ms);
}

/* ---- jumps ---- */

void logs_key_go(struct app *app, const char *key)
{
	struct logs_view *view = logs_view(app);
	struct event_key to;
	struct err ignored;
	if (!event_key_read(key, &to, &ignored))
		return;
	view->list.follow = false;
	reach(view, to.time_ms);
	logs_replace(&view->anchor, key);
	logs_replace(&view->cursor_key, "");
	view->span.going_ms = to.time_ms;
	view->going = true;
}

void logs_time_go(struct app *app, int64_t time_ms)
{
	logs_key_go(app, event_key_print((struct event_key){time_ms, 0, 0}).text);
}

/* Nothing stands there any more: the newest line before it is the nearest. */
static void say_beyond(struct app *app, int64_t time_ms)
{
	app_toast(app, false, "no line from %s on: this is the newest before it",
		logs_moment(app, time_ms).text);
}

void logs_time_arrive(struct app *app, struct logs_view *view)
{
	const struct window *window = logs_window(app);
	size_t at = 0;
	if (!view->span.going_ms || !window->answered)
		return;
	while (at < window->count &&
		event_key_compare_texts(window->rows[at].key, view->anchor) < 0)
		at++;
	if (at == window->count && !window->done)
		return; /* it may still come */
	if (at == window->count && window->count)
		say_beyond(app, view->span.going_ms);
	view->span.going_ms = 0;
	view->going = false;
	view->list.cursor = at < window->count ? at : window->count ? window->count - 1 : 0;
	view->list.top = at > (size_t)view->rows / 2 ? at - (size_t)view->rows / 2 : 0;
	logs_remember_cursor(view, window);
	logs_repeats_settle(app, true);
}

/* Of a file that ended long ago its last day is meant. */
static int64_t newest_ms(const struct app *app, const struct logs_view *view)
{
	const struct window *bars = &app->windows[WINDOW_BARS];
	bool is_known = bars->answered && bars->points.series_count && view->span.which == ALL;
	bool is_old = is_known && app->now_ms - bars->points.to_ms > DAY_MS;
	return is_old ? bars->points.to_ms : app->now_ms;
}

bool logs_jump(struct app *app, const char *text, bool final, struct err *err)
{
	struct logs_view *view = logs_view(app);
	int64_t now_ms = newest_ms(app, view), time_ms;
	if (strcmp(text, "now") == 0) {
		view->list.follow |= final;
		return true;
	}
	if (!text[0] && final)
		return true;
	if (!when_read(text, now_ms, now_ms, &time_ms, err))
		return !final;
	if (final)
		logs_time_go(app, time_ms);
	return true;
}

void logs_time_note(const struct app *app, const struct logs_view *view, enum logs_brevity brevity,
	struct str *note)
{
	const struct logs_span *span = &view->span;
	if (span->which == ALL)
		return;
	if (brevity == NOTE_TINY)
		str_addf(note, "%s ", spans[span->which].word);
	else if (span->is_pinned)
		str_addf(note, "%s %s-%s  ", spans[span->which].word,
			logs_moment(app, span->from_ms).text,
			is_far(app, span->from_ms) ? format_day_clock(span->to_ms, false).text
						   : format_clock(span->to_ms, false).text);
	else
		str_addf(note, "last %s  ", spans[span->which].word);
}
