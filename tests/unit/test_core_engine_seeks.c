/* SPDX-License-Identifier: MIT */
/* Seeks that take long: how far they are, where they end, and who stops them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/engine/peer.h"
#include "core/engine/query_pool.h"
#include "core/events/writer.h"
#include "tests/support/engine_harness.h"
#include "tests/support/scans.h"

static void a_long_seek_says_how_far_it_is_and_then_where(void **state)
{
	struct scans *scans = *state;
	int64_t first_ms = HARNESS_START_MS - SCANS_LINES, at_ms = INT64_MAX;
	scans_write(scans->slow, first_ms, "the only one");
	scans_post(scans, scans->slow);
	scans_say(scans,
		"seek_req req=1 window=1 backwards=true expression=\"\\\"the only one\\\"\"");
	const struct msg_seek *seek = scans_await_seek(scans);
	assert_true(scans_count_spaced(scans, MSG_seek) >= 5);
	assert_string_equal(seek->error, "");
	assert_true(strtoll(seek->key, NULL, 10) <= first_ms + 1000);
	for (size_t i = 0; i < scans->count; i++) {
		const struct msg_seek *part = scans->heard[i].message.body;
		assert_int_equal(part->req, 1);
		assert_int_equal(part->done, i == scans->count - 1);
		assert_true(part->scanned_ms < at_ms);
		at_ms = part->scanned_ms;
	}
	scans_forget(scans);
	scans_say(scans, "seek_req req=1 window=1 backwards=true"); /* repeated: only its end is */
	assert_true(((const struct msg_seek *)scans_await(scans, MSG_seek))->done);
}

static void assert_ends_with(struct scans *scans, struct query *query, const char *words)
{
	const struct msg_seek *seek = scans_await_seek(scans);
	assert_int_equal(seek->req, 1);
	assert_non_null(strstr(seek->error, words));
	assert_true(query_cancelled(query));
	query_unref(query);
	scans_forget(scans);
	for (int i = 0; i < 100; i++)
		scans_turn(scans);
	assert_null(scans_last(scans, MSG_seek));
}

static struct query *seek_nothing(struct scans *scans)
{
	scans_say(scans, "seek_req req=1 window=1 backwards=true expression=\"nothing like it\"");
	assert_false(((const struct msg_seek *)scans_await(scans, MSG_seek))->done);
	struct query *query = scans_peer(scans)->seek;
	query_ref(query);
	return query;
}

static void a_seek_is_stopped_by_its_client(void **state)
{
	struct scans *scans = *state;
	struct query *query = seek_nothing(scans);
	scans_say(scans, "seek_stop req=7"); /* of another */
	scans_turn(scans);
	assert_false(query_cancelled(query));
	scans_say(scans, "seek_stop req=1");
	assert_ends_with(scans, query, "stopped");
}

static void a_seek_that_is_asked_for_again_goes_on(void **state)
{
	struct scans *scans = *state;
	struct query *query = seek_nothing(scans);
	scans_say(scans, "seek_req req=1 window=1 backwards=true expression=\"nothing like it\"");
	scans_turn(scans);
	assert_false(query_cancelled(query));
	assert_ptr_equal(scans_peer(scans)->seek, query);
	query_unref(query);
	assert_string_equal(scans_await_seek(scans)->error, "");
	scans_forget(scans);
	for (int i = 0; i < 100; i++)
		scans_turn(scans);
	assert_null(scans_last(scans, MSG_seek)); /* one answer to both */
}

static void a_seek_ends_when_its_window_looks_for_something_else(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=3");
	scans_await_rows(scans, 1);
	struct query *query = seek_nothing(scans);
	scans_say(scans, "win_open window=1 generation=2 store=\"events\" before=5");
	scans_await_rows(scans, 2);
	assert_false(query_cancelled(query)); /* it only moved */
	scans_say(
		scans, "win_open window=1 generation=3 store=\"events\" before=5 filter=\"tick\"");
	assert_ends_with(scans, query, "something else");
}

static void the_next_error_is_found_without_reading_what_has_none(void **state)
{
	struct scans *scans = *state;
	const struct event_input input = {.wall_ms = HARNESS_START_MS - SCANS_LINES,
		.level = LOG_LEVEL_ERROR,
		.message = "boom"};
	event_writer_event(scans->slow, &input);
	scans_post(scans, scans->slow);
	scans_say(scans, "seek_req req=1 window=1 backwards=true expression=\"level>=error\"");
	const struct msg_seek *seek = scans_await_seek(scans);
	assert_int_equal(scans_count_spaced(scans, MSG_seek), 1); /* one slice was enough */
	assert_true(seek->key[0] != '\0');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scans_setup, scans_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_seek_says_how_far_it_is_and_then_where),
		TEST(a_seek_is_stopped_by_its_client),
		TEST(a_seek_that_is_asked_for_again_goes_on),
		TEST(a_seek_ends_when_its_window_looks_for_something_else),
		TEST(the_next_error_is_found_without_reading_what_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
