/* SPDX-License-Identifier: MIT */
/* Whether of lines that are numbered, `number N.`, each was collected, and each once. */
#ifndef BOTSWAIN_TESTS_NUMBERED_H
#define BOTSWAIN_TESTS_NUMBERED_H

#include <stddef.h>

struct collected;

/* Prints how many of 0 .. count - 1 are missing and how many came twice; fails the test when any did. */
void assert_numbered(const struct collected *collected, size_t count);

#endif
