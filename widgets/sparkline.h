/* SPDX-License-Identifier: MIT */
/* One row of blocks: the course of a figure. Newest at the right; NAN is a gap and stays blank.
 * Screen thread only. */
#ifndef BOTSWAIN_WIDGETS_SPARKLINE_H
#define BOTSWAIN_WIDGETS_SPARKLINE_H

#include <stddef.h>
#include "widgets/canvas.h"

/* Draws the last `rect.columns` of the values; fewer stand at the right. `top` is the value of a
 * full block; 0 takes the largest one shown. A value above 0 never looks like 0. Only the first row
 * of `rect` is used. */
void sparkline_draw(const struct canvas *canvas, struct rect rect, enum role role,
	const double *values, size_t count, double top);

/* The sign for a value: blank for NAN, a flat line for 0 and below. */
const char *spark_glyph(enum glyph_set set, double value, double top);
/* A block of 1 to 8 eighths of a cell, from below. */
const char *spark_block(enum glyph_set set, int eighths);

#endif
