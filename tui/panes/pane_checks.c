/* SPDX-License-Identifier: MIT */
/*
 * Checks: every health check. On top how many pass and which do not, below it all of them as a matrix of letters, then
 * one row each, the worst first, and at the bottom what there is to say of the one under the cursor. Reads the checks of
 * the model.
 */
#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "tui/panes/checks_view.h"
#include "tui/show.h"

enum {
	ABOUT_ROWS = 7,     /* with less there is no line about the one under the cursor */
	SPACIOUS_ROWS = 20, /* from here on a blank line stands between matrix and table */
};

enum column { SEVERITY, HOST, CHECK, BOT, STATUS, LATENCY, AGE, SINCE, WHY, URL };

static const struct table_column columns[] = {
	/* clang-format off */
	[SEVERITY] = {"S",     ALIGN_LEFT,   1,  1, 0, false},
	[HOST]     = {"HOST",  ALIGN_LEFT,   5,  8, 0, false, .many = true},
	[CHECK]    = {"CHECK", ALIGN_LEFT,  10, 24, 0, false},
	[BOT]      = {"BOT",   ALIGN_LEFT,  10, 16, 6, false},
	[STATUS]   = {"HTTP",  ALIGN_RIGHT,  4,  4, 1, false},
	[LATENCY]  = {"ms",    ALIGN_RIGHT,  4,  5, 2, false},
	[AGE]      = {"AGE",   ALIGN_RIGHT,  4,  4, 3, false},
	[SINCE]    = {"SINCE", ALIGN_RIGHT,  5,  5, 4, false},
	[WHY]      = {"WHY",   ALIGN_LEFT,  10, 24, 5, true},
	[URL]      = {"URL",   ALIGN_LEFT,  28, 40, TABLE_NICE, true},
	/* clang-format on */
};

static const struct filter_column fields[] = {
	[SEVERITY] = {"severity", FILTER_NUMBER},
	[HOST] = {"host", FILTER_TEXT},
	[CHECK] = {"check", FILTER_TEXT},
	[BOT] = {"bot", FILTER_TEXT},
	[STATUS] = {"http", FILTER_NUMBER},
	[LATENCY] = {"ms", FILTER_NUMBER},
	[AGE] = {"age", FILTER_DURATION},
	[SINCE] = {"since", FILTER_DURATION},
	[WHY] = {"why", FILTER_TEXT},
	[URL] = {"url", FILTER_TEXT},
};

/* ---- what is known of one ---- */

/* How long ago; NaN: never. */
static double ago(const struct app *app, const struct msg_check *check, int64_t at_ms)
{
	return at_ms ? (double)(app_now(app, check->id) - at_ms) : (double)NAN;
}

static void get(const struct app *app, const void *body, size_t column, struct filter_value *ret)
{
	const struct msg_check *check = body;
	bool old = check_is_old(app, check);
	const char *const texts[COUNT_OF(columns)] = {
		[CHECK] = check->name, [BOT] = check->bot, [WHY] = check->why, [URL] = check->url};
	const double figures[COUNT_OF(columns)] = {[SEVERITY] = (double)check_severity(app, check),
		[STATUS] = old || !check->status ? (double)NAN : (double)check->status,
		[LATENCY] = old ? (double)NAN : check->latency_ms,
		[AGE] = ago(app, check, check->at_ms),
		[SINCE] = ago(app, check, check->since_ms)};
	if (texts[column])
		list_text(ret, texts[column]);
	else
		list_number(ret, figures[column]);
}

static void say_why(struct cell_text *cell, const struct app *app, const struct msg_check *check)
{
	autostr struct str text = STR_INIT;
	check_add_why(app, check, &text);
	list_say(cell, check_role(app, check), "%s", text.text);
}

static void say_figure(struct cell_text *cell, bool known, struct shown figure)
{
	list_say(cell, known ? ROLE_TEXT : ROLE_STALE, "%s", known ? figure.text : "--");
}

static void say_ago(struct cell_text *cell, double ms, bool brief)
{
	bool known = !isnan(ms);
	int64_t whole = known && ms > 0 ? (int64_t)ms : 0;
	list_say(cell, known ? ROLE_DIM : ROLE_STALE, "%s",
		!known  ? "--"
		: brief ? format_age(whole).text
			: format_duration(whole).text);
}

static void own_cell(const struct list *list, size_t row, size_t column, struct cell_text *ret)
{
	const struct app *app = list->app;
	const struct msg_check *check = model_check(app_model(app), list_id(list, row));
	if (!check)
		return;
	bool old = check_is_old(app, check);
	switch ((enum column)column) {
	case SEVERITY:
		list_say(ret, check_role(app, check), "%c",
			severity_letter((unsigned)check_severity(app, check)));
		break;
	case HOST:
		break;
	case CHECK:
		list_say(ret, ROLE_STRONG, "%s", check->name);
		break;
	case BOT:
		list_say(ret, ROLE_DIM, "%s", check->bot);
		break;
	case STATUS:
		say_figure(ret, !old && check->status, format_count(check->status));
		break;
	case LATENCY:
		say_figure(ret, !old && !isnan(check->latency_ms), show_figure(check->latency_ms));
		break;
	case AGE:
		say_ago(ret, ago(app, check, check->at_ms), true);
		break;
	case SINCE:
		say_ago(ret, ago(app, check, check->since_ms), false);
		break;
	case WHY:
		say_why(ret, app, check);
		break;
	case URL:
		list_say(ret, ROLE_DIM, "%s", check->url);
		break;
	}
}

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret);

