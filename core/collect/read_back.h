/* SPDX-License-Identifier: MIT */
/*
 * Where in a log that was there before us the last minutes begin: looked for backwards, block by
 * block, by the times that the lines themselves name. Bounded by bytes, for one file and for all of a
 * start together, and by what the search may cost. One thread.
 */
#ifndef BOTSWAIN_COLLECT_READ_BACK_H
#define BOTSWAIN_COLLECT_READ_BACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

enum {
	READ_BACK_BYTES = 8 << 20, /* of one file */
	READ_BACK_LEAST =
		64 << 10, /* of each, when the others took the rest; of one without times */
	READ_BACK_UNTIMED = 256 << 10, /* so much without any time: the file has none */
	READ_BACK_COST_US = 2000000,   /* of all searches of a start */
};

struct read_back {
	int64_t now_ms, since_ms; /* wall; lines of `since_ms` and later are wanted; equal: none */
	off_t least; /* so much of the newest file is read however old it is: a quiet log shows its last lines */
	uint64_t bytes;  /* that may still be read back, of all files */
	int64_t cost_us; /* what searching may still cost */
	bool (*is_taken)(
		void *context, const char *path); /* read by somebody else; NULL: none is */
	void *context;
	const char
		*left_out; /* said by the last file: why not all of it is read back; NULL: it is */
};

/* As much as a start may: `bytes` is what all files may take. */
struct read_back read_back_new(int64_t now_ms, int64_t span_ms, uint64_t bytes) MUST_CHECK;

struct read_back_place {
	off_t offset;
	bool is_inside; /* within a line, whose rest is to be left out */
	bool is_whole;  /* all of the file is young enough: what came before it may be as well */
};

/* Its last `length` bytes, or all of it. */
struct read_back_place read_back_last_part(off_t size, off_t length) MUST_CHECK;
/* What is there was made then (wall) or later: none of it was there before. False where nobody knows. */
bool read_back_is_born_since(const char *path, int64_t since_ms) MUST_CHECK;
/* Where to begin in the file of `size` bytes. Takes its share of the bytes and the cost. */
struct read_back_place read_back_find(struct read_back *back, int fd, off_t size) MUST_CHECK;

#endif
