/* SPDX-License-Identifier: MIT */
/*
 * A file that is there whole or not at all. It is written as NAME.part beside its final name (0600,
 * held by a lock, so that nobody takes it for a leftover), and gets the final name only after what
 * was written is on the disk and was verified. Nothing is ever overwritten. One thread, that nobody
 * waits for: these calls wait for the disk (part_writer.h).
 */
#ifndef BOTSWAIN_ACT_DRIVERS_PART_FILE_H
#define BOTSWAIN_ACT_DRIVERS_PART_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct part_file;

/* Makes the directory (0700) where it is absent, and replaces a leftover. Fails when somebody else
 * writes this file. */
MUST_CHECK bool part_open(const char *final, struct part_file **ret, struct err *err);
/* ERR_LIMIT: the disk is full. */
MUST_CHECK bool part_write(
	struct part_file *part, const char *bytes, size_t length, struct err *err);
MUST_CHECK bool part_sync(struct part_file *part, struct err *err);
/* Syncs, compares its size with what was written, gives it its final name (with -2, -3 ... before
 * the ending when that is taken), syncs the directory. */
MUST_CHECK bool part_finish(struct part_file *part, char **ret_name, struct err *err);
void part_free(struct part_file *part); /* removes what was not finished; NULL is legal */
const char *part_path(const struct part_file *part);
uint64_t part_bytes(const struct part_file *part);

/* The name that is written before `final` has its name; on the heap. */
char *part_name(const char *final) MUST_CHECK;
/* Removes what a killed engine left: NAME.part for every NAME of `pattern` (a path whose last part
 * may hold '*') that nobody holds. Returns how many. */
unsigned part_sweep(const char *pattern);

#endif
