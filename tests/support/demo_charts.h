/* SPDX-License-Identifier: MIT */
/* Charts of made-up figures, one scene over a whole canvas: for looking at, for goldens and for measuring. */
#ifndef BOTSWAIN_TESTS_DEMO_CHARTS_H
#define BOTSWAIN_TESTS_DEMO_CHARTS_H

#include <stddef.h>
#include "widgets/canvas.h"

enum { DEMO_CHARTS = 11 };

void demo_charts_draw(const struct canvas *canvas, size_t scene);

#endif
