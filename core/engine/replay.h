/* SPDX-License-Identifier: MIT */
/*
 * A recording in place of workers: it fills the model, the events and the metrics of an engine that polls
 * nothing, judges nothing and changes nothing, and gives it its wall clock. State is taken from the keyframe before
 * the wanted time and what follows it; lines and values are read once, from the beginning, in slices of a turn, and shown up to
 * the time at which the replay stands. What a file holds is somebody else's text: it is sanitised, and
 * numbers that are used as indices are bounded. Engine thread.
 */
#ifndef BOTSWAIN_ENGINE_REPLAY_H
#define BOTSWAIN_ENGINE_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct clock;
struct err;
struct event_directory;
struct metrics;
struct model;
struct replay;

enum {
	REPLAY_SPEED_MAX = 1000,
	REPLAY_LOOK_MS = 1000,  /* between two looks for what was recorded since */
	REPLAY_STEP_MS = 100,   /* between two moves of one that goes on */
	REPLAY_SLICE_US = 2000, /* of a turn for reading lines and values */
	REPLAY_LINE_BYTES =
		512 << 20, /* of lines that are kept; what comes then is left out, and said */
	REPLAY_SERIES_BYTES = 256 << 20,
	/* of one for a client that may only look */
	REPLAY_SMALL_LINE_BYTES = 96 << 20,
	REPLAY_SMALL_SERIES_BYTES = 48 << 20,
};

/* Where the model, events and metrics are the engine's (borrowed). It stands at the end of the recording. */
struct replay_stores {
	struct model *model;
	struct event_directory *events;
	struct metrics *metrics;
	size_t line_bytes; /* that are kept at most */
};

/* `clock` paces it. `err`: no recording, or none that can be read. */
MUST_CHECK bool replay_open(const char *path, const struct clock *clock,
	const struct replay_stores *stores, struct replay **ret, struct err *err);
void replay_free(struct replay *replay); /* NULL is legal */

/* The wall time that it shows. */
int64_t replay_now_ms(const struct replay *replay);
/* Once a turn; true when lines or values that may be shown changed. */
bool replay_turn(struct replay *replay);
int64_t replay_due_ms(const struct replay *replay); /* mono */
/* To a time (0: where it is), and how fast it goes on from there; both are bounded by what there is. */
void replay_move(struct replay *replay, int64_t time_ms, uint64_t speed);

int64_t replay_from_ms(const struct replay *replay);
int64_t replay_to_ms(const struct replay *replay);
uint64_t replay_speed(const struct replay *replay);
/* Lines and values are still being read. */
bool replay_is_reading(const struct replay *replay);
/* What is wrong with the recording, what of it is not shown, and that nothing was recorded at the time that was asked
 * for; "": nothing. */
const char *replay_note(struct replay *replay);
/* Another number when there is something to say that was not said before, once all was read. */
unsigned replay_notes(const struct replay *replay);

#endif
