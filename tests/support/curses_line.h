/* SPDX-License-Identifier: MIT */
/*
 * The real back end (tui/term_curses.c) on a line of this process's own, and an emulator at its other end: a grid that is
 * given to it is sent as a terminal would get it, and must look there as it is. One at a time; a failure fails the test.
 */
#ifndef BOTSWAIN_TESTS_CURSES_LINE_H
#define BOTSWAIN_TESTS_CURSES_LINE_H

#include "core/base/attr.h"

struct curses_line;
struct grid;
struct str;
struct theme;

/* `theme` is borrowed. */
struct curses_line *curses_line_new(const struct theme *theme, int rows, int columns) MUST_CHECK;
void curses_line_free(struct curses_line *line); /* NULL is legal */
void curses_line_resize(struct curses_line *line, int rows, int columns);

/* Shows it; appends one sentence for what is not as it should be: a cell, an event, a sequence. Rings the bell once, so
 * that the end of the frame is known. */
void curses_line_show(struct curses_line *line, const struct grid *grid, struct str *ret);
/* The same through the back end's clipboard: appends what was sent. */
void curses_line_copy(struct curses_line *line, const char *text, struct str *ret);
/* Bytes of the frame that was shown last; borrowed. */
const struct str *curses_line_bytes(const struct curses_line *line);
/* Appends every row as emulator_row() does, a line end behind each. */
void curses_line_picture(struct curses_line *line, struct str *to);

#endif
