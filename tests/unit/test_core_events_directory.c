/* SPDX-License-Identifier: MIT */
/* The directory of chunks: what it counts towards its budget, and what goes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/clock.h"
#include "core/base/redact.h"
#include "core/events/directory.h"
#include "core/events/query.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "tests/support/event_store.h"

static void the_oldest_full_chunks_go_first_and_are_counted(void **state)
{
	struct event_store *store = *state;
	char text[200];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 20000; i++)
		event_store_add(store, (size_t)i % 2, EVENT_STORE_MS - 100000 + i, "shop", text);
	event_store_add(
		store, 2, EVENT_STORE_MS - 200000, "shop", "the oldest of all, in an open chunk");
	event_store_deliver(store);
	struct event_stats before = event_directory_stats(store->directory);
	assert_int_equal(before.lines, 20001);
	assert_int_equal(before.streams, 3);
	event_directory_set_budget(store->directory, before.bytes / 2);
	event_directory_trim(store->directory);
	struct event_stats after = event_directory_stats(store->directory);
	assert_true(after.bytes <= before.bytes / 2);
	assert_true(after.bytes > before.bytes / 4);
	assert_int_equal(after.lines + after.evicted_lines, 20001);
	assert_event_answer(store, &(struct event_question){.anchor = EVENT_KEY_FIRST, .after = 1},
		NULL, "the oldest of all, in an open chunk");
	struct msg_win_rows *rows = event_store_answer(
		store, &(struct event_question){.anchor = EVENT_KEY_END, .before = 1}, NULL);
	assert_true(rows->rows[0].time_ms == EVENT_STORE_MS - 100000 + 19999);
	assert_int_equal(rows->dropped, after.evicted_lines);
	msg_free(MSG_win_rows, rows);
	/* Nothing but open chunks is left: they stay, whatever the budget. */
	event_directory_set_budget(store->directory, 0);
	event_directory_trim(store->directory);
	assert_int_equal(event_directory_stats(store->directory).chunks, 3);
	/* A writer that ended holds its last chunk no longer. */
	event_writer_free(store->writers[0]);
	store->writers[0] =
		event_writer_new(&(struct event_source){.id = 1, .name = "a"}, NULL, &store->clock);
	event_directory_trim(store->directory);
	assert_int_equal(event_directory_stats(store->directory).streams, 2);
}

/* Their writers end at once, as those of a source whose secrets change all the time would. */
static void add_with(struct event_store *store, const struct redactor *redactor, size_t chunks)
{
	for (size_t i = 0; i < chunks; i++) {
		event_writer_free(store->writers[0]);
		clock_advance(&store->clock, 5);
		store->writers[0] = event_writer_new(
			&(struct event_source){.id = 1, .name = "a"}, redactor, &store->clock);
		event_store_add(store, 0, EVENT_STORE_MS - 100, "shop", "one line");
		event_store_deliver(store);
	}
}

static void a_chunk_counts_whole_and_a_shared_redactor_once(void **state)
{
	struct event_store *store = *state;
	struct redactor *one = redactor_new(), *other = redactor_new();
	redactor_seal(one);
	assert_true(redactor_add(other, "hunter-two-two", 14));
	redactor_seal(other);
	add_with(store, one, 1);
	size_t first = event_directory_bytes(store->directory);
	size_t chunk = first - redactor_bytes(one);
	assert_true(redactor_bytes(one) > 8192);
	assert_true(chunk > 2048); /* the room for text, with one line in it */
	event_store_add(store, 0, EVENT_STORE_MS - 100, "shop", "another line");
	event_store_deliver(store);
	assert_int_equal(event_directory_bytes(store->directory), first);
	add_with(store, one, 3);
	assert_int_equal(event_directory_bytes(store->directory), first + 3 * chunk);
	add_with(store, other, 1);
	size_t all = first + 4 * chunk + redactor_bytes(other);
	assert_int_equal(event_directory_bytes(store->directory), all);
	/* The last chunk with it takes it along. */
	event_directory_set_budget(store->directory, 1);
	event_directory_trim(store->directory);
	assert_int_equal(event_directory_bytes(store->directory), chunk + redactor_bytes(other));
	redactor_unref(one);
	redactor_unref(other);
}

static void a_source_that_starts_over_is_another_stream(void **state)
{
	struct event_store *store = *state;
	event_store_add(store, 0, EVENT_STORE_MS - 100, "shop", "before");
	event_store_deliver(store);
	event_writer_free(store->writers[0]);
	clock_advance(&store->clock, 5);
	store->writers[0] =
		event_writer_new(&(struct event_source){.id = 1, .name = "a"}, NULL, &store->clock);
	event_store_add(store, 0, EVENT_STORE_MS - 900, "shop", "read-again");
	event_store_deliver(store);
	assert_int_equal(event_directory_stats(store->directory).streams, 2);
	assert_event_answer(store, &(struct event_question){.anchor = EVENT_KEY_END, .before = 9},
		NULL, "read-again before");
}

#define with_store(test)                                                                           \
	cmocka_unit_test_setup_teardown(test, event_store_set_up, event_store_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_store(the_oldest_full_chunks_go_first_and_are_counted),
		with_store(a_chunk_counts_whole_and_a_shared_redactor_once),
		with_store(a_source_that_starts_over_is_another_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
