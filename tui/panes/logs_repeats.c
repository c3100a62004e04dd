/* SPDX-License-Identifier: MIT */
/* Repeats in the Logs pane: the cursor moves over them as one, and the window holds so much that the pane is full. */
#include "core/base/err.h"
#include "tui/app.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"

enum { WIDEN_MAX = 64, PAGES_LEAST = 2, PAGES_MOST = 6 };

static bool is_marked(const void *context, const struct msg_row *row)
{
	const struct app *app = context;
	const struct logs_view *view = app->view[PANE_logs];
	return view->marks.count && logs_marks_of(app, &view->marks, row);
}

/* The rows that the window has by now. */
void logs_repeats_look(struct app *app)
{
	struct logs_view *view = logs_view(app);
	const struct window *window = logs_window(app);
	const struct fold_apart marked = {is_marked, app, view->marks.count};
	(void)fold_look(view->fold, window, &marked);
	view->list.count = window->count;
	view->list.hidden = fold_hidden(view->fold);
}

/* Where the cursor was led to is shown; where it was folded away it is on the line that stands for it. */
void logs_repeats_settle(struct app *app, bool is_led)
{
	struct logs_view *view = logs_view(app);
	logs_repeats_look(app);
	if (is_led)
		fold_reveal(view->fold, view->list.cursor);
	logs_repeats_look(app);
	view->list.cursor = fold_shown_for(view->fold, view->list.cursor);
}

/* As many rows are held as make some pages without those that are folded away. */
void logs_repeats_widen(struct logs_view *view, const struct window *window)
{
	size_t page = view->rows > 0 ? (size_t)view->rows : 1, seen = fold_seen(view->fold);
	if (view->widen < 1)
		view->widen = 1;
	if (!window->answered || !window->done || view->change != window->change)
		return;
	bool more = window->more_before || (window->more_after && !view->list.follow);
	if (seen < PAGES_LEAST * page && more && window->count < WINDOW_ROWS_MAX &&
		view->widen < WIDEN_MAX)
		view->widen *= 2;
	else if (seen > PAGES_MOST * page && view->widen > 1)
		view->widen /= 2;
}

uint64_t logs_repeats_rows(const struct logs_view *view)
{
	int most = view->list.follow ? WINDOW_ROWS_MAX : WINDOW_ROWS_MAX / 2;
	int wanted = view->rows * (view->widen > 1 ? view->widen : 1);
	return (uint64_t)(wanted < most ? wanted : most);
}

/* The cursor stood still on repeats, at an end of what is held: more than the window holds are passed step by step. */
void logs_repeats_step(struct app *app, int direction)
{
	struct logs_view *view = logs_view(app);
	const struct window *window = logs_window(app);
	if (!window->count || !fold_is_most(view->fold, view->list.cursor))
		return;
	if (direction < 0 && window->more_before)
		logs_replace(&view->anchor, window->rows[0].key);
	else if (direction > 0 && window->more_after)
		logs_replace(&view->anchor, window->rows[window->count - 1].key);
}

bool logs_repeats_toggle(struct app *app, struct err *err)
{
	struct logs_view *view = logs_view(app);
	logs_repeats_look(app);
	if (!fold_toggle(view->fold, view->list.cursor))
		return err_set(err, ERR_NOT_FOUND, "this line is not repeated by those next to it");
	logs_stand_still(app);
	logs_repeats_settle(app, false);
	return true;
}

bool logs_repeats_mode(struct app *app, const char *word, struct err *err)
{
	struct logs_view *view = logs_view(app);
	enum fold_mode mode = (enum fold_mode)((fold_mode(view->fold) + 1) % FOLD_MODES);
	static const char *const said[FOLD_MODES] = {
		[FOLD_ERRORS] = "repeated errors and warnings stand as one line; x expands",
		[FOLD_ALL] = "all repeated lines stand as one line; x expands",
		[FOLD_OFF] = "every line stands for itself"};
	if (word[0] && !fold_read(word, &mode, err))
		return false;
	fold_set_mode(view->fold, mode);
	logs_repeats_settle(app, false);
	app_toast(app, false, "%s", said[mode]);
	return true;
}
