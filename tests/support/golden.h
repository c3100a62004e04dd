/* SPDX-License-Identifier: MIT */
/*
 * Goldens: text that was looked at once and must stay. tests/golden/NAME.txt holds it; `make
 * golden` (BOTSWAIN_GOLDEN=1) rewrites, and the change is reviewed like code. Tests run from the
 * root of the tree.
 */
#ifndef BOTSWAIN_TESTS_GOLDEN_H
#define BOTSWAIN_TESTS_GOLDEN_H

struct grid;

/* Fails the running cmocka test when `text` is not the golden `name`, and shows the first line that
 * differs. */
void golden_check(const char *name, const char *text);
/* The same for what is drawn: grid_dump(). */
void golden_check_grid(const char *name, const struct grid *grid);

#endif
