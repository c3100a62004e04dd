/* SPDX-License-Identifier: MIT */
#include "widgets/frame.h"

#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/width.h"

static int cells_of(const char *text)
{
	return (int)text_width(text, strlen(text));
}

/* ---- headings ---- */

/* " text " over the rule, ending before `end`; returns the column where it begins, or `end` when there is no room. */
static int draw_right(
	const struct canvas *canvas, int row, int start, int end, enum role role, const char *text)
{
	int cells = cells_of(text);
	if (!cells || end - cells - 2 < start)
		return end;
	canvas_text(canvas, row, end - cells - 2, role, " ");
	canvas_text(canvas, row, end - cells - 1, role, text);
	canvas_text(canvas, row, end - 1, role, " ");
	return end - cells - 2;
}

static void draw_heading(const struct canvas *canvas, const struct frame *frame)
{
	int end = canvas->columns - 2, column = 2;
	column = canvas_text(canvas, 0, column, ROLE_TITLE, " ");
	if (*frame->number) {
		column = canvas_text(canvas, 0, column, ROLE_KEY, frame->number);
		column = canvas_text(canvas, 0, column, ROLE_TITLE, " ");
	}
	int room = end - column - 1;
	int cells = cells_of(frame->title) < room ? cells_of(frame->title) : room;
	column = canvas_field(canvas, 0, column, cells, ALIGN_LEFT,
		frame->focused ? ROLE_TITLE_FOCUS : ROLE_TITLE, frame->title);
	column = canvas_text(canvas, 0, column, ROLE_TITLE, " ");
	end = draw_right(canvas, 0, column + 1, end, ROLE_NOTE, frame->note);
	draw_right(canvas, 0, column + 1, end - 1, ROLE_KEY_LABEL, frame->hint);
}

struct canvas frame_draw(const struct canvas *canvas, const struct frame *frame)
{
	enum role role = frame->focused ? ROLE_BORDER_FOCUS : ROLE_BORDER;
	bool boxed = frame->boxed && canvas->rows >= 2 && canvas->columns >= 2;
	if (boxed)
		canvas_box(canvas, canvas_rect(canvas), role);
	else
		canvas_hline(canvas, 0, 0, canvas->columns, role);
	draw_heading(canvas, frame);
	if (boxed)
		return canvas_sub(
			canvas, (struct rect){1, 1, canvas->rows - 2, canvas->columns - 2});
	return canvas_sub(canvas, (struct rect){1, 0, canvas->rows - 1, canvas->columns});
}

struct canvas frame_dialog(const struct canvas *canvas, int rows, int columns, const char *title,
	enum role note_role, const char *note)
{
	int height = rows + 2 < canvas->rows ? rows + 2 : canvas->rows;
	int width = columns + 2 < canvas->columns ? columns + 2 : canvas->columns;
	struct rect rect = {
		(canvas->rows - height) / 2, (canvas->columns - width) / 2, height, width};
	struct canvas box = canvas_sub(canvas, rect);
	canvas_fill(&box, canvas_rect(&box), ROLE_TEXT);
	canvas_surface(&box, canvas_rect(&box), SURFACE_DIALOG);
	struct frame frame = {.number = "",
		.title = title,
		.note = "",
		.hint = "",
		.focused = true,
		.boxed = true};
	struct canvas inside = frame_draw(&box, &frame);
	draw_right(&box, box.rows - 1, 2, box.columns - 2, note_role, note);
	return inside;
}

void scrollbar_draw(const struct canvas *canvas, int column, int row, int rows, size_t top,
	size_t page, size_t total)
{
	if (rows <= 0 || total <= page)
		return;
	int length = (int)((size_t)rows * page / total);
	length = length < 1 ? 1 : length;
	int start = (int)((size_t)(rows - length) * top / (total - page));
	start = start > rows - length ? rows - length : start;
	for (int i = 0; i < rows; i++) {
		bool thumb = i >= start && i < start + length;
		canvas_glyph(
			canvas, row + i, column, ROLE_SCROLLBAR, thumb ? GLYPH_THUMB : GLYPH_TRACK);
	}
}

/* ---- lines whose pieces go by priority ---- */

