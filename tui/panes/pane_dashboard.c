/* SPDX-License-Identifier: MIT */
/*
 * Dashboards: panels of charts and figures, each with a window on what PromQL says. All of them share span, end and the time
 * that is read. Panels out of sight ask for nothing.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/conf/settings.h"
#include "tui/app.h"
#include "tui/panes/dashboard.h"
#include "tui/panes/dashboard_series.h"
#include "widgets/chart_scale.h"
#include "widgets/chart_time.h"
#include "widgets/frame.h"

enum {
	WANTED_ROWS = 20,
	PANEL_ROWS_MIN = 3,   /* of less than these nothing is shown */
	NOTE_COLUMNS = 60,    /* from which on it says which panel it is */
	HEADING_COLUMNS = 20, /* of the pane's own title */
	POINTS_MIN = 8,
	POINTS_MAX = 1000,
	FIGURE_POINTS = 30, /* of the course of a figure */
};

static struct dashboard_view *view_of(const struct app *app)
{
	return app->view[PANE_dashboard];
}

static void init(void *data)
{
	struct dashboard_view *view = data;
	dashboard_times_init(view);
	view->is_list = true;
}

static void release(void *data)
{
	struct dashboard_view *view = data;
	dashboards_free(view->all);
}

static void load(const struct app *app)
{
	struct dashboard_view *view = view_of(app);
	if (!view->all)
		view->all = dashboards_load(app->settings ? app->settings->path : NULL);
}

const struct dashboards *dashboard_all(const struct app *app)
{
	load(app);
	return view_of(app)->all;
}

static const struct dashboard *shown_of(const struct dashboard_view *view)
{
	return view->all && view->at < view->all->count ? view->all->list[view->at] : NULL;
}

/* ---- windows ---- */

static enum window_id window_of(size_t panel)
{
	return (enum window_id)(WINDOW_PANEL + panel % PANELS_SHOWN_MAX);
}

static void close_all(struct app *app)
{
	for (int id = WINDOW_PANEL; id <= WINDOW_PANEL_LAST; id++)
		if (app->windows[id].asked || app->windows[id].points.to_ms)
			parts_close(app, (enum window_id)id);
}

/* ---- asking ---- */

static bool is_in_sight(const struct dashboard_view *view, size_t panel)
{
	const struct rect *rect = &view->layout.panels[panel];
	if (view->is_zoomed)
		return panel == view->panel;
	int from = rect->row > view->top ? rect->row : view->top, end = view->top + view->rows;
	int behind = rect->row + rect->rows < end ? rect->row + rect->rows : end;
	return behind - from >= PANEL_ROWS_MIN;
}

/* The first of those in sight; not more of them than there are windows. */
static void sight_of(const struct dashboard_view *view, size_t *ret_first, size_t *ret_behind)
{
	size_t first = 0;
	while (first < view->layout.panel_count && !is_in_sight(view, first))
		first++;
	size_t behind = first;
	while (behind < view->layout.panel_count && behind - first < PANELS_SHOWN_MAX &&
		is_in_sight(view, behind))
		behind++;
	*ret_first = first;
	*ret_behind = behind;
}

static void set_times(const struct dashboard_view *view, const struct dashboard_panel *panel,
	int columns, struct msg_win_open *wish)
{
	int64_t span_ms = dashboard_span_ms(view);
	int points = 2 * columns; /* a line has two dots in a cell */
	points = points < POINTS_MIN ? POINTS_MIN : points > POINTS_MAX ? POINTS_MAX : points;
	wish->to_ms = view->to_ms;
	wish->from_ms = -span_ms;
	wish->columns = (uint64_t)points;
	wish->follow = !view->to_ms;
	/* Figures end now, not on the last step of the axis. */
	if (panel->kind >= PANEL_STAT) {
		wish->columns = FIGURE_POINTS;
		wish->step_ms = span_ms / FIGURE_POINTS;
	}
}

