/* SPDX-License-Identifier: MIT */
/*
 * Reads blocks of files and looks for a text in them, with a thread beside its owner's, which is busy with the lines of those
 * before. Given back in order, AHEAD_BLOCKS at a time. All calls are its owner's.
 */
#ifndef BOTSWAIN_EVENTS_AHEAD_H
#define BOTSWAIN_EVENTS_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct ahead;
struct needle;
struct scratch;
struct store_part;

enum { AHEAD_BLOCKS = 4 };

/* The needle is copied, and learns no more. NULL: there is no second processor, or no thread to be had. */
struct ahead *ahead_new(const struct needle *needle) MUST_CHECK;
void ahead_free(struct ahead *ahead); /* NULL is legal; waits for nothing */

size_t ahead_count(const struct ahead *ahead); /* of blocks that were begun with and not released */
/* Copied, with a reference to its file. There must be room. */
void ahead_begin(struct ahead *ahead, const struct store_part *part);
/* Waits for the first one, and reads others itself meanwhile. NULL: it could not be read (part_seek); *ret_part is valid until it is released. */
const struct scratch *ahead_wait(struct ahead *ahead, const struct store_part **ret_part);
void ahead_release(struct ahead *ahead); /* the first one */

#endif
