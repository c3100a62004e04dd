/* SPDX-License-Identifier: MIT */
#include "widgets/canvas.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/base/width.h"

static const struct cell blank_form = {.text = " ", .width = 1};

static const char *const glyphs[GLYPH_COUNT][3] = {
#define GLYPH(id, full, plain, ascii) [GLYPH_##id] = {full, plain, ascii},
#include "widgets/glyphs.def"
#undef GLYPH
};

const char *glyph_text(enum glyph_set set, enum glyph glyph)
{
	return glyphs[glyph][set];
}

/* ---- the grid ---- */

static int clamp_side(int side)
{
	return side < 0 ? 0 : side > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : side;
}

static size_t cell_count(const struct grid *grid)
{
	return (size_t)grid->rows * (size_t)grid->columns;
}

struct grid *grid_new(int rows, int columns, enum glyph_set set)
{
	struct grid *grid = xcalloc(1, sizeof(*grid));
	grid->glyphs = set;
	grid_resize(grid, rows, columns);
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	free(grid->cells);
	free(grid);
}

void grid_resize(struct grid *grid, int rows, int columns)
{
	grid->rows = clamp_side(rows);
	grid->columns = clamp_side(columns);
	grid->cells = xreallocarray(grid->cells, cell_count(grid) + 1, sizeof(*grid->cells));
	grid_clear(grid);
}

void grid_clear(struct grid *grid)
{
	size_t count = cell_count(grid), filled = count ? 1 : 0;
	if (count)
		grid->cells[0] = blank_form;
	for (; filled < count; filled *= 2) {
		size_t more = filled < count - filled ? filled : count - filled;
		memcpy(grid->cells + filled, grid->cells, more * sizeof(*grid->cells));
	}
	grid->cursor_row = grid->cursor_column = -1;
}

void grid_copy(struct grid *to, const struct grid *from)
{
	if (to->rows != from->rows || to->columns != from->columns)
		grid_resize(to, from->rows, from->columns);
	memcpy(to->cells, from->cells, cell_count(from) * sizeof(*from->cells));
	to->cursor_row = from->cursor_row;
	to->cursor_column = from->cursor_column;
	to->glyphs = from->glyphs;
}

size_t grid_row_changes(const struct grid *a, const struct grid *b, int row)
{
	const struct cell *one = &a->cells[(size_t)row * (size_t)a->columns];
	const struct cell *two = &b->cells[(size_t)row * (size_t)b->columns];
	size_t changes = 0, columns = (size_t)a->columns;
	if (memcmp(one, two, columns * sizeof(*one)) == 0)
		return 0;
	for (size_t i = 0; i < columns; i++)
		changes += memcmp(&one[i], &two[i], sizeof(*one)) != 0;
	return changes;
}

void grid_row_span(const struct grid *a, const struct grid *b, int row, int *ret_from, int *ret_to)
{
	const struct cell *one = grid_cell(a, row, 0), *two = grid_cell(b, row, 0);
	int from = 0, to = b->columns;
	while (from < to && memcmp(&one[from], &two[from], sizeof(*one)) == 0)
		from++;
	while (to > from && memcmp(&one[to - 1], &two[to - 1], sizeof(*one)) == 0)
		to--;
	while (from > 0 && two[from].width == 0)
		from--;
	*ret_from = from;
	*ret_to = to;
}

void grid_copy_row(struct grid *to, const struct grid *from, int row)
{
	size_t start = (size_t)row * (size_t)to->columns;
	memcpy(to->cells + start, from->cells + start, (size_t)to->columns * sizeof(*to->cells));
}

/* ---- windows on it ---- */

struct canvas canvas_of(struct grid *grid)
{
	return (struct canvas){.grid = grid, .rows = grid->rows, .columns = grid->columns};
}

/* The part of `rect` that lies within rows x columns. */
static struct rect cut(struct rect rect, int rows, int columns)
{
	int bottom = rect.row + rect.rows < rows ? rect.row + rect.rows : rows;
	int right = rect.column + rect.columns < columns ? rect.column + rect.columns : columns;
	rect.row = rect.row < 0 ? 0 : rect.row;
	rect.column = rect.column < 0 ? 0 : rect.column;
	rect.rows = bottom > rect.row ? bottom - rect.row : 0;
	rect.columns = right > rect.column ? right - rect.column : 0;
	return rect;
}

struct canvas canvas_sub(const struct canvas *canvas, struct rect rect)
{
	rect = cut(rect, canvas->rows, canvas->columns);
	return (struct canvas){.grid = canvas->grid,
		.row = canvas->row + rect.row,
		.column = canvas->column + rect.column,
		.rows = rect.rows,
		.columns = rect.columns};
}

