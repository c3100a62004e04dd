/* SPDX-License-Identifier: MIT */
/*
 * Names as small numbers, which mean the same to all who share the table: a line of a log keeps two bytes for
 * its bot. A number is never given to another name. Reference counted; any thread.
 */
#ifndef BOTSWAIN_BASE_NAMES_H
#define BOTSWAIN_BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct names;

enum { NAMES_MOST = 4096 };

struct names *names_new(void) MUST_CHECK;
struct names *names_ref(struct names *names);
void names_unref(struct names *names); /* NULL is legal */

/* The number of a name, which it is given here if it has none; 0: it is empty, or there are too many. */
uint16_t names_number(struct names *names, const char *name, size_t length);
/* The same for one that is known; 0: it is not. */
uint16_t names_find(struct names *names, const char *name, size_t length);
/* Valid as long as the table; "" for 0. */
const char *names_text(struct names *names, uint16_t number);

#endif
