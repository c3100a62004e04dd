/* SPDX-License-Identifier: MIT */
/*
 * Finds one text in many megabytes, at the speed at which they can be read: the two rarest of its bytes are
 * looked for 128 places at a time, and only where both stand the whole is compared. In any case of ASCII
 * letters, if wanted. Pure; a needle that is set may be used by any thread.
 */
#ifndef BOTSWAIN_BASE_NEEDLE_H
#define BOTSWAIN_BASE_NEEDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NEEDLE_MAX = 128 };

struct needle {
	size_t length;
	uint8_t bytes[NEEDLE_MAX]; /* letters are small where the case does not count */
	uint8_t folds[NEEDLE_MAX]; /* 0x20 for those, 0 for all others */
	size_t rare, rarer;        /* places of two bytes by which it is looked for */
	bool has_learnt;           /* ... from a text */
	const char *(*find)(const struct needle *needle, const char *text, size_t length);
};

/* False: it is empty or longer than NEEDLE_MAX. Beyond ASCII case always counts. */
bool needle_set(struct needle *needle, const char *bytes, size_t length, bool any_case);

/* Chooses the two bytes by which it is looked for anew: a pair of places that is rare in this text, of which more like it
 * comes. What is found stays the same. Not while another thread looks for it. */
void needle_learn(struct needle *needle, const char *text, size_t length);

/* The first place in `text`; NULL: it is not there. */
static inline const char *needle_find(const struct needle *needle, const char *text, size_t length)
{
	return needle->find(needle, text, length);
}

#endif
