/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/limits.h"
#include "core/base/redact.h"
#include "core/events/chunk.h"

static const struct stream stream = {.source = 9, .id = 100, .name = "logs"};

static bool add(struct chunk *chunk, const char *line, const char *bot)
{
	const struct record record = {.wall_ms = 5, .message_length = (uint16_t)strlen(line)};
	return chunk_append(chunk, record, line, strlen(line), bot);
}

static void a_line_is_read_as_it_was_written(void **state)
{
	(void)state;
	struct chunk *chunk = chunk_new(&stream, 107, 100, 4);
	assert_int_equal(chunk_count(chunk), 0);
	assert_true(add(chunk, "one", "shop"));
	assert_true(add(chunk, "two", "shop"));
	assert_true(add(chunk, "", ""));
	assert_int_equal(chunk_count(chunk), 3);
	assert_int_equal(chunk_first_seq(chunk), 107);
	assert_string_equal(chunk_stream(chunk)->name, "logs");
	const struct record *record = chunk_record(chunk, 1);
	assert_memory_equal(chunk_bytes_of(chunk, record), "two", 3);
	assert_string_equal(chunk_bot(chunk, record), "shop");
	assert_int_equal(record->bot, chunk_record(chunk, 0)->bot); /* the name is there once */
	assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 2)), "");
	chunk_unref(chunk);
}

static void a_full_chunk_takes_no_more(void **state)
{
	(void)state;
	struct chunk *chunk = chunk_new(&stream, 0, 10, 2);
	assert_true(add(chunk, "12345", NULL));
	assert_false(add(chunk, "1234567", NULL));
	assert_false(add(chunk, "123", "abc"));
	assert_true(add(chunk, "12345", NULL));
	assert_false(add(chunk, "", NULL)); /* no record left */
	assert_int_equal(chunk_count(chunk), 2);
	chunk_unref(chunk);
}

static void the_last_holder_frees_it_with_its_redactor(void **state)
{
	(void)state;
	struct redactor *redactor = redactor_new();
	redactor_seal(redactor);
	struct stream with = stream;
	with.redactor = redactor;
	struct chunk *chunk = chunk_new(&with, 0, 10, 2);
	redactor_unref(redactor);
	assert_true(chunk_is_sole(chunk));
	struct chunk *again = chunk_ref(chunk);
	assert_false(chunk_is_sole(chunk));
	chunk_unref(chunk);
	assert_ptr_equal(chunk_stream(again)->redactor, redactor);
	chunk_unref(again);
	chunk_unref(NULL);
}

static void a_chunk_tells_which_bots_and_levels_it_holds(void **state)
{
	(void)state;
	struct chunk *chunk = chunk_new(&stream, 0, 10000, 2000);
	const char *bots[CHUNK_BOTS + 1];
	struct record record = {.level = LOG_LEVEL_INFO};
	assert_int_equal(chunk_levels(chunk), 0);
	assert_true(chunk_append(chunk, record, "", 0, "shop"));
	assert_false(chunk_may_hold(chunk, ""));
	assert_false(chunk_may_hold(chunk, "quiz"));
	record.level = LOG_LEVEL_ERROR;
	assert_true(chunk_append(chunk, record, "", 0, NULL));
	assert_true(chunk_may_hold(chunk, ""));
	assert_true(chunk_may_hold(chunk, "shop"));
	assert_int_equal(chunk_levels(chunk), 1 << LOG_LEVEL_INFO | 1 << LOG_LEVEL_ERROR);
	assert_int_equal(chunk_bots(chunk, bots), 2);
	assert_string_equal(bots[0], "");
	assert_string_equal(bots[1], "shop");
	chunk_unref(chunk);
}

