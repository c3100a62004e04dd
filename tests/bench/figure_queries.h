/* SPDX-License-Identifier: MIT */
/* The shipped figures as a window asks for them; apart from bench.h, whose `struct figures` is another one. */
#ifndef BOTSWAIN_TESTS_BENCH_FIGURE_QUERIES_H
#define BOTSWAIN_TESTS_BENCH_FIGURE_QUERIES_H

#include <stddef.h>
#include "core/base/attr.h"

enum { FIGURE_QUERIES_MAX = 16 };

/* Those of these bots (0: of all), of the figure of that name or (NULL) of all figures; returns how many. The caller frees each. */
size_t figure_queries(const char *name, const char *const *bots, size_t count,
	char *ret_queries[FIGURE_QUERIES_MAX]) MUST_CHECK;

#endif
