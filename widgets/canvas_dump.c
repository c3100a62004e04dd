/* SPDX-License-Identifier: MIT */
/* The grid as text that can be compared and read: what is written, then what it means. */
#include <string.h>

#include "core/base/str.h"
#include "widgets/canvas.h"

static void cut_blanks(struct str *to, size_t start, char blank)
{
	while (to->length > start && to->text[to->length - 1] == blank)
		str_truncate(to, to->length - 1);
	str_addch(to, '\n');
}

void grid_dump_text(const struct grid *grid, struct str *to)
{
	for (int row = 0; row < grid->rows; row++) {
		size_t start = to->length;
		for (int column = 0; column < grid->columns; column++)
			str_adds(to, grid_cell(grid, row, column)->text);
		cut_blanks(to, start, ' ');
	}
}

static void dump_roles(const struct grid *grid, struct str *to, bool used[ROLE_COUNT])
{
	for (int row = 0; row < grid->rows; row++) {
		size_t start = to->length;
		for (int column = 0; column < grid->columns; column++) {
			enum role role = (enum role)grid_cell(grid, row, column)->role;
			used[role] = true;
			str_addch(to, role_info(role)->letter);
		}
		cut_blanks(to, start, role_info(ROLE_TEXT)->letter);
	}
}

/* Runs, one a line: "row 3: 0-79 selected". Attributes of a cell's own come the same way. */
static void dump_surfaces(const struct grid *grid, struct str *to)
{
	for (int row = 0; row < grid->rows; row++) {
		for (int column = 0, end; column < grid->columns; column = end) {
			enum surface surface = (enum surface)grid_cell(grid, row, column)->surface;
			for (end = column + 1; end < grid->columns; end++)
				if (grid_cell(grid, row, end)->surface != surface)
					break;
			if (surface != SURFACE_SCREEN)
				str_addf(to, "row %d: %d-%d %s\n", row, column, end - 1,
					role_info(surface_role(surface))->name);
		}
	}
}

void grid_dump(const struct grid *grid, struct str *to)
{
	bool used[ROLE_COUNT] = {false};
	str_addf(to, "== text %dx%d\n", grid->columns, grid->rows);
	grid_dump_text(grid, to);
	str_adds(to, "== roles\n");
	dump_roles(grid, to, used);
	str_adds(to, "== surfaces\n");
	dump_surfaces(grid, to);
	if (grid->cursor_row >= 0)
		str_addf(to, "== cursor %d %d\n", grid->cursor_row, grid->cursor_column);
	str_adds(to, "== legend\n");
	for (int role = 0; role < ROLE_COUNT; role++)
		if (used[role])
			str_addf(to, "%c %s\n", role_info((enum role)role)->letter,
				role_info((enum role)role)->name);
}
