/* SPDX-License-Identifier: MIT */
/* The matrix of the checks: one letter each. */
#include "core/base/str.h"
#include "tui/panes/checks_view.h"
#include "tui/show.h"

enum {
	TABLE_MIN = 4,   /* rows that the table keeps beside the matrix */
	MATRIX_ROWS = 6, /* with less there is no matrix */
};

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
	ret_cell->letter = gone ? '?' : severity_letter((unsigned)check_severity(it->app, check));
	ret_cell->role = check_role(it->app, check);
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
		if (check &&
			(!worst || check_severity(it->app, check) > check_severity(it->app, worst)))
			worst = check;
	}
	if (worst && check_severity(it->app, worst) != SEVERITY_OK)
		*ret_role = check_role(it->app, worst);
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

void checks_fit_matrix(struct app *app, struct checks_view *view, int rows, int width)
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
	view->matrix.focused = app_pane(app) == &pane_checks;
	int lines = matrix_lines(&view->matrix, width);
	view->matrix_rows = lines < room ? lines : room;
	matrix_fit(&view->matrix, width, view->matrix_rows);
}

void checks_draw_matrix(
	const struct app *app, const struct checks_view *view, const struct canvas *canvas)
{
	struct shown_matrix shown = {app, view};
	if (view->matrix_rows)
		matrix_draw(&matrix_kind, &view->matrix, &shown, canvas);
}
