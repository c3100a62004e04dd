/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "tests/support/golden.h"
#include "widgets/matrix.h"

/* Row 7 is not well in its second column, or, of one column, in that. */
static void cell(const void *data, size_t row, size_t column, struct matrix_cell *ret_cell)
{
	size_t columns = *(const size_t *)data;
	bool bad = row == 7 && column + 1 == (columns > 1 ? 2 : 1);
	*ret_cell = (struct matrix_cell){bad ? '!' : '.', bad ? ROLE_CRIT : ROLE_OK};
	if (columns > 1 && row == 2 && column == 2)
		ret_cell->letter = ' ';
}

static const char *row_name(const void *data, size_t row, enum role *ret_role)
{
	static char names[1000][16];
	(void)data;
	if (row == 7)
		*ret_role = ROLE_CRIT;
	snprintf(names[row], sizeof(names[row]), "page-%zu", row);
	return names[row];
}

static const char *column_name(const void *data, size_t column)
{
	static const char *const names[] = {"/healthz", "db", "cache"};
	(void)data;
	return names[column];
}

static const struct matrix_kind kind = {
	.cell = cell, .row_name = row_name, .column_name = column_name};

static struct grid *drawn(struct matrix *matrix, int rows, int width)
{
	struct grid *grid = grid_new(rows, width, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	matrix_fit(matrix, width, rows);
	matrix_draw(&kind, matrix, &matrix->columns, &canvas);
	return grid;
}

static struct matrix made(size_t rows, size_t columns, bool bare)
{
	return (struct matrix){.rows = rows,
		.columns = columns,
		.bare = bare,
		.name_cells = 7,
		.heading_cells = 8,
		.cursor_row = rows,
		.focused = true};
}

/* Where the letter stands on the grid; false: nowhere. */
static bool find(const struct grid *grid, char letter, int *ret_row, int *ret_column)
{
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++)
			if (grid_cell(grid, row, column)->text[0] == letter) {
				*ret_row = row;
				*ret_column = column;
				return true;
			}
	return false;
}

static void it_looks_as_it_did(void **state)
{
	(void)state;
	const struct {
		const char *name;
		size_t columns;
		bool bare;
	} looks[] = {{"widgets_matrix_crossed", 3, false}, {"widgets_matrix_named", 1, false},
		{"widgets_matrix_bare", 1, true}};
	for (size_t i = 0; i < COUNT_OF(looks); i++) {
		struct matrix matrix = made(25, looks[i].columns, looks[i].bare);
		matrix.cursor_row = 7;
		matrix.cursor_column = looks[i].columns > 1;
		struct grid *grid = drawn(&matrix, matrix_lines(&matrix, 80), 80);
		golden_check_grid(looks[i].name, grid);
		grid_free(grid);
	}
}

static void every_cell_is_drawn_in_the_lines_that_it_says_it_takes(void **state)
{
	(void)state;
	for (size_t form = 0; form < 3; form++)
		for (int width = 30; width < 170; width += 7) {
			struct matrix matrix = made(97, form == 0 ? 3 : 1, form == 2);
			int lines = matrix_lines(&matrix, width);
			struct grid *grid = drawn(&matrix, lines, width);
			size_t letters = 0;
			if (!matrix_fits(&matrix, width)) {
				grid_free(grid);
				continue;
			}
			for (int row = 0; row < lines; row++)
				for (int column = 0; column < width; column++) {
					char letter = grid_cell(grid, row, column)->text[0];
					letters += letter == '.' || letter == '!';
				}
			assert_int_equal(letters, form == 0 ? 97 * 3 - 1 : 97);
			grid_free(grid);
		}
}

static void the_cell_under_the_cursor_is_always_on_the_screen(void **state)
{
	(void)state;
	int row = 0, column = 0;
	for (size_t form = 0; form < 3; form++) {
		struct matrix matrix = made(900, form == 0 ? 3 : 1, form == 2);
		matrix.cursor_row = 7;
		matrix.cursor_column = form == 0;
		matrix.top = 70;
		struct grid *grid = drawn(&matrix, 4, 40);
		assert_true(find(grid, '!', &row, &column));
		assert_int_equal(grid_cell(grid, row, column)->surface, SURFACE_SELECTED);
		grid_free(grid);
		matrix.cursor_row = 899;
		grid = drawn(&matrix, 4, 40);
		assert_false(find(grid, '!', &row, &column));
		grid_free(grid);
	}
}

static void no_size_is_too_small(void **state)
{
	(void)state;
	for (int rows = 0; rows < 4; rows++)
		for (int width = 0; width < 12; width++)
			for (size_t form = 0; form < 3; form++) {
				struct matrix matrix = made(25, form == 0 ? 3 : 1, form == 2);
				struct grid *grid = grid_new(5, 14, GLYPHS_FULL);
				struct canvas whole = canvas_of(grid);
				struct canvas canvas =
					canvas_sub(&whole, (struct rect){1, 1, rows, width});
				matrix.cursor_row = 24;
				matrix_fit(&matrix, width, rows);
				matrix_draw(&kind, &matrix, &matrix.columns, &canvas);
				assert_string_equal(grid_cell(grid, 0, 0)->text, " ");
				assert_string_equal(grid_cell(grid, 4, 13)->text, " ");
				grid_free(grid);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_looks_as_it_did),
		cmocka_unit_test(every_cell_is_drawn_in_the_lines_that_it_says_it_takes),
		cmocka_unit_test(the_cell_under_the_cursor_is_always_on_the_screen),
		cmocka_unit_test(no_size_is_too_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
