/* SPDX-License-Identifier: MIT */
/* The payloads of tests/hostile/payloads.def, and what a harmless text of the same place looks like. */
#ifndef BOTSWAIN_TESTS_HOSTILE_TEXT_H
#define BOTSWAIN_TESTS_HOSTILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct cell;
struct str;

struct payload {
	const char *name;
	bool unseen; /* shows nothing of its own where it is drawn as it is */
	const char *before, *unit;
	size_t times;
	const char *after;
};

/* One after the other; NULL at the end. */
const struct payload *payload_at(size_t index);
/* NULL: there is none of that name. */
const struct payload *payload_by_name(const char *name);
/* Appends its bytes; none is NUL. */
void payload_add(const struct payload *payload, struct str *to);

/* Appends the harmless twin of `bytes`: the same words, and as many bytes and cells in every cluster, so that a screen that
 * keeps a field's cells to itself looks the same but for them. */
void payload_twin(const char *bytes, size_t length, struct str *to);

/* Of two screens that differ in nothing but a payload and its twin: the cells agree, or are the place of the payload. */
bool payload_cells_agree(const struct cell *hostile, const struct cell *twin);

#endif
