/* SPDX-License-Identifier: MIT */
/*
 * What is known of the lines of a file that stays where it lies: of each its place, time, level and
 * bot, in two to four bytes. Lines go into a maker in the order of the file; a block is what it makes of
 * up to LINE_BLOCK_LINES of them. A block is constant, and may be read by any thread; it is one allocation,
 * which its owner frees with free().
 */
#ifndef BOTSWAIN_EVENTS_LINE_BLOCK_H
#define BOTSWAIN_EVENTS_LINE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/parse/log_level.h"

enum {
	LINE_BLOCK_LINES = 4096,
	LINE_BLOCK_KINDS = 256, /* different bots, levels and flags together in one block */
};

struct line_entry {
	uint64_t offset; /* of its first byte in the file */
	int64_t wall_ms;
	uint16_t bot;  /* a number that the caller gave to its name; 0: none */
	uint8_t level; /* enum log_level */
	uint8_t flags; /* enum record_flags */
	uint8_t kind;  /* of one that is read: its place in line_block_kinds() */
};

struct line_block;
struct line_maker;

struct line_maker *line_maker_new(void) MUST_CHECK;
void line_maker_free(struct line_maker *maker); /* NULL is legal */
/* Its offset is above that of the entry before. False: the block is full, seal it first. */
MUST_CHECK bool line_maker_add(struct line_maker *maker, const struct line_entry *entry);
size_t line_maker_count(const struct line_maker *maker);
/* All that was added since the last one, which end at `end_offset`; NULL: nothing. */
struct line_block *line_maker_seal(struct line_maker *maker, uint64_t end_offset) MUST_CHECK;

struct line_summary {
	size_t lines;
	uint64_t first_offset, end_offset;
	int64_t first_ms, last_ms, min_ms, max_ms;
	uint32_t by_level[LOG_LEVELS];
};

const struct line_summary *line_block_summary(const struct line_block *block);
/* What lines of the block have in common; each that is in it once. */
struct line_kind {
	uint16_t bot;
	uint8_t level, flags;
};
size_t line_block_kinds(const struct line_block *block, const struct line_kind **ret_kinds);
/* True when a line is of this bot. */
bool line_block_has_bot(const struct line_block *block, uint16_t bot);
/* What the block takes of memory. */
size_t line_block_bytes(const struct line_block *block);

/* Reads entries in order, from the `from`th on; one more costs some nanoseconds, the first as many as stand before
 * it. */
struct line_reader {
	const struct line_block *block;
	size_t at;
	uint64_t offset;
	int64_t wall_ms;
	size_t odd_length, odd_delta; /* of what is kept apart, the next */
};
struct line_reader line_reader_at(const struct line_block *block, size_t from);
/* Passes over lines that end at `offset` or before it. Returns the latest time of those; INT64_MIN: there was none. */
int64_t line_reader_skip(struct line_reader *reader, uint64_t offset);
/* False: there are no more. */
bool line_reader_next(struct line_reader *reader, struct line_entry *ret_entry);

#endif
