/* SPDX-License-Identifier: MIT */
/* Fuzzy matching of what was typed against a title: all letters in order, near each other and at word starts is better.
 * Pure; any thread. */
#ifndef BOTSWAIN_WIDGETS_FUZZY_H
#define BOTSWAIN_WIDGETS_FUZZY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How well `pattern` fits: higher is better, -1 not at all; an empty pattern fits everything with 0. ASCII case and
 * blanks of the pattern are ignored. `ret_places` (may be NULL) gets bit n set for byte n of the first 64 matched. */
int fuzzy_score(const char *pattern, const char *text, uint64_t *ret_places);

#endif
