/* SPDX-License-Identifier: MIT */
/*
 * What the head has and no file of series yet, appended at each flush, so that a restart finds it. A header, then frames, each
 * with a checksum:
 *
 *   header   magic:8 version:32 crc:32
 *   frame    magic:32 length:32 crc:32 of the payload, crc:32 of the twelve bytes before it; then the payload: records
 *   record   1:short number:short labels:short (length:short bytes length:short bytes)*   a series, before its first chunk
 *            2:short number:short count:short length:short bytes                          a chunk of it (xor_chunk.h)
 *
 * Of one thread.
 */
#ifndef BOTSWAIN_SERIES_WAL_H
#define BOTSWAIN_SERIES_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct err;
struct wal;
struct label;
struct labels;

/* ---- writing ---- */

/* Of a file that is not there. */
MUST_CHECK bool wal_new(const char *path, struct wal **ret, struct err *err);
/* Goes on with one that was read whole; `series` were told in it. */
MUST_CHECK bool wal_go_on(const char *path, uint32_t series, struct wal **ret, struct err *err);
void wal_free(struct wal *journal); /* NULL is legal */
/* The next series: its number, from 1 on. */
uint32_t wal_series(struct wal *journal, const struct labels *labels);
void wal_chunk(
	struct wal *journal, uint32_t number, const uint8_t *bytes, size_t length, uint32_t count);
/* What was told since the last time is on the disk: all of it, or nothing (series that were told in it have no number then).
 * False after that: the file may not be written to any more when wal_is_broken(). */
MUST_CHECK bool wal_commit(struct wal *journal, struct err *err);
bool wal_is_broken(const struct wal *journal);
uint64_t wal_bytes(const struct wal *journal);

/* ---- reading ---- */

struct wal_reader {
	void (*series)(void *context, uint32_t number, const struct label *list, size_t count);
	void (*chunk)(void *context, uint32_t number, const uint8_t *bytes, size_t length,
		uint32_t count);
	void *context;
	uint32_t series_count; /* set: the highest number */
	uint64_t damaged;      /* set: how many parts are damaged; 0: it is whole */
};

/* False: it can't be read at all. What is damaged is left out. */
MUST_CHECK bool wal_read(const char *path, struct wal_reader *reader, struct err *err);

#endif
