/* SPDX-License-Identifier: MIT */
/*
 * A chunk as the history on the disk has it: a head that says what it holds, with a checksum, and behind it its lines,
 * compressed, with another. What is read is trusted with nothing: a head or lines that no chunk could have are refused.
 * Pure, any thread.
 */
#ifndef BOTSWAIN_EVENTS_FRAME_H
#define BOTSWAIN_EVENTS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/events/chunk.h"
#include "core/base/str.h"

enum {
	FRAME_START_BYTES = 24,    /* so much of a head tells how long all of it is */
	FRAME_HEAD_MAX = 64 << 10, /* with the names of its bots */
	FRAME_RAW_MAX = 8 << 20,   /* of lines, before they are compressed */
};

struct frame_start {
	uint32_t head_bytes; /* all of the head, FRAME_START_BYTES among them */
	uint32_t packed_bytes, raw_bytes;
};

/* What its head says; the texts lie in the bytes of the head. */
struct frame_head {
	struct chunk_summary summary;
	const char *bots[CHUNK_BOTS + 1];
};

/* Appends the frame of a chunk that is written no more, and has lines. False: it is larger than a frame may be. */
MUST_CHECK bool frame_pack(
	const struct chunk *chunk, struct str *to, struct frame_start *ret_start);

/* Of FRAME_START_BYTES. False: no frame begins so. */
MUST_CHECK bool frame_read_start(const char *bytes, struct frame_start *ret);
/* Of start.head_bytes. False: it is damaged. */
MUST_CHECK bool frame_read_head(
	const char *bytes, const struct frame_start *start, struct frame_head *ret);
/* The lines of a cold chunk, from what lies behind its head. NULL: they are damaged, or not those that the chunk tells of. */
struct chunk *frame_unpack(
	const struct chunk *cold, const char *packed, const struct frame_start *start) MUST_CHECK;

#endif
