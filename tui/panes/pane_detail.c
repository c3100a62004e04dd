/* SPDX-License-Identifier: MIT */
/*
 * Detail: everything known of the bot under the cursor of Bots, and below it, where there is room,
 * the end of its log. Reads that bot, its operation, and a window on its events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/panes/facts.h"
#include "tui/panes/logs.h"
#include "tui/show.h"
#include "widgets/logview.h"

enum { LOG_MIN = 3, BRIEF_COLUMNS = 50 };

struct detail_view {
	uint64_t bot;
	struct facts facts;
	size_t top;
	int rows, log_rows;
};

static const struct msg_bot *bot_of(const struct app *app, const struct detail_view *view)
{
	return model_bot(app_model(app), view->bot);
}

static void update(struct app *app, void *data)
{
	struct detail_view *view = data;
	uint64_t bot = pane_bots.rows(app->view[PANE_bots])->cursor;
	bool moving = app_mono_ms(app) - app->key_mono_ms < APP_TRAIL_MS;
	app->trails =
		bot != view->bot && bot_of(app, view) && moving && app_pane(app) == &pane_bots;
	if (app->trails)
		bot = view->bot;
	if (bot != view->bot)
		view->top = 0;
	view->bot = bot;
	view->facts.count = 0;
	const struct msg_bot *found = bot_of(app, view);
	if (found)
		facts_of(app, found, &view->facts);
}

static int wanted(const struct app *app, const void *data)
{
	const struct detail_view *view = data;
	(void)app;
	return 1 + (int)view->facts.count + 1 + LOG_MIN;
}

static void ask_log(struct app *app, const struct detail_view *view)
{
	struct window *window = &app->windows[WINDOW_DETAIL];
	const struct msg_bot *bot = bot_of(app, view);
	if (view->log_rows <= 0 || !bot) {
		if (window->asked)
			parts_close(app, WINDOW_DETAIL);
		return;
	}
	/* Its own lines, and what botswain had to say of it. */
	autofree char *filter =
		xasprintf("bot=\"%s\" or (bot=botswain and \"%s\")", bot->name, bot->name);
	struct msg_win_open wish = {
		.filter = filter, .before = (uint64_t)view->log_rows, .follow = true};
	wish.store = (char[]){"events"};
	parts_ask(app, WINDOW_DETAIL, UINT32_C(1) << links_of(bot->id), &wish);
}

static void fit(struct app *app, void *data, int rows, int columns)
{
	struct detail_view *view = data;
	facts_fit(&view->facts, columns);
	int facts = (int)view->facts.count + 1;
	view->rows = rows;
	view->log_rows = rows - facts - 1 >= LOG_MIN ? rows - facts - 1 : 0;
	size_t last = rows > 0 && facts > rows ? (size_t)(facts - rows) : 0;
	if (view->top > last)
		view->top = last;
	ask_log(app, view);
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct detail_view *view = data;
	const struct rowset *rows = pane_bots.rows(app->view[PANE_bots]);
	const struct msg_bot *bot = bot_of(app, view);
	if (!bot)
		return;
	const char *host = app_host(app, bot->id);
	str_addf(text, "%s%s%s  %zu/%zu", host, host[0] ? "/" : "", bot->name, rows->cursor_row + 1,
		rows->shown.count);
}

/* Name, state and since when: what the eye must meet first. */
static void draw_headline(
	const struct app *app, const struct msg_bot *bot, const struct canvas *canvas)
{
	enum role role = severity_role(bot->severity);
	int column =
		canvas_printf(canvas, 0, 1, role, "%c ", severity_letter((unsigned)bot->severity));
	column = canvas_text(canvas, 0, column, ROLE_STRONG, bot->name);
	if (app_is_many(app))
		column = canvas_printf(
			canvas, 0, column + 1, ROLE_DIM, "on %s", app_host(app, bot->id));
	if (app_is_gone(app, bot->id))
		column = canvas_printf(canvas, 0, column + 2, role, "lost %s ago, was",
				 format_age(app->engines[links_of(bot->id)].silent_s * 1000).text) -
			 1;
	column = canvas_text(canvas, 0, column + 2, role, bot->state);
	if (bot->state_since_ms)
		canvas_printf(canvas, 0, column + 1, ROLE_DIM, "for %s",
			format_duration(app_now(app, bot->id) - bot->state_since_ms).text);
}

struct log_data {
	const struct app *app;
	const struct window *window;
	struct log_texts *texts; /* of the line being drawn */
};

static void show_row(const void *data, size_t index, struct log_row *ret)
{
	const struct log_data *it = data;
	log_row_show(it->app, &it->window->rows[index], false, it->texts, ret);
	ret->source = "";
}

static const struct logview_kind kind = {.row = show_row};

static void draw_log(const struct app *app, const struct canvas *canvas)
{
	const struct window *window = &app->windows[WINDOW_DETAIL];
	struct log_texts texts;
	struct log_data it = {app, window, &texts};
	struct logview list = {.count = window->count,
		.follow = true,
		.time_cells = canvas->columns >= BRIEF_COLUMNS ? 8 : 0,
		.empty = window->answered && window->done ? "no line of its log" : ""};
	if (window->answered)
		logview_fit(&list, &kind, &it, canvas);
	else
		list.count = 0;
	logview_draw(&list, &kind, &it, canvas);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct detail_view *view = data;
	const struct msg_bot *bot = bot_of(app, view);
	int row = 0;
	if (!bot) {
		canvas_text(canvas, 0, 1, ROLE_DIM, "no bot under the cursor");
		return;
	}
	if (view->top == 0) {
		draw_headline(app, bot, canvas);
		row++;
	}
	for (size_t i = view->top ? view->top - 1 : 0; i < view->facts.count && row < canvas->rows;
		i++) {
		fact_draw(&view->facts.list[i], canvas, row);
		row++;
	}
	if (view->log_rows <= 0)
		return;
	canvas_hline(canvas, row, 0, canvas->columns, ROLE_BORDER);
	canvas_text(canvas, row, 2, ROLE_NOTE, " its log ");
	struct canvas log = canvas_sub(
		canvas, (struct rect){row + 1, 0, canvas->rows - row - 1, canvas->columns});
	draw_log(app, &log);
}

static void move(struct app *app, void *data, enum table_move how)
{
	struct detail_view *view = data;
	struct table table = {.rows = view->facts.count + 1, .cursor = view->top};
	(void)app;
	table_move(&table, how, view->rows > 0 ? view->rows : 1);
	view->top = table.cursor;
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct detail_view *view = data;
	if (bot_of(app, view))
		*ret = (struct subject){MSG_bot, view->bot};
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct detail_view *view = data;
	const struct msg_bot *bot = bot_of(app, view);
	if (!bot)
		return;
	str_addf(to, "%s %s", bot->name, bot->state);
	for (size_t i = 0; i < view->facts.count; i++)
		str_addf(to, "%s%s%s%s", view->facts.list[i].continues ? "" : "; ",
			view->facts.list[i].label, view->facts.list[i].continues ? "" : " ",
			view->facts.list[i].text);
}

static bool open_detail(struct app *app, void *data, struct err *err)
{
	struct place place = {
		.focus = PANE_detail, .lower = PANE_detail, .zoom = ZOOM_FULL, .drilled = true};
	(void)data, (void)err;
	views_go(&app->views, place);
	return true;
}

const struct pane pane_detail = {
	.name = "detail",
	.title = "Detail",
	.help = "everything known of the bot under the cursor",
	.view_size = sizeof(struct detail_view),
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
	.draw = draw,
	.move = move,
	.open = open_detail,
	.subject = subject,
	.copy = copy,
};
