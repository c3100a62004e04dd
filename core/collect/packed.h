/* SPDX-License-Identifier: MIT */
/*
 * A packed log (gzip, zstd) as a file that can be read where it lies: unpacked bit by bit into one without a name, in $TMPDIR, up
 * to a bound. What is good of a damaged one, or of one that is larger, is there. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_PACKED_H
#define BOTSWAIN_COLLECT_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct packed;

enum packed_state {
	PACKED_MORE,   /* there is more to unpack */
	PACKED_WHOLE,  /* all of it is there */
	PACKED_CUT,    /* the packed file ends before its end */
	PACKED_BROKEN, /* what comes next is damaged, or is nothing packed */
	PACKED_BOUND,  /* it is larger than it may be */
	PACKED_FAILED, /* it cannot be read, or there is no room for it (errno) */
};

/* By its name: .gz or .zst. */
bool packed_is_name(const char *path);
/* By its first bytes: it is packed in a way that is read here. */
bool packed_is(int fd);
/* Borrows the descriptor. NULL: it is no such file, or there is no place for what is in it. */
struct packed *packed_new(int fd, uint64_t most_bytes, struct err *err) MUST_CHECK;
void packed_free(struct packed *packed); /* NULL is legal */
/* Unpacks about so many bytes more. */
enum packed_state packed_step(struct packed *packed, size_t bytes);
/* What is unpacked so far: a descriptor of its own, which the caller takes over; -1: no more. */
int packed_take(struct packed *packed);
uint64_t packed_bytes(const struct packed *packed);
/* Why not all of it is there; NULL: it is. */
const char *packed_why(enum packed_state state);

#endif