static struct cell *cell_at(const struct canvas *canvas, int row, int column)
{
	const struct grid *grid = canvas->grid;
	return &grid->cells[(size_t)(canvas->row + row) * (size_t)grid->columns +
			    (size_t)(canvas->column + column)];
}

/* ---- cells ---- */

static void blank_cell(struct cell *cell)
{
	memcpy(cell->text, blank_form.text, sizeof(cell->text));
	cell->width = 1;
}

/* Before a cell is overwritten: half a wide cluster can't stay, be it inside of the window or
 * beside it. */
static void part_wide(const struct canvas *canvas, int row, int column)
{
	struct cell *cell = cell_at(canvas, row, column);
	if (cell->width == 0)
		blank_cell(cell - 1);
	else if (cell->width == 2)
		blank_cell(cell + 1);
	blank_cell(cell);
}

/* One cluster of 1 or 2 cells, wholly inside of the window. */
static void put_cluster(const struct canvas *canvas, int row, int column, enum role role,
	const char *text, struct cluster cluster)
{
	struct cell *cell = cell_at(canvas, row, column);
	for (int i = 0; i < (int)cluster.cells; i++) {
		part_wide(canvas, row, column + i);
		cell[i].role = (uint8_t)role;
		cell[i].attrs = 0;
	}
	if (cluster.size == 1)
		cluster.cells =
			1; /* "?" for a wide cluster in ASCII: the second cell stays blank */
	if (cluster.cells == 2)
		memset(&cell[1], 0, offsetof(struct cell, role));
	memset(cell->text, 0, sizeof(cell->text));
	memcpy(cell->text, text, cluster.size);
	cell->width = (uint8_t)cluster.cells;
}

/* One byte of ASCII, where no half of a wide cluster has to go first: nearly all that is drawn. */
static bool put_plain(const struct canvas *canvas, int row, int column, enum role role, char byte)
{
	struct cell *cell = cell_at(canvas, row, column);
	if (cell->width != 1)
		return false;
	memset(cell->text, 0, sizeof(cell->text));
	cell->text[0] = byte;
	cell->role = (uint8_t)role;
	cell->attrs = 0;
	return true;
}

/* Most text is ASCII, and no mark follows: nothing to look up. */
static bool is_plain(const char *text, size_t length)
{
	return text[0] >= ' ' && text[0] <= '~' && (length == 1 || (unsigned char)text[1] < 0x80);
}

/* The drawable form of `cluster` at `*text`: one that a terminal can't be given becomes U+FFFD, or ? in ASCII. */
static struct cluster safe_cluster(
	const struct canvas *canvas, struct cluster cluster, const char **text, size_t length)
{
	struct utf8_char first = utf8_next(*text, length);
	bool ascii = canvas->grid->glyphs == GLYPHS_ASCII;
	if (ascii && first.code >= 0x80) {
		*text = "?";
		return (struct cluster){.size = 1, .cells = cluster.cells ? cluster.cells : 1};
	}
	if (ascii && cluster.cells)
		cluster.size = 1; /* without its marks */
	if (first.valid && !code_is_hidden(first.code) && cluster.cells &&
		cluster.size < CELL_TEXT_MAX)
		return cluster;
	*text = ascii ? "?" : "\xef\xbf\xbd";
	return (struct cluster){.size = strlen(*text), .cells = 1};
}

int canvas_textn(const struct canvas *canvas, int row, int column, enum role role, const char *text,
	size_t length)
{
	bool in_row = row >= 0 && row < canvas->rows;
	for (size_t at = 0; at < length;) {
		bool plain = is_plain(text + at, length - at);
		if (plain && (!in_row || column < 0 || column >= canvas->columns ||
				     put_plain(canvas, row, column, role, text[at]))) {
			column++;
			at++;
			continue;
		}
		struct cluster whole =
			plain ? (struct cluster){1, 1} : text_cluster(text + at, length - at);
		const char *shown = text + at;
		struct cluster cluster =
			plain ? whole : safe_cluster(canvas, whole, &shown, length - at);
		int cells = (int)cluster.cells;
		if (in_row && column >= 0 && column + cells <= canvas->columns)
			put_cluster(canvas, row, column, role, shown, cluster);
		column += cells;
		at += whole.size;
	}
	return column;
}

int canvas_sign(const struct canvas *canvas, int row, int column, enum role role, const char *sign)
{
	if (row >= 0 && row < canvas->rows && column >= 0 && column < canvas->columns)
		put_cluster(canvas, row, column, role, sign, (struct cluster){strlen(sign), 1});
	return column + 1;
}

int canvas_text(const struct canvas *canvas, int row, int column, enum role role, const char *text)
{
	return canvas_textn(canvas, row, column, role, text, strlen(text));
}

int canvas_printf(
	const struct canvas *canvas, int row, int column, enum role role, const char *format, ...)
{
	autostr struct str text = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&text, format, args);
	va_end(args);
	return canvas_textn(canvas, row, column, role, text.text, text.length);
}

