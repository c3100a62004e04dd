/* SPDX-License-Identifier: MIT */
/*
 * What panes and widgets draw on: a grid of cells, each holding one cluster of text, a role and a
 * surface. A canvas is a window on the grid: drawing is clipped to it, (0, 0) is its corner, and
 * canvas_sub() makes a smaller one. No colour and no terminal is known here; a back end in tui/
 * turns the grid into bytes, canvas_dump() into text.
 *
 * Text must have passed sanitize() (core/base/sanitize.h). What has not is not drawn as it is:
 * bytes that are not UTF-8, and hidden characters, become U+FFFD, so that a mistake can't reach the
 * terminal.
 *
 * Screen thread only. Positions and sizes are in cells; anything may lie outside and is then cut.
 */
#ifndef BOTSWAIN_WIDGETS_CANVAS_H
#define BOTSWAIN_WIDGETS_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "themes/theme.h"

struct str;

enum {
	CELL_TEXT_MAX = 24, /* bytes of a cluster, with its NUL */
	CANVAS_SIDE_MAX =
		1000 /* rows and columns that are drawn; a larger terminal keeps a margin */
};

struct cell {
	char text[CELL_TEXT_MAX]; /* padded with NUL; "" is the right half of a wide cluster */
	uint8_t width;            /* 1 or 2; 0 for a right half */
	uint8_t role, surface;    /* enum role, enum surface */
	uint8_t attrs;            /* STYLE_*, added to the role's */
};

enum glyph_set { GLYPHS_FULL, GLYPHS_PLAIN, GLYPHS_ASCII };

enum glyph {
#define GLYPH(id, full, plain, ascii) GLYPH_##id,
#include "widgets/glyphs.def"
#undef GLYPH
	GLYPH_COUNT
};

enum align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTRE };

struct rect {
	int row, column, rows, columns;
};

/* The cells themselves; made by grid_new(), seen through canvases. */
struct grid {
	struct cell *cells; /* rows * columns, row by row */
	int rows, columns;
	int cursor_row, cursor_column; /* where the terminal's cursor stands; row -1: hidden */
	enum glyph_set glyphs;
};

/* A window on a grid; passed and copied by value, valid until the grid is resized or freed. */
struct canvas {
	struct grid *grid;
	int row, column; /* of the corner, in the grid */
	int rows, columns;
};

struct grid *grid_new(int rows, int columns, enum glyph_set glyphs) MUST_CHECK;
void grid_free(struct grid *grid);
/* Changes the size and blanks everything; canvases made before are void. */
void grid_resize(struct grid *grid, int rows, int columns);
/* Blanks all cells and hides the cursor. */
void grid_clear(struct grid *grid);
/* Makes `to` equal to `from` (sizes too). */
void grid_copy(struct grid *to, const struct grid *from);
/* Cells of a row that differ; the grids have one size. */
size_t grid_row_changes(const struct grid *a, const struct grid *b, int row);
/* In a row that differs: from its first cell that does to behind the last; wide clusters of `b` are taken whole. */
void grid_row_span(const struct grid *a, const struct grid *b, int row, int *ret_from, int *ret_to);
void grid_copy_row(struct grid *to, const struct grid *from, int row);
static inline const struct cell *grid_cell(const struct grid *grid, int row, int column)
{
	return &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
}

/* The whole grid as a canvas. */
struct canvas canvas_of(struct grid *grid);
/* The part of `canvas` that `rect` covers, cut to it; may be empty (rows or columns 0). */
struct canvas canvas_sub(const struct canvas *canvas, struct rect rect);
static inline struct rect canvas_rect(const struct canvas *canvas)
{
	return (struct rect){0, 0, canvas->rows, canvas->columns};
}

/* Draws `text` at a place; returns the column behind it (also when that was cut). The surface
 * stays. */
int canvas_text(const struct canvas *canvas, int row, int column, enum role role, const char *text);
int canvas_textn(const struct canvas *canvas, int row, int column, enum role role, const char *text,
	size_t length);
int canvas_printf(const struct canvas *canvas, int row, int column, enum role role,
	const char *format, ...) PRINTF_LIKE(5, 6);
/* Draws `text` into exactly `cells` cells: aligned, the rest blank, cut with an ellipsis. The blanks keep the role that
 * is there. Returns the column behind the field. */
int canvas_field(const struct canvas *canvas, int row, int column, int cells, enum align align,
	enum role role, const char *text);
/* Draws text that ends before column `end`; returns the column where it starts. */
int canvas_text_right(
	const struct canvas *canvas, int row, int end, enum role role, const char *text);
/* One of our own signs: a literal of one cell that the grid's glyph set allows; not checked. */
int canvas_sign(const struct canvas *canvas, int row, int column, enum role role, const char *sign);
/* One sign of the grid's glyph set. */
int canvas_glyph(
	const struct canvas *canvas, int row, int column, enum role role, enum glyph glyph);

/* Makes all cells what those of a new grid are. */
void canvas_clear(const struct canvas *canvas);
/* Blanks a rectangle; its cells take the role, their surface stays. */
void canvas_fill(const struct canvas *canvas, struct rect rect, enum role role);
/* Lays a surface under a rectangle; text and roles stay. */
void canvas_surface(const struct canvas *canvas, struct rect rect, enum surface surface);
/* Adds STYLE_* attributes to what is drawn in a rectangle. */
void canvas_attrs(const struct canvas *canvas, struct rect rect, unsigned attrs);
/* Gives a rectangle another role; text stays. */
void canvas_role(const struct canvas *canvas, struct rect rect, enum role role);
/* Draws a frame along the inside of `rect` (at least 2 x 2, else nothing). */
void canvas_box(const struct canvas *canvas, struct rect rect, enum role role);
/* A horizontal line of `cells` cells. */
void canvas_hline(const struct canvas *canvas, int row, int column, int cells, enum role role);
/* Puts the terminal's cursor into a cell; outside of the canvas it is hidden. */
void canvas_cursor(const struct canvas *canvas, int row, int column);

/* The sign of a set, in UTF-8. */
const char *glyph_text(enum glyph_set set, enum glyph glyph);

/* Appends the screen as text, then as letters of roles (themes/roles.def), then of surfaces where
 * they are not the screen's own, then a legend; trailing blanks are cut. For goldens and saved
 * screens. */
void grid_dump(const struct grid *grid, struct str *to);
/* Appends the text alone. */
void grid_dump_text(const struct grid *grid, struct str *to);

#endif
