/* SPDX-License-Identifier: MIT */
/*
 * Checks: every health check. On top how many pass and which do not, below it all of them as a matrix of letters, then
 * one row each, the worst first, and at the bottom what there is to say of the one under the cursor. Reads the checks of
 * the model.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tui/panes/checks.h"
#include "tui/panes/list.h"
#include "tui/show.h"
#include "widgets/matrix.h"

enum {
	SLACK_MS = 5000,    /* an answer may take so long before a look counts as missed */
	TABLE_MIN = 4,      /* rows that the table keeps beside the matrix */
	MATRIX_ROWS = 6,    /* with less there is no matrix */
	ABOUT_ROWS = 7,     /* with less there is no line about the one under the cursor */
	MORE_CELLS = 10,    /* room for how many are not named */
	WHY_CELLS = 12,     /* of a reason at least, or its check is not named; the first is */
	SPACIOUS_ROWS = 20, /* from here on a blank line stands between matrix and table */
};

struct checks_view {
	struct list list;
	struct check_grid grid;
	struct matrix matrix;
	bool crossed;
	int matrix_rows, table_row, table_rows, about_row; /* about_row 0: none */
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

static const struct pane *self(void)
{
	return &pane_checks;
}

/* ---- what is known of one ---- */

/* Nobody says that it is well now: it was not looked at, or its engine is gone. */
static bool is_old(const struct app *app, const struct msg_check *check)
{
	int64_t age_ms = app_now(app, check->id) - check->at_ms;
	return !check->at_ms || age_ms > 3 * check->interval_ms + SLACK_MS ||
	       app_is_gone(app, check->id);
}

static uint64_t severity_of(const struct app *app, const struct msg_check *check)
{
	bool is_unknown = check->severity == SEVERITY_OK && is_old(app, check);
	return is_unknown ? SEVERITY_UNKNOWN : check->severity;
}

static enum role role_of(const struct app *app, const struct msg_check *check)
{
	return app_is_gone(app, check->id) ? ROLE_STALE : severity_role(severity_of(app, check));
}

static int compare(const struct app *app, const void *left, const void *right)
{
	const struct msg_check *a = left, *b = right;
	uint64_t one = severity_of(app, a), two = severity_of(app, b);
	if (one != two)
		return one > two ? -1 : 1;
	int order = strverscmp(a->name, b->name);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* How long ago; NaN: never. */
static double ago(const struct app *app, const struct msg_check *check, int64_t at_ms)
{
	return at_ms ? (double)(app_now(app, check->id) - at_ms) : (double)NAN;
}

static void get(const struct app *app, const void *body, size_t column, struct filter_value *ret)
{
	const struct msg_check *check = body;
	bool old = is_old(app, check);
	const char *const texts[COUNT_OF(columns)] = {
		[CHECK] = check->name, [BOT] = check->bot, [WHY] = check->why, [URL] = check->url};
	const double figures[COUNT_OF(columns)] = {[SEVERITY] = (double)severity_of(app, check),
		[STATUS] = old || !check->status ? (double)NAN : (double)check->status,
		[LATENCY] = old ? (double)NAN : check->latency_ms,
		[AGE] = ago(app, check, check->at_ms),
		[SINCE] = ago(app, check, check->since_ms)};
	if (texts[column])
		list_text(ret, texts[column]);
	else
		list_number(ret, figures[column]);
}

/* The reason; of one of which nobody knows how it is now the state, and what it was before. */
static void add_why(const struct app *app, const struct msg_check *check, struct str *text)
{
	bool is_now = severity_of(app, check) >= SEVERITY_WARN && !is_old(app, check);
	if (severity_of(app, check) == SEVERITY_OK)
		return;
	if (is_now && check->why[0]) {
		shorten_error(text, check->why);
		return;
	}
	str_adds(text, is_old(app, check) && check->at_ms ? "stale" : check->state);
	if (check->why[0]) {
		str_adds(text, "; was ");
		shorten_error(text, check->why);
	}
}

static void say_why(struct cell_text *cell, const struct app *app, const struct msg_check *check)
{
	autostr struct str text = STR_INIT;
	add_why(app, check, &text);
	list_say(cell, role_of(app, check), "%s", text.text);
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
	bool old = is_old(app, check);
	switch ((enum column)column) {
	case SEVERITY:
		list_say(ret, role_of(app, check), "%c",
			severity_letter((unsigned)severity_of(app, check)));
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
	.compare = compare,
	.empty = "no health check is configured"};

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret)
{
	list_cell(data, &kind, row, column, own_cell, ret);
}

/* ---- the matrix ---- */

struct shown_matrix {
	const struct app *app;
	const struct checks_view *view;
};

static uint64_t id_at(const struct checks_view *view, size_t row, size_t column)
{
	return view->crossed ? view->grid.cells[row * view->grid.columns + column]
			     : view->grid.ids[row];
}

static void matrix_letter(const void *data, size_t row, size_t column, struct matrix_cell *ret_cell)
{
	const struct shown_matrix *it = data;
	const struct msg_check *check =
		model_check(app_model(it->app), id_at(it->view, row, column));
	if (!check)
		return;
	bool gone = app_is_gone(it->app, check->id);
	ret_cell->letter = gone ? '?' : severity_letter((unsigned)severity_of(it->app, check));
	ret_cell->role = role_of(it->app, check);
}

/* A name is as bad as the worst of its row. */
static const char *row_name(const void *data, size_t row, enum role *ret_role)
{
	const struct shown_matrix *it = data;
	const struct msg_check *worst = NULL;
	size_t columns_here = it->view->crossed ? it->view->grid.columns : 1;
	for (size_t i = 0; i < columns_here; i++) {
		const struct msg_check *check =
			model_check(app_model(it->app), id_at(it->view, row, i));
		if (check && (!worst || severity_of(it->app, check) > severity_of(it->app, worst)))
			worst = check;
	}
	if (worst && severity_of(it->app, worst) != SEVERITY_OK)
		*ret_role = role_of(it->app, worst);
	return it->view->crossed ? it->view->grid.row_names[row] : it->view->grid.names[row];
}

static const char *column_name(const void *data, size_t column)
{
	const struct shown_matrix *it = data;
	return it->view->grid.column_names[column];
}

static const struct matrix_kind matrix_kind = {
	.cell = matrix_letter, .row_name = row_name, .column_name = column_name};

/* Crossed where they are of that form, else by name, else letters alone: the first that fits. */
static void choose_form(struct checks_view *view, int rows, int width)
{
	const struct check_grid *grid = &view->grid;
	struct matrix *matrix = &view->matrix;
	*matrix = (struct matrix){.rows = grid->rows,
		.columns = grid->columns,
		.name_cells = grid->row_cells,
		.heading_cells = grid->column_cells,
		.top = matrix->top};
	view->crossed =
		grid->rows > 0 && matrix_fits(matrix, width) && matrix_lines(matrix, width) <= rows;
	if (view->crossed)
		return;
	matrix->rows = grid->count;
	matrix->columns = 1;
	matrix->name_cells = grid->name_cells;
	matrix->bare = !matrix_fits(matrix, width) || matrix_lines(matrix, width) > rows;
}

static void point_at(struct checks_view *view, uint64_t id)
{
	struct matrix *matrix = &view->matrix;
	matrix->cursor_row = matrix->rows;
	for (size_t row = 0; row < matrix->rows; row++)
		for (size_t column = 0; column < matrix->columns; column++)
			if (id_at(view, row, column) == id) {
				matrix->cursor_row = row;
				matrix->cursor_column = column;
			}
}

static const char *host_of(const void *context, uint64_t id)
{
	return app_host(context, id);
}

/* What the matrix may take of so many rows; at least half of them are the table's, if it needs them. */
static int matrix_room(const struct checks_view *view, int rows)
{
	int wish = (int)view->list.rows.shown.count + 1;
	int kept = wish < rows / 2 ? wish : rows / 2;
	return rows - (kept > TABLE_MIN ? kept : TABLE_MIN);
}

static void fit_matrix(struct app *app, struct checks_view *view, int rows, int width)
{
	size_t count;
	const struct msg_check *const *checks = model_checks(app_model(app), &count);
	view->matrix_rows = 0;
	if (rows < MATRIX_ROWS || count == 0)
		return;
	check_grid_make(&view->grid, checks, count, host_of, app);
	int room = matrix_room(view, rows);
	choose_form(view, room, width);
	point_at(view, view->list.rows.cursor);
	view->matrix.focused = app_pane(app) == self();
	int lines = matrix_lines(&view->matrix, width);
	view->matrix_rows = lines < room ? lines : room;
	matrix_fit(&view->matrix, width, view->matrix_rows);
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
				  : severity_of(app, checks[i]) != SEVERITY_OK)
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
	fit_matrix(app, view, rest, width);
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

struct totals {
	size_t passed, counted;
	uint64_t worst;
};

/* Those of bots that are not to run do not count. */
static struct totals total_of(const struct app *app)
{
	struct totals totals = {.worst = SEVERITY_OK};
	size_t count;
	const struct msg_check *const *checks = model_checks(app_model(app), &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t severity = severity_of(app, checks[i]);
		if (severity == SEVERITY_STOPPED)
			continue;
		totals.counted++;
		totals.passed += severity == SEVERITY_OK;
		totals.worst = severity > totals.worst ? severity : totals.worst;
	}
	return totals;
}

/* `! quiz connection refused`, cut before `end`; 0: it does not fit with `least` cells of its reason. */
static int draw_one(const struct app *app, const struct msg_check *check,
	const struct canvas *canvas, int column, int end, int least)
{
	autostr struct str why = STR_INIT, name = STR_INIT;
	const char *host = app_host(app, check->id);
	str_addf(&name, "%c %s%s%s", severity_letter((unsigned)severity_of(app, check)), host,
		host[0] ? "/" : "", check->name);
	add_why(app, check, &why);
	int left = end - column - (int)text_width(name.text, name.length) - 1;
	int cells = (int)text_width(why.text, why.length);
	if (left < cells && left < least)
		return 0;
	column = canvas_text(canvas, 0, column, role_of(app, check), name.text) + 1;
	return canvas_field(
		canvas, 0, column, cells < left ? cells : left, ALIGN_LEFT, ROLE_DIM, why.text);
}

static int compare_checks(const void *left, const void *right, void *app)
{
	return compare(app, *(const void *const *)left, *(const void *const *)right);
}

/* By name, the worst first, as far as there is room; the rest is counted. */
static void draw_failing(
	const struct app *app, const struct canvas *canvas, int column, size_t failing)
{
	size_t count, said = 0;
	const struct msg_check *const *checks = model_checks(app_model(app), &count);
	autofree const struct msg_check **sorted = xcalloc(count, sizeof(*sorted));
	memcpy(sorted, checks, count * sizeof(*sorted));
	qsort_r(sorted, count, sizeof(*sorted), compare_checks, (void *)(uintptr_t)app);
	for (; said < failing; said++) {
		int end = canvas->columns - (said + 1 < failing ? MORE_CELLS : 0);
		int next =
			draw_one(app, sorted[said], canvas, column + 2, end, said ? WHY_CELLS : 0);
		if (!next)
			break;
		column = next;
	}
	if (said < failing)
		canvas_printf(canvas, 0, column + 2, ROLE_DIM, "%zu more", failing - said);
}

static void draw_all(const struct app *app, const struct canvas *canvas)
{
	struct totals totals = total_of(app);
	if (!totals.counted)
		return;
	int column = canvas_printf(canvas, 0, 2, severity_role(totals.worst), "%zu/%zu",
		totals.passed, totals.counted);
	if (totals.passed == totals.counted)
		canvas_text(canvas, 0, column + 1, ROLE_DIM, "pass");
	else
		draw_failing(app, canvas, column, totals.counted - totals.passed);
}

/* Why, when it was last well, and where it is looked for. */
static void draw_about(
	const struct app *app, const struct msg_check *check, const struct canvas *canvas)
{
	autostr struct str why = STR_INIT, rest = STR_INIT;
	int column = 2;
	if (!check)
		return;
	add_why(app, check, &why);
	if (why.length)
		column = canvas_text(canvas, 0, column, role_of(app, check), why.text) + 2;
	if (severity_of(app, check) != SEVERITY_OK)
		str_addf(&rest, "%s%s  ", check->ok_ms ? "last well " : "never seen well",
			check->ok_ms ? format_rfc3339(check->ok_ms).text : "");
	str_addf(&rest, "%s, every %s", check->url, format_duration(check->interval_ms).text);
	canvas_field(canvas, 0, column, canvas->columns - column, ALIGN_LEFT, ROLE_DIM, rest.text);
}

static void draw(const struct app *app, const void *data, const struct canvas *canvas)
{
	const struct checks_view *view = data;
	struct shown_matrix shown = {app, view};
	struct canvas part =
		canvas_sub(canvas, (struct rect){1, 0, view->matrix_rows, canvas->columns});
	draw_all(app, canvas);
	if (view->matrix_rows)
		matrix_draw(&matrix_kind, &view->matrix, &shown, &part);
	part = canvas_sub(
		canvas, (struct rect){view->table_row, 0, view->table_rows, canvas->columns});
	list_draw(&view->list, &kind, &part);
	if (!view->about_row)
		return;
	part = canvas_sub(canvas, (struct rect){view->about_row, 0, 1, canvas->columns});
	draw_about(app, model_check(app_model(app), view->list.rows.cursor), &part);
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
