/* SPDX-License-Identifier: MIT */
/*
 * Bots: the fleet, worst first. Reads the bots of the model. The cursor follows its bot, marks and
 * the range are bots, rows keep their places under a key, a dialog or a range. When they do not all
 * fit, the healthy ones at the end are folded into one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/panes/bots.h"
#include "tui/show.h"

static void init(void *data)
{
	struct bots_view *view = data;
	view->sort = -1;
	view->course = xcalloc(BOTS_COURSE_MAX, sizeof(*view->course));
	view->expression = xstrdup("");
}

static void release(void *data)
{
	struct bots_view *view = data;
	rowset_release(&view->rows);
	filter_free(view->filter);
	free(view->expression);
	free(view->course);
	bots_figures_release(view);
}

static bool exists(const void *context, uint64_t id)
{
	return model_bot(context, id) != NULL;
}

/* A marked bot is never folded away. */
static size_t healthy_at_end(const struct bots_view *view)
{
	const struct id_list *shown = &view->rows.shown;
	size_t healthy = 0;
	while (healthy < shown->count) {
		uint64_t id = shown->ids[shown->count - 1 - healthy];
		const struct msg_bot *bot = model_bot(app_model(view->app), id);
		if (!bot || app_severity(view->app, bot) != SEVERITY_OK ||
			rowset_marked(&view->rows, id))
			break;
		healthy++;
	}
	return healthy;
}

static void update(struct app *app, void *data)
{
	struct bots_view *view = data;
	CLEANUP(id_list_release) struct id_list wanted = {0};
	view->app = app;
	rowset_forget(&view->rows, exists, app_model(app));
	bots_order(view, &wanted);
	rowset_update(&view->rows, wanted.ids, wanted.count, app_holds_rows(app));
	view->healthy = view->sort < 0 ? healthy_at_end(view) : 0;
	view->table.absent = bots_absent(app);
	view->table.kept = (uint64_t)app_is_many(app) << BOTS_HOST;
}

static int wanted(const struct app *app, const void *data)
{
	const struct bots_view *view = data;
	(void)app;
	return (int)(view->rows.shown.count + view->hidden) + 1; /* a filter moves no pane */
}

/* The table has all rows, or as many as fit above the line that stands for the folded ones; the row
 * under the cursor is never folded. */
static void fold(struct bots_view *view)
{
	size_t count = view->rows.shown.count, page = (size_t)view->page;
	size_t rows = count - view->healthy;
	view->table.fold = NULL;
	view->table.rows = count;
	if (view->unfolded || count <= page || view->healthy == 0)
		return;
	if (rows + 1 < page)
		rows = page - 1;
	if (rows < view->rows.cursor_row + 1)
		rows = view->rows.cursor_row + 1;
	if (rows >= count)
		return;
	snprintf(view->fold, sizeof(view->fold), "%c %zu more ok (Enter unfolds)",
		severity_letter(SEVERITY_OK), count - rows);
	view->table.fold = view->fold;
	view->table.rows = rows;
}

static void count_unseen(struct bots_view *view)
{
	const struct id_list *shown = &view->rows.shown;
	view->unseen = (struct unseen){.crit = {0}};
	for (size_t row = 0; row < shown->count; row++) {
		const struct msg_bot *bot = model_bot(app_model(view->app), shown->ids[row]);
		if (bot)
			unseen_count(&view->unseen, &view->table, view->page, row,
				app_severity(view->app, bot));
	}
}

static void fit(struct app *app, void *data, int rows, int columns)
{
	struct bots_view *view = data;
	struct table_layout layout;
	bool on_fold = table_on_fold(&view->table);
	view->page = table_page(rows);
	fold(view);
	view->table.focused = app_pane(app) == &pane_bots;
	view->table.sort = view->sort;
	view->table.descending = view->descending;
	view->table.empty = view->hidden ? "no bot fits the filter; Esc clears it" : "no bot yet";
	view->table.cursor = on_fold && view->table.fold ? view->table.rows : view->rows.cursor_row;
	table_fit(&view->table, view->page);
	count_unseen(view);
	table_layout(&bots_table, &view->table, columns, &layout);
	view->names_host = app_is_many(app) && layout.column[BOTS_HOST] < 0;
	view->why_cells = layout.width[BOTS_WHY];
	view->spark_cells = layout.column[BOTS_SPARK] < 0 ? 0 : layout.width[BOTS_SPARK];
	bots_figures_turn(app, view, rows, columns);
}

bool bots_hide_crit(const void *data)
{
	const struct bots_view *view = data;
	return view->unseen.crit[0] || view->unseen.crit[1];
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct bots_view *view = data;
	char position[32];
	if (view->rows.order_changed)
		app_say_held(app, text);
	if (view->rows.range_from)
		str_adds(text, "RANGE  ");
	if (view->rows.marks.count)
		str_addf(text, "%zu marked  ", view->rows.marks.count);
	if (view->expression[0])
		str_addf(text, "/%s  %zu hidden  ", view->expression, view->hidden);
	unseen_say(&view->unseen, text);
	table_position(&view->table, view->page, position, sizeof(position));
	if (position[0])
		str_adds(text, position);
	else
		str_addf(text, "%zu", view->rows.shown.count);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct bots_view *view = data;
	(void)app;
	table_draw(&bots_table, &view->table, view, canvas);
}

