/* SPDX-License-Identifier: MIT */
#include "widgets/table.h"

#include <stdio.h>
#include <string.h>

#include "core/base/width.h"
#include "widgets/sparkline.h"

/* Before the first column: the sign of the cursor and that of a mark. */
enum { GUTTER = 2 };

/* ---- cursor and scroll ---- */

int table_page(int canvas_rows)
{
	return canvas_rows > 2 ? canvas_rows - 1 : 1;
}

static size_t last_row(const struct table *table)
{
	size_t lines = table->rows + (table->fold ? 1 : 0);
	return lines ? lines - 1 : 0;
}

static void move_by(struct table *table, long step)
{
	if (step < 0 && (size_t)-step > table->cursor)
		table->cursor = 0;
	else
		table->cursor += (size_t)step;
}

void table_move(struct table *table, enum table_move move, int page)
{
	long half = page > 1 ? page / 2 : 1;
	const long step[] = {[TABLE_UP] = -1,
		[TABLE_DOWN] = 1,
		[TABLE_PAGE_UP] = -page,
		[TABLE_PAGE_DOWN] = page,
		[TABLE_HALF_UP] = -half,
		[TABLE_HALF_DOWN] = half,
		[TABLE_HOME] = 0,
		[TABLE_END] = 0};
	if (move == TABLE_HOME)
		table->cursor = 0;
	else if (move == TABLE_END)
		table->cursor = last_row(table);
	else
		move_by(table, step[move]);
	table_fit(table, page);
}

void table_fit(struct table *table, int page)
{
	size_t lines = last_row(table) + 1, shown = page > 0 ? (size_t)page : 1;
	if (table->cursor >= lines)
		table->cursor = lines - 1;
	if (table->top > table->cursor)
		table->top = table->cursor;
	if (table->cursor >= table->top + shown)
		table->top = table->cursor - shown + 1;
	if (lines <= shown)
		table->top = 0;
	else if (table->top > lines - shown)
		table->top = lines - shown;
}

bool table_on_fold(const struct table *table)
{
	return table->fold && table->cursor == table->rows;
}

bool table_in_sight(const struct table *table, int page, size_t row)
{
	return row >= table->top && row < table->rows && row - table->top < (size_t)page;
}

void table_position(const struct table *table, int page, char *ret_text, size_t size)
{
	size_t last = table->top + (size_t)page;
	if (last > table->rows)
		last = table->rows;
	ret_text[0] = '\0';
	if (last - table->top < table->rows)
		snprintf(ret_text, size, "%zu-%zu/%zu", table->top + 1, last, table->rows);
}

/* ---- columns ---- */

static int needed_width(const struct table_kind *kind, const struct table_layout *layout)
{
	int sum = GUTTER;
	for (size_t i = 0; i < kind->count; i++)
		if (layout->column[i] >= 0)
			sum += layout->width[i] + (sum > GUTTER ? 1 : 0);
	return sum;
}

/* What the flexible columns would like beyond their least width. */
static int flexible_wish(const struct table_kind *kind, const struct table_layout *layout)
{
	int sum = 0;
	for (size_t i = 0; i < kind->count; i++)
		if (layout->column[i] >= 0 && kind->columns[i].flexible)
			sum += kind->columns[i].ideal - kind->columns[i].min;
	return sum;
}

static int priority_of(const struct table_kind *kind, const struct table *table, size_t column)
{
	int priority = kind->columns[column].priority;
	return table->kept >> column & 1 && priority > TABLE_KEPT ? TABLE_KEPT : priority;
}

/* The shown column of at least that priority number that can be missed first, or -1. */
static int least_wanted(const struct table_kind *kind, const struct table *table,
	const struct table_layout *layout, int lowest)
{
	int worst = -1;
	for (size_t i = 0; i < kind->count; i++) {
		if (layout->column[i] < 0 || priority_of(kind, table, i) < lowest)
			continue;
		if (worst < 0 ||
			priority_of(kind, table, i) >= priority_of(kind, table, (size_t)worst))
			worst = (int)i;
	}
	return worst;
}

