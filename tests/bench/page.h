/* SPDX-License-Identifier: MIT */
/* docs/performance.md: the table between its two marks is renewed with the figures of this run when BENCH_WRITE=1. */
#ifndef BOTSWAIN_TESTS_BENCH_PAGE_H
#define BOTSWAIN_TESTS_BENCH_PAGE_H

#include "tests/bench/bench.h"

/* A line that was printed, with its figures as texts. */
void page_add(const struct bench *bench, const struct figures *figures, enum bench_word word,
	const char *ours, const char *peer, const char *value);
/* Lines of the page whose figure was not measured now stand as they are. Without BENCH_WRITE=1 it does nothing. */
void page_write(void);

#endif
