/* SPDX-License-Identifier: MIT */
/* Figures of three rows, made of half blocks: what is seen from across the room. */
#include <string.h>

#include "core/base/width.h"
#include "tui/panes/dashboard.h"

enum { DOTS = 5, GLYPH_WIDTH = 3, ROWS = 3 };

/* Five rows of three dots, the highest bit at the left. */
static const unsigned char digits[10][DOTS] = {{7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7},
	{7, 1, 7, 1, 7}, {5, 5, 7, 1, 1}, {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 1, 1},
	{7, 5, 7, 5, 7}, {7, 5, 7, 1, 7}};
static const unsigned char minus[DOTS] = {0, 0, 7, 0, 0};
static const unsigned char point[DOTS] = {0, 0, 0, 0, 4};

static const unsigned char *dots_of(char ch, int *ret_width)
{
	*ret_width = ch == '.' ? 1 : GLYPH_WIDTH;
	return ch >= '0' && ch <= '9' ? digits[ch - '0'] : ch == '-' ? minus : point;
}

/* What is drawn large: figures. The rest (k, ms, GiB) stands behind them. */
static size_t large_length(const char *text)
{
	return strspn(text, "0123456789.-");
}

static bool has_blocks(const struct canvas *canvas)
{
	return canvas->grid->glyphs == GLYPHS_FULL && canvas->rows >= ROWS;
}

static int rest_columns(const char *rest)
{
	return (int)text_width(rest, strlen(rest));
}

int dashboard_figure_columns(const struct canvas *canvas, const char *text)
{
	size_t large = large_length(text);
	int columns = 0, width;
	if (!has_blocks(canvas))
		return rest_columns(text);
	for (size_t i = 0; i < large; i++) {
		(void)dots_of(text[i], &width);
		columns += width + 1;
	}
	return columns + rest_columns(text + large);
}

static void draw_glyph(const struct canvas *canvas, int row, int column, enum role role,
	const unsigned char *dots, int width)
{
	static const char *const halves[] = {" ", "▄", "▀", "█"};
	for (int y = 0; y < ROWS; y++) {
		unsigned upper = dots[2 * y], lower = 2 * y + 1 < DOTS ? dots[2 * y + 1] : 0;
		for (int x = 0; x < width; x++) {
			unsigned bit = 4U >> x;
			unsigned half = ((upper & bit) ? 2U : 0U) + ((lower & bit) ? 1U : 0U);
			canvas_sign(canvas, row + y, column + x, role, halves[half]);
		}
	}
}

int dashboard_figure_draw(
	const struct canvas *canvas, int row, int column, enum role role, const char *text)
{
	size_t large = large_length(text);
	int width;
	if (!has_blocks(canvas) || !large)
		return canvas_text(canvas, row, column, role, text);
	for (size_t i = 0; i < large; i++) {
		const unsigned char *dots = dots_of(text[i], &width);
		draw_glyph(canvas, row, column, role, dots, width);
		column += width + 1;
	}
	const char *rest = text + large + (text[large] == ' ');
	return canvas_text(canvas, row + ROWS - 1, column, role, rest);
}
