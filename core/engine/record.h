/* SPDX-License-Identifier: MIT */
/*
 * The recorder's inside: what the engine's thread hands over in one piece, and the thread that writes it.
 * A batch is complete: what was so at its time. The writer owns the files: RECORD_MAGIC and rec_head before a
 * keyframe, then batches, each in one write, so that a crash cuts off one batch at most. Only recorder.c, record_*.c
 * and those who read what is written here include this.
 */
#ifndef BOTSWAIN_ENGINE_RECORD_H
#define BOTSWAIN_ENGINE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/msg/msg.h"

struct chunk;
struct clock;
struct err;
struct record_options;
struct redactor;

#define RECORD_MAGIC  "botsrec1"
#define RECORD_SUFFIX ".rec"

enum {
	RECORD_MAGIC_BYTES = 8,
	RECORD_KEY_MS = 60000,       /* from a keyframe to the next */
	RECORD_BACK_MS = 60000,      /* a wall clock that goes back so far was set */
	RECORD_FILE_MS = 600000,     /* a file of a rolling recording spans so much at most */
	RECORD_FILE_BYTES = 1 << 30, /* of one file, if nothing else is said */
	RECORD_FILES = 16,           /* and takes such a part of the budget */
	RECORD_QUEUE_BYTES =
		8 << 20, /* that wait for the disk; what comes then is dropped and counted */
	RECORD_RETRY_MS = 10000, /* after a file could not be written */
	RECORD_LEAVE_MS = 3000,  /* a disk that takes no more is left behind after that */
};

/* Lines from .. to of a chunk. */
struct record_lines {
	struct chunk *chunk; /* a reference */
	size_t from, to;
};

struct record_value {
	uint64_t id; /* of a rec_name */
	int64_t time_ms;
	double value;
};

struct record_batch {
	struct record_batch *next;
	int64_t wall_ms, mono_ms;
	bool whole; /* every entity is in it */
	struct msg_any *messages;
	size_t message_count, message_room;
	struct record_lines *lines;
	size_t line_count, line_room;
	struct record_value *values;
	size_t value_count, value_room;
	const struct redactor *redactor; /* a reference; NULL: shapes alone */
	uint64_t entries, dropped;       /* in this batch; not recorded before it, since start */
	size_t bytes;                    /* about what it takes of memory */
};

struct record_batch *record_batch_new(void) MUST_CHECK;
void record_batch_free(struct record_batch *batch); /* NULL is legal */

struct record_figures {
	uint64_t bytes;  /* that the recording holds on the disk */
	int64_t from_ms; /* wall time of the oldest, 0: nothing yet */
	uint64_t lost;   /* entries that could not be written */
	char error[256]; /* why not, now; empty: it writes */
};

struct record_writer;

/* Engine thread. */
MUST_CHECK bool record_writer_open(
	const struct record_options *options, struct record_writer **ret, struct err *err);
/* Takes ownership. False: too much waits, it was freed. */
bool record_writer_post(struct record_writer *writer, struct record_batch *batch);
void record_writer_figures(struct record_writer *writer, struct record_figures *ret);
/* Waits until all that was posted is written, or could not be. For tests. */
void record_writer_drain(struct record_writer *writer);
/* Writes what waits. Returns after `patience_ms` at most; then its thread goes on alone. NULL is legal. */
void record_writer_close(struct record_writer *writer, int64_t patience_ms);
/* From the next batch on. */
void record_writer_set_budget(struct record_writer *writer, uint64_t bytes);

/* ---- the writer's thread: record_files.c ---- */

struct record_files;

MUST_CHECK bool record_files_open(
	const struct record_options *options, struct record_files **ret, struct err *err);
void record_files_free(struct record_files *files);
/* True when the next bytes begin a file: magic, head and a keyframe. */
bool record_files_begins(const struct record_files *files, int64_t mono_ms);
/* Makes that file. */
MUST_CHECK bool record_files_begin(
	struct record_files *files, int64_t wall_ms, int64_t mono_ms, struct err *err);
/* All of it or nothing. Makes room by removing the oldest files. After a failure the next bytes begin a file, or
 * go on behind the last that were written. */
MUST_CHECK bool record_files_write(
	struct record_files *files, const char *bytes, size_t length, struct err *err);
void record_files_set_budget(struct record_files *files, uint64_t bytes);
uint64_t record_files_bytes(const struct record_files *files);
int64_t record_files_from_ms(const struct record_files *files);

#endif
