/* SPDX-License-Identifier: MIT */
/* Windows that follow the end: what is sent of news, of late lines, and of what turns out to be a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/collect/hub.h"
#include "core/collect/vault.h"
#include "core/engine/internal.h"
#include "core/events/writer.h"
#include "tests/support/engine_harness.h"
#include "tests/support/scans.h"

static const struct msg_win_rows *next_rows(struct scans *scans)
{
	scans_forget(scans);
	return scans_await(scans, MSG_win_rows);
}

static void a_followed_end_sends_only_what_is_new_and_where_it_belongs(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
			 "filter=\"needle or more\"");
	const struct msg_win_rows *rows = scans_await_rows(scans, 1);
	uint64_t hits = rows->hits, hidden = rows->hidden;
	int64_t now_ms = clock_wall_ms(&scans->harness->clock);
	scans_write(scans->writer, now_ms, "tick");
	scans_write(scans->writer, now_ms, "more 1");
	scans_write(scans->writer, now_ms + 1, "more 2");
	scans_post(scans, scans->writer);
	rows = next_rows(scans);
	assert_false(rows->replace);
	assert_true(rows->done);
	assert_int_equal(rows->rows_count, 2);
	assert_string_equal(rows->rows[1].text, "more 2");
	assert_int_equal(rows->hits, hits + 2);
	assert_int_equal(rows->hidden, hidden + 1);
	scans_write(scans->slow, now_ms - 1, "more, but late");
	scans_post(scans, scans->slow);
	rows = next_rows(scans);
	assert_false(rows->replace);
	assert_int_equal(rows->rows_count, 1);
	assert_string_equal(rows->rows[0].text, "more, but late");
	assert_int_equal(rows->rows[0].time_ms, now_ms - 1);
}

static void a_line_from_before_what_was_sent_makes_no_gap_in_it(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	const struct msg_win_rows *rows = scans_await_rows(scans, 1);
	uint64_t more = rows->more_before;
	int64_t oldest_ms = rows->rows[0].time_ms;
	assert_true(more > 0);
	scans_write(scans->slow, oldest_ms - 1000, "long ago");
	scans_post(scans, scans->slow);
	rows = next_rows(scans);
	assert_int_equal(rows->rows_count, 0);
	assert_int_equal(rows->more_before, more + 1);
}

/* Between two late lines, and between them and what was sent, are lines that were not sent. */
static void a_second_line_from_before_what_was_sent_makes_no_gap_either(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	const struct msg_win_rows *rows = scans_await_rows(scans, 1);
	uint64_t more = rows->more_before;
	int64_t oldest_ms = rows->rows[0].time_ms;
	for (uint64_t i = 1; i <= 3; i++) {
		scans_write(scans->slow, oldest_ms - 1000 + (int64_t)i, "late");
		scans_post(scans, scans->slow);
		rows = next_rows(scans);
		assert_false(rows->replace);
		assert_int_equal(rows->rows_count, 0);
		assert_int_equal(rows->more_before, more + i);
	}
}

static void a_late_line_makes_no_gap_where_hardly_a_line_was_left(void **state)
{
	struct scans *scans = *state;
	struct event_writer *other = scans_writer(scans->harness, "other.log");
	int64_t first_ms = HARNESS_START_MS - SCANS_LINES - 1000;
	for (int i = 0; i < 31; i++) /* one more than three pages; hits are rare */
		scans_write(scans->slow, first_ms + i, "rare");
	scans_post(scans, scans->slow);
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
			 "filter=\"rare\"");
	const struct msg_win_rows *rows = scans_await_rows(scans, 1);
	assert_int_equal(rows->hits, 30);
	assert_int_equal(rows->more_before, 1);
	scans_write(other, first_ms - 1, "rare");
	scans_post(scans, other);
	rows = next_rows(scans);
	assert_false(rows->replace);
	assert_int_equal(rows->rows_count, 0);
	assert_int_equal(rows->more_before, 2);
	event_writer_free(other);
}

static void more_news_than_a_page_takes_its_place(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	uint64_t more = scans_await_rows(scans, 1)->more_before;
	int64_t now_ms = clock_wall_ms(&scans->harness->clock);
	for (int i = 0; i < 100; i++)
		scans_write(scans->writer, now_ms + i, "flood");
	scans_post(scans, scans->writer);
	const struct msg_win_rows *rows = next_rows(scans);
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, 30);
	assert_int_equal(rows->rows[29].time_ms, now_ms + 99);
	assert_true(rows->more_before > more);
}

static void a_page_of_late_lines_does_not_hide_the_newest(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	const struct msg_win_rows *rows = scans_await_rows(scans, 1);
	int64_t newest_ms = rows->rows[29].time_ms;
	for (int i = 0; i < 100; i++)
		scans_write(scans->slow, newest_ms - 10, "late");
	scans_post(scans, scans->slow);
	rows = next_rows(scans);
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, 30);
	assert_int_equal(rows->rows[29].time_ms, newest_ms);
	assert_string_equal(rows->rows[0].text, "late");
}

