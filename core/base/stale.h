/* SPDX-License-Identifier: MIT */
/* The value that says that there is none: it ends a series until it is seen again, and stands where an answer has no point. One NaN
 * among the many, told by its bits (Prometheus: value.StaleNaN); other NaNs are values. Pure. */
#ifndef BOTSWAIN_BASE_STALE_H
#define BOTSWAIN_BASE_STALE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define STALE_BITS UINT64_C(0x7ff0000000000002)

static inline double stale_value(void)
{
	const uint64_t bits = STALE_BITS;
	double value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline bool is_stale(double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	return bits == STALE_BITS;
}

#endif
