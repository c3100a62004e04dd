/* SPDX-License-Identifier: MIT */
/*
 * Which of the last lines of a container were taken. When its stream is asked for again it is from some seconds back on, since
 * the two streams of a container are not in order of time to the last nanosecond: what was taken before is known again by its
 * time and text, as often as it was there. Bounded. One thread.
 */
#ifndef BOTSWAIN_COLLECT_DOCKER_SEEN_H
#define BOTSWAIN_COLLECT_DOCKER_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

enum {
	DOCKER_SEEN_MAX = 1 << 18,
	DOCKER_SEEN_BACK_S = 2, /* asked for again before the last line */
	DOCKER_SEEN_KEPT_S = 4, /* ... and known by then: Podman's times are whole seconds */
};

struct docker_seen {
	struct seen_line {
		int64_t wall_ns;
		uint64_t hash;
	} * lines; /* the last, oldest first, from `first` on */
	size_t first, count, capacity;
	int64_t last_ns;  /* the latest of all; INT64_MIN: none */
	uint64_t *again;  /* sorted: hashes of those that may come again */
	bool *is_matched; /* ... that did */
	size_t again_count;
	int64_t first_ns, until_ns; /* what is earlier was taken; what is later is new */
};

void docker_seen_init(struct docker_seen *seen);
/* Legal on a zeroed struct. Nothing was taken then, as after _init(): it may be used for another container. */
void docker_seen_release(struct docker_seen *seen);
/* The stream begins again. From which second on (Unix) it has to; -1: from its start, nothing was taken. */
int64_t docker_seen_resume(struct docker_seen *seen) MUST_CHECK;
/* True: the line is new, and is taken from here on. */
bool docker_seen_take(struct docker_seen *seen, int64_t wall_ns, unsigned stream, const char *text,
	size_t length) MUST_CHECK;

#endif