/* Takes the text away; what the cells mean stays. */
static void blank(const struct canvas *canvas, struct rect rect)
{
	rect = cut(rect, canvas->rows, canvas->columns);
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int column = rect.column; column < rect.column + rect.columns; column++)
			part_wide(canvas, row, column);
}

int canvas_field(const struct canvas *canvas, int row, int column, int cells, enum align align,
	enum role role, const char *text)
{
	if (cells <= 0)
		return column;
	size_t length = strlen(text), width = text_width(text, length), wanted = (size_t)cells;
	bool is_cut = width > wanted;
	size_t shown = is_cut ? text_clip(text, length, wanted - 1, &width) : length;
	int before = 0;
	if (!is_cut && align != ALIGN_LEFT)
		before = (int)(wanted - width) / (align == ALIGN_CENTRE ? 2 : 1);
	blank(canvas, (struct rect){row, column, 1, cells});
	int end = canvas_textn(canvas, row, column + before, role, text, shown);
	if (is_cut)
		canvas_glyph(canvas, row, end, role, GLYPH_ELLIPSIS);
	return column + cells;
}

int canvas_text_right(
	const struct canvas *canvas, int row, int end, enum role role, const char *text)
{
	int start = end - (int)text_width(text, strlen(text));
	canvas_text(canvas, row, start, role, text);
	return start;
}

int canvas_glyph(const struct canvas *canvas, int row, int column, enum role role, enum glyph glyph)
{
	return canvas_sign(canvas, row, column, role, glyphs[glyph][canvas->grid->glyphs]);
}

/* ---- rectangles ---- */

void canvas_clear(const struct canvas *canvas)
{
	for (int row = 0; row < canvas->rows; row++)
		for (int column = 0; column < canvas->columns; column++)
			*cell_at(canvas, row, column) = blank_form;
}

void canvas_fill(const struct canvas *canvas, struct rect rect, enum role role)
{
	rect = cut(rect, canvas->rows, canvas->columns);
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int column = rect.column; column < rect.column + rect.columns; column++)
			put_cluster(canvas, row, column, role, " ", (struct cluster){1, 1});
}

void canvas_surface(const struct canvas *canvas, struct rect rect, enum surface surface)
{
	rect = cut(rect, canvas->rows, canvas->columns);
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int column = rect.column; column < rect.column + rect.columns; column++)
			cell_at(canvas, row, column)->surface = (uint8_t)surface;
}

void canvas_attrs(const struct canvas *canvas, struct rect rect, unsigned attrs)
{
	rect = cut(rect, canvas->rows, canvas->columns);
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int column = rect.column; column < rect.column + rect.columns; column++)
			cell_at(canvas, row, column)->attrs |= (uint8_t)attrs;
}

void canvas_role(const struct canvas *canvas, struct rect rect, enum role role)
{
	rect = cut(rect, canvas->rows, canvas->columns);
	for (int row = rect.row; row < rect.row + rect.rows; row++)
		for (int column = rect.column; column < rect.column + rect.columns; column++)
			cell_at(canvas, row, column)->role = (uint8_t)role;
}

void canvas_hline(const struct canvas *canvas, int row, int column, int cells, enum role role)
{
	for (int i = 0; i < cells; i++)
		canvas_glyph(canvas, row, column + i, role, GLYPH_HORIZONTAL);
}

void canvas_box(const struct canvas *canvas, struct rect rect, enum role role)
{
	if (rect.rows < 2 || rect.columns < 2)
		return;
	int bottom = rect.row + rect.rows - 1, right = rect.column + rect.columns - 1;
	canvas_hline(canvas, rect.row, rect.column + 1, rect.columns - 2, role);
	canvas_hline(canvas, bottom, rect.column + 1, rect.columns - 2, role);
	for (int row = rect.row + 1; row < bottom; row++) {
		canvas_glyph(canvas, row, rect.column, role, GLYPH_VERTICAL);
		canvas_glyph(canvas, row, right, role, GLYPH_VERTICAL);
	}
	canvas_glyph(canvas, rect.row, rect.column, role, GLYPH_TOP_LEFT);
	canvas_glyph(canvas, rect.row, right, role, GLYPH_TOP_RIGHT);
	canvas_glyph(canvas, bottom, rect.column, role, GLYPH_BOTTOM_LEFT);
	canvas_glyph(canvas, bottom, right, role, GLYPH_BOTTOM_RIGHT);
}

void canvas_cursor(const struct canvas *canvas, int row, int column)
{
	bool inside = row >= 0 && row < canvas->rows && column >= 0 && column < canvas->columns;
	canvas->grid->cursor_row = inside ? canvas->row + row : -1;
	canvas->grid->cursor_column = inside ? canvas->column + column : -1;
}
