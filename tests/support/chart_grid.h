/* SPDX-License-Identifier: MIT */
/* A chart of plain numbers, drawn, and what stands on it. */
#ifndef BOTSWAIN_TESTS_CHART_GRID_H
#define BOTSWAIN_TESTS_CHART_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "widgets/chart.h"

#define MINUTE INT64_C(60000)

/* An hour of it. */
struct chart chart_of(const struct chart_series *series, size_t count);
struct grid *chart_drawn(
	const struct chart *chart, int rows, int columns, enum glyph_set set) MUST_CHECK;
bool row_has(const struct grid *grid, int row, const char *text);
bool grid_has(const struct grid *grid, const char *text);
size_t cells_of_role(const struct grid *grid, enum role role);

#endif
