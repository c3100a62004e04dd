/* SPDX-License-Identifier: MIT */
/*
 * The course of figures over time. One series is drawn as an area, several as lines. The value axis starts at zero and
 * ends at a round number; what is not known (NAN) is a gap, never a line across it. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_CHART_H
#define BOTSWAIN_WIDGETS_CHART_H

#include <stddef.h>
#include "widgets/canvas.h"

struct chart_series {
	const char *name;     /* for the legend; "" */
	const double *values; /* oldest first; as many as there are, drawn over the whole width */
	size_t count;
	enum role role;
};

struct chart {
	const struct chart_series *series;
	size_t count;
	double top;        /* the least that the value axis reaches; 0: what the values need */
	double warn, crit; /* values from which an area changes its colour; 0: never */
	void (*format)(
		double value, char *ret_text, size_t size); /* of the ticks; NULL: 12.4 870 12k */
	const char *from, *middle, *to;                     /* under the time axis; "" for none */
};

void chart_draw(const struct canvas *canvas, const struct chart *chart);

struct chart_figures {
	double now, max,
		min; /* NAN when nothing is known; `now` is the newest value, NAN when that is a gap */
};
struct chart_figures chart_figures(const struct chart_series *series);

/* The round step of `count` ticks that reach `max`, and where they end. */
double chart_step(double max, int count, double *ret_top);

#endif
