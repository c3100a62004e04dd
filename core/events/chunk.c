/* SPDX-License-Identifier: MIT */
#include "core/events/chunk.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/events/history.h"

enum { NAMES = 256 }; /* slots of one that is written: a power of two, as are those of a cold one */

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
	size_t allocated, bytes; /* of this, and with the name */
	size_t text_capacity, record_capacity;
	size_t used, written; /* bytes of text and lines, writer only */
	uint32_t last_name;   /* of the line before, writer only */
	_Atomic uint32_t *names;
	size_t name_slots, name_count; /* the count is the writer's only */
	atomic_bool has_many, has_nameless;
	atomic_uint levels;
	_Atomic int64_t first_ms, last_ms;
	struct history_place *place; /* of a cold one, a reference */
	struct chunk_edges edges;    /* of a cold one */
	bool is_reread;
	char *text;
	struct record records[];
};

/* The last full chunk that nobody held any more. Where the budget is full, each new one follows an old one that goes: memory
 * that the system takes back between the two costs more than all that is written to it. */
static _Atomic(struct chunk *) spare;

#ifdef __SANITIZE_ADDRESS__
enum { SPARE_FROM = INT32_MAX }; /* who still looks at one that is gone shall be found */
#else
enum { SPARE_FROM = LIMIT_CHUNK_TEXT_BYTES };
#endif

static struct chunk *take_memory(size_t bytes)
{
	struct chunk *old = bytes < SPARE_FROM ? NULL : atomic_exchange(&spare, NULL);
	if (old && old->allocated == bytes)
		return old;
	free(old);
	return xmalloc(bytes);
}

static void leave_memory(struct chunk *chunk)
{
	free(chunk->allocated < SPARE_FROM ? chunk : atomic_exchange(&spare, chunk));
}

/* The header, the records, the names, the text. */
static struct chunk *make(
	const struct stream *stream, size_t text_bytes, size_t records, size_t slots)
{
	size_t names = slots * sizeof(uint32_t);
	size_t bytes =
		sizeof(struct chunk) + records * sizeof(struct record) + names + text_bytes + 1;
	struct chunk *chunk = take_memory(bytes);
	memset(chunk, 0, sizeof(*chunk));
	chunk->allocated = bytes;
	atomic_init(&chunk->users, 1);
	atomic_init(&chunk->published, 0);
	chunk->used = 1;
	chunk->bytes = bytes + strlen(stream->name) + 1;
	chunk->stream = *stream;
	chunk->stream.name = xstrdup(stream->name);
	chunk->stream.redactor = redactor_ref(stream->redactor);
	chunk->text_capacity = text_bytes + 1;
	chunk->record_capacity = records;
	chunk->name_slots = slots;
	void *rest = chunk->records + records;
	memset(rest, 0, names);
	chunk->names = rest;
	chunk->text = (char *)rest + names;
	chunk->text[0] = '\0';
	return chunk;
}

struct chunk *chunk_new(
	const struct stream *stream, uint64_t first_seq, size_t text_bytes, size_t records)
{
	struct chunk *chunk = make(stream, text_bytes, records, NAMES);
	chunk->first_seq = first_seq;
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
	history_place_unref(mine->place);
	leave_memory(mine);
}

bool chunk_is_sole(const struct chunk *chunk)
{
	return atomic_load(&chunk->users) == 1;
}

static size_t hash(const struct chunk *chunk, const char *name)
{
	return hash32_text(HASH32_BEGIN, name) % chunk->name_slots;
}

/* The offset of `bot` in the text, 0: it is not there and would stand at *ret_slot. The hash never
 * fills up. */
static uint32_t find_name(const struct chunk *chunk, const char *bot, size_t *ret_slot)
{
	size_t slot = hash(chunk, bot);
	uint32_t offset;
	while ((offset = atomic_load_explicit(&chunk->names[slot], memory_order_acquire))) {
		if (strcmp(chunk->text + offset, bot) == 0)
			return offset;
		slot = (slot + 1) % chunk->name_slots;
	}
	*ret_slot = slot;
	return 0;
}

/* Asked after the names: who met one that replaced another knows of it. */
static bool has_many(const struct chunk *chunk)
{
	return atomic_load_explicit(&chunk->has_many, memory_order_relaxed);
}

bool chunk_has_many(const struct chunk *chunk)
{
	return has_many(chunk);
}

