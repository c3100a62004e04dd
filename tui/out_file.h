/* SPDX-License-Identifier: MIT */
/*
 * A file that the screen writes: a child does, which a disk may hold as long as it likes, fed through a socket that never
 * blocks. The file is its operator's alone (0600). It is complete or not there: without out_file_end() the child takes
 * away what it wrote. A file that is there stays unless it may be replaced, and is replaced at the end only. Screen
 * thread only.
 */
#ifndef BOTSWAIN_TUI_OUT_FILE_H
#define BOTSWAIN_TUI_OUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct err;
struct out_file;

enum { OUT_FILE_SAID_MAX = 4096 };

/* Where a file goes is found out in the child, which looks into folders: 0, with the path and, for out_file_said(), a word,
 * both of OUT_FILE_SAID_MAX bytes; or an errno. */
typedef int out_file_find(const void *data, char *path, char *word);

/* NULL with an error: no child. The path is absolute or of the folder that the screen was started in. */
struct out_file *out_file_new(const char *path, bool may_replace, struct err *err) MUST_CHECK;
/* The same for a path that is found; `data` is used in the child only. */
struct out_file *out_file_new_found(
	out_file_find *find, const void *data, struct err *err) MUST_CHECK;
/* Before its end: the child takes the file away. NULL is legal. */
void out_file_free(struct out_file *out);

void out_file_add(struct out_file *out, const char *text, size_t length);
/* No more is to come. */
void out_file_end(struct out_file *out);
/* Sends what can be sent; true: the child has ended, with 0 or an errno. EEXIST: there is such a file. */
bool out_file_step(struct out_file *out, int *ret_error);
/* Once it has ended well: the path and the word that were found. */
const char *out_file_path(const struct out_file *out);
const char *out_file_said(const struct out_file *out);
/* Bytes that wait for the child. */
size_t out_file_waiting(const struct out_file *out);

/* A child takes the file away, whenever its disk lets it. */
void out_file_remove(const char *path);

#endif
