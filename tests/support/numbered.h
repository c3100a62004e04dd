/* SPDX-License-Identifier: MIT */
/* Whether of lines that are numbered, `number N.`, each was collected, and each once. */
#ifndef BOTSWAIN_TESTS_NUMBERED_H
#define BOTSWAIN_TESTS_NUMBERED_H

#include <stddef.h>

struct collected;

struct numbered {
	size_t missing, twice;
	size_t first; /* that is missing */
};

/* Of 0 .. count - 1; prints it. */
struct numbered numbered_of(const struct collected *collected, size_t count);
/* Fails the test when one is missing or came twice. */
void assert_numbered(const struct collected *collected, size_t count);

#endif