/* Shipped ones ask for what the engine itself measures, under its names; the others may be about anything. */
static bool asks_own(const struct dashboard_view *view, const struct dashboard *dashboard)
{
	bool is_shipped = !*dashboard->path;
	return is_shipped != view->is_other;
}

static void ask_panel(
	struct app *app, const struct dashboard *dashboard, size_t number, int columns)
{
	struct dashboard_view *view = view_of(app);
	const struct dashboard_panel *panel = dashboard_panel_at(dashboard, number);
	struct msg_win_open wish = {.store = (char[]){"query"}, .own = asks_own(view, dashboard)};
	char *more[DASHBOARD_QUERIES_MAX];
	set_times(view, panel, columns, &wish);
	wish.filter = dashboard_filled(app, dashboard, panel->queries[0].expr, true);
	for (size_t i = 1; i < panel->query_count; i++)
		more[wish.more_count++] =
			dashboard_filled(app, dashboard, panel->queries[i].expr, true);
	wish.more = more;
	const struct window *window = &app->windows[window_of(number)];
	/* What it holds is of another panel, or of another bot. */
	if (window->asked && window->wish.filter && strcmp(window->wish.filter, wish.filter) != 0)
		parts_close(app, window_of(number));
	parts_ask(app, window_of(number), dashboard_engines(app, dashboard), &wish);
	free(wish.filter);
	for (size_t i = 0; i < wish.more_count; i++)
		free(more[i]);
}

static void ask_shown(struct app *app, const struct dashboard *dashboard)
{
	struct dashboard_view *view = view_of(app);
	bool is_used[WINDOW_COUNT] = {false};
	size_t first, behind;
	sight_of(view, &first, &behind);
	for (size_t i = first; i < behind; i++) {
		int columns = view->is_zoomed ? view->columns : view->layout.panels[i].columns;
		ask_panel(app, dashboard, i, columns);
		is_used[window_of(i)] = true;
	}
	for (int id = WINDOW_PANEL; id <= WINDOW_PANEL_LAST; id++)
		if (!is_used[id] && app->windows[id].asked)
			parts_close(app, (enum window_id)id);
}

static void fit(struct app *app, void *data, int rows, int columns)
{
	struct dashboard_view *view = data;
	view->rows = rows;
	view->columns = columns;
	if (rows < 2) {
		close_all(app);
		return;
	}
	load(app);
	const struct dashboard *dashboard = shown_of(view);
	if (view->is_list || !dashboard || dashboard->error[0]) {
		close_all(app);
		return;
	}
	dashboard_layout(dashboard, rows, columns, &view->layout);
	if (view->panel >= dashboard->panel_count)
		view->panel = dashboard->panel_count - 1;
	view->top = dashboard_scroll(&view->layout, view->panel, view->top, rows);
	ask_shown(app, dashboard);
}

/* ---- drawing ---- */

static void draw_list(const struct app *app, const struct canvas *canvas)
{
	const struct dashboard_view *view = view_of(app);
	size_t room = canvas->rows > 0 ? (size_t)canvas->rows : 0;
	size_t top = view->row >= room ? view->row - room + 1 : 0;
	for (size_t at = top; at < view->all->count && at - top < room; at++) {
		const struct dashboard *dashboard = view->all->list[at];
		int row = (int)(at - top);
		bool is_here = at == view->row;
		enum role role = dashboard->error[0] ? ROLE_CRIT : ROLE_STRONG;
		autofree char *title = dashboard_filled(app, dashboard, dashboard->title, false);
		if (is_here) {
			canvas_surface(canvas, (struct rect){row, 0, 1, canvas->columns},
				SURFACE_SELECTED);
			canvas_glyph(canvas, row, 0, ROLE_SELECTED, GLYPH_CURSOR_ROW);
		}
		int column =
			canvas_field(canvas, row, 2, 12, ALIGN_LEFT, role, dashboard->name) + 1;
		column = canvas_field(canvas, row, column, 26, ALIGN_LEFT, ROLE_TEXT, title) + 1;
		canvas_text(canvas, row, column, ROLE_DIM,
			dashboard->path[0] ? dashboard->path : dashboard->help);
	}
}

