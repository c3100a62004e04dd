/* SPDX-License-Identifier: MIT */
/*
 * Entities as encoded frames, and what changed between two of them: how a recording keeps state. A change is
 * one rec_change message and, behind it, a frame of the entity's own kind that holds only the fields
 * that changed. Who wrote and who reads go through the same states, so a change says nothing of what
 * stayed. Reading trusts nothing. One thread.
 */
#ifndef BOTSWAIN_ENGINE_FRAMES_H
#define BOTSWAIN_ENGINE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"
#include "core/msg/msg.h"

enum { FRAMES_MAX = 1 << 16 }; /* entities of one recording */

struct frame {
	enum msg_kind kind;
	uint64_t id;
	struct str fields; /* the encoded fields, without the frame's head */
	uint64_t mark;     /* the owner's own */
};

struct frames; /* by kind and id */

struct frames *frames_new(void) MUST_CHECK;
void frames_free(struct frames *frames); /* NULL is legal */
void frames_clear(struct frames *frames);
size_t frames_count(const struct frames *frames);
/* In order of kind and id; valid until the next frames_add() or frames_remove(). */
struct frame *frames_at(const struct frames *frames, size_t index);
struct frame *frames_find(const struct frames *frames, enum msg_kind kind, uint64_t id);
/* Finds or makes it, empty then; NULL: there are FRAMES_MAX. */
struct frame *frames_add(struct frames *frames, enum msg_kind kind, uint64_t id);
void frames_remove(struct frames *frames, enum msg_kind kind, uint64_t id);

/* The fields of an encoded entity without its revision, which is each model's own. */
void frame_encode(enum msg_kind kind, const void *body, struct str *to);
/* Appends a frame of these fields. */
void frame_write(enum msg_kind kind, const char *fields, size_t length, struct str *out);
/* Appends what leads from the fields that `frame` holds to `fields`, nothing when they are the same. */
bool frame_write_change(const struct frame *frame, const struct str *fields, struct str *out);
/* Applies a change to the fields of `frame`; `part`: the fields of the frame behind it. False: it does
 * not fit. */
MUST_CHECK bool frame_apply(
	struct frame *frame, const struct msg_rec_change *change, const char *part, size_t length);

#endif
