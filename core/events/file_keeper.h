/* SPDX-License-Identifier: MIT */
/*
 * The files in which lines of a writer stay: the streams that are made of them, until the directory has
 * them, and the open files, as long as their lines may be asked for. The writer's thread.
 */
#ifndef BOTSWAIN_EVENTS_FILE_KEEPER_H
#define BOTSWAIN_EVENTS_FILE_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct file_growth;
struct file_keeper;
struct file_options;
struct file_stream;
struct open_file;

enum { KEPT_FILES_MAX = 16 };

struct file_keeper *file_keeper_new(void) MUST_CHECK;
/* The lines of its files are no longer asked for. NULL is legal. */
void file_keeper_free(struct file_keeper *keeper);

/* A stream of what lies in the file, of [from, to); its sequence numbers begin at those of `stream.id`. */
void file_keeper_add(struct file_keeper *keeper, const struct file_options *options);
/* Appends [from, to) to the stream of the file that grows, or begins one; what lies before it there was copied. False, with errno: it could not be read. */
MUST_CHECK bool file_keeper_grow(struct file_keeper *keeper, const struct file_options *options,
	const struct file_growth *growth);
/* What comes next is of another stream. */
void file_keeper_end(struct file_keeper *keeper);
/* Of a deleted file the space is given back: of a large one at once, of others some minutes later. */
void file_keeper_look(struct file_keeper *keeper, int64_t now_ms);

/* What the directory does not have yet: a list of `ret_count` with a reference each, freed with free(); NULL: nothing. */
struct file_stream **file_keeper_waiting(const struct file_keeper *keeper, size_t *ret_count);
bool file_keeper_is_waiting(const struct file_keeper *keeper);
/* It has all of that now. */
void file_keeper_told(struct file_keeper *keeper);
/* Lines that fell out before the directory had them, since it was asked last. */
uint64_t file_keeper_dropped(struct file_keeper *keeper);

#endif
