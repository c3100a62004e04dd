/* SPDX-License-Identifier: MIT */
#include "core/events/chunk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/redact.h"

enum { NAMES = 256 };

/*
 * One allocation: the header, the records, the text. The text begins with a NUL, so that offset 0 is
 * the empty name. Names of bots stand in the text once: `names` is an open hash of their offsets.
 * When CHUNK_BOTS are in it, `has_many` is set first, and from then on a new name takes the place of
 * another, if there is one where it should stand: only the writer looks into it then, to store most
 * names once. What changes after the first
 * publication is the unpublished tail, which only the writer sees, and the atomics: each is stored
 * before the line is published that it tells of.
 */
struct chunk {
	atomic_size_t users;
	atomic_size_t published;
	struct stream stream;
	uint64_t first_seq;
	size_t bytes; /* of the allocation, and of the name */
	size_t text_capacity, record_capacity;
	size_t used, written; /* bytes of text and lines, writer only */
	_Atomic uint32_t names[NAMES];
	size_t name_count; /* writer only */
	atomic_bool has_many, has_nameless;
	atomic_uint levels;
	_Atomic int64_t first_ms, last_ms;
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
	return hash32_text(HASH32_BEGIN, name) % NAMES;
}

/* The offset of `bot` in the text, 0: it is not there and would stand at *ret_slot. The hash never
 * fills up. */
static uint32_t find_name(const struct chunk *chunk, const char *bot, size_t *ret_slot)
{
	size_t slot = hash(bot);
	uint32_t offset;
	while ((offset = atomic_load_explicit(&chunk->names[slot], memory_order_acquire))) {
		if (strcmp(chunk->text + offset, bot) == 0)
			return offset;
		slot = (slot + 1) % NAMES;
	}
	*ret_slot = slot;
	return 0;
}

/* Asked after the names: who met one that replaced another knows of it. */
static bool has_many(const struct chunk *chunk)
{
	return atomic_load_explicit(&chunk->has_many, memory_order_relaxed);
}

/* The offset of `bot` in the text, 0 for none; *used moves when it has to be stored. */
static uint32_t place_name(struct chunk *chunk, const char *bot, size_t *used)
{
	size_t slot = 0;
	if (!bot || !*bot) {
		atomic_store_explicit(&chunk->has_nameless, true, memory_order_relaxed);
		return 0;
	}
	uint32_t offset = find_name(chunk, bot, &slot);
	if (offset)
		return offset;
	if (chunk->name_count == CHUNK_BOTS) {
		atomic_store_explicit(&chunk->has_many, true, memory_order_relaxed);
		slot = hash(bot);
	} else {
		chunk->name_count++;
	}
	size_t size = strlen(bot) + 1;
	memcpy(chunk->text + *used, bot, size);
	if (!has_many(chunk) || atomic_load_explicit(&chunk->names[slot], memory_order_relaxed))
		atomic_store_explicit(&chunk->names[slot], (uint32_t)*used, memory_order_release);
	*used += size;
	return (uint32_t)(*used - size);
}

bool chunk_may_hold(const struct chunk *chunk, const char *bot)
{
	size_t slot;
	if (!*bot)
		return atomic_load_explicit(&chunk->has_nameless, memory_order_relaxed);
	return find_name(chunk, bot, &slot) || has_many(chunk);
}

size_t chunk_bots(const struct chunk *chunk, const char *ret_bots[CHUNK_BOTS + 1])
{
	size_t count = 0;
	if (atomic_load_explicit(&chunk->has_nameless, memory_order_relaxed))
		ret_bots[count++] = "";
	for (size_t slot = 0; slot < NAMES; slot++) {
		uint32_t offset = atomic_load_explicit(&chunk->names[slot], memory_order_acquire);
		if (offset && count <= CHUNK_BOTS)
			ret_bots[count++] = chunk->text + offset;
	}
	return has_many(chunk) ? 0 : count;
}

unsigned chunk_levels(const struct chunk *chunk)
{
	return atomic_load_explicit(&chunk->levels, memory_order_relaxed);
}

static void note_level(struct chunk *chunk, unsigned level)
{
	unsigned levels = chunk_levels(chunk);
	if (!(levels & 1u << level))
		atomic_store_explicit(&chunk->levels, levels | 1u << level, memory_order_relaxed);
}

void chunk_span(const struct chunk *chunk, int64_t *ret_first_ms, int64_t *ret_last_ms)
{
	*ret_first_ms = atomic_load_explicit(&chunk->first_ms, memory_order_relaxed);
	*ret_last_ms = atomic_load_explicit(&chunk->last_ms, memory_order_relaxed);
}

static void note_time(struct chunk *chunk, int64_t wall_ms)
{
	int64_t first_ms, last_ms;
	chunk_span(chunk, &first_ms, &last_ms);
	if (!chunk->written || wall_ms < first_ms)
		atomic_store_explicit(&chunk->first_ms, wall_ms, memory_order_relaxed);
	if (!chunk->written || wall_ms > last_ms)
		atomic_store_explicit(&chunk->last_ms, wall_ms, memory_order_relaxed);
}

bool chunk_append(
	struct chunk *chunk, struct record record, const char *line, size_t length, const char *bot)
{
	size_t index = chunk->written;
	size_t used = chunk->used;
	size_t name = bot ? strlen(bot) + 1 : 0;
	if (index == chunk->record_capacity || length > UINT16_MAX ||
		chunk->text_capacity - used < length + name)
		return false;
	record.bot = place_name(chunk, bot, &used);
	note_level(chunk, record.level);
	note_time(chunk, record.wall_ms);
	record.offset = (uint32_t)used;
	record.length = (uint16_t)length;
	memcpy(chunk->text + used, line, length);
	chunk->records[index] = record;
	chunk->used = used + length;
	chunk->written = index + 1;
	atomic_store_explicit(&chunk->published, index + 1, memory_order_release);
	return true;
}

void chunk_show(struct chunk *chunk, size_t count)
{
	if (count > chunk->written)
		count = chunk->written;
	atomic_store_explicit(&chunk->published, count, memory_order_release);
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
