/* SPDX-License-Identifier: MIT */
/*
 * One file of a journal, read where it is open: by sd-journal, but alone. Merged by libsystemd an entry that comes late into one
 * file is passed over when another's is later; in one file entries stand in the order in which they were written, and their
 * numbers say which were taken. The descriptor holds a file that was renamed or deleted until it is read.
 * Journal thread, guarded by bus_guard.
 */
#ifndef BOTSWAIN_COLLECT_JOURNAL_FILE_H
#define BOTSWAIN_COLLECT_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "core/collect/journal_entry.h"

struct err;

/* Of which units; none: of all. */
struct journal_units {
	const char *const *names;
	size_t count;
};

enum {
	JOURNAL_UNITS_MATCHED = 8
}; /* looked for by the journal's own index; more are sooner read whole */

struct journal_file {
	char *path;
	size_t stem_at, stem_length; /* in it: what files of one writer have in common */
	dev_t device;
	ino_t inode;
	int64_t written_ms; /* wall */
	bool is_archived;   /* its name says that nothing is written to it any more */
	bool is_there;
	bool is_done;    /* all of it was read, or nobody wants it */
	bool was_there;  /* before us */
	bool is_small;   /* too small to be one yet */
	int64_t gone_ms; /* mono: since when it is not there; 0 it is */
	struct sd_journal *journal;
	int fd;
	struct journal_position head; /* its first entry */
	struct journal_position at;   /* the last that was taken, or passed over */
};

void journal_file_release(struct journal_file *file);
/* Opens what is at its path, when it is still the file that it was, and notes its head; `ret_tail`: its last entry of now ("" with
 * none). It is not at any place yet. False, ERR_NOT_FOUND: it is gone, or no journal yet. */
MUST_CHECK bool journal_file_open(
	struct journal_file *file, struct journal_position *ret_tail, struct err *err);
void journal_file_close(struct journal_file *file);
/* What comes next is what `units` have behind `at`. */
MUST_CHECK bool journal_file_go_on(
	struct journal_file *file, const struct journal_units *units, struct err *err);
/* 1: the next entry; 0: there is none yet; -1: broken, and closed. */
int journal_file_next(
	struct journal_file *file, struct journal_entry *entry, struct err *err) MUST_CHECK;
/* What comes next is to be what was written since then (Unix us): sets `at` to the entry before. */
MUST_CHECK bool journal_file_since(struct journal_file *file, uint64_t since_us,
	const struct journal_position *tail, struct err *err);
/* Its last entry of now. */
MUST_CHECK bool journal_file_tail(struct journal_file *file, struct journal_position *ret);

/* The last entries of these units that stand not behind `until`. */
struct journal_back {
	uint64_t since_us;  /* all of then and later ... */
	size_t least, most; /* ... and so many anyway, at most so many */
	size_t count;       /* found so far, in this file and those after it */
	bool is_limited;    /* there are more */
};
/* Finds where they begin. False: none is in it, or it is broken. */
MUST_CHECK bool journal_file_back(struct journal_file *file, const struct journal_units *units,
	const struct journal_position *until, struct journal_back *back,
	struct journal_entry *scratch, struct journal_position *ret_first);

bool journal_position_is_set(const struct journal_position *position);
bool journal_position_same_id(
	const struct journal_position *one, const struct journal_position *other);

#endif
