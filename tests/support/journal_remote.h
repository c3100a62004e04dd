/* SPDX-License-Identifier: MIT */
/*
 * A real journal in the test's folder, written by systemd-journal-remote from export format while it is read: entries go in
 * through a pipe of that folder. Its files grow to JOURNAL_FILE_BLOCKS and are then rotated by the program itself.
 */
#ifndef BOTSWAIN_TESTS_JOURNAL_REMOTE_H
#define BOTSWAIN_TESTS_JOURNAL_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include "core/base/attr.h"

enum { JOURNAL_FILE_BLOCKS = 16384 }; /* of 512 bytes */

struct journal_remote {
	pid_t pid;
	int pipe;
	FILE *to;
	char *in;         /* the folder of its files: FOLDER/journal */
	uint64_t mono_us; /* of the last entry */
	bool has_said;    /* something */
};

/* False: the program is not here. */
bool journal_remote_is_here(void);
/* Into FOLDER/journal, which it makes. */
void journal_remote_start(struct journal_remote *remote);
/* Ends it; what was written is in its files. They stay. */
void journal_remote_end(struct journal_remote *remote);

/* One entry, so long ago: `fields` are NAME=value lines. */
void journal_remote_say(struct journal_remote *remote, int64_t ago_ms, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* Begins one entry of now; journal_remote_field() adds fields, whatever bytes a value has; journal_remote_done() ends it. */
void journal_remote_begin(struct journal_remote *remote);
void journal_remote_field(
	struct journal_remote *remote, const char *name, const char *value, size_t length);
void journal_remote_done(struct journal_remote *remote);
/* Numbered lines `number N.` of a unit, each with so many bytes that nothing compresses. */
void journal_remote_count(
	struct journal_remote *remote, const char *unit, int from, int to, size_t bytes);
/* So that they are on their way. */
void journal_remote_flush(struct journal_remote *remote);

/* How many files it has, archived ones alone or all. */
size_t journal_remote_files(const struct journal_remote *remote, bool archived_only);
/* What vacuum does: archived files go. How many went. */
size_t journal_remote_vacuum(const struct journal_remote *remote);

#endif
