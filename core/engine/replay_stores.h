/* SPDX-License-Identifier: MIT */
/*
 * The lines and values of a recording on their way into the stores of a replay's engine: read from the beginning,
 * once, and shown up to a time. Engine thread; only replay.c includes this.
 */
#ifndef BOTSWAIN_ENGINE_REPLAY_STORES_H
#define BOTSWAIN_ENGINE_REPLAY_STORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct event_directory;
struct metrics;
struct replay_reader;
struct tape;

/* Keeps `line_bytes` of lines at most. */
struct replay_reader *replay_reader_new(struct tape *tape, struct event_directory *events,
	struct metrics *metrics, size_t line_bytes) MUST_CHECK;
void replay_reader_free(struct replay_reader *reader); /* NULL is legal; before the tape */
/* Reads for `slice_us`, or what is there. True when it read something. */
bool replay_reader_step(struct replay_reader *reader, int64_t slice_us);
/* All that is there was read. */
bool replay_reader_is_done(const struct replay_reader *reader);
/* Lines that were recorded before this place (tape_place) are seen, newer ones are not; of values who asks says up to when. */
void replay_reader_show(struct replay_reader *reader, uint64_t place);
/* What was read and is not kept: it found no room, or no place. */
struct replay_left_out {
	uint64_t lines, values;
};
struct replay_left_out replay_reader_left_out(const struct replay_reader *reader);
/* How many logs and series a replay holds. */
enum { REPLAY_LOGS_MAX = 4096, REPLAY_SERIES_MAX = 1 << 17 };

#endif
