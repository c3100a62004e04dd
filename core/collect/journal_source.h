/* SPDX-License-Identifier: MIT */
/*
 * One journal: its files, and the logs that are taken of it. What was there before us is read from its last minutes on; what comes
 * after is read file by file, each in the order in which it was written, through rotation and vacuum, each entry once. Entries that
 * are gone before they were read leave a gap in the numbers, which is counted and said where all its files are one writer's: else
 * nobody can tell. Journal thread.
 */
#ifndef BOTSWAIN_COLLECT_JOURNAL_SOURCE_H
#define BOTSWAIN_COLLECT_JOURNAL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "core/collect/journal_folder.h"

struct hub;
struct roster;
struct worker;

struct journal_target;

enum {
	JOURNAL_BACK_ENTRIES = 10000, /* read back of one log */
	JOURNAL_BACK_LEAST = 100,     /* ... however old they are: a quiet unit shows its last */
	JOURNAL_TURN_ENTRIES = 2000,
	JOURNAL_GONE_MS = 10000, /* a file that was deleted is read on for so long */
};

struct journal_source {
	struct worker *worker;
	struct journal_folder folder;
	struct journal_target **targets; /* sorted by unit: "" first */
	size_t count, capacity;
	const char **names; /* of the units */
	struct journal_units units;
	struct journal_entry entry;
	uint64_t back_since_us, back_left; /* of what is read back now */
	uint64_t dropped;
};

struct journal_source *journal_source_new(struct worker *worker, const char *path);
void journal_source_free(struct journal_source *source);

/* Which logs are wanted of it: begin, want each, end. One that two want is the first one's. */
void journal_source_begin(struct journal_source *source);
void journal_source_want(struct journal_source *source, const struct roster *roster,
	const char *unit, const char *bot);
void journal_source_end(struct journal_source *source);
/* Since it began: something was wanted of it. */
bool journal_source_is_wanted(const struct journal_source *source);

/* What a start may read back. */
struct journal_start {
	uint64_t since_us; /* wall; UINT64_MAX: nothing */
	uint64_t entries;  /* of all its logs */
};
/* Which files there are now; reads the past of what is new. False: some of it cannot be read. */
MUST_CHECK bool journal_source_look(
	struct journal_source *source, const struct journal_start *start, struct err *err);
/* Reads what has come. True: there is more. */
bool journal_source_read(struct journal_source *source, struct err *err);
/* Posts what is due. The earlier of `until_ms` and when the next is (mono). */
int64_t journal_source_post(struct journal_source *source, int64_t until_ms);
/* ... and what is not due: before something is said that follows from it. */
void journal_source_post_now(struct journal_source *source);

#endif