static void hide(const struct table_kind *kind, const struct table *table,
	struct table_layout *layout, int width, int lowest)
{
	while (needed_width(kind, layout) > width) {
		int worst = least_wanted(kind, table, layout, lowest);
		if (worst < 0)
			return;
		layout->column[worst] = -1;
	}
}

/* `cells`, or what the content needs where that is less. The flexible ones take what is left anyway. */
static int cells_for(
	const struct table_kind *kind, const struct table *table, size_t column, int cells)
{
	const struct table_column *it = &kind->columns[column];
	int title =
		(int)text_width(it->title, strlen(it->title)) + 1; /* and the sign of the sort */
	int need = table->need[column] > title ? table->need[column] : title;
	return table->need[column] > 0 && !it->flexible && need < cells ? need : cells;
}

/* Gives spare cells to the shown columns up to their ideal width, the most wanted first. */
static int widen_to_ideal(const struct table_kind *kind, const struct table *table,
	struct table_layout *layout, int spare)
{
	int highest = 0;
	for (size_t i = 0; i < kind->count; i++)
		if (kind->columns[i].priority > highest)
			highest = kind->columns[i].priority;
	for (int priority = 0; priority <= highest; priority++) {
		for (size_t i = 0; i < kind->count && spare > 0; i++) {
			if (layout->column[i] < 0 || kind->columns[i].priority != priority)
				continue;
			int ideal = cells_for(kind, table, i, kind->columns[i].ideal);
			int wanted = ideal - layout->width[i];
			int given = wanted < 0 ? 0 : wanted < spare ? wanted : spare;
			layout->width[i] += given;
			spare -= given;
		}
	}
	return spare;
}

static void widen_flexible(const struct table_kind *kind, struct table_layout *layout, int spare)
{
	int takers = 0;
	for (size_t i = 0; i < kind->count; i++)
		takers += layout->column[i] >= 0 && kind->columns[i].flexible;
	for (size_t i = 0; i < kind->count && takers; i++) {
		if (layout->column[i] < 0 || !kind->columns[i].flexible)
			continue;
		int given = spare / takers--;
		layout->width[i] += given;
		spare -= given;
	}
}

void table_layout(const struct table_kind *kind, const struct table *table, int width,
	struct table_layout *ret_layout)
{
	for (size_t i = 0; i < kind->count; i++) {
		ret_layout->column[i] = table->absent >> i & 1 ? -1 : 0;
		ret_layout->width[i] = cells_for(kind, table, i, kind->columns[i].min);
	}
	hide(kind, table, ret_layout, width - flexible_wish(kind, ret_layout), TABLE_NICE);
	hide(kind, table, ret_layout, width, 1);
	int spare = widen_to_ideal(kind, table, ret_layout, width - needed_width(kind, ret_layout));
	widen_flexible(kind, ret_layout, spare > 0 ? spare : 0);
	int at = GUTTER;
	for (size_t i = 0; i < kind->count; i++) {
		if (ret_layout->column[i] < 0)
			continue;
		ret_layout->column[i] = at;
		at += ret_layout->width[i] + 1;
	}
}

/* ---- drawing ---- */

static void draw_heading(const struct table_kind *kind, const struct table *table,
	const struct table_layout *layout, const struct canvas *canvas)
{
	canvas_fill(canvas, (struct rect){0, 0, 1, canvas->columns}, ROLE_HEADER);
	for (size_t i = 0; i < kind->count; i++) {
		if (layout->column[i] < 0)
			continue;
		bool sorts = table->sort == (int)i;
		const char *sign = glyph_text(
			canvas->grid->glyphs, table->descending ? GLYPH_SORT_DOWN : GLYPH_SORT_UP);
		char title[64];
		bool fits = text_width(kind->columns[i].title, strlen(kind->columns[i].title)) <
			    (size_t)layout->width[i];
		snprintf(title, sizeof(title), "%s%s", kind->columns[i].title,
			sorts && fits ? sign : "");
		canvas_field(canvas, 0, layout->column[i], layout->width[i], kind->columns[i].align,
			sorts ? ROLE_HEADER_SORT : ROLE_HEADER, title);
	}
}

