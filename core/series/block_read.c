/* SPDX-License-Identifier: MIT */
/* Questions to a file of series: which fit is found by its symbols, each of which is matched once. */
#include "core/series/block.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/series/block_inside.h"
#include "core/series/gather.h"
#include "core/series/match.h"
#include "core/series/minutes.h"

enum { READ_BYTES = 128 << 10, NOT_MATCHED = 0, FITS, FITS_NOT };

/* ---- matching ---- */

/* A matcher in the words of an index. */
struct symbol_matcher {
	const struct matcher *matcher;
	uint32_t name; /* a symbol; one that is none: no series has it */
	bool fits_none;
	uint8_t *results; /* of each symbol that was a value */
};

struct question {
	struct block *block;
	struct block_index *index;
	struct block_walk walk;
	struct symbol_matcher *matchers;
	size_t matcher_count;
	struct block_damage *damage;
};

static void question_free(struct question *question)
{
	for (size_t i = 0; i < question->matcher_count; i++)
		free(question->matchers[i].results);
	free(question->matchers);
	block_index_unref(question->index);
	free(question);
}

static uint32_t symbol_of(const struct block_index *index, const char *text)
{
	for (uint32_t i = 0; i < index->symbol_count; i++) {
		if (strcmp(index->symbols[i], text) == 0)
			return i;
	}
	return UINT32_MAX;
}

static bool prepare(
	struct question *question, const struct matcher *matchers, size_t count, struct err *err)
{
	question->matchers = xcalloc(count + 1, sizeof(*question->matchers));
	question->matcher_count = count;
	for (size_t i = 0; i < count; i++) {
		struct symbol_matcher *of = &question->matchers[i];
		of->matcher = &matchers[i];
		of->name = symbol_of(question->index, matchers[i].name);
		of->results = xcalloc((size_t)question->index->symbol_count + 1, 1);
		if (!matcher_fits(of->matcher, "", &of->fits_none, err))
			return false;
	}
	return true;
}

static bool value_fits(
	const struct question *question, struct symbol_matcher *of, bool *ret_fits, struct err *err)
{
	const struct block_walk *walk = &question->walk;
	*ret_fits = of->fits_none;
	for (uint32_t i = 0; i < walk->label_count; i++) {
		if (walk->names[i] != of->name)
			continue;
		uint8_t *result = &of->results[walk->values[i]];
		if (*result == NOT_MATCHED) {
			if (!matcher_fits(of->matcher, question->index->symbols[walk->values[i]],
				    ret_fits, err))
				return false;
			*result = *ret_fits ? FITS : FITS_NOT;
		}
		*ret_fits = *result == FITS;
	}
	return true;
}

/* The walk goes to the next series that fits. *ret_is: there is one. False: the error. */
static bool next_fitting(struct question *question, bool *ret_is, struct err *err)
{
	while (block_walk_next(&question->walk)) {
		*ret_is = true;
		for (size_t i = 0; *ret_is && i < question->matcher_count; i++) {
			if (!value_fits(question, &question->matchers[i], ret_is, err))
				return false;
		}
		if (*ret_is)
			return true;
	}
	*ret_is = false;
	return true;
}

/* NULL: its index is damaged. */
static struct question *ask(struct block *block, struct block_damage *damage)
{
	struct block_index *index = block_index_get(block, damage);
	if (!index)
		return NULL;
	struct question *question = xcalloc(1, sizeof(*question));
	question->block = block;
	question->index = index;
	question->damage = damage;
	block_walk_begin(&question->walk, block, index);
	return question;
}

static struct labels *labels_of(const struct question *question)
{
	const struct block_walk *walk = &question->walk;
	struct label list[BLOCK_LABELS_MAX];
	for (uint32_t i = 0; i < walk->label_count; i++)
		list[i] = (struct label){question->index->symbols[walk->names[i]],
			question->index->symbols[walk->values[i]]};
	return labels_new(list, walk->label_count);
}

/* ---- samples ---- */

/* Chunks that lie side by side and are read at once. */
struct run {
	struct block_chunk *chunks;
	size_t count, room, length;
	uint8_t *bytes; /* READ_BYTES */
};

static void read_run(
	struct question *question, struct run *run, struct gather *gather, struct gathered *row)
{
	const uint8_t *at = run->bytes;
	bool is_read = run->count && block_read_data(question->block, run->chunks[0].offset,
					     run->bytes, run->length, question->damage);
	for (size_t i = 0; is_read && i < run->count; i++) {
		const struct block_chunk *chunk = &run->chunks[i];
		if (block_crc(0, at, chunk->length) != chunk->crc ||
			!gather_chunk(gather, row, at, chunk->length, chunk->count))
			block_say_damage(question->damage, question->block,
				"a chunk is damaged: it is left out");
		at += chunk->length;
	}
	run->count = run->length = 0;
}

