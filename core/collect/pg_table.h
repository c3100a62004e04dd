/* SPDX-License-Identifier: MIT */
/*
 * A table of events, followed by a key of whole numbers that grow. Keys are given before their rows are committed, so a
 * smaller one may appear behind a larger: what lies above a floor is asked for again, but for keys that were taken. The
 * floor follows when every transaction that had begun by then has ended (by the snapshots of the server) and a little
 * time has passed, so a row is taken once, in whatever order rows are committed, over every break of the connection.
 * Thread of the tables' worker.
 */
#ifndef BOTSWAIN_COLLECT_PG_TABLE_H
#define BOTSWAIN_COLLECT_PG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/collect/stream_entry.h"

struct conf_table;
struct err;
struct event_post;
struct pg_session;
struct str;

enum {
	TABLE_ROWS = 1000,       /* of one question */
	TABLE_TAKEN_MAX = 20000, /* keys above the floor that are remembered */
	TABLE_BACK_ROWS = 10000, /* read back at a start */
	TABLE_BACK_LEAST = 100,  /* of a table whose rows have no time */
	TABLE_SETTLED_MS =
		5000, /* between a key's being given and its transaction's being known to the server */
	TABLE_CHECKPOINTS = 64,
};

/* A look: keys up to `top` had been given, and the server stood at a transaction. */
struct table_checkpoint {
	int64_t top, next_xid, at_ms;
};

/* How far it was read. */
struct table_progress {
	bool has_begun; /* where to begin is known */
	int64_t floor;  /* keys up to it are done with */
	int64_t back;   /* rows up to it were there before us */
	int64_t *taken; /* above the floor, sorted */
	size_t taken_count, taken_capacity;
	struct table_checkpoint checkpoints[TABLE_CHECKPOINTS];
	size_t checkpoint_count;
	int64_t making;   /* of the table and its server: another one when they are made anew */
	uint64_t dropped; /* rows that may have been passed */
};

struct pg_table {
	const struct conf_table *conf;
	struct table_progress progress;
	int64_t due_ms;
	struct stream_entry entry;
	char *origin;
};

void pg_table_init(struct pg_table *table, const struct conf_table *conf);
void pg_table_release(struct pg_table *table);
/* Takes what is new. `span_ms`: so much of the past is read at the start. False: refused or broken. */
MUST_CHECK bool pg_table_read(struct pg_table *table, struct pg_session *session,
	struct event_post *post, int64_t span_ms, struct err *err);

/* Appends "schema"."table" of schema.table, each quoted. Pure. */
void pg_table_quote(struct str *to, const char *name);

#endif
