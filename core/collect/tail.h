/* SPDX-License-Identifier: MIT */
/*
 * One growing file, line by line, by its path: through rotation by renaming (the old file is read
 * to its end, and for a while longer, since its writer may not have noticed yet; so is one that came
 * and went between two looks), truncation (copytruncate: the copy is read to its end), deletion, and
 * creation later on. What is gone before it was read is told. The last line waits for its end, but
 * not for ever; a line without end is cut. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_TAIL_H
#define BOTSWAIN_COLLECT_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "core/collect/splitter.h"

struct err;
struct open_file;
struct read_back;

enum {
	TAIL_OLD_MS = 10000,  /* a file that was renamed is read on for so long */
	TAIL_GONE_MS = 1000,  /* a rotation that makes no new file for so long is told */
	TAIL_HEAD_BYTES = 64, /* of its start, by which a rewritten file is known */
	TAIL_OLDS_MAX = 8,    /* rotated files at a time */
	TAIL_TOLD_MAX = 64,   /* of them, that are lost while the new one cannot be read */
	TAIL_IN_PLACE_BYTES = 64 << 10, /* so much that waits is too much to be copied */
	TAIL_IN_PLACE_MOST = 4 << 20,   /* ... and so much of it goes in one step */
};

/* Bytes that nobody can read any more (0: nobody knows how many), and why: "it was ...". */
typedef void tail_lost(void *context, uint64_t bytes, const char *why);

/* What became of the file, of which nothing need be lost: "was ...", "is ...". */
typedef void tail_news(void *context, const char *what);

/* What is in a file before what is read of it: its first `to` bytes. */
typedef void tail_older(void *context, struct open_file *file, uint64_t to, int64_t written_ms);
/* Whole lines, more of them than should be copied: its bytes from `from` to `to`. False: they are given out one by one. */
typedef bool tail_in_place(void *context, struct open_file *file, uint64_t from, uint64_t to);

/* A file that it was rotated to, and that is packed. False: nobody unpacks it. */
typedef bool tail_packed(void *context, const char *path, int64_t written_ms);

struct tail_file {
	int fd;           /* -1: none */
	bool is_nameless; /* it had no name when it was opened */
	struct open_file
		*open; /* the same for who asks for its lines where they lie; NULL: nobody yet */
	dev_t device;
	ino_t inode;
	off_t offset;
	struct splitter lines;
	char head[TAIL_HEAD_BYTES];
	size_t head_length;
	off_t seen_bytes; /* its size at the last look */
	int64_t seen_ns;  /* when it had been written last, then */
	int64_t until_ms; /* mono: an old one is read until then ... */
	off_t end;        /* ... and what it held then; -1 before */
	off_t back_end;   /* what lies before was there before us ... */
	int64_t back_ms;  /* ... and was written at this time (wall) or before */
};

/* A rotated file that was told to be lost. */
struct tail_loss {
	dev_t device;
	ino_t inode;
};

struct tail {
	char *path;
	struct tail_file now;
	struct tail_file olds[TAIL_OLDS_MAX]; /* oldest first */
	size_t old_count;
	struct tail_loss told[TAIL_TOLD_MAX]; /* since there was a file that can be read */
	size_t told_count;
	int64_t gone_ms; /* mono: from then on it is told that nothing is at the path; 0: something is, or it was told */
	uint64_t bytes;   /* that were read, or stay where they lie */
	bool is_behind;   /* so much waits still that it stays where it lies */
	int64_t back_ms;  /* while a line is given out: as in tail_file; LOG_NO_TIME: it is new */
	int64_t since_ns; /* set by its owner: wall, about when it was looked at before; 0: never */
	splitter_take *line;
	tail_lost *lost;
	tail_news *news;         /* NULL: nobody asks for it */
	tail_older *older;       /* NULL: nobody asks for it */
	tail_in_place *in_place; /* NULL: all are given out one by one */
	tail_packed *packed;     /* NULL: nobody unpacks any */
	void *context;
};

void tail_init(
	struct tail *tail, const char *path, splitter_take *line, tail_lost *lost, void *context);
void tail_release(struct tail *tail);
/* Looks what is at the path now, and what was there in between. `back`: what is there was there before us, so only its last
 * minutes are read, with those of what it was rotated to; NULL: all of it is new. False: it is there and cannot be read. A
 * path with nothing at it is no error. */
MUST_CHECK bool tail_look(
	struct tail *tail, int64_t now_ms, struct read_back *back, struct err *err);
/* Reads up to `budget` bytes. True: there may be more; of lines that stay where they lie a little is left for a turn that comes a
 * while later, unless it is behind. */
bool tail_read(struct tail *tail, int64_t now_ms, size_t budget);
/* When a line that has no end yet will be given out without (mono); INT64_MAX: there is none. */
int64_t tail_due_ms(const struct tail *tail);

#endif