static void move(struct app *app, void *data, enum table_move how)
{
	struct bots_view *view = data;
	(void)app;
	table_move(&view->table, how, view->page);
	if (!table_on_fold(&view->table))
		rowset_move_to(&view->rows, view->table.cursor);
}

static bool open_row(struct app *app, void *data, struct err *err)
{
	struct bots_view *view = data;
	(void)err;
	if (table_on_fold(&view->table)) {
		view->unfolded = true;
		rowset_move_to(&view->rows, view->table.rows);
		return true;
	}
	struct place place = {
		.focus = PANE_detail, .lower = PANE_detail, .zoom = ZOOM_FULL, .drilled = true};
	views_go(&app->views, place);
	return true;
}

static bool set_filter(struct app *app, void *data, const char *expression, struct err *err)
{
	struct bots_view *view = data;
	struct filter *filter = NULL;
	if (expression[0] && !(filter = bots_filter(app, expression, err)))
		return false;
	filter_free(view->filter);
	view->filter = filter;
	free(view->expression);
	view->expression = xstrdup(expression);
	return true;
}

static const char *filtered_by(const void *data)
{
	return ((const struct bots_view *)data)->expression;
}

static bool escape(struct app *app, void *data)
{
	struct bots_view *view = data;
	struct err ignored;
	if (view->rows.range_from) {
		view->rows.range_from = 0;
		return true;
	}
	if (view->expression[0]) {
		view->rows.adopt = true;
		return set_filter(app, data, "", &ignored);
	}
	bool was_unfolded = view->unfolded;
	view->unfolded = false;
	return was_unfolded;
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct bots_view *view = data;
	(void)app;
	if (view->rows.cursor)
		*ret = (struct subject){MSG_bot, view->rows.cursor};
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct bots_view *view = data;
	const struct msg_bot *bot = model_bot(app_model(app), view->rows.cursor);
	char why[256], age[16];
	if (!bot)
		return;
	bot_why(bot, why, sizeof(why));
	bot_why_age(bot, app_now(app, bot->id), age, sizeof(age));
	str_addf(to, "%s %s%s%s%s%s", bot->name, bot->state, why[0] ? " " : "", why,
		age[0] ? " " : "", age);
}

static struct rowset *rows(void *data)
{
	return &((struct bots_view *)data)->rows;
}

/* Figures begin with the largest, words with A; S is the order by severity. */
static void sort(void *data, int column)
{
	struct bots_view *view = data;
	bool words = column == BOTS_NAME || column == BOTS_HOST || column == BOTS_WHY;
	view->descending = column == view->sort ? !view->descending : !words;
	view->sort = column <= BOTS_S ? -1 : column;
	if (view->sort < 0)
		view->descending = false;
}

static int sorted_by(const void *data)
{
	return ((const struct bots_view *)data)->sort;
}

static bool descends(const void *data)
{
	return ((const struct bots_view *)data)->descending;
}

static const char figure_key[] = "figure.";

static void keep_figure(const struct figure *figure,
	void (*put)(void *context, const char *name, const char *text), void *context)
{
	if (!figure->changed ||
		redact_has_candidate(NULL, figure->changed, strlen(figure->changed)))
		return;
	autofree char *name = xasprintf("%s%s", figure_key, figure->name);
	put(context, name, figure->changed);
}

/* Whoever wrote it: it stands in lines on the screen. */
static void recall_figure(struct app *app, const char *name, const char *text)
{
	struct figure *figure = figures_find(app->figures, name);
	autostr struct str safe = STR_INIT;
	sanitize(&safe, text, strlen(text));
	if (figure && safe.length <= FIGURE_QUERY_MAX && strcmp(safe.text, text) == 0)
		figure_change(figure, text);
}

static void keep(const void *data, void (*put)(void *context, const char *name, const char *text),
	void *context)
{
	const struct bots_view *view = data;
	if (view->unfolded)
		put(context, "unfolded", "yes");
	for (size_t i = 0; view->app && i < view->app->figures->count; i++)
		keep_figure(&view->app->figures->list[i], put, context);
}

static void recall(struct app *app, const char *name, const char *text)
{
	struct bots_view *view = app->view[PANE_bots];
	if (!*name || strcmp(name, "unfolded") == 0)
		view->unfolded = strcmp(text, "yes") == 0;
	for (size_t i = 0; !*name && i < app->figures->count; i++)
		figure_change(&app->figures->list[i], NULL);
	if (strncmp(name, figure_key, sizeof(figure_key) - 1) == 0)
		recall_figure(app, name + sizeof(figure_key) - 1, text);
}

const struct pane pane_bots = {
	.name = "bots",
	.title = "Bots",
	.help = "the fleet, worst first, with the reason",
	.view_size = sizeof(struct bots_view),
	.init = init,
	.release = release,
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
	.draw = draw,
	.move = move,
	.open = open_row,
	.escape = escape,
	.subject = subject,
	.copy = copy,
	.rows = rows,
	.table = &bots_table,
	.sort = sort,
	.sorted_by = sorted_by,
	.descends = descends,
	.keep = keep,
	.recall = recall,
	.filter = set_filter,
	.filtered_by = filtered_by,
};
