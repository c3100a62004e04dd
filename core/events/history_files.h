/* SPDX-License-Identifier: MIT */
/*
 * The files of a history: a folder of them, whose oldest go when the budget is used up. Each begins with
 * HISTORY_MAGIC; frames (frame.h) follow. A file is written by the engine that began it alone. Of one thread, but for
 * references to a file and reading in it.
 */
#ifndef BOTSWAIN_EVENTS_HISTORY_FILES_H
#define BOTSWAIN_EVENTS_HISTORY_FILES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct history_files;

#define HISTORY_MAGIC  "bswhist1"
#define HISTORY_SUFFIX ".log.zst"

enum {
	HISTORY_MAGIC_BYTES = 8,
	HISTORY_FILES = 16, /* such a part of the budget a file takes */
};

struct history_file {
	int fd; /* -1: not opened yet */
	char *path;
	uint64_t number, bytes;
	atomic_bool is_gone; /* it was removed: what is in it is over */
	atomic_size_t users; /* private */
};

struct history_file *history_file_ref(struct history_file *file);
void history_file_unref(struct history_file *file); /* NULL is legal */

/* What an earlier engine wrote stays, within the same budget. The folder is there. */
MUST_CHECK bool history_files_open(
	const char *folder, uint64_t budget, struct history_files **ret, struct err *err);
void history_files_free(struct history_files *files); /* NULL is legal */
/* The next file of an earlier engine, oldest first, opened for reading; a reference for the caller. NULL: that were all. */
struct history_file *history_files_next(struct history_files *files) MUST_CHECK;
/* All of it or nothing. Makes room by removing the oldest files. The file has a reference for the caller. */
MUST_CHECK bool history_files_write(struct history_files *files, const char *bytes, size_t length,
	struct history_file **ret_file, uint64_t *ret_offset, struct err *err);
void history_files_set_budget(struct history_files *files, uint64_t bytes);
uint64_t history_files_bytes(const struct history_files *files);

#endif
