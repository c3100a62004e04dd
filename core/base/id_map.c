/* SPDX-License-Identifier: MIT */
#include "core/base/id_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { ROOM_MIN = 64 }; /* a power of two, as every room */

struct id_slot {
	uint64_t id;
	size_t next; /* after its number; 0: free */
};

/* Open addressing, half of it free at least. The upper half of the product: ids that differ in their upper bits alone go to
 * different places as well. */
static size_t place_of(uint64_t id, size_t room)
{
	return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);
}

/* Where it is, or the free slot for it. */
static struct id_slot *slot_of(struct id_slot *slots, size_t room, uint64_t id)
{
	size_t at = place_of(id, room);
	while (slots[at].next && slots[at].id != id)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

static void make_room(struct id_map *map)
{
	if (map->count < map->room / 2)
		return;
	size_t room = map->room ? map->room * 2 : ROOM_MIN;
	struct id_slot *slots = xcalloc(room, sizeof(*slots));
	for (size_t i = 0; i < map->room; i++)
		if (map->slots[i].next)
			*slot_of(slots, room, map->slots[i].id) = map->slots[i];
	free(map->slots);
	map->slots = slots;
	map->room = room;
}

bool id_map_add(struct id_map *map, uint64_t id, size_t number)
{
	assert(number != SIZE_MAX);
	make_room(map);
	struct id_slot *slot = slot_of(map->slots, map->room, id);
	if (slot->next)
		return false;
	*slot = (struct id_slot){.id = id, .next = number + 1};
	map->count++;
	return true;
}

bool id_map_find(const struct id_map *map, uint64_t id, size_t *ret_number)
{
	if (!map->count)
		return false;
	const struct id_slot *slot = slot_of(map->slots, map->room, id);
	if (!slot->next)
		return false;
	*ret_number = slot->next - 1;
	return true;
}

void id_map_clear(struct id_map *map)
{
	if (map->room)
		memset(map->slots, 0, map->room * sizeof(*map->slots));
	map->count = 0;
}

void id_map_release(struct id_map *map)
{
	free(map->slots);
	*map = (struct id_map){.slots = NULL};
}
