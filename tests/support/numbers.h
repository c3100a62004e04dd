/* SPDX-License-Identifier: MIT */
/*
 * Events with numbers, `number-01234` somewhere in their text: how many of so many came, how many more than once, and how
 * many were said to be lost ("12 entries of ... are lost", "at least 3 ..."). A conformance test holds that they add up.
 */
#ifndef BOTSWAIN_TESTS_NUMBERS_H
#define BOTSWAIN_TESTS_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct collected;

enum { NUMBERED = 10000 };

struct numbered {
	unsigned char times[NUMBERED];
	size_t at; /* of the events that were collected */
	size_t seen, twice;
	uint64_t lost;
};

/* Looks at what came meanwhile; waits up to `wait_ms` for some of it. */
void numbered_take(struct numbered *numbered, struct collected *collected, int64_t wait_ms);
/* Until seen and lost are `count`, then for a while for what comes twice; fails the test when they do not come in a minute,
 * or one came twice. */
void numbered_wait(struct numbered *numbered, struct collected *collected, size_t count);

#endif
