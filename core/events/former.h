/* SPDX-License-Identifier: MIT */
/*
 * What an engine finds of earlier ones in the history may be told again by its source: a log file that is still there, the
 * last minutes of a stream. Then the source tells better: of a source the history shows what came before the first line that
 * is told of it now, and of what one engine wrote what came before the first line that the next one had. That is found by the
 * first lines; where none of them is in the history, by their time, unless they came after all. Lines without times, which have
 * another time whenever they are read, are known by what they say, one after the other. Of a file without times that stays where it lies all of
 * the history is what it holds itself.
 */
#ifndef BOTSWAIN_EVENTS_FORMER_H
#define BOTSWAIN_EVENTS_FORMER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct chunk;
struct file_stream;

/* One source. Made and applied by the owner of its chunks; former_decide() is called between by a thread that may wait. */
struct former {
	struct former *next; /* its owner's */
	uint64_t source;
	struct chunk **chunks; /* cold ones, a reference each, by stream and in order */
	size_t *shown;         /* the answer: so many lines of each */
	size_t count, room;
	struct chunk *
		*live;      /* of each stream that is told now, the first chunk; a reference each */
	size_t *live_lines; /* ... and the lines of all of them, so far */
	size_t live_count, live_room, live_lines_room;
	struct file_stream **files; /* a reference each */
	size_t file_count, file_room;
	bool is_young; /* somebody had but few lines yet: worth another look */
	atomic_bool is_decided;
};

struct former *former_new(uint64_t source) MUST_CHECK;
void former_free(struct former *former); /* NULL is legal */
void former_add(struct former *former, const struct chunk *cold);
void former_add_live(struct former *former, const struct chunk *chunk, size_t lines);
void former_add_file(struct former *former, struct file_stream *file);
/* `former` is a struct former. */
void former_decide(void *former);
/* Shows so much of each. True: that is another part than before. */
bool former_apply(struct former *former);

#endif