/* Bits of `wanted` pieces of these widths that fit into `room`; those with the highest priority number go first. */
static uint64_t choose(const int *widths, const int *priorities, size_t count, int gap, int room)
{
	uint64_t chosen = count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
	for (;;) {
		int sum = -gap, worst = -1;
		for (size_t i = 0; i < count && i < 64; i++) {
			if (!(chosen >> i & 1))
				continue;
			sum += widths[i] + gap;
			if (priorities[i] > 0 && (worst < 0 || priorities[i] >= priorities[worst]))
				worst = (int)i;
		}
		if (sum <= room || worst < 0)
			return chosen;
		chosen &= ~(UINT64_C(1) << worst);
	}
}

enum { PIECES_MAX = 64 };

void segments_draw(
	const struct canvas *canvas, int row, const struct segment *segments, size_t count, int gap)
{
	int widths[PIECES_MAX] = {0}, priorities[PIECES_MAX] = {0};
	count = count > PIECES_MAX ? PIECES_MAX : count;
	for (size_t i = 0; i < count; i++) {
		widths[i] = cells_of(segments[i].text);
		priorities[i] = widths[i] ? segments[i].priority : 1 << 20;
	}
	uint64_t chosen = choose(widths, priorities, count, gap, canvas->columns - 2);
	int column = 1, end = canvas->columns - 1;
	for (size_t i = count; i-- > 0;)
		if ((chosen >> i & 1) && segments[i].right && widths[i])
			end = canvas_text_right(
				      canvas, row, end, segments[i].role, segments[i].text) -
			      gap;
	struct canvas left = canvas_sub(canvas, (struct rect){0, 0, canvas->rows, end + gap - 1});
	for (size_t i = 0; i < count; i++)
		if ((chosen >> i & 1) && !segments[i].right && widths[i])
			column = canvas_text(
					 &left, row, column, segments[i].role, segments[i].text) +
				 gap;
}

/* Of one length. */
static const char read_only_sign[] = "(ro)", undriven_sign[] = "(no)";

static int hint_cells(const struct key_hint *hint)
{
	return cells_of(hint->key) + 1 + cells_of(hint->label) +
	       (hint->locked ? (int)sizeof(read_only_sign) - 1 : 0);
}

static int draw_hint(const struct canvas *canvas, int row, int column, const struct key_hint *hint)
{
	column = canvas_text(canvas, row, column, hint->locked ? ROLE_KEY_LOCKED : ROLE_KEY,
			 hint->key) +
		 1;
	column = canvas_text(
		canvas, row, column, hint->locked ? ROLE_KEY_LOCKED : ROLE_KEY_LABEL, hint->label);
	if (hint->locked)
		column = canvas_text(canvas, row, column, ROLE_KEY_LOCKED,
			hint->locked == KEY_UNDRIVEN ? undriven_sign : read_only_sign);
	return column;
}

/* Rows that the chosen hints take when they flow. */
static int rows_taken(const struct key_hint *hints, size_t count, uint64_t chosen, int width)
{
	int rows = 1, column = 1;
	for (size_t i = 0; i < count; i++) {
		if (!(chosen >> i & 1))
			continue;
		int cells = hint_cells(&hints[i]);
		if (column > 1 && column + cells > width - 1) {
			rows++;
			column = 1;
		}
		column += cells + 2;
	}
	return rows;
}

static uint64_t choose_hints(const struct key_hint *hints, size_t count, int rows, int width)
{
	uint64_t chosen = count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
	while (rows_taken(hints, count, chosen, width) > rows) {
		int worst = -1;
		for (size_t i = 0; i < count; i++)
			if ((chosen >> i & 1) &&
				(worst < 0 || hints[i].priority >= hints[worst].priority))
				worst = (int)i;
		if (worst < 0)
			break;
		chosen &= ~(UINT64_C(1) << worst);
	}
	return chosen;
}

void key_hints_draw(const struct canvas *canvas, const struct key_hint *hints, size_t count)
{
	count = count > PIECES_MAX ? PIECES_MAX : count;
	uint64_t chosen = choose_hints(hints, count, canvas->rows, canvas->columns);
	int row = 0, column = 1;
	for (size_t i = 0; i < count; i++) {
		if (!(chosen >> i & 1))
			continue;
		if (column > 1 && column + hint_cells(&hints[i]) > canvas->columns - 1) {
			row++;
			column = 1;
		}
		column = draw_hint(canvas, row, column, &hints[i]) + 2;
	}
}