static const struct table_kind table = {
	.columns = columns, .count = COUNT_OF(columns), .cell = cell};

static const struct list_kind kind = {.kind = MSG_check,
	.pane = &pane_checks,
	.table = &table,
	.fields = fields,
	.host = HOST,
	.get = get,
	.compare = checks_compare,
	.empty = "no health check is configured"};

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret)
{
	list_cell(data, &kind, row, column, own_cell, ret);
}

/* ---- as a pane ---- */

static void release_view(void *data)
{
	struct checks_view *view = data;
	check_grid_release(&view->grid);
	list_release(data);
}

static bool has(const struct app *app, enum column column)
{
	size_t count;
	const struct msg_check *const *checks = model_checks(app_model(app), &count);
	for (size_t i = 0; i < count; i++)
		if (column == BOT ? checks[i]->bot[0] != '\0' &&
					    strcmp(checks[i]->bot, checks[i]->name) != 0
				  : check_severity(app, checks[i]) != SEVERITY_OK)
			return true;
	return false;
}

static void update(struct app *app, void *data)
{
	struct list *list = data;
	list_update(app, list, &kind);
	list->table.absent |= (uint64_t)!has(app, BOT) << BOT | (uint64_t)!has(app, WHY) << WHY;
}

static int wanted(const struct app *app, const void *data)
{
	const struct list *list = data;
	(void)app;
	size_t count = list->rows.shown.count + list->hidden;
	return count ? (int)count + 4 : 0;
}

static void fit(struct app *app, void *data, int rows, int width)
{
	struct checks_view *view = data;
	int rest = rows - 1; /* below the line of all */
	view->about_row = rows >= ABOUT_ROWS ? rows - 1 : 0;
	rest -= view->about_row > 0;
	checks_fit_matrix(app, view, rest, width);
	bool is_spacious = view->matrix_rows && rows >= SPACIOUS_ROWS;
	view->table_row = 1 + view->matrix_rows + is_spacious;
	view->table_rows = rest - view->matrix_rows - is_spacious;
	list_fit(app, &view->list, &kind, view->table_rows);
}

static void note(const struct app *app, const void *data, struct str *text)
{
	const struct list *list = data;
	(void)app;
	list_note(list, text);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct checks_view *view = data;
	struct canvas part =
		canvas_sub(canvas, (struct rect){1, 0, view->matrix_rows, canvas->columns});
	checks_draw_total(app, canvas);
	checks_draw_matrix(app, view, &part);
	part = canvas_sub(
		canvas, (struct rect){view->table_row, 0, view->table_rows, canvas->columns});
	list_draw(&view->list, &kind, &part);
	if (!view->about_row)
		return;
	part = canvas_sub(canvas, (struct rect){view->about_row, 0, 1, canvas->columns});
	checks_draw_about(app, model_check(app_model(app), view->list.rows.cursor), &part);
}

static void subject(const struct app *app, const void *data, struct subject *ret)
{
	const struct list *list = data;
	(void)app;
	if (list->rows.cursor)
		*ret = (struct subject){MSG_check, list->rows.cursor};
}

static void copy(const struct app *app, const void *data, struct str *to)
{
	const struct list *list = data;
	const struct msg_check *check = model_check(app_model(app), list->rows.cursor);
	if (check)
		str_addf(to, "%s %s%s%s (%s) since %s", check->name, check->state,
			check->why[0] ? ": " : "", check->why, check->url,
			format_rfc3339(check->since_ms).text);
}

static bool filter(struct app *app, void *data, const char *expression, struct err *err)
{
	return list_filter(app, data, &kind, expression, err);
}

/* To the bot that it tells of, as everywhere; one of no bot gets all the room. */
static bool open_row(struct app *app, void *data, struct err *err)
{
	const struct list *list = data;
	const struct msg_check *check = model_check(app_model(app), list->rows.cursor);
	struct rowset *bots = pane_bots.rows(app->view[PANE_bots]);
	enum pane_id pane = check && check->bot[0] ? PANE_detail : PANE_checks;
	if (pane == PANE_detail) {
		uint64_t bot = links_id(links_of(check->id), entity_id("bot", check->bot));
		long row = rowset_find(bots, bot);
		if (row == ROW_NONE)
			return err_set(err, ERR_NOT_FOUND, "'%s' is hidden by the filter of Bots",
				check->bot);
		rowset_move_to(bots, (size_t)row);
	}
	views_go(&app->views,
		(struct place){.focus = pane, .lower = pane, .zoom = ZOOM_FULL, .drilled = true});
	return true;
}

const struct pane pane_checks = {
	.name = "checks",
	.title = "Checks",
	.help = "every health check, as a matrix and one by one; Enter leads to its bot",
	.view_size = sizeof(struct checks_view),
	.release = release_view,
	.update = update,
	.wanted = wanted,
	.fit = fit,
	.note = note,
	.draw = draw,
	.move = list_move,
	.open = open_row,
	.subject = subject,
	.copy = copy,
	.rows = list_rows,
	.table = &table,
	.sort = list_sort,
	.sorted_by = list_sorted_by,
	.descends = list_descends,
	.filter = filter,
	.filtered_by = list_filtered_by,
	.escape = list_escape,
};
