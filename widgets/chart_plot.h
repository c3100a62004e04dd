/* SPDX-License-Identifier: MIT */
/*
 * The inside of a chart: values in parts of cells. Braille has 2x4 of them in a cell, half blocks 1x2, areas of blocks 1x8;
 * ASCII has three heights for one line, and the letters of the series for several. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_CHART_PLOT_H
#define BOTSWAIN_WIDGETS_CHART_PLOT_H

#include "widgets/chart.h"

struct chart_plot {
	struct rect rect; /* on the canvas; not empty, and wholly on it */
	const struct chart_scale *scale;
};

/* Over what is there already (grid, limits): a cell without a value is left alone. */
void chart_plot_draw(
	const struct canvas *canvas, const struct chart *chart, const struct chart_plot *plot);
/* What is critical is drawn reversed where there are no colours, which turns dots and dashes into gaps: they take this role. */
enum role chart_plot_role(enum role role);
/* The row of the canvas in which a value is drawn. */
int chart_plot_row(const struct chart_plot *plot, double value);

#endif
