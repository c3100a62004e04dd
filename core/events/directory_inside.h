/* SPDX-License-Identifier: MIT */
/* The inside of a directory: what directory.c, and directory_past.c, what was found of earlier engines, share. Nobody else
 * includes this. */
#ifndef BOTSWAIN_EVENTS_DIRECTORY_INSIDE_H
#define BOTSWAIN_EVENTS_DIRECTORY_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/id_map.h"

struct chunk;
struct file_stream;
struct history;
struct former;
struct redactor;
struct stream;

/* The chunks of one stream, oldest first; the first `cold` of them are in the history. */
struct shelf {
	uint64_t source, stream;
	struct chunk **chunks;
	size_t count, cold, capacity;
	bool is_past; /* of an engine before this one */
};

/* A source of which earlier engines left something: what it tells itself is not shown of that. */
struct past_source {
	uint64_t id;
	bool is_changed, is_asked; /* it tells something else now; the answer is waited for */
	unsigned looks, again;     /* at it, since it was found; and since it began */
};

/* A redactor and how many chunks here have it. */
struct shared {
	const struct redactor *redactor;
	size_t chunks;
};

struct event_directory {
	struct shelf *shelves; /* by source and stream */
	size_t count, capacity;
	struct shared *shared; /* oldest first; a handful, since secrets seldom change */
	size_t shared_count, shared_capacity;
	size_t bytes, budget_bytes;
	uint64_t evicted_lines;
	int64_t evicted_ms; /* none of them is of later */
	struct file_stream **files;
	size_t file_count, file_room;
	size_t file_bytes;       /* of their indexes, when they were looked at last */
	struct history *history; /* borrowed; NULL: what falls out is gone */
	size_t cold_bytes;       /* of `bytes` */
	uint64_t losses;         /* of the history, when it was looked at last */
	struct past_source *pasts;
	size_t past_count, past_room;
	struct id_map past_places;
	struct former *asked;
	bool is_forgetful; /* an index was forgotten for want of room: nobody but who asks makes one */
};

/* The shelf of a stream, made when it is not there. */
struct shelf *directory_shelf(struct event_directory *directory, const struct stream *stream);
/* The first one of a source, or where it would stand. */
size_t directory_first(const struct event_directory *directory, uint64_t source);
/* Behind what is there; takes over the reference. */
void directory_put(struct event_directory *directory, struct shelf *shelf, struct chunk *chunk);

/* The source tells something else from now on than it did. */
void directory_change_past(struct event_directory *directory, uint64_t source);
/* True: other lines of earlier engines are there than before. */
bool directory_look_at_past(struct event_directory *directory);
void directory_free_asked(struct event_directory *directory);

#endif
