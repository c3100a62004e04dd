/* SPDX-License-Identifier: MIT */
/* The inside of a snapshot: made by directory.c, read by query.c; nobody else includes this. */
#ifndef BOTSWAIN_EVENTS_SNAPSHOT_H
#define BOTSWAIN_EVENTS_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

struct chunk;
struct file_stream;

/* Chunks [first, first + count) of the snapshot, in order; the counts of published lines besides. */
struct snapshot_stream {
	size_t first, count;
};

struct event_snapshot {
	struct snapshot_stream *streams;
	size_t stream_count;
	struct chunk **chunks; /* a reference each */
	size_t *lengths;       /* published lines when the snapshot was made */
	size_t chunk_count;
	struct file_stream **files; /* a reference each */
	size_t *segments;           /* of each, when the snapshot was made */
	size_t file_count;
	uint64_t lines, evicted_lines;
	int64_t evicted_ms; /* none of these is of later */
};

#endif
