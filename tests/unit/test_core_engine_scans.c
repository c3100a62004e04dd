/* SPDX-License-Identifier: MIT */
/* Windows that take long: what a client hears meanwhile, and how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "core/engine/event_job.h"
#include "core/engine/peer.h"
#include "core/engine/query_pool.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "tests/support/engine_harness.h"
#include "tests/support/scans.h"

static void a_long_answer_comes_in_parts_twenty_a_second_and_the_last_says_so(void **state)
{
	struct scans *scans = *state;
	int64_t back_ms = INT64_MAX;
	size_t rows = 0;
	scans_say(scans,
		"win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	scans_await_rows(scans, 1);
	assert_true(scans_count_spaced(scans, MSG_win_rows) >= 5);
	for (size_t i = 0; i < scans->count; i++) {
		const struct msg_win_rows *part = scans->heard[i].message.body;
		assert_int_equal(part->replace, i == 0);
		assert_int_equal(part->done, i == scans->count - 1);
		assert_true(part->scanned_from_ms < back_ms);
		back_ms = part->scanned_from_ms;
		for (size_t r = 0; r < part->rows_count; r++) /* older from part to part */
			assert_true(part->rows[r].time_ms >= part->scanned_from_ms);
		rows += part->rows_count;
		assert_int_equal(part->hits, rows);
	}
	assert_int_equal(rows, SCANS_LINES / SCANS_RARE_EVERY);
	assert_true(((const struct msg_win_rows *)scans->heard[0].message.body)->rows_count < rows);
}

static void the_parts_together_are_the_rows_of_an_answer_in_one(void **state)
{
	enum { ROWS = 64 };
	struct scans *scans = *state;
	char keys[ROWS][64];
	size_t count = 0;
	scans_say(scans,
		"win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	scans_await_rows(scans, 1);
	for (size_t i = scans->count; i-- > 0;) { /* each part is older than the one before it */
		const struct msg_win_rows *part = scans->heard[i].message.body;
		for (size_t r = 0; r < part->rows_count && count < ROWS; r++)
			copy_text(keys[count++], sizeof(keys[0]), part->rows[r].key);
	}
	scans_forget(scans);
	scans_say(scans,
		"win_open window=1 generation=2 store=\"events\" before=100 filter=\"needle\"");
	for (int i = 0; i < SCANS_TRIES && !scans_last(scans, MSG_win_rows);
		i++) {                                        /* no part is due: */
		(void)engine_turn(scans->harness->engine, 1); /* the clock stands still */
		client_pump(scans->screen->client, scans->screen->model, 0, scans_hear, scans);
	}
	const struct msg_win_rows *whole = scans_await(scans, MSG_win_rows);
	assert_true(whole->done && whole->replace);
	assert_int_equal(whole->rows_count, count);
	for (size_t r = 0; r < count; r++)
		assert_string_equal(whole->rows[r].key, keys[r]);
}

static void a_newer_generation_ends_what_is_under_way(void **state)
{
	struct scans *scans = *state;
	scans_say(scans,
		"win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	scans_await(scans, MSG_win_rows);
	struct query *old = &scans_peer(scans)->windows->windows[0].job->query;
	query_ref(old);
	scans_say(
		scans, "win_open window=1 generation=2 store=\"events\" before=3 filter=\"tick\"");
	scans_await_rows(scans, 2);
	assert_true(query_cancelled(old));
	query_unref(old);
	scans_forget(scans);
	for (int i = 0; i < 100; i++)
		scans_turn(scans);
	assert_null(scans_last(scans, MSG_win_rows));
}

static void a_long_answer_lets_others_have_their_turn(void **state)
{
	struct scans *scans = *state;
	scans_say(scans,
		"win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	scans_say(scans,
		"win_open window=2 generation=1 store=\"events\" before=100 filter=\"needle\"");
	scans_say(scans, "win_open window=3 generation=1 store=\"query\" filter=\"1\"");
	scans_await(scans, MSG_win_points);
	for (size_t i = 0; i < scans->count; i++)
		if (scans->heard[i].message.kind == MSG_win_rows)
			assert_false(
				((const struct msg_win_rows *)scans->heard[i].message.body)->done);
}

static void a_client_that_reads_nothing_is_sent_no_further_part(void **state)
{
	struct scans *scans = *state;
	struct peer *peer = scans_peer(scans);
	scans_say(scans,
		"win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	scans_await(scans, MSG_win_rows);
	const struct msg_turn filler = {.number = 1};
	for (size_t sent = 0; sent < 4 << 20;
		sent = peer->out.length) /* more than a socket takes */
		peer_send(peer, MSG_turn, &filler);
	(void)engine_turn(scans->harness->engine, 0);
	uint64_t told_ms = (uint64_t)peer->windows->windows[0].told_mono_ms;
	while (peer->windows->windows[0].job) {
		size_t backlog = peer_backlog(peer);
		assert_true(backlog > 0);
		clock_advance(&scans->harness->clock, 1);
		(void)engine_turn(scans->harness->engine, 1);
		if (peer->windows->windows[0].job)
			assert_int_equal(peer->windows->windows[0].told_mono_ms, told_ms);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scans_setup, scans_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_answer_comes_in_parts_twenty_a_second_and_the_last_says_so),
		TEST(the_parts_together_are_the_rows_of_an_answer_in_one),
		TEST(a_newer_generation_ends_what_is_under_way),
		TEST(a_long_answer_lets_others_have_their_turn),
		TEST(a_client_that_reads_nothing_is_sent_no_further_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
