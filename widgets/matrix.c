/* SPDX-License-Identifier: MIT */
#include "widgets/matrix.h"

#include <limits.h>

/* LEFT: where the first band begins, below that of a table's first column. */
enum { LEFT = 2, GAP = 2, GROUP = 10 };

static int least(int a, int b)
{
	return a < b ? a : b;
}

static bool is_crossed(const struct matrix *matrix)
{
	return matrix->columns > 1;
}

static int name_cells(const struct matrix *matrix)
{
	return least(matrix->name_cells, MATRIX_NAME_MAX);
}

static int column_cells(const struct matrix *matrix)
{
	return least(matrix->heading_cells, MATRIX_HEADING_MAX) + 1;
}

/* A row, its name and the gap behind it. */
static int band_cells(const struct matrix *matrix)
{
	int cells = is_crossed(matrix) ? 1 + (int)matrix->columns * column_cells(matrix) : 2;
	return name_cells(matrix) + cells + GAP;
}

bool matrix_fits(const struct matrix *matrix, int width)
{
	return matrix->bare || LEFT + band_cells(matrix) - GAP <= width;
}

/* Letters of a bare line: a blank stands between two groups. */
static int bare_letters(int width)
{
	int room = width - LEFT;
	return room < 1 ? 1 : room - room / (GROUP + 1);
}

/* Rows that stand side by side. */
static size_t rows_a_line(const struct matrix *matrix, int width)
{
	int bands = matrix->bare ? bare_letters(width) : (width - LEFT + GAP) / band_cells(matrix);
	return bands > 1 ? (size_t)bands : 1;
}

static size_t cell_lines(const struct matrix *matrix, int width)
{
	size_t each = rows_a_line(matrix, width);
	return (matrix->rows + each - 1) / each;
}

int matrix_lines(const struct matrix *matrix, int width)
{
	size_t lines = cell_lines(matrix, width) + is_crossed(matrix);
	return matrix->rows == 0 ? 0 : lines > INT_MAX ? INT_MAX : (int)lines;
}

void matrix_fit(struct matrix *matrix, int width, int lines)
{
	size_t all = cell_lines(matrix, width), each = rows_a_line(matrix, width);
	size_t shown = lines - is_crossed(matrix) > 0 ? (size_t)(lines - is_crossed(matrix)) : 1;
	size_t line = matrix->cursor_row / each;
	if (matrix->cursor_row < matrix->rows && line < matrix->top)
		matrix->top = line;
	if (matrix->cursor_row < matrix->rows && line >= matrix->top + shown)
		matrix->top = line - shown + 1;
	if (all <= shown)
		matrix->top = 0;
	else if (matrix->top > all - shown)
		matrix->top = all - shown;
}

/* ---- drawing ---- */

struct place {
	int line, column;
};

static void draw_letter(const struct canvas *canvas, struct place at, struct matrix_cell cell)
{
	const char text[] = {cell.letter, '\0'};
	canvas_text(canvas, at.line, at.column, cell.role, text);
}

static void draw_bar(
	const struct matrix *matrix, const struct canvas *canvas, struct place at, int cells)
{
	canvas_surface(canvas, (struct rect){at.line, at.column, 1, cells},
		matrix->focused ? SURFACE_SELECTED : SURFACE_SELECTED_IDLE);
}

static void draw_name(const struct matrix_kind *kind, const struct matrix *matrix, const void *data,
	size_t row, const struct canvas *canvas, struct place at)
{
	enum role role = ROLE_TEXT;
	const char *name = kind->row_name(data, row, &role);
	canvas_field(canvas, at.line, at.column, name_cells(matrix), ALIGN_LEFT, role, name);
}

/* `. page-7`, or, bare, its letter. */
static void draw_single(const struct matrix_kind *kind, const struct matrix *matrix,
	const void *data, size_t row, const struct canvas *canvas, struct place at)
{
	struct matrix_cell cell = {' ', ROLE_TEXT};
	kind->cell(data, row, 0, &cell);
	draw_letter(canvas, at, cell);
	if (!matrix->bare)
		draw_name(kind, matrix, data, row, canvas, (struct place){at.line, at.column + 2});
	if (row == matrix->cursor_row)
		draw_bar(matrix, canvas, at, matrix->bare ? 1 : name_cells(matrix) + 2);
}

/* `orders  .  !  .` */
static void draw_crossed(const struct matrix_kind *kind, const struct matrix *matrix,
	const void *data, size_t row, const struct canvas *canvas, struct place at)
{
	draw_name(kind, matrix, data, row, canvas, at);
	if (row == matrix->cursor_row)
		draw_bar(matrix, canvas, at, name_cells(matrix));
	at.column += name_cells(matrix) + 1;
	for (size_t i = 0; i < matrix->columns; i++, at.column += column_cells(matrix)) {
		struct matrix_cell cell = {' ', ROLE_TEXT};
		kind->cell(data, row, i, &cell);
		draw_letter(canvas, at, cell);
		if (row == matrix->cursor_row && i == matrix->cursor_column)
			draw_bar(matrix, canvas, at, column_cells(matrix) - 1);
	}
}

/* Over each band that has a row. */
static void draw_headings(const struct matrix_kind *kind, const struct matrix *matrix,
	const void *data, size_t bands, const struct canvas *canvas)
{
	for (size_t band = 0; band < bands; band++) {
		int column = LEFT + (int)band * band_cells(matrix) + name_cells(matrix) + 1;
		for (size_t i = 0; i < matrix->columns; i++, column += column_cells(matrix))
			canvas_field(canvas, 0, column, column_cells(matrix) - 1, ALIGN_LEFT,
				ROLE_HEADER, kind->column_name(data, i));
	}
}

static int column_of(const struct matrix *matrix, size_t band)
{
	int at = (int)band;
	return LEFT + (matrix->bare ? at + at / GROUP : at * band_cells(matrix));
}

static void draw_row(const struct matrix_kind *kind, const struct matrix *matrix, const void *data,
	size_t row, const struct canvas *canvas, struct place at)
{
	if (is_crossed(matrix))
		draw_crossed(kind, matrix, data, row, canvas, at);
	else
		draw_single(kind, matrix, data, row, canvas, at);
}

void matrix_draw(const struct matrix_kind *kind, const struct matrix *matrix, const void *data,
	const struct canvas *canvas)
{
	size_t each = rows_a_line(matrix, canvas->columns), row = matrix->top * each;
	int line = is_crossed(matrix);
	if (is_crossed(matrix))
		draw_headings(
			kind, matrix, data, matrix->rows < each ? matrix->rows : each, canvas);
	for (; line < canvas->rows && row < matrix->rows; line++)
		for (size_t band = 0; band < each && row < matrix->rows; band++, row++)
			draw_row(kind, matrix, data, row, canvas,
				(struct place){line, column_of(matrix, band)});
}
