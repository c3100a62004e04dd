/* SPDX-License-Identifier: MIT */
/* Writes a file of series (block_format.h) under a temporary name; it has its own when it is whole and on the disk. Of one
 * thread. */
#ifndef BOTSWAIN_SERIES_BLOCK_WRITE_H
#define BOTSWAIN_SERIES_BLOCK_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct block_writer;
struct err;
struct labels;

#define BLOCK_TEMPORARY ".tmp" /* behind the name, until it is whole */

MUST_CHECK bool block_writer_new(const char *path, struct block_writer **ret, struct err *err);
/* Series in order of labels, none twice; chunks in order of time, each whole. What fails is told by block_writer_finish(). */
void block_writer_begin(struct block_writer *writer, const struct labels *labels);
void block_writer_chunk(
	struct block_writer *writer, const uint8_t *bytes, size_t length, uint32_t count);
void block_writer_end(struct block_writer *writer);
/* False: the file is not there, nor the temporary one. */
MUST_CHECK bool block_writer_finish(struct block_writer *writer, struct err *err);
/* Removes what was not finished. NULL is legal. */
void block_writer_free(struct block_writer *writer);

#endif