static void draw_cell(const struct canvas *canvas, int line, int column, int width,
	enum align align, const struct cell_text *cell)
{
	if (cell->values)
		sparkline_draw(canvas, (struct rect){line, column, 1, width}, cell->role,
			cell->values, cell->count, cell->top);
	else
		canvas_field(canvas, line, column, width, align, cell->role, cell->text);
}

static void draw_row(const struct table_kind *kind, const struct table_layout *layout,
	const void *data, size_t row, const struct canvas *canvas, int line)
{
	if (kind->marked && kind->marked(data, row))
		canvas_glyph(canvas, line, 1, ROLE_MARKED, GLYPH_MARK);
	for (size_t i = 0; i < kind->count; i++) {
		if (layout->column[i] < 0 || layout->width[i] <= 0)
			continue;
		struct cell_text cell = {.role = ROLE_TEXT};
		kind->cell(data, row, i, &cell);
		draw_cell(canvas, line, layout->column[i], layout->width[i], kind->columns[i].align,
			&cell);
	}
}

/* The bar of the row under the cursor. Sparklines stay as they are: they are easier to compare so, and a step of the
 * cursor sends a third less. */
static void draw_cursor(const struct table_kind *kind, const struct table_layout *layout,
	const struct table *table, const struct canvas *canvas, int line)
{
	enum surface bar = table->focused ? SURFACE_SELECTED : SURFACE_SELECTED_IDLE;
	int from = 0;
	for (size_t i = 0; i < kind->count; i++) {
		if (layout->column[i] < 0 || !kind->columns[i].sparkline)
			continue;
		canvas_surface(canvas, (struct rect){line, from, 1, layout->column[i] - from}, bar);
		from = layout->column[i] + layout->width[i];
	}
	canvas_surface(canvas, (struct rect){line, from, 1, canvas->columns - from}, bar);
	canvas_glyph(canvas, line, 0, ROLE_STRONG, GLYPH_CURSOR_ROW);
}

/* False: there is none. */
static bool draw_line(const struct table_kind *kind, const struct table_layout *layout,
	const struct table *table, const void *data, const struct canvas *canvas, int line)
{
	size_t row = table->top + (size_t)line - 1;
	if (row < table->rows)
		draw_row(kind, layout, data, row, canvas, line);
	else if (row == table->rows && table->fold)
		canvas_text(canvas, line, GUTTER, ROLE_DIM, table->fold);
	else
		return false;
	if (row == table->cursor)
		draw_cursor(kind, layout, table, canvas, line);
	return true;
}

void table_draw_row(const struct table_kind *kind, const struct table *table, const void *data,
	const struct canvas *canvas, size_t row)
{
	struct table_layout layout;
	if (row < table->top || row - table->top + 1 >= (size_t)canvas->rows)
		return;
	int line = (int)(row - table->top) + 1;
	struct canvas place = canvas_sub(canvas, (struct rect){line, 0, 1, canvas->columns});
	canvas_clear(&place);
	table_layout(kind, table, canvas->columns, &layout);
	(void)draw_line(kind, &layout, table, data, canvas, line);
}

void table_draw(const struct table_kind *kind, const struct table *table, const void *data,
	const struct canvas *canvas)
{
	struct table_layout layout;
	table_layout(kind, table, canvas->columns, &layout);
	draw_heading(kind, table, &layout, canvas);
	if (table->rows == 0 && !table->fold && table->empty)
		canvas_text(canvas, 1, GUTTER, ROLE_DIM, table->empty);
	for (int line = 1; line < canvas->rows; line++) {
		if (!draw_line(kind, &layout, table, data, canvas, line))
			break;
	}
}
