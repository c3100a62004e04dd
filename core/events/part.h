/* SPDX-License-Identifier: MIT */
/*
 * A part of what a question is put to: a chunk in memory or in the history, a block of lines of a file, or a segment of a file that
 * is not indexed yet. What can be told of it without opening it. Any thread.
 */
#ifndef BOTSWAIN_EVENTS_PART_H
#define BOTSWAIN_EVENTS_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/msg/event_key.h"

struct chunk;
struct file_stream;
struct filter;
struct filter_value;
struct line_block;
struct line_kind;
struct needle;
struct stream;

/* The bytes of a block, and where in them stands what is looked for: its first place in each line. Its room is used again;
 * all zero at first. */
struct scratch {
	char *bytes;
	size_t length, room;
	size_t *hits; /* in order */
	size_t hit_count, hit_room;
};
void scratch_release(struct scratch *scratch);

/* All is borrowed. */
struct store_part {
	const struct chunk *chunk; /* NULL: of a file */
	size_t skip;               /* of a chunk: so many of its first lines are not of the part */
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
/* Its lines are in the history, and are read when it is opened. */
bool part_is_cold(const struct store_part *part);
static inline bool part_is_indexed(const struct store_part *part)
{
	return part->chunk || part->block;
}

/* Of a file: false when it cannot be read any more. */
bool part_read(const struct store_part *part, char *to, size_t length, uint64_t offset);
enum { PART_BYTES_MAX = 4 << 20 }; /* of a larger block lines are read one by one */

/* Reads a block and looks for the needle in it, which learns from the first one how to be found. False: it is too large, or not
 * to be read any more. */
MUST_CHECK bool part_seek(
	const struct store_part *part, struct needle *needle, struct scratch *scratch);
/* Some line of a block holds backslashes that may hide what it says (RECORD_HIDES). */
bool part_has_hiding_lines(const struct store_part *part);

/* Of lines of a kind of a file: whose they are, "" nobody's, and what they say in a column; false when the kind does not tell. */
const char *part_kind_bot(const struct file_stream *file, const struct line_kind *kind);
bool part_kind_value(const struct file_stream *file, const struct line_kind *kind, size_t column,
	struct filter_value *value);

/* It is one of these, of which there may be none: all are wanted. */
bool part_is_wanted_bot(const char *bot, char *const *bots, size_t count);
/* False when none of its lines is of one of these bots. */
bool part_may_be_wanted(const struct store_part *part, char *const *bots, size_t count);
/* False when none of its lines can fit, by what it says of itself. `looks` grows by how often the filter was asked. */
bool part_may_fit(const struct store_part *part, struct filter *filter, size_t *looks);

/* Whether the needle is, or reaches into, what stands in place of a secret: then nothing can be told from a file. */
bool part_needle_is_mark(const struct needle *needle);
/* False when no line of it holds the text of the needle as it lies there, nor one that may hold it when it is unescaped or
 * redacted: certain of an indexed block of a file alone, which is read for it. */
bool part_may_say(const struct store_part *part, struct needle *needle, struct scratch *scratch);

#endif
