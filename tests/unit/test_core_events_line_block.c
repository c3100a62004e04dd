/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/events/line_block.h"

#define T INT64_C(1795168821744)

enum { MOST = LINE_BLOCK_LINES };

/* How the lines of a file may be. */
struct shape {
	uint64_t lines, least, more; /* bytes of a line */
	int64_t back_ms, on_ms;      /* between two */
	uint64_t bots;
	uint64_t odd_every; /* one of so many is far longer, and of another time */
};

static int64_t time_after(int64_t wall_ms, const struct shape *shape, struct rng *rng)
{
	uint64_t span = (uint64_t)(shape->back_ms + shape->on_ms) + 1;
	return wall_ms - shape->back_ms + (int64_t)rng_below(rng, span);
}

/* Fills a maker and `entries` alike; returns the end. */
static uint64_t fill(struct line_maker *maker, struct line_entry *entries,
	const struct shape *shape, struct rng *rng)
{
	uint64_t offset = rng_below(rng, UINT64_C(1) << 40);
	int64_t wall_ms = T;
	for (uint64_t i = 0; i < shape->lines; i++) {
		bool is_odd = shape->odd_every && rng_below(rng, shape->odd_every) == 0;
		wall_ms = is_odd ? (int64_t)rng_next(rng) : time_after(wall_ms, shape, rng);
		entries[i] = (struct line_entry){.offset = offset,
			.wall_ms = wall_ms,
			.bot = (uint16_t)rng_below(rng, shape->bots),
			.level = (uint8_t)rng_below(rng, LOG_LEVELS),
			.flags = (uint8_t)(is_odd ? 3 : 0)};
		assert_true(line_maker_add(maker, &entries[i]));
		offset += shape->least + rng_below(rng, shape->more + 1) +
			  (is_odd ? UINT64_C(1) << 35 : 0);
	}
	return offset;
}

static void assert_entry(const struct line_entry *a, const struct line_entry *b)
{
	assert_int_equal(a->offset, b->offset);
	assert_int_equal(a->wall_ms, b->wall_ms);
	assert_int_equal(a->bot, b->bot);
	assert_int_equal(a->level, b->level);
	assert_int_equal(a->flags, b->flags);
}

static void assert_reads(
	const struct line_block *block, const struct line_entry *entries, size_t count, size_t from)
{
	struct line_reader reader = line_reader_at(block, from);
	struct line_entry entry;
	for (size_t i = from; i < count; i++) {
		assert_true(line_reader_next(&reader, &entry));
		assert_entry(&entry, &entries[i]);
	}
	assert_false(line_reader_next(&reader, &entry));
}

static void what_goes_in_comes_out(void **state)
{
	(void)state;
	static const struct shape shapes[] = {
		{.lines = 1, .least = 1, .bots = 1},
		{.lines = 2, .least = 1, .on_ms = 1, .bots = 2},
		{.lines = MOST, .least = 100, .bots = 1},
		{.lines = MOST, .least = 120, .more = 30, .on_ms = 20, .bots = 30},
		{.lines = MOST,
			.least = 1,
			.more = 4000,
			.back_ms = 5000,
			.on_ms = 6000,
			.bots = 3},
		{.lines = 3000, .least = 1, .more = 99, .on_ms = 9, .bots = 7, .odd_every = 50},
		{.lines = 3000, .least = 1, .more = 99, .on_ms = 9, .bots = 7, .odd_every = 1},
	};
	struct rng rng;
	struct line_maker *maker = line_maker_new();
	autofree struct line_entry *entries = xcalloc(MOST, sizeof(*entries));
	rng_init(&rng, 3);
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		uint64_t end = fill(maker, entries, &shapes[i], &rng);
		autofree struct line_block *block = line_maker_seal(maker, end);
		assert_int_equal(line_maker_count(maker), 0);
		assert_int_equal(line_block_summary(block)->lines, shapes[i].lines);
		assert_int_equal(line_block_summary(block)->end_offset, end);
		assert_reads(block, entries, shapes[i].lines, 0);
		assert_reads(block, entries, shapes[i].lines, shapes[i].lines / 2);
		assert_reads(block, entries, shapes[i].lines, shapes[i].lines);
	}
	line_maker_free(maker);
}

