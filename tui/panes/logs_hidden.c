/* SPDX-License-Identifier: MIT */
/*
 * How many lines each filter of the chain hides of those that the ones before it let through: the lines that pass one filter
 * less, without those that pass it too. The engine counts them, in a window for each; until it has, what the rows say is of what was read for them.
 */
#include "core/base/str.h"
#include "tui/panes/logs_view.h"

enum { FILTERS_COUNTED = WINDOW_CHAIN_LAST - WINDOW_CHAIN };

static enum window_id window_of(size_t filters)
{
	return (enum window_id)(WINDOW_CHAIN + filters);
}

static void ask(struct app *app, const struct logs_view *view, size_t filters)
{
	autostr struct str expression = STR_INIT;
	struct msg_win_open wish = {.columns = 1, .follow = true};
	wish.store = (char[]){"counts"};
	logs_wish_begin(app, &wish);
	logs_chain_join(&view->chain, filters, &expression);
	wish.filter = expression.text;
	parts_ask(app, window_of(filters), ALL_ENGINES, &wish);
	logs_wish_end(&wish);
}

/* A sum is of all the log: within a span it would say too much. */
void logs_hidden_fit(struct app *app, const struct logs_view *view, bool is_shown)
{
	size_t filters = logs_chain_active(&view->chain);
	bool is_counted = is_shown && filters >= 1 && filters <= FILTERS_COUNTED &&
			  logs_time_span_ms(view) == 0;
	for (size_t i = 0; i <= FILTERS_COUNTED; i++)
		if (is_counted && i <= filters)
			ask(app, view, i);
		else if (app->windows[window_of(i)].asked)
			parts_close(app, window_of(i));
}

static bool passing(const struct app *app, size_t filters, uint64_t *ret)
{
	const struct window *window = &app->windows[window_of(filters)];
	double lines = 0;
	if (!window->asked || !window->answered || !window->done || window->error[0])
		return false;
	for (size_t i = 0; i < window->points.series_count; i++)
		lines += window->points.series[i].last;
	*ret = (uint64_t)lines;
	return true;
}

bool logs_hidden(const struct app *app, size_t from, size_t to, uint64_t *ret)
{
	uint64_t before, behind;
	if (to > FILTERS_COUNTED || !passing(app, from, &before) || !passing(app, to, &behind))
		return false;
	*ret = before > behind ? before - behind : 0; /* one may be told sooner than the other */
	return true;
}
