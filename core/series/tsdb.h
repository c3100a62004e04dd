/* SPDX-License-Identifier: MIT */
/*
 * The store of series: samples of a time (ms since 1970) and a value, named by labels. What is new is in memory (the head) and,
 * with a folder, in a journal that is written at each tsdb_flush(): a restart loses what came since the last one at most. What is
 * older than some minutes goes into files of up to two hours, which are never changed (block.h); the oldest go when a byte
 * budget is used up, or when they are older than a day. Without a folder the oldest chunks in memory make room.
 *
 * Any thread may call any function. An append takes one of 64 locks for a moment (many: for some dozens of them); a select holds such a lock while it reads
 * a few chunks of one series, and no other for longer than it takes to find the series. tsdb_maintain(), tsdb_flush() and
 * tsdb_forget_after() wait for the disk and for each other, never an append or a select for them: call them from a thread that
 * may wait. Nothing is done but in calls: without tsdb_maintain() the memory is used up, and appends are refused and counted.
 *
 * The disk may fail: what can't be written stays in memory, is tried again, and makes room when that is used up (counted); the
 * sentence is in the statistics.
 */
#ifndef BOTSWAIN_SERIES_TSDB_H
#define BOTSWAIN_SERIES_TSDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/minutes.h"
#include "core/series/querier.h"

struct err;
struct labels;
struct metadata;
struct tsdb;
struct tsdb_series;

/* 0 in a field: the default. */
struct tsdb_limits {
	size_t memory_bytes; /* 64 MiB, of chunks and series */
	uint64_t disk_bytes; /* 256 MiB, of files and journal */
	int64_t span_ms;     /* 24 h */
	size_t series_max;   /* 200,000 */
	size_t labels_max;   /* of one series: 64 */
	size_t name_max;     /* bytes of a name: 512 */
	size_t value_max;    /* bytes of a value: 4096 */
};

enum {
	TSDB_FLUSH_MS = 60000,   /* so often tsdb_maintain() flushes */
	TSDB_BLOCK_MS = 7200000, /* of one file */
	TSDB_RECENT_MS = 600000, /* stays in memory when a file is written */
};

/* `folder` is there and ours alone; NULL: memory alone. What earlier processes wrote is read; what was damaged is left out, and
 * told by the statistics. Files are opened and no more; a journal is read, some 40 ns a sample: of the largest a second. */
MUST_CHECK bool tsdb_open(
	const char *folder, const struct tsdb_limits *limits, struct tsdb **ret, struct err *err);
/* Flushes. Nobody uses it any more, and all series are released. NULL is legal. */
void tsdb_close(struct tsdb *tsdb);

/* ---- writing ---- */

enum tsdb_result {
	TSDB_TAKEN,
	TSDB_OLD,      /* older than what the series has: a clock that was put back */
	TSDB_AGAIN,    /* it has a sample of that time */
	TSDB_NO_ROOM,  /* memory is used up */
	TSDB_BAD_TIME, /* beyond XOR_TIME_MAX */
	TSDB_RESULTS,
};

/* The series of these labels, kept until it is released: the quick way to append again and again. NULL, counted, with a
 * sentence: too many series, too much memory, or labels that are too long or none. */
struct tsdb_series *tsdb_refer(
	struct tsdb *tsdb, const struct labels *labels, struct err *err) MUST_CHECK;
void tsdb_release(struct tsdb_series *series); /* NULL is legal */
/* Its labels; valid as long as it is held. */
const struct labels *tsdb_series_labels(const struct tsdb_series *series);
/* What is refused is counted. A series that is not in memory, after a restart or because nobody held it, takes what is older than
 * its samples in files; of two of the same time the one in the file counts. */
enum tsdb_result tsdb_append(struct tsdb_series *series, int64_t time_ms, double value);

struct tsdb_point {
	struct tsdb_series *series;
	int64_t time_ms;
	double value;
	enum tsdb_result result; /* is set */
};

