/* SPDX-License-Identifier: MIT */
/*
 * A file of series: written once, never changed. Numbers as pack.h has them; checksums are zlib's crc32.
 *
 *   header    magic:8 version:32 crc:32
 *   data      of each series, in order of labels: its chunks (xor_chunk.h), oldest first, and its minutes (minutes.h)
 *   symbols   each text of a label: length:short bytes NUL
 *   series    of each: labels:short (name:short value:short)* length:short body
 *               body: chunks:short offset:short (from:signed span:short length:short count:short crc:32)*
 *                     length:short count:short crc:32 of its minutes
 *               offset: of the first chunk in the data; from: since the end of the chunk before (of the first: since 0)
 *   footer    lengths of data, symbols, series:64; numbers of symbols, series:32; crc of data, symbols, series:32;
 *             from, to:64; samples:64; version:32; crc:32 of the footer before it; magic:8
 *
 * Whoever reads believes nothing: the footer stands or the file is refused, symbols and series stand or it is given up, and
 * a chunk that is damaged is left out alone.
 */
#ifndef BOTSWAIN_SERIES_BLOCK_FORMAT_H
#define BOTSWAIN_SERIES_BLOCK_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#define BLOCK_MAGIC     "bswserB1"
#define BLOCK_END_MAGIC "bswserE1"

enum {
	BLOCK_VERSION = 1,
	BLOCK_MAGIC_BYTES = 8,
	BLOCK_HEADER_BYTES = BLOCK_MAGIC_BYTES + 4 + 4,
	BLOCK_FOOTER_BYTES = 3 * 8 + 5 * 4 + 3 * 8 + 4 + 4 + BLOCK_MAGIC_BYTES,
	BLOCK_LABELS_MAX = 1024, /* of one series */
};

static inline uint32_t block_crc(uint32_t crc, const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(crc, bytes, length);
}

#endif
