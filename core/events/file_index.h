/* SPDX-License-Identifier: MIT */
/*
 * The index of a file that stays where it lies. The file is divided into segments; each can be indexed by
 * itself, in any order and by any thread, so that its end is known long before its start. A segment holds the lines that
 * begin in it; what a line has from those before it (core/parse/log_line.h) it has as if the file had been
 * read from its start, as long as one of them in the last FILE_LOOK_BACK bytes has a time.
 *
 * An index is of the file as it was when it was made: what is appended later belongs to another one. Reference
 * counted.
 */
#ifndef BOTSWAIN_EVENTS_FILE_INDEX_H
#define BOTSWAIN_EVENTS_FILE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/parse/log_line.h"

struct file_index;
struct line_block;

enum {
	FILE_SEGMENT_BYTES = 4 << 20,
	FILE_LAST_BYTES = 256 << 10, /* the last segment is small: it is looked at first */
	FILE_LOOK_BACK = 64 << 10,
};

struct file_source {
	int fd;              /* readable and regular; the index closes it */
	uint64_t from, to;   /* the part that is indexed; from is the start of a line */
	int64_t received_ms; /* when it was written last: lines without a date are of before */
	int32_t utc_offset_s;
	/* The number of a bot by what a line calls it; 0: it is none. Called by any thread. */
	uint16_t (*bot)(void *context, const char *name, size_t length);
	void *context;
};

struct file_index *file_index_new(const struct file_source *source) MUST_CHECK;
struct file_index *file_index_ref(struct file_index *index);
void file_index_unref(struct file_index *index); /* NULL is legal */

size_t file_index_segments(const struct file_index *index);
/* Where a segment begins; of the number of segments: the end. */
uint64_t file_index_offset(const struct file_index *index, size_t segment);

/* Indexes the segment, unless it is already; another thread that does it at this moment is waited for.
 * Some milliseconds. False: it could not be read, which is told in errno; it may be tried again. */
bool file_index_read(struct file_index *index, size_t segment);
/* The last segment that nobody has begun with; false: there is none. */
bool file_index_next(struct file_index *index, size_t *ret_segment);

struct file_segment {
	struct line_block *const *blocks; /* in order; constant as long as the index lives */
	size_t block_count;
	size_t lines;
};

/* False: it is not indexed yet. */
bool file_index_segment(
	const struct file_index *index, size_t segment, struct file_segment *ret_segment);

/* About when a segment begins, without indexing it: the earliest and the latest time that its first FILE_LOOK_BACK bytes
 * name. False: they name none. Remembered. */
bool file_index_begin(
	struct file_index *index, size_t segment, int64_t *ret_low_ms, int64_t *ret_high_ms);
int file_index_fd(const struct file_index *index);

struct file_progress {
	size_t segments, done;
	uint64_t lines, bytes; /* indexed lines, and memory that their index takes */
};
struct file_progress file_index_progress(const struct file_index *index);

#endif
