/* SPDX-License-Identifier: MIT */
/* A set of ids: adding one takes the same short time, however many there are. Owned by one thread at
 * a time. */
#ifndef BOTSWAIN_BASE_ID_SET_H
#define BOTSWAIN_BASE_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

/* Zeroed: empty. Private. */
struct id_set {
	uint64_t *slots; /* 0: free */
	size_t count, room;
	bool has_zero;
};

/* True when it was not there. */
bool id_set_add(struct id_set *set, uint64_t id);
/* Forgets all ids, and keeps the room for them. */
void id_set_clear(struct id_set *set);
/* Frees the memory; legal on a zeroed struct. */
void id_set_release(struct id_set *set);

#endif
