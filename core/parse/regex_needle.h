/* SPDX-License-Identifier: MIT */
/*
 * Bytes that stand in whatever a pattern matches, so that most of a log need not be matched at all. It reads
 * of a pattern what is certain and gives up on the rest: what it finds is never wrong. Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_REGEX_NEEDLE_H
#define BOTSWAIN_PARSE_REGEX_NEEDLE_H

#include <stdbool.h>
#include <stddef.h>

struct needle;

/* `flags` are those of regex_new(), which took the pattern. False: nothing of two bytes or more is certain. */
bool regex_needle(const char *pattern, size_t length, unsigned flags, struct needle *ret_needle);

#endif
