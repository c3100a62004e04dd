/* SPDX-License-Identifier: MIT */
/*
 * The index of a file that stays where it lies. The file is divided into segments; each can be indexed by
 * itself, in any order and by any thread, so that its end is known long before its start. A segment holds the lines that
 * begin in it; what a line has from those before it (core/parse/log_line.h) it has as if the file had been
 * read from its start, as long as one of them in the last FILE_LOOK_BACK bytes has a time.
 *
 * An index is of the file as it was when it was made: what is appended later belongs to another one. Or it is a
 * growing one, which begins with nothing: its one writer appends segment after segment, each indexed as it comes,
 * while others read those before. Any thread, but for making, appending and freeing: they are its owner's (file_stream.h).
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
struct open_file;

enum {
	FILE_SEGMENT_BYTES = 4 << 20,
	FILE_LAST_BYTES = 256 << 10, /* the last segment is small: it is looked at first */
	FILE_LOOK_BACK = 64 << 10,
};

struct file_source {
	struct open_file *file; /* a reference is taken */
	uint64_t from, to;      /* the part that is indexed; from is the start of a line */
	int64_t received_ms;    /* when it was written last: lines without a date are of before */
	int64_t now_ms;         /* no line is of long after; 0: nobody says */
	int32_t utc_offset_s;
	/* The number of a bot by what a line calls it; 0: it is none. Called by any thread. */
	uint16_t (*bot)(void *context, const char *name, size_t length);
	void *context;
};

struct file_index *file_index_new(const struct file_source *source) MUST_CHECK;
/* A growing one, of `from` on, of at most so many segments; its `to` counts for nothing. */
struct file_index *file_index_new_growing(
	const struct file_source *source, size_t segments) MUST_CHECK;
void file_index_free(struct file_index *index); /* NULL is legal */

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

/* What a line that is appended says. The text is as it lies there, but for colours; it and all that is borrowed from it is
 * valid during the call. */
struct file_line {
	const char *text;
	size_t length;
	const struct log_line *line;
	int64_t wall_ms;
	uint16_t bot;
};

/* Of a growing one, by its one writer: how what is appended now is read. */
struct file_growth {
	struct log_flow *flow; /* goes on from the lines before, whoever read those */
	int64_t now_ms;        /* lines without a time are of now; none is of long after */
	void (*line)(void *context, const struct file_line *line); /* called for each */
	void *context;
};
/* Indexes what lies between `from`, where a line begins that is not before its end (what lies between the two is another's),
 * and `to`, which must be behind a newline. False: it has all the segments that it may have, or (errno is not 0) the file could
 * not be read; then nothing was appended, and no line told. */
MUST_CHECK bool file_index_append(
	struct file_index *index, uint64_t from, uint64_t to, const struct file_growth *growth);

/* About when a segment begins, without indexing it: the earliest and the latest time that its first FILE_LOOK_BACK bytes
 * name. False: they name none. Remembered. */
bool file_index_begin(
	struct file_index *index, size_t segment, int64_t *ret_low_ms, int64_t *ret_high_ms);
/* About how many lines a segment has that nobody has read. */
size_t file_index_guess_lines(const struct file_index *index, size_t segment);
/* The file that it reads. */
const struct open_file *file_index_file(const struct file_index *index);

struct file_progress {
	size_t segments, done;
	uint64_t lines, bytes; /* indexed lines, and memory that their index takes */
};
struct file_progress file_index_progress(const struct file_index *index);
/* What all of it takes of memory; costs next to nothing. */
size_t file_index_bytes(const struct file_index *index);
/* The latest time that an indexed line has; INT64_MIN: there is none. */
int64_t file_index_newest_ms(const struct file_index *index);

#endif
