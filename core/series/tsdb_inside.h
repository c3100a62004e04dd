/* SPDX-License-Identifier: MIT */
/*
 * What the files of the store know of it. Locks: `keep` is held through everything that tsdb_maintain() and its like do, and
 * guards what of the store is theirs; `lock` is held for a moment, for the list of files and the figures.
 */
#ifndef BOTSWAIN_SERIES_TSDB_INSIDE_H
#define BOTSWAIN_SERIES_TSDB_INSIDE_H

#include <pthread.h>
#include "core/series/block.h"
#include "core/series/head.h"
#include "core/series/head_keep.h"
#include "core/series/wal.h"
#include "core/series/tsdb.h"

#define TSDB_BLOCK_SUFFIX   ".series"
#define TSDB_JOURNAL_SUFFIX ".journal"

/* A file of series; block NULL: one that can't be read, until it makes room. */
struct tsdb_file {
	char *path;
	uint64_t number, bytes;
	struct block *block;
	bool is_checked; /* of who keeps */
};

struct tsdb {
	struct tsdb_limits limits;
	struct head *head;
	struct metadata *metadata;
	char *folder; /* NULL: memory alone */

	pthread_mutex_t keep;
	struct wal *journal;  /* NULL: there is none, it is made when something is to be written */
	bool rotates;         /* the journal holds what is in files by now: a new one is due */
	uint64_t last_number; /* of a file or journal */
	int64_t now_ms, steady_ms, flushed_ms, tried_ms, cut_ms; /* of tsdb_maintain() */
	bool cut_fails; /* the last file could not be written */

	pthread_mutex_t lock;
	struct tsdb_file *files; /* by number */
	size_t file_count, file_room;
	uint64_t version;               /* grows when a file is new */
	struct tsdb_statistics figures; /* those that are counted as they happen */
	uint64_t wal_bytes;
};

/* ---- tsdb_files.c ---- */

/* Reads what is in the folder. */
MUST_CHECK bool tsdb_files_open(struct tsdb *tsdb, struct err *err);
char *tsdb_path(const struct tsdb *tsdb, uint64_t number, const char *suffix) MUST_CHECK;
/* Takes over the path. */
void tsdb_files_add(struct tsdb *tsdb, char *path, uint64_t number, struct block *block);
/* The oldest go, until the budget and the span are kept. */
void tsdb_files_tidy(struct tsdb *tsdb, int64_t before_ms);
void tsdb_files_remove_after(struct tsdb *tsdb, int64_t time_ms);
/* Those that are older than the one of this number. */
void tsdb_remove_journals(struct tsdb *tsdb, uint64_t before);
/* One that was not yet is checked to its last byte. */
void tsdb_files_check(struct tsdb *tsdb);
/* References to those that can be read, oldest first, freed by the caller with them. */
struct block **tsdb_blocks(struct tsdb *tsdb, size_t *ret_count, uint64_t *ret_version) MUST_CHECK;
/* What is kept of their indexes is an eighth of the memory at most: the oldest go. */
void tsdb_blocks_shrink(const struct tsdb *tsdb, struct block **blocks, size_t count);
void tsdb_blocks_free(struct block **blocks, size_t count);
void tsdb_say_damage(struct tsdb *tsdb, uint64_t count, const char *text);

/* ---- tsdb_keep.c ---- */

/* With `keep` locked. */
MUST_CHECK bool tsdb_flush_locked(struct tsdb *tsdb, struct err *err);
/* A new journal with all that is in memory takes the place of the one that is there. */
MUST_CHECK bool tsdb_rotate(struct tsdb *tsdb, struct err *err);

#endif
