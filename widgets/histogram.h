/* SPDX-License-Identifier: MIT */
/*
 * How many lines of a log there are over time: a bar for each column, stacked by level from below, and under it the letter of the
 * worst level in it, so that one error among thousands is seen, also without colour. Two rows: one of bars and the letters;
 * three and more: the last one is for the ends of the time. Left of it stand two short words. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_HISTOGRAM_H
#define BOTSWAIN_WIDGETS_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include "widgets/canvas.h"

enum { HISTOGRAM_SIDE_CELLS = 9 };

struct histogram_bar {
	double error, warn, rest; /* lines: error and worse; the others */
	char letter;              /* of the worst level: F E W I D; ' ' none */
};

struct histogram {
	const struct histogram_bar *bars;
	size_t count;
	long cursor;             /* the bar that is marked; -1: none */
	bool is_rough;           /* not all is counted yet */
	const char *top, *under; /* at its left: beside the bars, and beside the letters */
	const char *from, *middle, *to;
};

/* How many bars a canvas has room for. */
size_t histogram_room(int columns);
void histogram_draw(const struct canvas *canvas, const struct histogram *histogram);

#endif