static void a_summary_says_what_the_block_holds(void **state)
{
	(void)state;
	static const struct line_entry entries[] = {
		{.offset = 10, .wall_ms = T, .bot = 1, .level = LOG_LEVEL_INFO},
		{.offset = 20, .wall_ms = T + 7, .bot = 2, .level = LOG_LEVEL_ERROR},
		{.offset = 50, .wall_ms = T - 5, .bot = 1, .level = LOG_LEVEL_INFO},
		{.offset = 60, .wall_ms = T + 1, .bot = 0, .level = 99}};
	struct line_maker *maker = line_maker_new();
	assert_null(line_maker_seal(maker, 0));
	for (size_t i = 0; i < COUNT_OF(entries); i++)
		assert_true(line_maker_add(maker, &entries[i]));
	autofree struct line_block *block = line_maker_seal(maker, 99);
	const struct line_summary *summary = line_block_summary(block);
	assert_int_equal(summary->first_offset, 10);
	assert_int_equal(summary->end_offset, 99);
	assert_int_equal(summary->first_ms, T);
	assert_int_equal(summary->last_ms, T + 1);
	assert_int_equal(summary->min_ms, T - 5);
	assert_int_equal(summary->max_ms, T + 7);
	assert_int_equal(summary->by_level[LOG_LEVEL_INFO], 2);
	assert_int_equal(summary->by_level[LOG_LEVEL_ERROR], 1);
	assert_int_equal(summary->by_level[LOG_LEVEL_NONE], 1);
	assert_true(line_block_has_bot(block, 2) && line_block_has_bot(block, 0));
	assert_false(line_block_has_bot(block, 3));
	line_maker_free(maker);
}

static void a_full_block_takes_no_more_and_loses_none(void **state)
{
	(void)state;
	struct line_maker *maker = line_maker_new();
	struct line_entry entry = {.wall_ms = T};
	for (; entry.offset < LINE_BLOCK_LINES; entry.offset++)
		assert_true(line_maker_add(maker, &entry));
	assert_false(line_maker_add(maker, &entry));
	autofree struct line_block *lines = line_maker_seal(maker, entry.offset);
	assert_int_equal(line_block_summary(lines)->lines, LINE_BLOCK_LINES);
	for (entry.bot = 0; entry.bot < LINE_BLOCK_KINDS; entry.bot++, entry.offset++)
		assert_true(line_maker_add(maker, &entry));
	assert_false(line_maker_add(maker, &entry));
	entry.bot = 17;
	assert_true(line_maker_add(maker, &entry));
	autofree struct line_block *kinds = line_maker_seal(maker, entry.offset + 1);
	assert_int_equal(line_block_summary(kinds)->lines, LINE_BLOCK_KINDS + 1);
	line_maker_free(maker);
}

static void a_usual_log_takes_less_than_three_bytes_a_line(void **state)
{
	(void)state;
	static const struct shape usual = {.lines = MOST,
		.least = 110,
		.more = 40,
		.on_ms = 20,
		.bots = 30,
		.odd_every = 1000};
	struct rng rng;
	struct line_maker *maker = line_maker_new();
	autofree struct line_entry *entries = xcalloc(MOST, sizeof(*entries));
	rng_init(&rng, 5);
	uint64_t end = fill(maker, entries, &usual, &rng);
	autofree struct line_block *block = line_maker_seal(maker, end);
	assert_in_range(line_block_bytes(block), 2 * MOST, 3 * MOST);
	line_maker_free(maker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_summary_says_what_the_block_holds),
		cmocka_unit_test(a_full_block_takes_no_more_and_loses_none),
		cmocka_unit_test(a_usual_log_takes_less_than_three_bytes_a_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