static void rows_leave_a_followed_end_when_their_time_is_over(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
			 "filter=\"needle time>-5m\"");
	assert_int_equal(scans_await_rows(scans, 1)->hits, SCANS_LINES / SCANS_RARE_EVERY);
	clock_advance(&scans->harness->clock, 600000);
	scans_write(scans->writer, clock_wall_ms(&scans->harness->clock), "needle");
	scans_post(scans, scans->writer);
	const struct msg_win_rows *rows = next_rows(scans);
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, 1);
}

static void rows_that_are_held_stay_while_they_are_looked_for_again(void **state)
{
	struct scans *scans = *state;
	const struct msg_win_rows *rows;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
			 "filter=\"needle time>-1h\"");
	assert_int_equal(scans_await_rows(scans, 1)->hits, SCANS_LINES / SCANS_RARE_EVERY);
	scans_forget(scans);
	scans_write(scans->writer, clock_wall_ms(&scans->harness->clock), "tick");
	scans_post(scans, scans->writer);
	scans_await_rows(scans, 1);
	for (size_t i = 0; i < scans->count; i++) {
		assert_int_equal(scans->heard[i].message.kind, MSG_win_rows);
		rows = scans->heard[i].message.body;
		assert_true(rows->done);
		assert_int_equal(rows->rows_count, SCANS_LINES / SCANS_RARE_EVERY);
	}
}

/* A source reads its secret late; the first member of the sources is their hub. */
static void learn_secret(struct scans *scans, const char *text)
{
	const struct hub *hub = (const struct hub *)(const void *)scans->harness->engine->collect;
	struct secret secret = {.length = 0};
	secret_set(&secret, text, strlen(text));
	vault_put(hub->vault, "bot/orders", &secret);
	vault_publish(hub->vault);
	secret_release(&secret);
}

/* An engine with workers, where a line shows what nobody knows for a secret yet. */
static void write_a_secret(struct scans *scans)
{
	const struct engine_options options = {.workers = true};
	harness_detach(scans->screen);
	harness_free(scans->harness);
	scans->harness = harness_open("state_dir: /nowhere/state\n", &options);
	scans->screen = harness_attach(scans->harness);
	event_writer_free(scans->writer);
	scans->writer = scans_writer(scans->harness, "orders.log");
	scans_write(scans->writer, HARNESS_START_MS, "password hunter2hunter2");
	scans_post(scans, scans->writer);
}

static void assert_no_secret(const struct msg_win_rows *rows, size_t count)
{
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, count);
	assert_null(strstr(rows->rows[0].text, "hunter2hunter2"));
}

static void rows_that_show_what_turns_out_to_be_a_secret_are_sent_again(void **state)
{
	struct scans *scans = *state;
	write_a_secret(scans);
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
			 "filter=\"source=orders.log\"");
	assert_non_null(strstr(scans_await_rows(scans, 1)->rows[0].text, "hunter2hunter2"));
	learn_secret(scans, "hunter2hunter2");
	scans_write(scans->writer, HARNESS_START_MS, "news");
	scans_post(scans, scans->writer);
	assert_no_secret(next_rows(scans), 2);
}

static void they_are_sent_again_without_news_and_wherever_their_window_stands(void **state)
{
	static const char *const stands[] = {"follow=true", "after=10 anchor=\"1/0/0\" follow=true",
		"after=10 anchor=\"1/0/0\"", ""};
	struct scans *scans = *state;
	write_a_secret(scans);
	uint64_t news = scans->harness->engine->event_changes;
	for (uint64_t i = 1; i <= COUNT_OF(stands); i++) {
		autofree char *line = xasprintf("win_open window=%d generation=%d store=\"events\" "
						"before=10 filter=\"source=orders.log\" %s",
			(int)i, (int)i, stands[i - 1]);
		scans_say(scans, line);
		assert_non_null(strstr(scans_await_rows(scans, i)->rows[0].text, "hunter2hunter2"));
	}
	learn_secret(scans, "hunter2hunter2");
	scans_forget(scans);
	for (uint64_t i = 1; i <= COUNT_OF(stands); i++)
		assert_no_secret(scans_await_rows_of(scans, i), 1);
	assert_int_equal(scans->harness->engine->event_changes, news);
	scans_forget(scans);
	for (int i = 0; i < 3 * BEAT_MS / SCANS_STEP_MS; i++)
		scans_turn(scans);
	assert_null(scans_last(scans, MSG_win_rows)); /* once */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scans_setup, scans_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_followed_end_sends_only_what_is_new_and_where_it_belongs),
		TEST(a_line_from_before_what_was_sent_makes_no_gap_in_it),
		TEST(a_second_line_from_before_what_was_sent_makes_no_gap_either),
		TEST(a_late_line_makes_no_gap_where_hardly_a_line_was_left),
		TEST(more_news_than_a_page_takes_its_place),
		TEST(a_page_of_late_lines_does_not_hide_the_newest),
		TEST(rows_leave_a_followed_end_when_their_time_is_over),
		TEST(rows_that_are_held_stay_while_they_are_looked_for_again),
		TEST(rows_that_show_what_turns_out_to_be_a_secret_are_sent_again),
		TEST(they_are_sent_again_without_news_and_wherever_their_window_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
