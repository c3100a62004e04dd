/* SPDX-License-Identifier: MIT */
/* How many lines came behind the newest one since it is followed no longer: counted by the engine, so it is exact unless it says
 * "7+". */
#include <string.h>

#include "core/base/str.h"
#include "tui/panes/logs_view.h"

void logs_news_fit(struct app *app, struct logs_view *view)
{
	const struct window *window = logs_window(app);
	if (view->list.follow && window->count)
		logs_replace(&view->news_key, window->rows[window->count - 1].key);
	if (view->list.follow || !view->news_key[0]) {
		if (app->windows[WINDOW_NEWS].asked)
			parts_close(app, WINDOW_NEWS);
		return;
	}
	struct msg_win_open wish = {
		.filter = view->expression, .anchor = view->news_key, .columns = 1, .follow = true};
	wish.store = (char[]){"counts"};
	logs_wish_begin(app, &wish);
	parts_ask(app, WINDOW_NEWS, ALL_ENGINES, &wish);
	logs_wish_end(&wish);
}

double logs_news(const struct app *app)
{
	const struct window *news = &app->windows[WINDOW_NEWS];
	double lines = 0;
	for (size_t i = 0; i < news->points.series_count; i++)
		lines += news->points.series[i].last;
	return lines;
}

void logs_news_note(const struct app *app, const struct logs_view *view, enum logs_brevity brevity,
	struct str *note)
{
	const struct window *news = &app->windows[WINDOW_NEWS];
	double lines = logs_news(app);
	bool is_tiny = brevity == NOTE_TINY;
	if (view->list.follow) {
		str_adds(note, "follow");
		return;
	}
	bool is_exact = news->answered && news->done;
	if (lines > 0)
		str_addf(note, "%.0f%s new%s", lines, is_exact ? "" : "+", is_tiny ? "" : ", ");
	str_adds(note, !is_tiny ? "G follows" : lines > 0 ? "" : "stands");
}
