/* SPDX-License-Identifier: MIT */
/*
 * A position in the events: order time, source, sequence. Keys are totally ordered, stay the same
 * whatever is added or evicted, and are unique over restarts. Messages carry them as text; both ends
 * read it here. Any thread.
 */
#ifndef BOTSWAIN_MSG_EVENT_KEY_H
#define BOTSWAIN_MSG_EVENT_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/base/err.h"

struct event_key {
	int64_t time_ms;
	uint64_t source, seq;
};

/* Before and after every event. */
#define EVENT_KEY_FIRST ((struct event_key){INT64_MIN, 0, 0})
#define EVENT_KEY_END   ((struct event_key){INT64_MAX, UINT64_MAX, UINT64_MAX})

struct event_key_text {
	char text[64];
};

/* Negative, 0 or positive as `a` stands before, at or behind `b`. */
int event_key_compare(struct event_key a, struct event_key b);
/* time/source/seq, as messages carry it. */
struct event_key_text event_key_print(struct event_key key);
/* The empty text is EVENT_KEY_END. */
bool event_key_read(const char *text, struct event_key *ret_key, struct err *err) MUST_CHECK;
/* Compares the keys of two rows of one store. Of a store whose keys hold something else behind the
 * time (the audit file: time/audit/offset) those of the same time are equal: it sends its rows in
 * order. */
int event_key_compare_texts(const char *a, const char *b);

#endif
