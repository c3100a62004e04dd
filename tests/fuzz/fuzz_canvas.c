/* SPDX-License-Identifier: MIT */
/* Any bytes as text, anywhere: the grid stays whole, and no cell holds what a terminal would act upon. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/base/width.h"
#include "widgets/canvas.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cell(const struct cell *cell, enum glyph_set glyphs)
{
	size_t length = strnlen(cell->text, sizeof(cell->text));
	if (length == sizeof(cell->text) || (length == 0) != (cell->width == 0))
		abort();
	for (size_t at = 0; at < length;) {
		struct utf8_char next = utf8_next(cell->text + at, length - at);
		if (!next.valid || next.code < ' ' || (glyphs == GLYPHS_ASCII && next.code > '~'))
			abort();
		if (at == 0 && code_is_hidden(next.code))
			abort();
		at += next.size;
	}
}

static void check(const struct grid *grid)
{
	for (int row = 0; row < grid->rows; row++) {
		int cells = 0;
		for (int column = 0; column < grid->columns; column++) {
			check_cell(grid_cell(grid, row, column), grid->glyphs);
			cells += grid_cell(grid, row, column)->width;
		}
		if (cells != grid->columns)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	struct grid *grid = grid_new(4, 20, data[0] & 1 ? GLYPHS_ASCII : GLYPHS_FULL);
	struct canvas all = canvas_of(grid);
	struct canvas part = canvas_sub(&all, (struct rect){0, data[1] % 24 - 2, 3, data[2] % 24});
	const char *text = (const char *)data + 4;
	for (size_t at = 0, step; at < size - 4; at += step) {
		step = 1 + data[3] % 16;
		step = step < size - 4 - at ? step : size - 4 - at;
		canvas_textn(
			&part, (int)(at % 5) - 1, (int)(at % 23) - 2, ROLE_TEXT, text + at, step);
		check(grid);
	}
	grid_free(grid);
	return 0;
}
