/* SPDX-License-Identifier: MIT */
#include "core/conf/arena.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"

enum { BLOCK_BYTES = 16 << 10, ALIGNMENT = 16 };

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char bytes[];
};

struct arena {
	struct block *blocks; /* the newest is the one with room */
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
	if (size < BLOCK_BYTES)
		size = BLOCK_BYTES;
	struct block *block = xcalloc(1, sizeof(*block) + size);
	*block = (struct block){.next = arena->blocks, .size = size};
	arena->blocks = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct block *block = arena->blocks;
	if (!block || block->size - block->used < size)
		block = add_block(arena, size);
	void *memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

/* Most options of most bots are not given. */
static char no_text[1];

char *arena_text_n(struct arena *arena, const char *text, size_t length)
{
	if (!length)
		return no_text;
	char *copy = arena_alloc(arena, length + 1);
	memcpy(copy, text, length);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return arena_text_n(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	struct str text autostr = STR_INIT;
	va_list args;
	va_start(args, format);
	str_vaddf(&text, format, args);
	va_end(args);
	return arena_text_n(arena, text.text, text.length);
}
