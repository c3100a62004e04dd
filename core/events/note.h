/* SPDX-License-Identifier: MIT */
/*
 * What a writer has to tell the engine between two posts: lines counted by bot, level and trouble, and
 * those that are warnings or trouble by their time too, so that what is old is not taken for what is
 * now. Bounded by the number of such groups. Writer's thread.
 */
#ifndef BOTSWAIN_EVENTS_NOTE_H
#define BOTSWAIN_EVENTS_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/str.h"
#include "core/parse/log_trouble.h"

struct msg_obs_notes;

enum { NOTE_BUCKETS = 256, NOTE_TEXT_CELLS = 200, NOTE_SLOT_MS = 5000 };

struct note_count {
	char *bot;
	enum log_level level;     /* LOG_LEVEL_NONE for lines that go on from the one before */
	enum log_trouble trouble; /* TROUBLE_NONE for TROUBLE_HANDLED too */
	int64_t slot;             /* time by NOTE_SLOT_MS; 0 where it does not matter */
	uint64_t lines, handled, retry_after_s;
	int64_t newest_ms, handled_ms;
	struct str
		text; /* newest line from a warning on, of lines that stay in their file the first: safe, clipped */
	size_t next; /* in its bucket, index + 1 */
};

struct note {
	struct note_count *counts;
	size_t count, capacity, last; /* the last: that was looked for */
	size_t buckets[NOTE_BUCKETS];
	uint64_t lines, bytes, dropped;
	uint64_t in_place; /* of the lines: they stay in their file */
};

void note_release(struct note *note); /* legal on a zeroed struct; empties it */
bool note_is_empty(const struct note *note);
/* Counts a line; the result, valid until the next call, takes its text. */
struct note_count *note_add(struct note *note, const char *bot, enum log_level level,
	const struct log_trouble_find *trouble, int64_t wall_ms);
/* The same in two steps, for many lines of one kind: the group of such lines, good until the note is released, and a line of it. */
size_t note_group(struct note *note, const char *bot, enum log_level level,
	const struct log_trouble_find *trouble, int64_t wall_ms);
struct note_count *note_add_to(
	struct note *note, size_t group, const struct log_trouble_find *trouble, int64_t wall_ms);
/* What note_group() tells times apart by. */
int64_t note_slot(enum log_level level, const struct log_trouble_find *trouble, int64_t wall_ms);
/* Copies everything into a message. */
void note_fill(const struct note *note, const char *source, struct msg_obs_notes *to);

#endif
