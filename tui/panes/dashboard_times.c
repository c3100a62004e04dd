/* SPDX-License-Identifier: MIT */
/* The times of dashboards: their span, where it ends, and the moment that is read. */
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"
#include "tui/panes/dashboard.h"

enum {
	SPAN_FIRST = 2,
	READ_STEPS = 60, /* of the time that is read, in a span */
};

static const struct {
	const char *word;
	int64_t ms;
} spans[] = {{"5m", 300000}, {"15m", 900000}, {"1h", 3600000}, {"6h", 21600000}, {"24h", 86400000},
	{"7d", 604800000}};

static struct dashboard_view *view_of(const struct app *app)
{
	return app->view[PANE_dashboard];
}

int64_t dashboard_span_ms(const struct dashboard_view *view)
{
	return spans[view->span].ms;
}

const char *dashboard_span_word(const struct dashboard_view *view)
{
	return spans[view->span].word;
}

void dashboard_times_init(struct dashboard_view *view)
{
	view->span = SPAN_FIRST;
	view->has_span = false;
}

void dashboard_times_recall(struct dashboard_view *view, const char *word)
{
	for (size_t i = 0; i < COUNT_OF(spans); i++) {
		if (strcmp(spans[i].word, word) != 0)
			continue;
		view->span = i;
		view->has_span = true;
	}
}

/* Since when metrics are kept, by the engine that has the most of them; 0: none says it. */
static int64_t oldest_ms(const struct app *app)
{
	int64_t oldest = 0;
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct msg_engine *engine = app_engine(app, i);
		int64_t its = engine ? engine->tsdb_oldest_ms : 0;
		oldest = its && (!oldest || its < oldest) ? its : oldest;
	}
	return oldest;
}

void dashboard_times_update(const struct app *app, struct dashboard_view *view)
{
	int64_t oldest = oldest_ms(app);
	if (view->has_span || view->to_ms)
		return;
	view->span = oldest && !app_is_past(app) ? 0 : SPAN_FIRST;
	while (view->span < SPAN_FIRST && app->now_ms - oldest > spans[view->span].ms)
		view->span++;
}

void dashboard_span(struct app *app, int step)
{
	struct dashboard_view *view = view_of(app);
	if (step < 0 ? view->span > 0 : view->span + 1 < COUNT_OF(spans))
		view->span += (size_t)step;
	view->has_span = true;
}

void dashboard_time(struct app *app, int step)
{
	struct dashboard_view *view = view_of(app);
	int64_t span_ms = spans[view->span].ms, step_ms = span_ms / READ_STEPS;
	int64_t to_ms = view->to_ms ? view->to_ms : app->now_ms, from_ms = to_ms - span_ms;
	int64_t at_ms = view->cursor_ms
				? view->cursor_ms + step * step_ms
				: (to_ms + (step < 0 ? step : 0) * step_ms) / step_ms * step_ms;
	view->cursor_ms = at_ms < from_ms ? from_ms : at_ms > to_ms ? to_ms : at_ms;
}

void dashboard_follow(struct app *app)
{
	struct dashboard_view *view = view_of(app);
	view->to_ms = view->to_ms ? 0 : app->now_ms;
	view->cursor_ms = view->to_ms ? view->cursor_ms : 0;
}