static void a_chunk_of_more_bots_than_it_tells_apart_may_hold_any(void **state)
{
	enum { BOTS = 1000 };
	(void)state;
	struct chunk *chunk = chunk_new(&stream, 0, 20000, 2 * BOTS);
	const char *bots[CHUNK_BOTS + 1];
	char bot[16];
	for (int i = 0; i < CHUNK_BOTS; i++) {
		snprintf(bot, sizeof(bot), "bot-%d", i);
		assert_true(add(chunk, "", bot));
	}
	assert_int_equal(chunk_bots(chunk, bots), CHUNK_BOTS);
	assert_false(chunk_may_hold(chunk, "bot-192"));
	for (int i = 0; i < BOTS; i++) {
		snprintf(bot, sizeof(bot), "bot-%d", i);
		assert_true(add(chunk, "", bot));
	}
	assert_int_equal(chunk_bots(chunk, bots), 0);
	for (int i = 0; i < BOTS; i++) {
		snprintf(bot, sizeof(bot), "bot-%d", i);
		assert_true(chunk_may_hold(chunk, bot));
		assert_string_equal(
			chunk_bot(chunk, chunk_record(chunk, (size_t)(CHUNK_BOTS + i))), bot);
	}
	chunk_unref(chunk);
}

enum { LINES = 20000 };

struct shared {
	struct chunk *chunk;
	atomic_bool failed;
};

/* Reads everything published, over and over, until the last line is there. */
static void *read_along(void *context)
{
	struct shared *shared = context;
	char expected[32];
	for (size_t seen = 0; seen < LINES;) {
		size_t count = chunk_count(shared->chunk);
		for (; seen < count; seen++) {
			const struct record *record = chunk_record(shared->chunk, seen);
			int size = snprintf(expected, sizeof(expected), "line %zu", seen);
			bool same = record->length == size && record->wall_ms == (int64_t)seen &&
				    memcmp(chunk_bytes_of(shared->chunk, record), expected,
					    (size_t)size) == 0 &&
				    strcmp(chunk_bot(shared->chunk, record),
					    seen % 2 ? "odd" : "even") == 0 &&
				    chunk_may_hold(shared->chunk, seen % 2 ? "odd" : "even");
			if (!same)
				atomic_store(&shared->failed, true);
		}
	}
	chunk_unref(shared->chunk);
	return NULL;
}

static void readers_follow_the_writer_without_a_lock(void **state)
{
	(void)state;
	struct chunk *chunk = chunk_new(&stream, 0, LINES * 16, LINES);
	struct shared shared = {.chunk = chunk};
	pthread_t readers[2];
	atomic_init(&shared.failed, false);
	for (size_t i = 0; i < COUNT_OF(readers); i++) {
		chunk_ref(chunk);
		assert_int_equal(pthread_create(&readers[i], NULL, read_along, &shared), 0);
	}
	for (size_t i = 0; i < LINES; i++) {
		char line[32];
		int size = snprintf(line, sizeof(line), "line %zu", i);
		const struct record record = {.wall_ms = (int64_t)i};
		assert_true(
			chunk_append(chunk, record, line, (size_t)size, i % 2 ? "odd" : "even"));
	}
	for (size_t i = 0; i < COUNT_OF(readers); i++)
		pthread_join(readers[i], NULL);
	assert_false(atomic_load(&shared.failed));
	assert_true(chunk_is_sole(chunk));
	chunk_unref(chunk);
}

static void a_large_chunk_in_the_memory_of_another_knows_nothing_of_it(void **state)
{
	(void)state;
	const char *bots[CHUNK_BOTS + 1];
	for (size_t i = 0; i < 3; i++) {
		struct chunk *chunk = chunk_new(&stream, i, LIMIT_CHUNK_TEXT_BYTES, 4);
		assert_int_equal(chunk_count(chunk), 0);
		assert_int_equal(chunk_bots(chunk, bots), 0);
		assert_int_equal(chunk_levels(chunk), 0);
		assert_false(chunk_may_hold(chunk, "shop"));
		assert_true(add(chunk, "one", "shop"));
		assert_true(add(chunk, "two", "shop"));
		assert_string_equal(chunk_bot(chunk, chunk_record(chunk, 1)), "shop");
		assert_true(chunk_may_hold(chunk, "shop"));
		chunk_unref(chunk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read_as_it_was_written),
		cmocka_unit_test(a_full_chunk_takes_no_more),
		cmocka_unit_test(the_last_holder_frees_it_with_its_redactor),
		cmocka_unit_test(a_chunk_tells_which_bots_and_levels_it_holds),
		cmocka_unit_test(a_chunk_of_more_bots_than_it_tells_apart_may_hold_any),
		cmocka_unit_test(a_large_chunk_in_the_memory_of_another_knows_nothing_of_it),
		cmocka_unit_test(readers_follow_the_writer_without_a_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