static void draw_bad(const struct dashboard *dashboard, const struct canvas *canvas)
{
	const char *line = dashboard->error;
	for (int row = 0; *line && row < canvas->rows; row++) {
		size_t length = strcspn(line, "\n");
		canvas_textn(canvas, row, 1, row ? ROLE_TEXT : ROLE_CRIT, line, length);
		line += length + (line[length] == '\n');
	}
}

static void draw_panel(const struct app *app, const struct dashboard *dashboard, size_t number,
	const struct canvas *canvas)
{
	const struct dashboard_view *view = view_of(app);
	struct dashboard_panel panel =
		dashboard_panel_limited(app, dashboard_panel_at(dashboard, number));
	autofree char *title = dashboard_filled(app, dashboard, panel.title, false);
	struct panel_picture picture = {.panel = &panel,
		.window = &app->windows[window_of(number)],
		.title = title,
		.is_focused = number == view->panel && app_pane(app) == &pane_dashboard,
		.is_zoomed = view->is_zoomed,
		.cursor_ms = view->cursor_ms,
		.now_ms = view->to_ms ? view->to_ms : app->now_ms};
	dashboard_panel_draw(&picture, canvas);
}

static void draw_panels(
	const struct app *app, const struct dashboard *dashboard, const struct canvas *canvas)
{
	const struct dashboard_view *view = view_of(app);
	size_t first, behind;
	sight_of(view, &first, &behind);
	for (size_t i = first; i < behind; i++) {
		struct rect rect = view->layout.panels[i];
		rect.row -= view->top;
		struct canvas part = canvas_sub(canvas, rect);
		if (view->is_zoomed)
			part = *canvas;
		if (part.rows > 1)
			draw_panel(app, dashboard, i, &part);
	}
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct dashboard_view *view = data;
	const struct dashboard *dashboard = shown_of(view);
	if (!view->all || !dashboard)
		return;
	if (view->is_list)
		draw_list(app, canvas);
	else if (dashboard->error[0])
		draw_bad(dashboard, canvas);
	else
		draw_panels(app, dashboard, canvas);
}

static void note_times(const struct app *app, const struct dashboard_view *view, struct str *text)
{
	int64_t span_ms = dashboard_span_ms(view);
	(void)app;
	str_addf(text, "  %s", dashboard_span_word(view));
	if (view->cursor_ms)
		str_addf(text, "  at %s", chart_moment_text(view->cursor_ms, span_ms, false).text);
	if (view->to_ms)
		str_addf(
			text, "  stays at %s", chart_moment_text(view->to_ms, span_ms, false).text);
}

/* Who answers where it is not the engine itself. */
static const char *source_of(const struct app *app, const struct dashboard *dashboard)
{
	for (size_t i = 0; i < dashboard->panel_count; i++) {
		const struct window *window = &app->windows[window_of(i)];
		const char *source = window->points.source;
		if (window->asked && window->answered && source && source[0])
			return source;
	}
	return "";
}

static void note_of(const struct app *app, const struct dashboard *dashboard, const char *title,
	struct str *text)
{
	const struct dashboard_view *view = view_of(app);
	const char *source = source_of(app, dashboard);
	str_adds(text, title);
	if (*source && view->columns >= NOTE_COLUMNS)
		str_addf(text, "  from %s", source);
	if (dashboard->variable == VARIABLE_INSTANCE && view->value[0])
		str_addf(text, " %s", view->value);
	note_times(app, view, text);
	if (view->layout.rows > view->rows && !view->is_zoomed && view->columns >= NOTE_COLUMNS)
		str_addf(text, "  panel %zu/%zu", view->panel + 1, dashboard->panel_count);
	str_addf(text, "  %zu/%zu", view->at + 1, view->all->count);
}

