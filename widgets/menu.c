/* SPDX-License-Identifier: MIT */
#include "widgets/menu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/width.h"
#include "widgets/frame.h"
#include "widgets/fuzzy.h"

/* Frame and blanks left and right of the entries. */
enum { SIDE = 2, WIDTH_MIN = 36, WIDTH_MAX = 100, HELP_ROWS = 6 /* fewer have none */ };

struct scored {
	size_t index;
	int points;
};

void menu_init(struct menu *menu, const char *title, const struct menu_entry *entries, size_t count)
{
	*menu = (struct menu){.title = title, .entries = entries, .count = count};
	prompt_init(&menu->prompt, NULL);
	menu->order = xreallocarray(NULL, count + 1, sizeof(*menu->order));
	menu_filter(menu);
}

void menu_release(struct menu *menu)
{
	prompt_release(&menu->prompt);
	free(menu->order);
	menu->order = NULL;
}

/* Better first; what can be done before what is locked; else as the caller listed them. */
static int compare(const void *left, const void *right)
{
	const struct scored *a = left, *b = right;
	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

void menu_filter(struct menu *menu)
{
	autofree struct scored *scored = xreallocarray(NULL, menu->count + 1, sizeof(*scored));
	menu->shown = 0;
	for (size_t i = 0; i < menu->count; i++) {
		int points = fuzzy_score(menu->prompt.text.text, menu->entries[i].title, NULL);
		if (points >= 0)
			scored[menu->shown++] = (struct scored){i, points};
	}
	qsort(scored, menu->shown, sizeof(*scored), compare);
	for (size_t i = 0; i < menu->shown; i++)
		menu->order[i] = scored[i].index;
	menu->cursor = menu->top = 0;
}

void menu_move(struct menu *menu, int step)
{
	if (!menu->shown)
		return;
	long wanted = (long)menu->cursor + step;
	wanted = wanted < 0 ? 0 : wanted;
	menu->cursor = (size_t)wanted >= menu->shown ? menu->shown - 1 : (size_t)wanted;
}

const struct menu_entry *menu_chosen(const struct menu *menu)
{
	return menu->shown ? &menu->entries[menu->order[menu->cursor]] : NULL;
}

/* ---- drawing ---- */

static int widest(const struct menu *menu, size_t offset)
{
	size_t width = 0;
	for (size_t i = 0; i < menu->count; i++) {
		const char *text = *(const char *const *)((const char *)&menu->entries[i] + offset);
		size_t one = text ? text_width(text, strlen(text)) : 0;
		width = one > width ? one : width;
	}
	return (int)width;
}

static void draw_matches(const struct menu *menu, const char *title, const struct canvas *canvas,
	int row, int column)
{
	uint64_t places = 0;
	fuzzy_score(menu->prompt.text.text, title, &places);
	for (size_t at = 0; at < 64 && title[at]; at++)
		if (places >> at & 1)
			canvas_role(canvas,
				(struct rect){row, column + (int)text_width(title, at), 1, 1},
				ROLE_KEY);
}

static void draw_entry(const struct menu *menu, const struct menu_entry *entry,
	const struct canvas *canvas, int row, int key_column)
{
	enum role role = entry->locked ? ROLE_KEY_LOCKED : ROLE_KEY_LABEL;
	const char *right = entry->locked ? entry->locked : entry->note;
	int key_cells = widest(menu, offsetof(struct menu_entry, key));
	canvas_field(canvas, row, SIDE, key_column - SIDE - 2, ALIGN_LEFT, role, entry->title);
	if (!entry->locked)
		draw_matches(menu, entry->title, canvas, row, SIDE);
	canvas_text(
		canvas, row, key_column, entry->locked ? ROLE_KEY_LOCKED : ROLE_KEY, entry->key);
	int column = key_column + key_cells + 2;
	canvas_field(canvas, row, column, canvas->columns - column - SIDE, ALIGN_LEFT,
		entry->locked ? ROLE_KEY_LOCKED : ROLE_DIM, right);
}

static bool has_help(const struct menu *menu)
{
	for (size_t i = 0; i < menu->count; i++)
		if (menu->entries[i].help)
			return true;
	return false;
}

static struct canvas open_box(
	const struct menu *menu, const struct canvas *canvas, int *ret_key_column)
{
	int titles = widest(menu, offsetof(struct menu_entry, title));
	int keys = widest(menu, offsetof(struct menu_entry, key));
	int notes = widest(menu, offsetof(struct menu_entry, note));
	int locks = widest(menu, offsetof(struct menu_entry, locked));
	int wanted = titles + keys + (notes > locks ? notes : locks) + 2 * SIDE + 6;
	wanted = wanted < WIDTH_MIN ? WIDTH_MIN : wanted > WIDTH_MAX ? WIDTH_MAX : wanted;
	*ret_key_column = SIDE + titles + 2;
	return frame_dialog(
		canvas, (int)menu->count + 2 + has_help(menu), wanted, menu->title, ROLE_NOTE, "");
}

static void draw_help(const struct menu *menu, const struct canvas *box)
{
	const struct menu_entry *chosen = menu_chosen(menu);
	if (chosen && chosen->help)
		canvas_field(box, box->rows - 1, SIDE, box->columns - 2 * SIDE, ALIGN_LEFT,
			ROLE_DIM, chosen->help);
}

void menu_draw(struct menu *menu, const struct canvas *canvas)
{
	int key_column;
	struct canvas box = open_box(menu, canvas, &key_column);
	int first = box.rows > 5 ? 2 : 1;
	int foot = has_help(menu) && box.rows > HELP_ROWS ? 1 : 0;
	size_t rows = box.rows > first + foot ? (size_t)(box.rows - first - foot) : 1;
	prompt_draw(&menu->prompt, &box, 0, SIDE, box.columns - 2 * SIDE,
		menu->searching ? "> " : "",
		menu->searching ? "type to search" : "press a key, or / to search",
		menu->searching);
	if (key_column > box.columns * 2 / 3)
		key_column = box.columns * 2 / 3;
	if (menu->cursor < menu->top)
		menu->top = menu->cursor;
	if (menu->cursor >= menu->top + rows)
		menu->top = menu->cursor - rows + 1;
	if (!menu->shown)
		canvas_text(&box, first, SIDE, ROLE_DIM, "nothing fits");
	for (size_t i = 0; i < rows && menu->top + i < menu->shown; i++) {
		int row = first + (int)i;
		draw_entry(menu, &menu->entries[menu->order[menu->top + i]], &box, row, key_column);
		if (menu->top + i == menu->cursor)
			canvas_surface(
				&box, (struct rect){row, 0, 1, box.columns}, SURFACE_SELECTED);
	}
	if (foot)
		draw_help(menu, &box);
	if (menu->shown > rows)
		scrollbar_draw(
			&box, box.columns - 1, first, (int)rows, menu->top, rows, menu->shown);
}
