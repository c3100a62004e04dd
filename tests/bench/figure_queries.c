/* SPDX-License-Identifier: MIT */
#include "tests/bench/figure_queries.h"

#include <string.h>

#include "core/conf/figures.h"

size_t figure_queries(const char *name, const char *const *bots, size_t count,
	char *ret_queries[FIGURE_QUERIES_MAX])
{
	struct figures *figures = figures_new(NULL);
	size_t asked = 0;
	for (size_t i = 0; i < figures->count && asked < FIGURE_QUERIES_MAX; i++)
		if (!name || strcmp(figures->list[i].name, name) == 0)
			ret_queries[asked++] =
				figure_fill(figures, &figures->list[i], false, bots, count);
	figures_free(figures);
	return asked;
}
