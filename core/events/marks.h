/* SPDX-License-Identifier: MIT */
/* How far each stream went in a snapshot, so that a later question is only about what came since. */
#ifndef BOTSWAIN_EVENTS_MARKS_H
#define BOTSWAIN_EVENTS_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct event_marks; /* one block, freed with free() */
struct event_snapshot;

struct event_marks *marks_of(const struct event_snapshot *snapshot) MUST_CHECK;
/* By stream of the snapshot the sequence number of the first line behind the marks; 0: all lines are. The caller frees it. */
uint64_t *marks_floors(
	const struct event_snapshot *snapshot, const struct event_marks *marks) MUST_CHECK;
/* By file of the snapshot the first segment behind the marks. */
size_t *marks_file_floors(
	const struct event_snapshot *snapshot, const struct event_marks *marks) MUST_CHECK;
/* False: a file that lies there came after the marks. What it holds may be of any time, and is no news behind them. */
bool marks_know_files(const struct event_snapshot *snapshot, const struct event_marks *marks);
/* How many lines of a chunk, which begins with `first_seq`, stand before the floor. */
static inline size_t marks_before(uint64_t floor, uint64_t first_seq, size_t lines)
{
	return floor <= first_seq          ? 0
	       : floor - first_seq < lines ? (size_t)(floor - first_seq)
					   : lines;
}

#endif
