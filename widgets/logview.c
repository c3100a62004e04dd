/* SPDX-License-Identifier: MIT */
#include "widgets/logview.h"

#include <string.h>

#include "core/base/width.h"

enum { WRAP_ROWS_MAX = 200 };

enum role level_role(char level)
{
	static const struct {
		char level;
		enum role role;
	} roles[] = {{'F', ROLE_LEVEL_FATAL}, {'E', ROLE_LEVEL_ERROR}, {'W', ROLE_LEVEL_WARN},
		{'I', ROLE_LEVEL_INFO}, {'D', ROLE_LEVEL_DEBUG}};
	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (roles[i].level == level)
			return roles[i].role;
	return ROLE_TEXT;
}

/* A fatal level's letter is a block of colour; its text reads as an error's. */
static enum role text_role(char level)
{
	return level == 'F' ? ROLE_LEVEL_ERROR : level_role(level);
}

/* ---- geometry ---- */

/* Where the text begins: cursor sign, time, source, level. */
int logview_text_column(const struct logview *view)
{
	int column = 1;
	column += view->time_cells ? view->time_cells + 1 : 0;
	column += view->source_cells ? view->source_cells + 1 : 0;
	for (size_t i = 0; i < view->column_count; i++)
		column += view->columns[i].cells + 1;
	return column + 2;
}

static int text_cells(const struct logview *view, const struct canvas *canvas)
{
	int cells = canvas->columns - logview_text_column(view);
	return cells > 0 ? cells : 1;
}

/* What its note takes from the text's room. */
static int note_cells(const struct log_row *row, int cells)
{
	int note = (int)text_width(row->repeats, strlen(row->repeats));
	return note && !row->rule && cells > note + 2 ? note + 2 : 0;
}

static bool is_hidden(const struct logview *view, size_t line)
{
	return view->hidden && view->hidden[line];
}

/* Rows that a line takes. */
static int row_height(const struct logview *view, const struct logview_kind *kind, const void *data,
	size_t line, const struct canvas *canvas)
{
	struct log_row row = {.time = "", .source = "", .text = "", .repeats = ""};
	if (is_hidden(view, line))
		return 0;
	if (!view->wrap)
		return 1;
	kind->row(data, line, &row);
	size_t length = strlen(row.text), at = 0;
	int rows = 0, cells = text_cells(view, canvas);
	cells -= note_cells(&row, cells);
	do {
		size_t taken = text_clip(row.text + at, length - at, (size_t)cells, NULL);
		at += taken ? taken : length - at;
		rows++;
	} while (at < length && !row.rule && rows < WRAP_ROWS_MAX);
	return rows;
}

void logview_move(struct logview *view, long step)
{
	long direction = step < 0 ? -1 : 1, left = step * direction;
	if (!view->count)
		return;
	view->follow = view->follow && step >= 0;
	for (long at = (long)view->cursor + direction; left && at >= 0 && at < (long)view->count;
		at += direction) {
		if (is_hidden(view, (size_t)at))
			continue;
		view->cursor = (size_t)at;
		left--;
	}
}

void logview_fit(struct logview *view, const struct logview_kind *kind, const void *data,
	const struct canvas *canvas)
{
	if (!view->count) {
		view->cursor = view->top = 0;
		return;
	}
	if (view->follow || view->cursor >= view->count)
		view->cursor = view->count - 1;
	if (view->top > view->cursor || view->top >= view->count)
		view->top = view->cursor;
	/* The first line that may stand at the top with the cursor's line (following: the end) still whole. */
	int room = canvas->rows - row_height(view, kind, data, view->cursor, canvas);
	size_t lowest = view->cursor;
	while (lowest > 0 && room > 0) {
		room -= row_height(view, kind, data, lowest - 1, canvas);
		if (room >= 0)
			lowest--;
	}
	if (view->top < lowest || view->follow)
		view->top = lowest;
	/* No empty rows below the last line while there are lines above. */
	room = canvas->rows;
	size_t first = view->count;
	while (first > 0 && room > 0) {
		room -= row_height(view, kind, data, first - 1, canvas);
		if (room >= 0)
			first--;
	}
	if (view->top > first)
		view->top = first;
}

/* ---- drawing ---- */

