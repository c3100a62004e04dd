/* SPDX-License-Identifier: MIT */
/*
 * Where in a text one of many words may begin, whatever its case: by the first four bytes of the words, 64 places of the
 * text at a time. Who asks compares what stands there; nearly all places that no word begins at are passed over. A table
 * is constant once it is made; any thread.
 */
#ifndef BOTSWAIN_BASE_NEEDLES_H
#define BOTSWAIN_BASE_NEEDLES_H

#include <stddef.h>
#include <stdint.h>
#include "core/base/byte_classes.h"

enum {
	NEEDLES_FIRST = 4, /* bytes of a word that are looked at: it must be as long */
	NEEDLES_PLACES = 64,
};

struct needles {
	struct byte_classes
		first[NEEDLES_FIRST]; /* eight groups of words, by each of their first bytes */
	uint64_t (*places)(const struct needles *needles, const char *text);
};

/* Adds a word; to a zeroed table first. */
void needles_add(struct needles *needles, const char *word);
/* After the last. */
void needles_end(struct needles *needles);

/* A bit for each of the NEEDLES_PLACES places from `from` on where a word may begin; its first bytes are before `length`. */
uint64_t needles_places(
	const struct needles *needles, const char *text, size_t length, size_t from);

#endif
