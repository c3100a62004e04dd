/* SPDX-License-Identifier: MIT */
#include "core/base/id_set.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { ROOM_MIN = 64 }; /* a power of two, as every room */

/* Open addressing, half of it free at least. The upper half of the product: ids that differ in
 * their upper bits alone go to different places as well. */
static size_t place_of(uint64_t id, size_t room)
{
	return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);
}

/* Where it is, or the free slot for it. */
static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t id)
{
	size_t at = place_of(id, room);
	while (slots[at] && slots[at] != id)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

static void make_room(struct id_set *set)
{
	if (set->count < set->room / 2)
		return;
	size_t room = set->room ? set->room * 2 : ROOM_MIN;
	uint64_t *slots = xcalloc(room, sizeof(*slots));
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i])
			*slot_of(slots, room, set->slots[i]) = set->slots[i];
	free(set->slots);
	set->slots = slots;
	set->room = room;
}

bool id_set_add(struct id_set *set, uint64_t id)
{
	if (!id) {
		bool is_new = !set->has_zero;
		set->has_zero = true;
		return is_new;
	}
	make_room(set);
	uint64_t *slot = slot_of(set->slots, set->room, id);
	if (*slot)
		return false;
	*slot = id;
	set->count++;
	return true;
}

void id_set_clear(struct id_set *set)
{
	if (set->room)
		memset(set->slots, 0, set->room * sizeof(*set->slots));
	set->count = 0;
	set->has_zero = false;
}

void id_set_release(struct id_set *set)
{
	free(set->slots);
	*set = (struct id_set){.slots = NULL};
}
