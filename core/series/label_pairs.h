/* SPDX-License-Identifier: MIT */
/*
 * Labels as messages and recordings carry them: a=b,c=d. A comma and a backslash that belong to a text have a backslash before
 * them, an equals sign in a name too; all else stands as it is. Pure; any thread.
 */
#ifndef BOTSWAIN_SERIES_LABEL_PAIRS_H
#define BOTSWAIN_SERIES_LABEL_PAIRS_H

#include <stddef.h>
#include "core/base/str.h"
#include "core/series/labels.h"

/* Appends one, behind a comma when it is not the first. */
void label_pairs_add(struct str *to, const char *name, const char *value);
/* The bytes of the first one, without the comma behind it. */
size_t label_pairs_first(const char *text);
/* The text becomes the names and values, which point into it; what has no equals sign is left out. Returns how many. */
size_t label_pairs_read(char *text, struct label *ret, size_t max);

#endif