static bool read_series(
	struct question *question, struct run *run, struct gather *gather, struct err *err)
{
	const struct selection *selection = gather->selection;
	struct gathered *row = NULL;
	struct block_chunk chunk;
	while (block_walk_chunk(&question->walk, &chunk)) {
		if (chunk.to_ms < selection->from_ms || chunk.from_ms > selection->to_ms)
			continue;
		if (!row) {
			struct labels *labels = labels_of(question);
			bool is_row = gather_row(gather, labels, &row, err);
			labels_unref(labels);
			if (!is_row)
				return false;
		}
		if (run->length + chunk.length > READ_BYTES)
			read_run(question, run, gather, row);
		run->chunks = grow(run->chunks, run->count, &run->room, sizeof(*run->chunks));
		run->chunks[run->count++] = chunk;
		run->length += chunk.length;
	}
	if (row)
		read_run(question, run, gather, row);
	return gather_goes_on(gather, err);
}

static bool is_within(const struct block *block, const struct selection *selection)
{
	return block->facts.to_ms >= selection->from_ms && block->facts.from_ms <= selection->to_ms;
}

bool block_select(
	struct block *block, struct gather *gather, struct block_damage *damage, struct err *err)
{
	const struct selection *selection = gather->selection;
	struct question *question = is_within(block, selection) ? ask(block, damage) : NULL;
	if (!question)
		return true;
	struct run run = {.bytes = xmalloc(READ_BYTES)};
	bool is_next = true;
	bool is_good = prepare(question, selection->matchers, selection->matcher_count, err);
	while (is_good && is_next) {
		is_good = next_fitting(question, &is_next, err);
		if (is_good && is_next)
			is_good = read_series(question, &run, gather, err);
	}
	free(run.bytes);
	free(run.chunks);
	question_free(question);
	return is_good;
}

/* ---- minutes ---- */

struct minute_list {
	struct minute *list;
	size_t count, room;
	uint8_t *bytes;
	size_t bytes_room;
};

static void read_minutes(
	struct question *question, const struct selection *selection, struct minute_list *minutes)
{
	struct block_chunk place;
	struct minute_reader reader;
	struct minute minute;
	while (block_walk_chunk(&question->walk, &place))
		continue;
	place = block_walk_minutes(&question->walk);
	if (place.length > minutes->bytes_room) {
		minutes->bytes_room = place.length;
		minutes->bytes = xrealloc(minutes->bytes, place.length);
	}
	minutes->count = 0;
	if (place.length == 0 || !block_read_data(question->block, place.offset, minutes->bytes,
					 place.length, question->damage))
		return;
	minute_reader_init(&reader, minutes->bytes, place.length, place.count);
	if (block_crc(0, minutes->bytes, place.length) != place.crc)
		reader.is_damaged = true;
	while (minute_reader_next(&reader, &minute)) {
		if (minute.at_ms < selection->from_ms || minute.at_ms > selection->to_ms)
			continue;
		minutes->list = grow(minutes->list, minutes->count, &minutes->room, sizeof(minute));
		minutes->list[minutes->count++] = minute;
	}
	if (reader.is_damaged)
		block_say_damage(question->damage, question->block,
			"the minutes of a series are damaged: they are left out");
}

static bool give_minutes(struct question *question, const struct selection *selection,
	struct minute_list *minutes, block_minutes_visit *visit, void *context, struct err *err)
{
	read_minutes(question, selection, minutes);
	if (minutes->count == 0)
		return true;
	struct labels *labels = labels_of(question);
	bool is_good = visit(context, labels, minutes->list, minutes->count, err);
	labels_unref(labels);
	return is_good;
}

bool block_minutes(struct block *block, const struct selection *selection,
	block_minutes_visit *visit, void *context, struct block_damage *damage, struct err *err)
{
	/* a minute begins before the first sample that is in it */
	struct question *question =
		block->facts.to_ms >= selection->from_ms &&
				block->facts.from_ms - MINUTE_MS <= selection->to_ms
			? ask(block, damage)
			: NULL;
	if (!question)
		return true;
	struct minute_list minutes = {0};
	bool is_next = true;
	bool is_good = prepare(question, selection->matchers, selection->matcher_count, err);
	while (is_good && is_next) {
		is_good = next_fitting(question, &is_next, err);
		if (is_good && is_next)
			is_good = give_minutes(question, selection, &minutes, visit, context, err);
	}
	free(minutes.list);
	free(minutes.bytes);
	question_free(question);
	return is_good;
}

/* ---- all of them ---- */

void block_each_series(
	struct block *block, block_series_visit *visit, void *context, struct block_damage *damage)
{
	struct question *question = ask(block, damage);
	if (!question)
		return;
	while (block_walk_next(&question->walk)) {
		struct block_chunk chunk;
		struct labels *labels = labels_of(question);
		while (block_walk_chunk(&question->walk, &chunk))
			continue;
		visit(context, labels, question->walk.last_ms);
		labels_unref(labels);
	}
	question_free(question);
}