/* By its title where there is room for that, else by its name. */
static void note(const struct app *app, const void *data, struct str *text)
{
	const struct dashboard_view *view = data;
	const struct dashboard *dashboard = shown_of(view);
	if (!view->all || !dashboard)
		return;
	if (view->is_list) {
		str_addf(text, "%zu/%zu", view->row + 1, view->all->count);
		return;
	}
	size_t before = text->length;
	autofree char *title = dashboard_filled(app, dashboard, dashboard->title, false);
	note_of(app, dashboard, title, text);
	if ((int)text_width(text->text, text->length) <= view->columns - HEADING_COLUMNS)
		return;
	str_truncate(text, before);
	note_of(app, dashboard, dashboard->name, text);
}

/* ---- keys ---- */

static size_t moved(size_t at, size_t count, enum table_move move)
{
	static const int steps[] = {[TABLE_UP] = -1,
		[TABLE_DOWN] = 1,
		[TABLE_PAGE_UP] = -4,
		[TABLE_PAGE_DOWN] = 4,
		[TABLE_HALF_UP] = -2,
		[TABLE_HALF_DOWN] = 2};
	if (move == TABLE_HOME || !count)
		return 0;
	if (move == TABLE_END)
		return count - 1;
	long next = (long)at + steps[move];
	return next < 0 ? 0 : (size_t)next >= count ? count - 1 : (size_t)next;
}

static void move_cursor(struct app *app, void *data, enum table_move move)
{
	struct dashboard_view *view = data;
	const struct dashboard *dashboard = shown_of(view);
	(void)app;
	if (!dashboard)
		return;
	if (view->is_list)
		view->row = moved(view->row, view->all->count, move);
	else
		view->panel = moved(view->panel, dashboard->panel_count, move);
}

static void show(struct app *app, size_t at)
{
	struct dashboard_view *view = view_of(app);
	if (at != view->at || view->is_list)
		close_all(app);
	if (at != view->at)
		view->panel = 0;
	view->at = view->row = at;
	view->top = 0;
	view->is_list = view->is_zoomed = false;
}

static bool open_row(struct app *app, void *data, struct err *err)
{
	struct dashboard_view *view = data;
	const struct dashboard *dashboard = shown_of(view);
	(void)err;
	if (view->is_list)
		show(app, view->row);
	else if (dashboard && dashboard->panel_count)
		view->is_zoomed = !view->is_zoomed;
	return true;
}

static bool escape(struct app *app, void *data)
{
	struct dashboard_view *view = data;
	(void)app;
	if (view->is_list)
		return false;
	if (view->is_zoomed)
		view->is_zoomed = false;
	else if (view->cursor_ms)
		view->cursor_ms = 0;
	else if (view->to_ms)
		view->to_ms = 0;
	else
		return false;
	return true;
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct dashboard_view *view = data;
	const struct dashboard *dashboard = shown_of(view);
	if (!dashboard || view->is_list || !dashboard->panel_count) {
		str_adds(to, dashboard ? view->all->list[view->row]->name : "");
		return;
	}
	const struct dashboard_panel *panel = dashboard_panel_at(dashboard, view->panel);
	autofree struct shown_list *shown = xcalloc(1, sizeof(*shown));
	shown_series_of(
		panel, &app->windows[window_of(view->panel)].points, view->cursor_ms, shown);
	autofree char *title = dashboard_filled(app, dashboard, panel->title, false);
	str_adds(to, title);
	for (size_t i = 0; i < shown->count; i++)
		str_addf(to, "%s %s %s", i ? "," : ":", shown->list[i].name,
			chart_value_text(chart_unit_named(panel->unit), shown->list[i].value).text);
}

/* ---- commands ---- */

