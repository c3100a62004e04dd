/* SPDX-License-Identifier: MIT */
/* What a query yields of a store at a time: a line a series, `name value`. Another answer fails the test. */
#ifndef BOTSWAIN_TESTS_YIELDS_H
#define BOTSWAIN_TESTS_YIELDS_H

#include <stdint.h>

struct tsdb;

void assert_yields(struct tsdb *tsdb, int64_t wall_ms, const char *query, const char *wanted);

#endif
