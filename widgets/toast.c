/* SPDX-License-Identifier: MIT */
#include "widgets/toast.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/utf8.h"
#include "core/base/width.h"

enum { GAP = 2 }; /* blank cells before it */

void toast_say(struct toast *toast, int64_t now_ms, bool error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = vsnprintf(toast->text, sizeof(toast->text), format, args);
	va_end(args);
	if (length >= (int)sizeof(toast->text))
		toast->text[utf8_cut(
			toast->text, sizeof(toast->text) - 1, sizeof(toast->text) - 4)] = '\0';
	toast->error = error;
	toast->said_ms = now_ms;
	toast->until_ms = now_ms + (error ? TOAST_ERROR_MS : TOAST_MS);
}

int64_t toast_due_ms(struct toast *toast, int64_t now_ms)
{
	if (toast->until_ms && now_ms >= toast->until_ms)
		toast->until_ms = 0;
	return toast->until_ms ? toast->until_ms : -1;
}

void toast_hasten(struct toast *toast)
{
	if (toast->until_ms > toast->said_ms + TOAST_LEAST_MS)
		toast->until_ms = toast->said_ms + TOAST_LEAST_MS;
}

bool toast_dismiss(struct toast *toast)
{
	bool shown = toast->until_ms != 0;
	toast->until_ms = 0;
	return shown;
}

/* What stood there ends before it, and is seen to. */
static void part_from_row(const struct canvas *canvas, struct rect toast)
{
	bool cut = false;
	for (int column = toast.column - GAP; column < toast.column; column++)
		cut |= column >= 0 && strcmp(grid_cell(canvas->grid, canvas->row + toast.row,
						     canvas->column + column)
						      ->text,
					      " ") != 0;
	canvas_fill(canvas, (struct rect){toast.row, toast.column - GAP, 1, GAP}, ROLE_TEXT);
	if (cut)
		canvas_glyph(canvas, toast.row, toast.column - GAP - 1, ROLE_DIM, GLYPH_ELLIPSIS);
}

void toast_draw(const struct toast *toast, const struct canvas *canvas)
{
	if (!toast->until_ms || canvas->rows < 1)
		return;
	enum role role = toast->error ? ROLE_TOAST_ERROR : ROLE_TOAST;
	int width = (int)text_width(toast->text, strlen(toast->text)) + 2;
	width = width > canvas->columns ? canvas->columns : width;
	struct rect rect = {canvas->rows - 1, canvas->columns - width, 1, width};
	part_from_row(canvas, rect);
	canvas_fill(canvas, rect, role);
	canvas_surface(canvas, rect, SURFACE_SCREEN);
	canvas_field(canvas, rect.row, rect.column + 1, width - 2, ALIGN_LEFT, role, toast->text);
}
