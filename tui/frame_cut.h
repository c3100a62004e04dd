/* SPDX-License-Identifier: MIT */
/*
 * Which rows of a frame go when not all of it may (tui/pacer.h): rows that seldom change come first, so that what a key
 * does is seen before the next lines of a flood; the others take turns. Pure.
 */
#ifndef BOTSWAIN_TUI_FRAME_CUT_H
#define BOTSWAIN_TUI_FRAME_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "widgets/canvas.h"

/* Zeroed at first; one a terminal. */
struct frame_cut {
	uint8_t churn[CANVAS_SIDE_MAX]; /* how often each row changes */
	int next_row;                   /* whose turn it is */
};

/* The changed rows, of the first `rows` of two grids of one size, that fit into `budget` bytes (0: all do; one row
 * always does). Returns how many stand in `ret_rows`; `*ret_whole` says whether none was left. */
int frame_cut_choose(struct frame_cut *cut, const struct grid *shown, const struct grid *wanted,
	int rows, size_t budget, int ret_rows[CANVAS_SIDE_MAX], bool *ret_whole);

/* Four rows that have changed stand, as they are wanted, at one distance above or below: the terminal can move them, so that
 * a line more in a log is a line, not the whole log anew. To let ncurses look for it costs as much as to draw. */
bool frame_scrolled(const struct grid *shown, const struct grid *wanted, int rows);

#endif