/* The offset of `bot` in the text, 0 for none; *used moves when it has to be stored. */
static uint32_t place_name(struct chunk *chunk, const char *bot, size_t *used)
{
	size_t slot = 0;
	if (!bot || !*bot) {
		atomic_store_explicit(&chunk->has_nameless, true, memory_order_relaxed);
		return 0;
	}
	if (strcmp(chunk->text + chunk->last_name, bot) == 0)
		return chunk->last_name;
	uint32_t offset = find_name(chunk, bot, &slot);
	if (offset)
		return offset;
	if (chunk->name_count == CHUNK_BOTS) {
		atomic_store_explicit(&chunk->has_many, true, memory_order_relaxed);
		slot = hash(chunk, bot);
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
	for (size_t slot = 0; slot < chunk->name_slots; slot++) {
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
	record.bot = chunk->last_name = place_name(chunk, bot, &used);
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

size_t chunk_written(const struct chunk *chunk)
{
	return chunk->written;
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

const char *chunk_text(const struct chunk *chunk, size_t *ret_length)
{
	*ret_length = chunk->used;
	return chunk->text;
}

size_t chunk_bytes(const struct chunk *chunk)
{
	return chunk->bytes;
}

int64_t chunk_newest_ms(const struct chunk *chunk)
{
	if (chunk->place)
		return chunk->edges.last_order_ms;
	return record_order_ms(&chunk->records[chunk_count(chunk) - 1]);
}

/* ---- cold ones ---- */

struct history_place *chunk_place(const struct chunk *chunk)
{
	return chunk->place;
}

bool chunk_is_reread(const struct chunk *chunk)
{
	return chunk->is_reread;
}

void chunk_set_reread(struct chunk *chunk)
{
	chunk->is_reread = true;
}

const struct chunk_edges *chunk_edges(const struct chunk *cold)
{
	return &cold->edges;
}

struct chunk_summary chunk_summary_of(const struct chunk *chunk, const char *bots[CHUNK_BOTS + 1])
{
	size_t count = chunk_count(chunk), bot_count = chunk_bots(chunk, bots);
	const struct record *first = &chunk->records[0], *last = &chunk->records[count - 1];
	bool has_nameless = atomic_load_explicit(&chunk->has_nameless, memory_order_relaxed);
	struct chunk_summary summary = {.stream = chunk->stream,
		.first_seq = chunk->first_seq,
		.count = count,
		.first_order_ms = record_order_ms(first),
		.last_order_ms = record_order_ms(last),
		.has_many = has_many(chunk),
		.has_nameless = has_nameless,
		.bots = bots};
	/* the one without a name stands first */
	summary.bots += has_nameless && bot_count;
	summary.bot_count = bot_count - (has_nameless && bot_count);
	chunk_span(chunk, &summary.first_ms, &summary.last_ms);
	summary.begins_first = first->wall_ms == summary.first_ms;
	summary.ends_last = last->wall_ms == summary.last_ms;
	for (size_t i = 0; i < count; i++)
		summary.by_level[chunk->records[i].level % LOG_LEVELS]++;
	return summary;
}

static void place_names(struct chunk *cold, const struct chunk_summary *summary)
{
	size_t slot;
	for (size_t i = 0; i < summary->bot_count; i++) {
		size_t size = strlen(summary->bots[i]) + 1;
		if (find_name(cold, summary->bots[i], &slot))
			continue;
		memcpy(cold->text + cold->used, summary->bots[i], size);
		atomic_init(&cold->names[slot], (uint32_t)cold->used);
		cold->used += size;
	}
}

struct chunk *chunk_new_cold(const struct chunk_summary *summary, struct history_place *place)
{
	struct stream stream = summary->stream;
	size_t text = 0, slots = 2;
	for (size_t i = 0; i < summary->bot_count; i++)
		text += strlen(summary->bots[i]) + 1;
	while (slots < summary->bot_count * 2)
		slots *= 2;
	stream.redactor = NULL; /* whoever reads its lines redacts them anew */
	struct chunk *cold = make(&stream, text, 0, slots);
	cold->first_seq = summary->first_seq;
	cold->place = place;
	cold->edges = (struct chunk_edges){.first_order_ms = summary->first_order_ms,
		.last_order_ms = summary->last_order_ms,
		.begins_first = summary->begins_first,
		.ends_last = summary->ends_last};
	memcpy(cold->edges.by_level, summary->by_level, sizeof(cold->edges.by_level));
	for (unsigned level = 0; level < LOG_LEVELS; level++)
		if (summary->by_level[level])
			atomic_init(&cold->levels, cold->levels | 1u << level);
	atomic_init(&cold->first_ms, summary->first_ms);
	atomic_init(&cold->last_ms, summary->last_ms);
	atomic_init(&cold->has_many, summary->has_many);
	atomic_init(&cold->has_nameless, summary->has_nameless);
	place_names(cold, summary);
	cold->written = summary->count;
	chunk_show(cold, summary->count);
	return cold;
}
