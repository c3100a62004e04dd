/* SPDX-License-Identifier: MIT */
/*
 * A chunk of one series: its samples as bits, appended one after the other, times as what their distance differs from the
 * distance before, values as value_code.h tells them. Bounded by XOR_SAMPLES_MAX and XOR_BYTES_MAX. The owner locks: reading
 * wants the lock of whoever appends, or a copy of the bytes. The bytes carry no length: who keeps them keeps the count too.
 *
 *   first sample: time:64 value:64; then for each
 *   0                the same distance as before
 *   10 d:4, 110 d:8, 1110 d:18    zigzag of how the distance differs
 *   1111 time:64     the time itself
 */
#ifndef BOTSWAIN_SERIES_XOR_CHUNK_H
#define BOTSWAIN_SERIES_XOR_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/bits.h"
#include "core/series/querier.h"
#include "core/series/value_code.h"

enum { XOR_SAMPLES_MAX = 240, XOR_BYTES_MAX = 1024 };

/* Times of samples are within +- this: some 140,000 years. */
#define XOR_TIME_MAX (INT64_C(1) << 52)

/* Zeroed: empty. */
struct xor_chunk {
	uint8_t *bytes;
	int64_t time_ms, delta_ms; /* of the last sample, and from the one before */
	struct value_code value;
	uint16_t count, room; /* room: bytes that are allocated */
	uint16_t bits;        /* that are written */
};

/* `time_ms` is later than the last, and within XOR_TIME_MAX. False: it is full. */
MUST_CHECK bool xor_chunk_append(struct xor_chunk *chunk, int64_t time_ms, double value);
bool xor_chunk_is_full(const struct xor_chunk *chunk);
/* One more sample takes more memory: so many bytes are allocated by now that it may not fit. */
bool xor_chunk_grows(const struct xor_chunk *chunk);
size_t xor_chunk_length(const struct xor_chunk *chunk); /* bytes */
int64_t xor_chunk_from(const struct xor_chunk *chunk);  /* time of the first; not of an empty one */
/* Empty, its memory freed. */
void xor_chunk_release(struct xor_chunk *chunk);

/* Over any bytes: it ends, reads nothing outside, and gives times in order. */
struct xor_iterator {
	struct bit_reader reader;
	int64_t time_ms, delta_ms;
	struct value_code value;
	uint32_t given, count;
	bool is_damaged; /* it ended before all of `count` */
};

void xor_iterator_init(
	struct xor_iterator *iterator, const uint8_t *bytes, size_t length, uint32_t count);
MUST_CHECK bool xor_iterator_next(struct xor_iterator *iterator, struct sample *ret);

#endif
