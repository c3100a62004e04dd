/* SPDX-License-Identifier: MIT */
/*
 * A program of its own, so that nothing but this is measured: reads the page of Prometheus text on standard input, finds or
 * makes every series in a table, and puts its value there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/parse/prom_text.h"

enum { ROOM_FIRST = 1024, NUMBER_BITS = 24, BATCH = 16 };

struct series {
	uint64_t key;
	struct prom_span text;
	double value;
};

/* A slot is the number of a series, from 1, below the high bits of its key, so that the slots of many stay near the
 * processor; 0: it is empty. */
struct table {
	uint32_t *slots;
	size_t room, count, series_room;
	struct series *series; /* in the order of the page */
};

static uint32_t mark_of(uint64_t key)
{
	return (uint32_t)(key >> 32) >> NUMBER_BITS << NUMBER_BITS;
}

static struct series *series_at(const struct table *table, uint32_t slot)
{
	return &table->series[(slot & ((1u << NUMBER_BITS) - 1)) - 1];
}

static bool is_it(const struct series *series, uint64_t key, struct prom_span text)
{
	return series->key == key && series->text.length == text.length &&
	       !memcmp(series->text.text, text.text, text.length);
}

static uint32_t *place_of(const struct table *table, uint64_t key, struct prom_span text)
{
	uint32_t mark = mark_of(key);
	for (size_t at = key & (table->room - 1);; at = (at + 1) & (table->room - 1)) {
		uint32_t *slot = &table->slots[at];
		bool may_be = (*slot ^ mark) >> NUMBER_BITS == 0;
		if (!*slot || (may_be && is_it(series_at(table, *slot), key, text)))
			return slot;
	}
}

static void grow_slots(struct table *table)
{
	free(table->slots);
	table->room = table->room ? table->room * 4 : ROOM_FIRST;
	table->slots = xcalloc(table->room, sizeof(*table->slots));
	for (size_t i = 0; i < table->count; i++) {
		size_t at = table->series[i].key & (table->room - 1);
		while (table->slots[at])
			at = (at + 1) & (table->room - 1);
		table->slots[at] = mark_of(table->series[i].key) | (uint32_t)(i + 1);
	}
}

/* Labels are read of what is not there yet. */
static bool take_sample(struct table *table, const struct prom_reader *reader,
	struct prom_sample *sample, struct err *err)
{
	if (table->count * 2 >= table->room)
		grow_slots(table);
	uint32_t *slot = place_of(table, sample->key, sample->series);
	if (!*slot) {
		if (!prom_labels(reader, sample, err))
			return false;
		table->series = grow(
			table->series, table->count, &table->series_room, sizeof(*table->series));
		*slot = mark_of(sample->key) | (uint32_t)++table->count;
	}
	*series_at(table, *slot) = (struct series){sample->key, sample->series, sample->value};
	return true;
}

/* Their slots are fetched while the next ones are read. */
static bool take_samples(struct table *table, const struct prom_reader *reader,
	struct prom_sample *samples, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!take_sample(table, reader, &samples[i], err))
			return false;
	return true;
}

/* How many samples; 0: it is no page. */
static size_t take_page(struct prom_span page, struct table *table)
{
	static struct prom_sample samples[BATCH];
	struct prom_reader reader;
	struct err err;
	enum prom_result result;
	size_t count = 0;
	bool is_good = true;
	prom_begin(&reader, page.text, page.length, PROM_TEXT);
	grow_slots(table);
	while ((result = prom_next(&reader, &samples[count % BATCH], &err)) == PROM_SAMPLE &&
		is_good) {
		__builtin_prefetch(
			&table->slots[samples[count % BATCH].key & (table->room - 1)], 1);
		if (++count % BATCH == 0)
			is_good = take_samples(table, &reader, samples, BATCH, &err);
	}
	is_good = is_good && take_samples(table, &reader, samples, count % BATCH, &err);
	prom_end(&reader);
	return result == PROM_END && is_good ? count : 0;
}

int main(void)
{
	struct stat of = {0};
	if (fstat(STDIN_FILENO, &of) != 0 || of.st_size <= 0)
		return 1;
	size_t length = (size_t)of.st_size;
	void *text = mmap(NULL, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, STDIN_FILENO, 0);
	if (text == MAP_FAILED)
		return 1;
	struct table table = {0};
	size_t count = take_page((struct prom_span){text, length}, &table);
	printf("%zu samples of %zu series\n", count, table.count);
	return count > 0 && count == table.count ? 0 : 1;
}
