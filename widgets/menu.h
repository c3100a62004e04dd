/* SPDX-License-Identifier: MIT */
/*
 * The palette and the menus: a list of entries, each with its key and, when it is locked, the reason; typing filters
 * it fuzzily. Entries belong to the caller and must outlive the menu. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_MENU_H
#define BOTSWAIN_WIDGETS_MENU_H

#include <stdbool.h>
#include <stddef.h>
#include "widgets/canvas.h"
#include "widgets/prompt.h"

struct menu_entry {
	const char *title;
	const char *key;    /* "" when it has none */
	const char *note;   /* a dim word at the right; "" */
	const char *locked; /* NULL: free; else why not now */
	const char *help;   /* under the list while the cursor is on it; NULL: nothing */
};

struct menu {
	const char *title;
	const struct menu_entry *entries;
	size_t count;
	struct prompt prompt;
	bool searching; /* letters go to the prompt; else they are keys of entries */
	size_t *order;  /* indexes of the entries that fit, best first */
	size_t shown, cursor, top;
};

void menu_init(
	struct menu *menu, const char *title, const struct menu_entry *entries, size_t count);
void menu_release(struct menu *menu);
/* After the prompt's text has changed: orders anew, cursor on the best. */
void menu_filter(struct menu *menu);
void menu_move(struct menu *menu, int step);
/* The entry under the cursor; NULL when nothing fits. */
const struct menu_entry *menu_chosen(const struct menu *menu);

/* Draws a box in the middle of the canvas, as large as the entries want and the canvas allows. */
void menu_draw(struct menu *menu, const struct canvas *canvas);

#endif
