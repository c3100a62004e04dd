/* SPDX-License-Identifier: MIT */
#include "tui/pins.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/utf8.h"
#include "core/base/width.h"
#include "widgets/canvas.h"

enum { TAB_STOP = 8 };

/* As wide everywhere as we say: letters of old scripts that stand alone, lines
 * and blocks, and the wide East Asian ones. All else beyond ASCII is disputed.
 * Sorted. */
static const struct {
	uint32_t first, last;
} undisputed[] = {
	{0x20, 0x7e},
	{0xa1, 0xac},
	{0xae, 0x2ff},
	{0x370, 0x482},
	{0x48a, 0x52f},
	{0x5d0, 0x5ea},
	{0x1e00, 0x1fff},
	{0x2010, 0x2027},
	{0x2030, 0x203b},
	{0x203d, 0x2048},
	{0x2070, 0x20bf},
	{0x2150, 0x2193},
	{0x219a, 0x21a8},
	{0x21ab, 0x2319},
	{0x23ce, 0x23ce},
	{0x2400, 0x2426},
	{0x2500, 0x25a9},
	{0x25ac, 0x25fa},
	{0x2800, 0x28ff},
	{0x3001, 0x3029},
	{0x3041, 0x3096},
	{0x309b, 0x30ff},
	{0x3400, 0x4db5},
	{0x4e00, 0x9fcc},
	{0xac00, 0xd7a3},
	{0xf900, 0xfa6d},
	{0xff01, 0xff60},
	{0xff61, 0xff9d},
	{0xfffd, 0xfffd},
	{0x20000, 0x2a6d6},
};

static bool is_undisputed(uint32_t code)
{
	for (size_t i = 0; i < COUNT_OF(undisputed) && code >= undisputed[i].first; i++)
		if (code <= undisputed[i].last)
			return true;
	return false;
}

bool pins_disputed(const char *text, size_t length)
{
	struct utf8_char first = utf8_next(text, length);
	return first.size < length || !is_undisputed(first.code);
}

bool pins_disputed_row(const struct grid *grid, int row)
{
	for (int column = 0; column < grid->columns; column++) {
		const char *text = grid_cell(grid, row, column)->text;
		bool is_plain = *text >= ' ' && *text <= '~' && !text[1]; /* nearly all */
		if (*text && !is_plain && pins_disputed(text, strnlen(text, CELL_TEXT_MAX)))
			return true;
	}
	return false;
}

static void tell_column(struct pins *pins, struct str *to)
{
	if (pins->due && pins->column >= 0 && pins->column < pins->columns)
		str_addf(to, "\033[%dG", pins->column + 1);
	pins->due = false;
}

/* ---- what ncurses writes ---- */

/* Number `index` of "CSI n ; m X"; `fall_back` when it is left out. */
static int parameter(const char *bytes, size_t length, int index, int fall_back)
{
	size_t at = 2;
	for (; index > 0 && at < length; at++)
		index -= bytes[at] == ';';
	return at < length && bytes[at] >= '0' && bytes[at] <= '9'
		       ? (int)strtol(bytes + at, NULL, 10)
		       : fall_back;
}

/* Behind a sequence that this file does not follow the column is not known
 * until it is told. */
static void follow_csi(struct pins *pins, const char *bytes, size_t length, struct str *to)
{
	static const char places[] = "Hf", columns[] = "G`", rights[] = "Ca", keeps[] = "ABdeSTmhl",
			  works_here[] = "XKJP@";
	char last = bytes[length - 1];
	if (strchr(places, last)) {
		pins->column = parameter(bytes, length, 1, 1) - 1;
		pins->due = false;
	} else if (strchr(columns, last)) {
		pins->column = parameter(bytes, length, 0, 1) - 1;
		pins->due = false;
	} else if (!strchr(keeps, last)) {
		int count = parameter(bytes, length, 0, 1);
		tell_column(pins, to);
		if (pins->column < 0 || strchr(works_here, last))
			return;
		pins->column = strchr(rights, last) || last == 'b'    ? pins->column + count
			       : last == 'D' && count <= pins->column ? pins->column - count
								      : -1;
	}
}

static void follow_escape(struct pins *pins, const char *bytes, size_t length, struct str *to)
{
	if (length > 2 && bytes[1] == '[')
		follow_csi(pins, bytes, length, to);
	else if (length != 3 && bytes[1] != 'M')
		pins->column = -1;
	str_add(to, bytes, length);
}

static void follow_control(struct pins *pins, char control, struct str *to)
{
	if (control == '\r') {
		pins->column = 0;
		pins->due = false;
	} else if (control == '\b' || control == '\t') {
		tell_column(pins, to);
		if (pins->column >= 0)
			pins->column = control == '\b' ? pins->column - (pins->column > 0)
						       : (pins->column / TAB_STOP + 1) * TAB_STOP;
	}
	str_addch(to, control);
}

/* A character and what combines with it. */
static size_t cluster_size(const char *bytes, size_t length)
{
	size_t size = utf8_next(bytes, length).size;
	while (size < length) {
		struct utf8_char next = utf8_next(bytes + size, length - size);
		if (!code_is_mark(next.code))
			break;
		size += next.size;
	}
	return size;
}

static size_t follow_character(struct pins *pins, const char *bytes, size_t length, struct str *to)
{
	size_t size = cluster_size(bytes, length);
	int cells = (int)code_width(utf8_next(bytes, length).code);
	tell_column(pins, to);
	if (pins->column >= 0 && pins_disputed(bytes, size)) {
		str_addf(to, "%*s\033[%dG", cells, "", pins->column + 1);
		pins->due = true;
	}
	str_add(to, bytes, size);
	pins->column = pins->column < 0 ? -1 : pins->column + cells;
	return size;
}

static size_t sequence_length(const char *bytes, size_t length)
{
	size_t at = 1;
	if (length < 2)
		return length;
	if (bytes[1] == '[')
		for (at = 2; at < length && (bytes[at] < 0x40 || bytes[at] > 0x7e);)
			at++;
	else
		while (at < length && bytes[at] >= 0x20 && bytes[at] <= 0x2f)
			at++;
	return at < length ? at + 1 : length;
}

bool pins_follow(const char *hpa)
{
	return hpa && hpa != (const char *)-1 && strcmp(hpa, "\033[%i%p1%dG") == 0;
}

void pins_add(struct pins *pins, int columns, const struct str *update, struct str *to)
{
	const char *bytes = update->text;
	size_t length = update->length;
	pins->columns = columns;
	if (pins->off) {
		str_add(to, bytes, length);
		return;
	}
	for (size_t at = 0; at < length;) {
		size_t used = 1;
		if (bytes[at] == '\033') {
			used = sequence_length(bytes + at, length - at);
			follow_escape(pins, bytes + at, used, to);
		} else if ((unsigned char)bytes[at] < ' ') {
			follow_control(pins, bytes[at], to);
		} else {
			used = follow_character(pins, bytes + at, length - at, to);
		}
		at += used;
	}
	tell_column(pins, to);
}
