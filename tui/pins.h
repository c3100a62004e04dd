/* SPDX-License-Identifier: MIT */
/*
 * Terminals do not agree on how wide every character is: an emoji, a letter with marks, what a newer Unicode brought. Where
 * one takes another width than ours, everything behind it in the row would stand beside its place. So each such character
 * is pinned: its cells are blanked before it, and behind it the cursor is told its column, whatever the terminal made of it.
 * A stage behind sgr.h that follows the column through what ncurses writes. Pure.
 */
#ifndef BOTSWAIN_TUI_PINS_H
#define BOTSWAIN_TUI_PINS_H

#include <stdbool.h>
#include <stddef.h>

struct grid;
struct str;

struct pins {
	bool off; /* bytes pass as they are: a terminal without "erase characters" or "column address" */
	int columns; /* of the terminal, at the last update */
	int column;  /* where its cursor is; -1: not known, until it is told */
	bool due; /* behind a pinned character: the column is to be told before anything is drawn */
};

/* True for a character (with what combines with it) whose width is not the same on all terminals. */
bool pins_disputed(const char *text, size_t length);
/* A row has one: where one changes, the whole row is to be sent. A terminal that takes it for wider than we do has drawn
 * over its neighbour, which ncurses takes for right. */
bool pins_disputed_row(const struct grid *grid, int row);
/* A terminal whose description has this as its "hpa" (column address) can be told a column as it is done here; NULL and -1
 * are terminfo's words for none. */
bool pins_follow(const char *hpa);
/* Appends `update` (whole sequences and characters, as one of ncurses is) to `to`, pinned. `columns`: of the terminal. */
void pins_add(struct pins *pins, int columns, const struct str *update, struct str *to);

#endif