/* The same of many, quicker: best in the order in which their series were made. */
void tsdb_append_many(struct tsdb_point *points, size_t count);

/* Ends each series that is in memory right behind its last sample, as one that vanished: who appended to it is gone. Those of the
 * metric `but` stay as they are. */
void tsdb_end_all(struct tsdb *tsdb, const char *but);

/* A clock that was ahead was put right: what was taken later than `time_ms` is dropped and counted, so that its series take
 * samples again. Until then they are refused as TSDB_OLD. */
void tsdb_forget_after(struct tsdb *tsdb, int64_t time_ms);

/* ---- keeping ---- */

/* Each second or so: flushes when it is time, writes files, makes room. */
void tsdb_maintain(struct tsdb *tsdb, int64_t now_ms);
/* What was taken up to now is in the journal, and on the disk. True without a folder. */
MUST_CHECK bool tsdb_flush(struct tsdb *tsdb, struct err *err);
/* What is older than `before_ms` goes into a file now. */
MUST_CHECK bool tsdb_cut(struct tsdb *tsdb, int64_t before_ms, struct err *err);

/* Of its metrics; valid as long as the store. */
struct metadata *tsdb_metadata(const struct tsdb *tsdb);

/* ---- reading ---- */

MUST_CHECK bool tsdb_select(struct tsdb *tsdb, const struct selection *selection,
	struct selected_set *ret, struct err *err);
/* The same as PromQL asks for it; valid as long as the store. */
struct querier tsdb_querier(struct tsdb *tsdb);

/* What happened in each minute that begins in the span: coarse, and read from files without their samples. samples_max counts
 * minutes. */
struct minutes_row {
	const struct labels *labels; /* a reference of its own */
	struct minute *list;         /* in order of time, each minute once */
	size_t count, room;
};

struct minutes_set {
	struct minutes_row *list; /* in order of the labels */
	size_t count;
};

MUST_CHECK bool tsdb_minutes(struct tsdb *tsdb, const struct selection *selection,
	struct minutes_set *ret, struct err *err);
void minutes_set_release(struct minutes_set *set); /* legal on a zeroed struct */

struct tsdb_count {
	char *text;
	size_t series;
};

struct tsdb_counts {
	struct tsdb_count *list; /* in order of the texts */
	size_t count;
};

/* Names of labels, with how many series have one, of memory and files. */
void tsdb_label_names(struct tsdb *tsdb, struct tsdb_counts *ret);
/* Values of a label, with how many series have it; LABEL_NAME: the metrics. */
void tsdb_label_values(struct tsdb *tsdb, const char *name, struct tsdb_counts *ret);
void tsdb_counts_release(struct tsdb_counts *counts); /* legal on a zeroed struct */

struct tsdb_statistics {
	uint64_t series, chunks; /* in memory */
	uint64_t samples_memory, samples_disk;
	uint64_t bytes_memory, bytes_chunks; /* bytes_chunks: of bytes_memory */
	uint64_t bytes_disk, files;          /* with the journal */
	uint64_t taken;                      /* samples, since it was opened; each of these too */
	uint64_t refused[TSDB_RESULTS];      /* by why; [TSDB_TAKEN]: 0 */
	uint64_t refused_series;
	uint64_t
		dropped_memory; /* samples that made room before they were in a file, or were forgotten */
	uint64_t dropped_disk; /* samples of files that made room */
	uint64_t dropped_files;
	uint64_t damaged; /* files, chunks and parts of a journal that can't be read */
	int64_t oldest_ms,
		newest_ms; /* how far back it is known; INT64_MAX, INT64_MIN: nothing is */
	char trouble[256]; /* what is wrong with the disk now; empty: nothing */
	char damage[256];  /* what was damaged last; empty: nothing */
};

void tsdb_statistics(struct tsdb *tsdb, struct tsdb_statistics *ret);

#endif
