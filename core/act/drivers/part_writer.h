/* SPDX-License-Identifier: MIT */
/*
 * A part file on a thread of its own, since a disk may not answer for as long as it likes (a dead
 * NFS server, a frozen FUSE): whoever gives the bytes never waits for it. What was given and is not
 * written yet is bounded. A thread that hangs is left behind: it holds nothing but itself and its
 * file, and when the disk answers after all it removes what nobody wants any more. One thread gives
 * the orders.
 */
#ifndef BOTSWAIN_ACT_DRIVERS_PART_WRITER_H
#define BOTSWAIN_ACT_DRIVERS_PART_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct part_writer;

enum {
	PART_WAITING_BYTES = 256 << 10, /* given and not taken by the thread yet */
	PART_LEFT_MAX = 16,             /* left behind by a hang before a further file is refused */
};

/* Each is reached once, in this order, as far as it was asked for; PART_FAILED instead of any of
 * the first three; PART_REMOVED after any. */
enum part_stage { PART_OPENING, PART_OPEN, PART_SYNCED, PART_NAMED, PART_FAILED, PART_REMOVED };

struct part_state {
	enum part_stage stage;
	bool busy;      /* it owes an answer: bytes or an order are not done with */
	uint64_t calls; /* grows with each answer of the disk */
	uint64_t bytes; /* written */
	struct err err; /* of PART_FAILED */
};

/* Begins to open it. False: no thread. */
MUST_CHECK bool part_writer_new(const char *final, struct part_writer **ret, struct err *err);
/* Lets go of it without waiting; what has no final name is removed when the disk lets us. NULL is
 * legal. */
void part_writer_free(struct part_writer *writer);

int part_writer_fd(const struct part_writer *writer); /* readable: look at its state again */
struct part_state part_writer_look(struct part_writer *writer);
/* How many of `most` bytes it takes now; 0 unless it is open. Its thread makes room at any time: a
 * second call may say more. */
size_t part_writer_room(struct part_writer *writer, size_t most);
/* At most as many bytes as part_writer_room() said. */
void part_writer_put(struct part_writer *writer, const char *bytes, size_t length);
void part_writer_sync(struct part_writer *writer); /* all that was given: PART_SYNCED */
void part_writer_name(struct part_writer *writer); /* after PART_SYNCED: PART_NAMED */
/* Also what has its final name by now. From here on it only waits for PART_REMOVED. */
void part_writer_remove(struct part_writer *writer);
/* After PART_NAMED, valid until part_writer_free(). */
const char *part_writer_final(const struct part_writer *writer);

/* part_sweep() on a thread of its own, which nobody waits for. */
void part_sweep_aside(const char *pattern);

#endif
