/* SPDX-License-Identifier: MIT */
/*
 * What of a chunk need not be read, told from what the chunk says of itself: its source, the bots of
 * its lines and their levels. Any thread, but one at a time for a filter.
 */
#ifndef BOTSWAIN_EVENTS_SKIP_H
#define BOTSWAIN_EVENTS_SKIP_H

#include <stdbool.h>
#include <stddef.h>

struct chunk;
struct filter;

/* True when a line of the chunk may be one of these bots' (`count` 0: of all). */
bool chunk_may_be_wanted(const struct chunk *chunk, char *const *bots, size_t count);
/* True when a line of the chunk may fit the filter (NULL: everything does). Adds to `looks` how often
 * the filter was asked: as often as there are bots and levels in the chunk, at most. */
bool chunk_may_fit(const struct chunk *chunk, struct filter *filter, size_t *looks);

#endif
