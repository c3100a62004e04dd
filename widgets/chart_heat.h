/* SPDX-License-Identifier: MIT */
/*
 * A chart as a heat map: a row for each series, the first lowest, darker where there is more; for the buckets of a histogram.
 * Where there are fewer rows than series, neighbours share a row and are added. Nothing is blank, zero a dot, and what is above
 * zero is never drawn as zero. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_CHART_HEAT_H
#define BOTSWAIN_WIDGETS_CHART_HEAT_H

#include "widgets/chart.h"

enum { CHART_SHADES = 4 };

void chart_heat_draw(const struct canvas *canvas, const struct chart *chart, struct rect plot);
/* The most that one cell of a plot stands for; 0: nothing is above zero. */
double chart_heat_most(const struct chart *chart, struct rect plot);
/* The sign of a shade, 1 the lightest. */
const char *chart_heat_sign(enum glyph_set set, int shade);
/* The series whose name stands beside a row of the plot, the first being the highest; -1: none does. */
int chart_heat_label(const struct chart *chart, int rows, int row);

#endif
