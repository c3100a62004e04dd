/* SPDX-License-Identifier: MIT */
/* What real servers, files and programs say of it, through a real engine, on real screens. */
#ifndef BOTSWAIN_TESTS_HOSTILE_DOORS_H
#define BOTSWAIN_TESTS_HOSTILE_DOORS_H

/* Of cmocka; needs a folder. */
void what_comes_through_real_doors_is_made_safe_by_the_engine(void **state);

#endif
