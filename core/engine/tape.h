/* SPDX-License-Identifier: MIT */
/*
 * A recording as it lies on the disk: one file, or a folder of them in order of time; written to the end
 * or still being written. Finds the keyframe before a time without reading what lies before that file.
 * Trusts nothing: what a file holds behind damage is left out, and said. Keeps its files open, so that
 * one that is rolled away stays readable. One thread.
 */
#ifndef BOTSWAIN_ENGINE_TAPE_H
#define BOTSWAIN_ENGINE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct tape;
struct tape_head; /* a place to read at; any number of them */

struct tape_frame {
	unsigned kind;     /* of a message; may be one that we do not know */
	const char *bytes; /* the whole frame, for msg_decode(); valid until the head moves */
	size_t length;
};

/* `err` says why it is no recording, or none that we can read. */
MUST_CHECK bool tape_open(const char *path, struct tape **ret, struct err *err);
void tape_free(struct tape *tape); /* NULL is legal; heads first */
/* Looks for what was recorded since. */
void tape_look(struct tape *tape);
/* Its earliest and its latest wall time so far. */
int64_t tape_from_ms(const struct tape *tape);
int64_t tape_to_ms(const struct tape *tape);
/* The wall time of its last entry: an earlier one than the latest when the clock was set back. */
int64_t tape_last_ms(const struct tape *tape);
/* What is wrong with it, one sentence; "": nothing. */
const char *tape_note(const struct tape *tape);

/* At the beginning. */
struct tape_head *tape_head_new(struct tape *tape) MUST_CHECK;
void tape_head_free(struct tape_head *head); /* NULL is legal */
/* To the last keyframe that is not newer than `time_ms`, or the first one; false: there is none. A time that was there
 * twice, because the clock was set back, is that of the second time. */
bool tape_seek(struct tape_head *head, int64_t time_ms);
/* The next whole frame; false: there is none (yet). */
bool tape_next(struct tape_head *head, struct tape_frame *ret);
/* When the engine that recorded the frame that tape_next() gave was started (wall time, as its file says; 0: it does not). */
int64_t tape_started_ms(const struct tape_head *head);
/* The frame that tape_next() gave is no message: nothing behind it in its file is read. */
void tape_refuse(struct tape_head *head);
/* Where the next frame is: grows from frame to frame of a recording. */
uint64_t tape_place(const struct tape_head *head);
/* Puts the frame that tape_next() gave back: it comes again. */
void tape_back(struct tape_head *head);

#endif
