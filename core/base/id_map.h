/* SPDX-License-Identifier: MIT */
/* A number, such as a place in an array, for each id: adding and finding one take the same short time, however many there are.
 * Owned by one thread at a time. */
#ifndef BOTSWAIN_BASE_ID_MAP_H
#define BOTSWAIN_BASE_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct id_slot;

/* Zeroed: empty. Private. */
struct id_map {
	struct id_slot *slots;
	size_t count, room;
};

/* True when the id was not there; else its number stays what it was. `number` is not SIZE_MAX. */
bool id_map_add(struct id_map *map, uint64_t id, size_t number);
MUST_CHECK bool id_map_find(const struct id_map *map, uint64_t id, size_t *ret_number);
/* Forgets all ids, and keeps the room for them. */
void id_map_clear(struct id_map *map);
/* Frees the memory; legal on a zeroed struct. */
void id_map_release(struct id_map *map);

#endif