static void go(struct app *app)
{
	struct place place = {.focus = PANE_dashboard,
		.lower = PANE_dashboard,
		.zoom = ZOOM_FULL,
		.drilled = true};
	if (views_now(&app->views)->focus != PANE_dashboard)
		views_go(&app->views, place);
}

static bool find(const struct dashboards *all, const char *name, size_t length, size_t *ret)
{
	for (size_t i = 0; i < all->count; i++) {
		*ret = i;
		if (strncmp(all->list[i]->name, name, length) == 0 && !all->list[i]->name[length])
			return true;
	}
	return false;
}

/* Typed again, the operator's files are read again. */
bool dashboard_choose(struct app *app, const char *args, struct err *err)
{
	struct dashboard_view *view = view_of(app);
	size_t length = strcspn(args, " "), at;
	const char *value = args + length + strspn(args + length, " ");
	dashboards_free(view->all);
	view->all = dashboards_load(app->settings ? app->settings->path : NULL);
	assert(view->all); /* of the shipped ones at least */
	if (!*args) {
		view->is_list = true;
		view->row = view->at < view->all->count ? view->at : 0;
		go(app);
		return true;
	}
	if (!find(view->all, args, length, &at))
		return err_set(err, ERR_NOT_FOUND, "no dashboard '%.*s'; Tab completes names",
			(int)length, args);
	if (*value && view->all->list[at]->variable == VARIABLE_BOT &&
		!app_find(app, MSG_bot, value, err))
		return false;
	copy_text(view->value, sizeof(view->value), value);
	show(app, at);
	go(app);
	return true;
}

static bool has_prometheus(const struct app *app)
{
	size_t count;
	const struct msg_source *const *sources = model_sources(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(sources[i]->kind, "prometheus") == 0)
			return true;
	return false;
}

bool dashboard_other(struct app *app, struct err *err)
{
	struct dashboard_view *view = view_of(app);
	if (!has_prometheus(app))
		return err_set(err, ERR_NOT_FOUND,
			"no Prometheus is configured (metrics: {prometheus: {url: ...}}): the "
			"engine's own store "
			"answers");
	view->is_other = !view->is_other;
	return true;
}

void dashboard_step(struct app *app, int step)
{
	struct dashboard_view *view = view_of(app);
	load(app);
	size_t count = view->all->count;
	show(app, (view->at + count + (size_t)step) % count);
}

/* ---- the rest ---- */

static void update(struct app *app, void *data)
{
	dashboard_times_update(app, data);
}

static int wanted(const struct app *app, const void *data)
{
	(void)app, (void)data;
	return WANTED_ROWS;
}

static void keep(const void *data, void (*put)(void *context, const char *name, const char *text),
	void *context)
{
	const struct dashboard_view *view = data;
	const struct dashboard *dashboard = shown_of(view);
	if (dashboard && !view->is_list)
		put(context, "dashboard", dashboard->name);
	if (view->has_span)
		put(context, "span", dashboard_span_word(view));
}

static void recall(struct app *app, const char *name, const char *text)
{
	struct dashboard_view *view = view_of(app);
	size_t at;
	if (!*name) {
		view->is_list = true;
		view->is_zoomed = false;
		dashboard_times_init(view);
	}
	if (strcmp(name, "span") == 0)
		dashboard_times_recall(view, text);
	if (strcmp(name, "dashboard") == 0 && find(dashboard_all(app), text, strlen(text), &at))
		show(app, at);
}

const struct pane pane_dashboard = {
	.name = "dashboard",
	.title = "Dashboards",
	.help = "panels of charts and figures, by dashboard; Enter gives one all the room",
	.view_size = sizeof(struct dashboard_view),
	.init = init,
	.release = release,
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
	.draw = draw,
	.move = move_cursor,
	.open = open_row,
	.escape = escape,
	.copy = copy,
	.keep = keep,
	.recall = recall,
};
