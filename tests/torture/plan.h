/* SPDX-License-Identifier: MIT */
/* Which calls of which scene fail, and in what order. */
#ifndef BOTSWAIN_TESTS_TORTURE_PLAN_H
#define BOTSWAIN_TESTS_TORTURE_PLAN_H

#include "tests/torture/harness.h"

struct plan {
	struct injection *items;
	size_t count, room;
	size_t places[8][TORTURE_CLASSES]; /* by scene: places that were found */
};

/* Plays each scene once for each of its classes to see from where there are calls, and draws about `runs` of what could fail
 * (0: all). The same seed draws the same. */
void plan_make(struct plan *plan, struct bench *bench, unsigned runs, uint64_t seed);
/* About so many without a look first: the numbers of the calls are drawn. */
void plan_sample(struct plan *plan, unsigned runs, uint64_t seed);
void plan_release(struct plan *plan);
/* Adds one, as it is printed for a bad run: "SCENE CLASS error=N at=N | place=HEX hit=N [on]". */
MUST_CHECK bool plan_one(struct plan *plan, const char *text);
void plan_name(const struct injection *injection, char *ret, size_t size);

#endif
