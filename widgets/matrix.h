/* SPDX-License-Identifier: MIT */
/*
 * A matrix of states: a letter a cell, so that hundreds are seen at once. With several columns each row has its name
 * and each column a heading, in as many bands side by side as there is room for; with one column the letter stands
 * before the name; `bare`, it stands alone, ten to a group, and rows have no names. Positions depend on the number
 * of cells and the size alone, never on their states: the eye learns them. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_MATRIX_H
#define BOTSWAIN_WIDGETS_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include "widgets/canvas.h"

enum { MATRIX_NAME_MAX = 24, MATRIX_HEADING_MAX = 12 };

struct matrix_cell {
	char letter; /* ' ': nothing is there */
	enum role role;
};

struct matrix_kind {
	void (*cell)(const void *data, size_t row, size_t column, struct matrix_cell *ret_cell);
	/* Sanitised, borrowed. */
	const char *(*row_name)(const void *data, size_t row, enum role *ret_role);
	const char *(*column_name)(const void *data, size_t column); /* with several columns only */
};

struct matrix {
	size_t rows, columns; /* of cells; `bare` has one column */
	bool bare;
	int name_cells, heading_cells;    /* of the widest row's name, of the widest heading */
	size_t cursor_row, cursor_column; /* the cell under the cursor; row `rows`: none */
	bool focused;
	size_t top; /* first line of cells on screen */
};

/* Lines in `width` cells, with the headings. */
int matrix_lines(const struct matrix *matrix, int width);
/* A row of it fits into `width` cells. */
bool matrix_fits(const struct matrix *matrix, int width);
/* Scrolls so that the cell under the cursor is on screen, of `lines` lines. */
void matrix_fit(struct matrix *matrix, int width, int lines);
void matrix_draw(const struct matrix_kind *kind, const struct matrix *matrix, const void *data,
	const struct canvas *canvas);

#endif
