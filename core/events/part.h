/* SPDX-License-Identifier: MIT */
/*
 * A part of what a question is put to: a chunk in memory, a block of lines of a file, or a segment of a file that
 * is not indexed yet. What can be told of it without opening it. Any thread.
 */
#ifndef BOTSWAIN_EVENTS_PART_H
#define BOTSWAIN_EVENTS_PART_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/msg/event_key.h"

struct chunk;
struct file_stream;
struct filter;
struct line_block;
struct stream;

/* All is borrowed. */
struct store_part {
	const struct chunk *chunk; /* NULL: of a file */
	size_t count; /* of its lines; of a segment that is not indexed about so many */
	struct file_stream *file;
	const struct line_block *block; /* NULL: of this segment nothing is known yet */
	size_t segment;
};

const struct stream *part_stream(const struct store_part *part);
/* Keys that no line of it stands before, or behind. Of a segment that is not indexed they are an estimate, for which its
 * first lines are read. */
struct event_key part_first_key(const struct store_part *part);
struct event_key part_last_key(const struct store_part *part);
static inline bool part_is_indexed(const struct store_part *part)
{
	return part->chunk || part->block;
}

/* False when none of its lines is of one of these bots. */
bool part_may_be_wanted(const struct store_part *part, char *const *bots, size_t count);
/* False when none of its lines can fit, by what it says of itself. `looks` grows by how often the filter was asked. */
bool part_may_fit(const struct store_part *part, struct filter *filter, size_t *looks);

#endif
