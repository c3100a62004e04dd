/* SPDX-License-Identifier: MIT */
/* A bar of one row: how much of something is used. Screen thread only. */
#ifndef BOTSWAIN_WIDGETS_GAUGE_H
#define BOTSWAIN_WIDGETS_GAUGE_H

#include "widgets/canvas.h"

struct gauge {
	double share;      /* 0 to 1; NAN: not known, drawn empty */
	double warn, crit; /* shares from which it changes colour; 0: never */
};

void gauge_draw(
	const struct canvas *canvas, int row, int column, int cells, const struct gauge *gauge);

#endif