static enum role role_at(const struct log_row *row, size_t at)
{
	for (size_t i = 0; i < row->span_count; i++)
		if (at >= row->spans[i].start && at < row->spans[i].start + row->spans[i].length)
			return row->spans[i].current ? ROLE_MATCH_CURRENT : ROLE_MATCH;
	return text_role(row->level);
}

/* Draws the text from byte `at` into one row of `field`; returns the byte where the next row begins. */
static size_t draw_text_row(const struct canvas *field, int line, const struct log_row *row,
	size_t at, int shift, bool wrap)
{
	size_t length = strlen(row->text);
	int column = -shift;
	while (at < length) {
		struct cluster cluster = text_cluster(row->text + at, length - at);
		if (column + (int)cluster.cells > field->columns)
			break;
		if (column >= 0)
			canvas_textn(field, line, column, role_at(row, at), row->text + at,
				cluster.size);
		column += (int)cluster.cells;
		at += cluster.size;
	}
	if (at < length && !wrap)
		canvas_glyph(field, line, field->columns - 1, ROLE_DIM, GLYPH_ELLIPSIS);
	return at;
}

static void draw_rule(const struct canvas *canvas, int line, const char *text)
{
	canvas_hline(canvas, line, 1, canvas->columns - 2, ROLE_BORDER);
	int end = canvas_text(canvas, line, 4, ROLE_NOTE, " ");
	end = canvas_text(canvas, line, end, ROLE_NOTE, text);
	canvas_text(canvas, line, end, ROLE_NOTE, " ");
}

static void draw_front(const struct logview *view, const struct log_row *row,
	const struct canvas *canvas, int line)
{
	char level[2] = {row->level, '\0'};
	int column = 1;
	if (view->time_cells)
		column = canvas_field(canvas, line, column, view->time_cells, ALIGN_LEFT, ROLE_TIME,
				 row->time) +
			 1;
	if (view->source_cells)
		column = canvas_field(canvas, line, column, view->source_cells, ALIGN_LEFT,
				 ROLE_SOURCE, row->source) +
			 1;
	canvas_text(canvas, line, column, level_role(row->level), level);
	column += 2;
	for (size_t i = 0; row->columns && i < view->column_count; i++)
		column = canvas_field(canvas, line, column, view->columns[i].cells,
				 view->columns[i].right ? ALIGN_RIGHT : ALIGN_LEFT,
				 view->columns[i].right ? ROLE_FIELD_NUMBER : ROLE_FIELD_TEXT,
				 row->columns[i]) +
			 1;
}

static int draw_line(const struct logview *view, const struct log_row *row,
	const struct canvas *canvas, int line)
{
	if (row->rule) {
		draw_rule(canvas, line, row->text);
		return 1;
	}
	draw_front(view, row, canvas, line);
	int start = logview_text_column(view);
	struct canvas field =
		canvas_sub(canvas, (struct rect){0, start, canvas->rows, canvas->columns - start});
	canvas_text_right(canvas, line, canvas->columns - 1, ROLE_NOTE, row->repeats);
	field.columns -= note_cells(row, field.columns);
	size_t at = 0;
	int rows = 0;
	do {
		size_t next = draw_text_row(
			&field, line + rows, row, at, view->wrap ? 0 : view->shift, view->wrap);
		at = next > at ? next : strlen(row->text);
		rows++;
	} while (view->wrap && at < strlen(row->text) && rows < WRAP_ROWS_MAX);
	return rows;
}

void logview_draw(const struct logview *view, const struct logview_kind *kind, const void *data,
	const struct canvas *canvas)
{
	if (!view->count && view->empty)
		canvas_text(canvas, 0, 1, ROLE_DIM, view->empty);
	int line = 0;
	for (size_t i = view->top; i < view->count && line < canvas->rows; i++) {
		struct log_row row = {
			.time = "", .source = "", .text = "", .repeats = "", .level = ' '};
		if (is_hidden(view, i))
			continue;
		kind->row(data, i, &row);
		int rows = draw_line(view, &row, canvas, line);
		if (i == view->cursor && view->focused && !view->follow)
			canvas_surface(canvas, (struct rect){line, 0, rows, canvas->columns},
				SURFACE_SELECTED);
		line += rows;
	}
}
