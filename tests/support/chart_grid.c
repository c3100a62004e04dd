/* SPDX-License-Identifier: MIT */
#include "tests/support/chart_grid.h"

#include <string.h>

#include "core/base/str.h"

struct chart chart_of(const struct chart_series *series, size_t count)
{
	return (struct chart){.series = series, .count = count, .from_ms = 0, .to_ms = 60 * MINUTE};
}

struct grid *chart_drawn(const struct chart *chart, int rows, int columns, enum glyph_set set)
{
	struct grid *grid = grid_new(rows, columns, set);
	struct canvas canvas = canvas_of(grid);
	(void)chart_draw(&canvas, chart);
	return grid;
}

bool row_has(const struct grid *grid, int row, const char *text)
{
	autostr struct str line = STR_INIT;
	for (int column = 0; column < grid->columns; column++)
		str_adds(&line, grid_cell(grid, row, column)->text);
	return strstr(line.text, text) != NULL;
}

bool grid_has(const struct grid *grid, const char *text)
{
	for (int row = 0; row < grid->rows; row++)
		if (row_has(grid, row, text))
			return true;
	return false;
}

size_t cells_of_role(const struct grid *grid, enum role role)
{
	size_t count = 0;
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++)
			count += strcmp(grid_cell(grid, row, column)->text, " ") != 0 &&
				 grid_cell(grid, row, column)->role == (uint8_t)role;
	return count;
}
