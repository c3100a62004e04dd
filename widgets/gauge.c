/* SPDX-License-Identifier: MIT */
#include "widgets/gauge.h"

#include <math.h>

void gauge_draw(
	const struct canvas *canvas, int row, int column, int cells, const struct gauge *gauge)
{
	double share = isnan(gauge->share) || gauge->share < 0 ? 0
		       : gauge->share > 1                      ? 1
							       : gauge->share;
	/* Something is never drawn as nothing, and nearly full not as full. */
	int full = (int)(share * cells + 0.5);
	if (share > 0 && full == 0)
		full = 1;
	if (share < 1 && full == cells && cells > 1)
		full = cells - 1;
	enum role role = gauge->crit > 0 && share >= gauge->crit   ? ROLE_GAUGE_CRIT
			 : gauge->warn > 0 && share >= gauge->warn ? ROLE_GAUGE_WARN
								   : ROLE_GAUGE;
	for (int i = 0; i < cells; i++)
		canvas_glyph(canvas, row, column + i, i < full ? role : ROLE_GAUGE_EMPTY,
			i < full ? GLYPH_GAUGE_FULL : GLYPH_GAUGE_EMPTY);
}
