/* SPDX-License-Identifier: MIT */
#include "core/events/note.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/msg/msg.h"

void note_release(struct note *note)
{
	for (size_t i = 0; i < note->count; i++) {
		free(note->counts[i].bot);
		str_release(&note->counts[i].text);
	}
	free(note->counts);
	*note = (struct note){0};
}

bool note_is_empty(const struct note *note)
{
	return note->count == 0 && note->dropped == 0;
}

static size_t bucket_of(
	const char *bot, enum log_level level, enum log_trouble trouble, int64_t slot)
{
	uint32_t begin =
		HASH32_BEGIN ^ (uint32_t)level ^ (uint32_t)trouble << 8 ^ (uint32_t)slot << 16;
	return hash32_text(begin, bot) % NOTE_BUCKETS;
}

static bool counts(const struct note_count *count, const char *bot, enum log_level level,
	enum log_trouble trouble, int64_t slot)
{
	return count->level == level && count->trouble == trouble && count->slot == slot &&
	       strcmp(count->bot, bot) == 0;
}

static struct note_count *find(struct note *note, const char *bot, enum log_level level,
	enum log_trouble trouble, int64_t slot)
{
	if (note->last < note->count &&
		counts(&note->counts[note->last], bot, level, trouble, slot))
		return &note->counts[note->last]; /* most lines are as the one before */
	size_t *bucket = &note->buckets[bucket_of(bot, level, trouble, slot)];
	for (size_t at = *bucket; at; at = note->counts[at - 1].next) {
		note->last = at - 1;
		if (counts(&note->counts[at - 1], bot, level, trouble, slot))
			return &note->counts[at - 1];
	}
	note->counts = grow(note->counts, note->count, &note->capacity, sizeof(*note->counts));
	struct note_count *count = &note->counts[note->count++];
	*count = (struct note_count){.bot = xstrdup(bot),
		.level = level,
		.trouble = trouble,
		.slot = slot,
		.newest_ms = INT64_MIN,
		.next = *bucket};
	str_init(&count->text);
	*bucket = note->count;
	note->last = note->count - 1;
	return count;
}

static enum log_trouble kind_of(const struct log_trouble_find *trouble)
{
	return trouble->kind == TROUBLE_HANDLED ? TROUBLE_NONE : trouble->kind;
}

int64_t note_slot(enum log_level level, const struct log_trouble_find *trouble, int64_t wall_ms)
{
	bool is_dated = level >= LOG_LEVEL_WARN || kind_of(trouble) != TROUBLE_NONE;
	return is_dated ? wall_ms / NOTE_SLOT_MS : 0;
}

size_t note_group(struct note *note, const char *bot, enum log_level level,
	const struct log_trouble_find *trouble, int64_t wall_ms)
{
	const struct note_count *count =
		find(note, bot, level, kind_of(trouble), note_slot(level, trouble, wall_ms));
	return (size_t)(count - note->counts);
}

struct note_count *note_add_to(
	struct note *note, size_t group, const struct log_trouble_find *trouble, int64_t wall_ms)
{
	struct note_count *count = &note->counts[group];
	bool is_handled = trouble->kind == TROUBLE_HANDLED;
	note->lines++;
	count->lines++;
	count->handled += is_handled;
	count->handled_ms += is_handled ? trouble->duration_ms : 0;
	if (trouble->retry_after_s > 0)
		count->retry_after_s = (uint64_t)trouble->retry_after_s;
	if (wall_ms > count->newest_ms)
		count->newest_ms = wall_ms;
	return count;
}

struct note_count *note_add(struct note *note, const char *bot, enum log_level level,
	const struct log_trouble_find *trouble, int64_t wall_ms)
{
	return note_add_to(note, note_group(note, bot, level, trouble, wall_ms), trouble, wall_ms);
}

void note_fill(const struct note *note, const char *source, struct msg_obs_notes *to)
{
	msg_set(&to->source, source);
	to->lines = note->lines;
	to->bytes = note->bytes;
	to->dropped = note->dropped;
	to->in_place = note->in_place;
	for (size_t i = 0; i < note->count; i++) {
		const struct note_count *from = &note->counts[i];
		struct msg_note *count = msg_add(to->counts, &to->counts_count);
		msg_set(&count->bot, from->bot);
		msg_set(&count->trouble,
			from->trouble == TROUBLE_NONE ? "" : log_trouble_word(from->trouble));
		msg_set(&count->text, from->text.text);
		count->level = (uint64_t)from->level;
		count->lines = from->lines;
		count->time_ms = from->newest_ms;
		count->handled = from->handled;
		count->handled_ms = (double)from->handled_ms;
		count->retry_after_s = from->retry_after_s;
	}
}
