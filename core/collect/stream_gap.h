/* SPDX-License-Identifier: MIT */
/* Entries of a stream that were trimmed or deleted before they were read, found in what XINFO
 * STREAM says. Pure. */
#ifndef BOTSWAIN_COLLECT_STREAM_GAP_H
#define BOTSWAIN_COLLECT_STREAM_GAP_H

#include <stdbool.h>
#include <stdint.h>

struct stream_shape {
	int64_t added;         /* ever; -1: a Redis before 7 does not say */
	int64_t length;        /* now */
	const char *first_id;  /* of the oldest entry, "" none */
	const char *newest_id; /* that was ever given */
};

struct stream_gap {
	uint64_t lost;    /* 0: none, or it cannot be told now and a later look will */
	bool is_at_least; /* there may be more */
};

/* `last_id` was read last; `position` is how many entries were ever added up to it (-1 unknown: this
 * look sets it and finds nothing), and is moved behind the gap. The reader adds one for each entry
 * that it takes. */
struct stream_gap stream_gap_find(
	const struct stream_shape *shape, const char *last_id, int64_t *position);

#endif
