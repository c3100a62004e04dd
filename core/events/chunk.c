/* SPDX-License-Identifier: MIT */
#include "core/events/chunk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"

enum { NAMES = 64 };

/*
 * One allocation: the header, the records, the text. The text begins with a NUL, so that offset 0 is
 * the empty name. Names of bots stand in the text once (mostly: `names` remembers the last one of a
 * hash). Only `used`, `names` and the unpublished tail change after the first publication, and only
 * the writer sees them; readers take the text size from the last record.
 */
struct chunk {
	atomic_size_t users;
	atomic_size_t published;
	struct stream stream;
	uint64_t first_seq;
	size_t bytes; /* of the allocation, and of the name */
	size_t text_capacity, record_capacity;
	size_t used;           /* bytes of text, writer only */
	uint32_t names[NAMES]; /* offsets, writer only */
	char *text;
	struct record records[];
};

struct chunk *chunk_new(
	const struct stream *stream, uint64_t first_seq, size_t text_bytes, size_t records)
{
	size_t bytes = sizeof(struct chunk) + records * sizeof(struct record) + text_bytes + 1;
	struct chunk *chunk = xmalloc(bytes);
	memset(chunk, 0, sizeof(*chunk));
	atomic_init(&chunk->users, 1);
	atomic_init(&chunk->published, 0);
	chunk->used = 1;
	chunk->bytes = bytes + strlen(stream->name) + 1;
	chunk->stream = *stream;
	chunk->stream.name = xstrdup(stream->name);
	chunk->stream.redactor = redactor_ref(stream->redactor);
	chunk->first_seq = first_seq;
	chunk->text_capacity = text_bytes + 1;
	chunk->record_capacity = records;
	chunk->text = (char *)(chunk->records + records);
	chunk->text[0] = '\0';
	return chunk;
}

/* The counter is the one thing that a holder of a constant chunk changes. */
static struct chunk *counted(const struct chunk *chunk)
{
	return (struct chunk *)(uintptr_t)chunk;
}

struct chunk *chunk_ref(const struct chunk *chunk)
{
	atomic_fetch_add_explicit(&counted(chunk)->users, 1, memory_order_relaxed);
	return counted(chunk);
}

void chunk_unref(const struct chunk *chunk)
{
	struct chunk *mine = counted(chunk);
	if (!mine || atomic_fetch_sub_explicit(&mine->users, 1, memory_order_acq_rel) != 1)
		return;
	char *name = (char *)(uintptr_t)mine->stream.name;
	free(name);
	redactor_unref(mine->stream.redactor);
	free(mine);
}

bool chunk_is_sole(const struct chunk *chunk)
{
	return atomic_load(&chunk->users) == 1;
}

static size_t hash(const char *name)
{
	uint32_t value = 2166136261u;
	for (; *name; name++)
		value = (value ^ (unsigned char)*name) * 16777619u;
	return value % NAMES;
}

/* The offset of `bot` in the text, 0 for none; *used moves when it has to be stored. */
static uint32_t place_name(struct chunk *chunk, const char *bot, size_t *used)
{
	if (!bot || !*bot)
		return 0;
	uint32_t *slot = &chunk->names[hash(bot)];
	if (*slot && strcmp(chunk->text + *slot, bot) == 0)
		return *slot;
	size_t size = strlen(bot) + 1;
	memcpy(chunk->text + *used, bot, size);
	*slot = (uint32_t)*used;
	*used += size;
	return *slot;
}

bool chunk_append(
	struct chunk *chunk, struct record record, const char *line, size_t length, const char *bot)
{
	size_t index = atomic_load_explicit(&chunk->published, memory_order_relaxed);
	size_t used = chunk->used;
	size_t name = bot ? strlen(bot) + 1 : 0;
	if (index == chunk->record_capacity || length > UINT16_MAX ||
		chunk->text_capacity - used < length + name)
		return false;
	record.bot = place_name(chunk, bot, &used);
	record.offset = (uint32_t)used;
	record.length = (uint16_t)length;
	memcpy(chunk->text + used, line, length);
	chunk->records[index] = record;
	chunk->used = used + length;
	atomic_store_explicit(&chunk->published, index + 1, memory_order_release);
	return true;
}

size_t chunk_count(const struct chunk *chunk)
{
	return atomic_load_explicit(&chunk->published, memory_order_acquire);
}

const struct record *chunk_record(const struct chunk *chunk, size_t index)
{
	return &chunk->records[index];
}

const struct stream *chunk_stream(const struct chunk *chunk)
{
	return &chunk->stream;
}

uint64_t chunk_first_seq(const struct chunk *chunk)
{
	return chunk->first_seq;
}

const char *chunk_bot(const struct chunk *chunk, const struct record *record)
{
	return chunk->text + record->bot;
}

const char *chunk_bytes_of(const struct chunk *chunk, const struct record *record)
{
	return chunk->text + record->offset;
}

size_t chunk_bytes(const struct chunk *chunk)
{
	return chunk->bytes;
}
