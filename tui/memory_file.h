/* SPDX-License-Identifier: MIT */
/*
 * A file in memory for a library that must write to a descriptor: it takes any amount at once and never blocks, which
 * a pipe would at 64 KiB or less. What was written is taken out whole.
 */
#ifndef BOTSWAIN_TUI_MEMORY_FILE_H
#define BOTSWAIN_TUI_MEMORY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct memory_file {
	FILE *file;  /* NULL: not open */
	off_t taken; /* so much of it */
};

struct err;

MUST_CHECK bool memory_file_open(struct memory_file *memory, struct err *err);
void memory_file_close(struct memory_file *memory);
/* What was written since the last call: a heap copy of `*ret_size` bytes, the caller's; NULL for nothing. */
char *memory_file_take(struct memory_file *memory, size_t *ret_size) MUST_CHECK;
/* `word` is in these bytes (NULL: none are); also true of a word that there is not: NULL or (char *)-1, as tigetstr() says it. */
bool memory_holds(const char *bytes, size_t size, const char *word);
/* Forgets what was written. */
void memory_file_drop(struct memory_file *memory);

#endif
