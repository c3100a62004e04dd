/* SPDX-License-Identifier: MIT */
/*
 * What happened to a series in each minute that has a sample: for charts of hours and days, which then need not read each
 * sample. Stale markers are no samples. Sums of minutes make up those of hours: what a counter rose between the last of one
 * minute and the first of the next is told by the two (minute_rise()). Written as bits, by what is new in a minute. Pure.
 */
#ifndef BOTSWAIN_SERIES_MINUTES_H
#define BOTSWAIN_SERIES_MINUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/bits.h"
#include "core/series/querier.h"
#include "core/series/value_code.h"

enum { MINUTE_MS = 60000 };

struct minute {
	int64_t at_ms;                     /* where it begins: a multiple of MINUTE_MS */
	double min, max, first, last, sum; /* NaN: of such samples alone; a sum with one is one */
	double increase; /* from first to last, with resets: a counter that falls began at 0 */
	uint32_t count;
};

/* How much a counter rose from one value to the next: one that falls began at 0. */
static inline double minute_rise(double before, double now)
{
	return now >= before ? now - before : now < before ? now : 0;
}

/* Adds samples in order of time. */
struct minute_writer {
	struct bit_writer bits;
	size_t room; /* bytes */
	uint32_t count;
	struct minute now; /* count 0: none */
	int64_t before_ms;
	uint32_t before_count;
	struct value_code first, last, min, max, sum, increase;
};

void minute_writer_add(struct minute_writer *writer, struct sample sample);
/* After the last sample; ->bits.bytes are (->bits.at + 7) / 8, of ->count minutes. */
void minute_writer_end(struct minute_writer *writer);
/* Begins anew, and keeps the memory. Legal on a zeroed struct. */
void minute_writer_clear(struct minute_writer *writer);
void minute_writer_release(struct minute_writer *writer);

/* Over any bytes; at most `count`. */
struct minute_reader {
	struct bit_reader bits;
	uint32_t left;
	int64_t before_ms;
	uint32_t before_count;
	struct value_code first, last, min, max, sum, increase;
	bool is_damaged;
};

void minute_reader_init(
	struct minute_reader *reader, const uint8_t *bytes, size_t length, uint32_t count);
MUST_CHECK bool minute_reader_next(struct minute_reader *reader, struct minute *ret);

#endif
