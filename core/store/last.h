/* SPDX-License-Identifier: MIT */
/*
 * The last known state: encoded entities by kind and id, each with the wall time at which it was
 * true. A list of them is what is read at a start and what is written in one transaction.
 */
#ifndef BOTSWAIN_STORE_LAST_H
#define BOTSWAIN_STORE_LAST_H

#include <stddef.h>
#include <stdint.h>

enum {
	LAST_ROWS_MAX = 20000,     /* read at a start, and written at a time */
	LAST_ROW_BYTES = 64 << 10, /* a larger one is left out */
	LAST_BYTES_MAX = 32 << 20, /* of all that is read */
	LAST_COST_US = 200000,     /* that reading may cost */
};

struct last_row {
	unsigned kind; /* number of the message */
	uint64_t id;
	int64_t wall_ms;
	void *body;    /* as msg_encode() makes it */
	size_t length; /* 0, to be written: the entity is gone */
};

/* Owned by whoever holds it; read ones are ordered by kind and id. */
struct last_rows {
	struct last_row *list;
	size_t count, capacity;
};

/* Copies the body. */
void last_rows_add(struct last_rows *rows, unsigned kind, uint64_t id, int64_t wall_ms,
	const void *body, size_t length);
void last_rows_release(struct last_rows *rows); /* legal on a zeroed struct; empties it */
/* In a list that was read: NULL when it is not there. */
const struct last_row *last_rows_find(const struct last_rows *rows, unsigned kind, uint64_t id);

#endif
