/* SPDX-License-Identifier: MIT */
/* Windows on counts: how many lines there are of each level over time, told as it is found out and as it grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/collect/hub.h"
#include "core/collect/vault.h"
#include "core/engine/internal.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "tests/support/engine_harness.h"
#include "tests/support/scans.h"

/* The last reply of a generation, once it is whole. */
static const struct msg_win_points *await_counts(struct scans *scans, uint64_t generation)
{
	for (;;) {
		const struct msg_win_points *reply = scans_await(scans, MSG_win_points);
		if (reply->done && reply->generation == generation)
			return reply;
		scans_forget(scans);
	}
}

static const struct msg_win_points *next_counts(struct scans *scans)
{
	scans_forget(scans);
	return scans_await(scans, MSG_win_points);
}

static uint64_t sum_of(const struct msg_win_points *reply, const char *level)
{
	double sum = 0;
	for (size_t i = 0; i < reply->series_count; i++)
		for (size_t j = 0; j < reply->series[i].values_count; j++)
			if (strcmp(reply->series[i].name, level) == 0)
				sum += reply->series[i].values[j];
	return (uint64_t)llround(sum);
}

static void write_error(struct scans *scans, int64_t wall_ms)
{
	event_writer_event(scans->writer,
		&(struct event_input){
			.wall_ms = wall_ms, .level = LOG_LEVEL_ERROR, .message = "broke"});
	scans_post(scans, scans->writer);
}

static void the_whole_store_is_counted_in_parts_that_say_what_is_left(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=80");
	const struct msg_win_points *reply = scans_await(scans, MSG_win_points);
	assert_false(reply->done);
	assert_true(reply->left > 0);
	assert_true(sum_of(reply, "info") == reply->looked);
	assert_true(reply->looked < SCANS_LINES);
	reply = await_counts(scans, 1);
	assert_int_equal(reply->left, 0);
	assert_int_equal(
		sum_of(reply, "info"), event_directory_stats(scans->harness->engine->events).lines);
	assert_true(reply->from_ms <= HARNESS_START_MS - SCANS_LINES);
	assert_true(reply->to_ms >= HARNESS_START_MS);
	assert_int_equal(reply->series_count, 1);
	(void)scans_count_spaced(scans, MSG_win_points);
}

static void a_minute_is_counted_in_columns_that_stay_as_it_moves(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=62 "
			 "from_ms=-60000 follow=true");
	const struct msg_win_points *reply = await_counts(scans, 1);
	assert_int_equal(reply->series[0].values_count, 61);
	assert_int_equal(reply->to_ms - reply->from_ms, 61000);
	assert_int_equal(reply->from_ms % 1000, 0);
	uint64_t lines = sum_of(reply, "info");
	int64_t from_ms = reply->from_ms;
	assert_true(lines > 59000 && lines < 61001);
	assert_true(fabs(reply->series[0].values[30] - 1000) < 0.5);
	harness_advance(scans->harness, 2000);
	while ((reply = next_counts(scans))->from_ms < from_ms + 2000)
		continue;
	uint64_t moved_ms = (uint64_t)(reply->from_ms - from_ms);
	assert_int_equal(moved_ms % 1000, 0);
	assert_true(fabs(reply->series[0].values[30 - moved_ms / 1000] - 1000) < 0.5);
	assert_int_equal(sum_of(reply, "info") + moved_ms, lines);
}

static void what_comes_is_counted_without_looking_at_all_again(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=62 "
			 "from_ms=-300000 follow=true filter=\"needle or broke\"");
	uint64_t needles = sum_of(await_counts(scans, 1), "info");
	assert_int_equal(needles, SCANS_LINES / SCANS_RARE_EVERY);
	for (int i = 1; i <= 3; i++) {
		scans_forget(scans);
		write_error(scans, clock_wall_ms(&scans->harness->clock));
		const struct msg_win_points *reply = scans_await(scans, MSG_win_points);
		while (sum_of(reply, "error") <
			(uint64_t)i) /* what was counted before is told too */
			reply = next_counts(scans);
		assert_true(reply->done);
		assert_int_equal(sum_of(reply, "error"), i);
		assert_int_equal(sum_of(reply, "info"), needles);
	}
}

/* A filter that compares times is counted anew each time: full bars must not be replaced by those of a beginning. */
static void only_a_first_answer_is_told_in_parts(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=62 "
			 "from_ms=-300000 follow=true filter=\"time>-1d\"");
	const struct msg_win_points *reply = scans_await(scans, MSG_win_points);
	assert_false(reply->done);
	assert_true(sum_of(await_counts(scans, 1), "info") >= SCANS_LINES);
	for (int i = 1; i <= 3; i++) {
		write_error(scans, clock_wall_ms(&scans->harness->clock));
		do {
			reply = next_counts(scans);
			assert_true(reply->done);
			assert_true(sum_of(reply, "info") >= SCANS_LINES);
		} while (sum_of(reply, "error") < (uint64_t)i);
	}
}

static void it_is_told_four_times_a_second_at_most(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=62 "
			 "from_ms=-60000 follow=true");
	(void)await_counts(scans, 1);
	scans_forget(scans);
	for (int i = 0; i < 200; i++) { /* two seconds */
		write_error(scans, clock_wall_ms(&scans->harness->clock));
		scans_turn(scans);
	}
	size_t told = scans_count_spaced(scans, MSG_win_points);
	assert_true(told >= 2 && told <= 9);
}

/* Behind the newest line that a screen had: how many are new. */
static void one_column_is_the_sum_of_what_stands_behind_a_line(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=1 generation=1 store=\"events\" before=1");
	const struct msg_win_rows *rows = scans_await_rows(scans, 1);
	autofree char *key = xstrdup(rows->rows[rows->rows_count - 1].key);
	autofree char *request = xasprintf("win_open window=4 generation=1 store=\"counts\" "
					   "columns=1 follow=true anchor=\"%s\"",
		key);
	scans_say(scans, request);
	assert_int_equal(await_counts(scans, 1)->series_count, 0);
	scans_write(scans->writer, HARNESS_START_MS - 1000, "late: not new");
	for (int i = 0; i < 5; i++)
		scans_write(
			scans->writer, clock_wall_ms(&scans->harness->clock), "of the same moment");
	scans_post(scans, scans->writer);
	scans_forget(scans);
	while (sum_of(next_counts(scans), "info") < 5)
		continue;
	assert_int_equal(sum_of(scans_last(scans, MSG_win_points), "info"), 5);
}

/* The grid of the whole store has room behind its end; then its steps grow. */
static void the_whole_store_is_still_whole_when_it_grows(void **state)
{
	struct scans *scans = *state;
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=100 follow=true");
	const struct msg_win_points *reply = await_counts(scans, 1);
	uint64_t lines = sum_of(reply, "info");
	int64_t step_ms = (reply->to_ms - reply->from_ms) / (int64_t)reply->series[0].values_count;
	bool has_grown = false;
	for (int i = 1; i <= 20; i++) {
		scans_forget(scans);
		harness_advance(scans->harness, 20000);
		write_error(scans, clock_wall_ms(&scans->harness->clock));
		while (sum_of(reply = next_counts(scans), "error") < (uint64_t)i)
			continue;
		assert_int_equal(sum_of(reply, "info"), lines);
		assert_true(reply->series[0].values_count <= 100);
		assert_true(reply->to_ms > HARNESS_START_MS + i * 20000);
		has_grown |=
			(reply->to_ms - reply->from_ms) / (int64_t)reply->series[0].values_count >
			step_ms;
	}
	assert_true(has_grown);
}

static uint64_t all_of(const struct msg_win_points *reply)
{
	double sum = 0;
	for (size_t i = 0; i < reply->series_count; i++)
		sum += reply->series[i].last;
	return (uint64_t)llround(sum);
}

static void what_fell_out_of_the_store_is_counted_no_more(void **state)
{
	struct scans *scans = *state;
	struct event_directory *events = scans->harness->engine->events;
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=100 follow=true");
	assert_true(sum_of(await_counts(scans, 1), "info") >= SCANS_LINES);
	for (size_t budget = 6 << 20; budget >= 2 << 20; budget -= 1 << 20) {
		event_directory_set_budget(events, budget);
		event_directory_trim(events);
		assert_true(event_directory_stats(events).lines < SCANS_LINES);
		scans_forget(scans);
		write_error(scans, clock_wall_ms(&scans->harness->clock));
		const struct msg_win_points *reply = scans_await(scans, MSG_win_points);
		while (all_of(reply) != event_directory_stats(events).lines)
			reply = next_counts(scans);
	}
}

/* The first member of the sources is their hub. */
static void learn_secret(struct scans *scans, const char *text)
{
	const struct hub *hub = (const struct hub *)(const void *)scans->harness->engine->collect;
	struct secret secret = {.length = 0};
	secret_set(&secret, text, strlen(text));
	vault_put(hub->vault, "bot/orders", &secret);
	vault_publish(hub->vault);
	secret_release(&secret);
}

/* A filter is no oracle: one that found it finds it no longer once it is known for a secret. */
static void what_becomes_a_secret_is_found_no_more(void **state)
{
	struct scans *scans = *state;
	const struct engine_options options = {.workers = true};
	harness_detach(scans->screen);
	harness_free(scans->harness);
	scans->harness = harness_open("state_dir: /nowhere/state\n", &options);
	scans->screen = harness_attach(scans->harness);
	event_writer_free(scans->writer);
	scans->writer = scans_writer(scans->harness, "orders.log");
	scans_write(scans->writer, HARNESS_START_MS, "password hunter2hunter2");
	scans_post(scans, scans->writer);
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=100 follow=true "
			 "filter=\"hunter2\"");
	assert_int_equal(sum_of(await_counts(scans, 1), "info"), 1);
	learn_secret(scans, "hunter2hunter2");
	assert_int_equal(next_counts(scans)->series_count, 0);
}

static void what_makes_no_sense_is_refused_with_a_sentence(void **state)
{
	struct scans *scans = *state;
	static const char *const requests[] = {
		"win_open window=3 generation=1 store=\"counts\" columns=10 filter=\"a and\"",
		"win_open window=3 generation=2 store=\"counts\" from_ms=-60000",
		"win_open window=3 generation=3 store=\"counts\" columns=9 from_ms=90 to_ms=80",
		"win_open window=3 generation=5 store=\"counts\" columns=9 to_ms=-80",
		"win_open window=3 generation=4 store=\"counts\" columns=9 anchor=\"here\""};
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		scans_forget(scans);
		scans_say(scans, requests[i]);
		const struct msg_win_points *reply = scans_await(scans, MSG_win_points);
		assert_true(reply->done);
		assert_true(strlen(reply->error) > 10);
	}
}

static void times_that_no_calendar_has_are_refused(void **state)
{
	struct scans *scans = *state;
	static const char *const stores[] = {"counts", "query", "events"};
	static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
	for (size_t i = 0; i < COUNT_OF(stores) * COUNT_OF(times) * 2; i++) {
		bool is_end = i % 2;
		const char *store = stores[i / 2 % COUNT_OF(stores)];
		long long time_ms = times[i / 2 / COUNT_OF(stores)];
		autofree char *request = xasprintf(
			"win_open window=3 generation=%zu store=\"%s\" columns=60 follow=true "
			"from_ms=%lld to_ms=%lld",
			i + 1, store, is_end ? 0 : time_ms, is_end ? time_ms : 0);
		bool is_rows = strcmp(store, "events") == 0;
		scans_forget(scans);
		scans_say(scans, request);
		const void *reply = scans_await(scans, is_rows ? MSG_win_rows : MSG_win_points);
		const char *error = is_rows ? ((const struct msg_win_rows *)reply)->error
					    : ((const struct msg_win_points *)reply)->error;
		assert_non_null(strstr(error, "years"));
	}
}

static void a_span_that_has_not_begun_is_one_empty_column(void **state)
{
	struct scans *scans = *state;
	autofree char *request =
		xasprintf("win_open window=3 generation=1 store=\"counts\" columns=60 from_ms=%lld",
			(long long)HARNESS_START_MS + 86400000);
	scans_say(scans, request);
	const struct msg_win_points *reply = await_counts(scans, 1);
	assert_int_equal(reply->series_count, 0);
	assert_int_equal(reply->to_ms - reply->from_ms, 1);
}

/* Who looks at counts alone has looked at events: their files are worth an index. */
static void counting_is_looking_at_events(void **state)
{
	struct scans *scans = *state;
	assert_false(scans->harness->engine->events_looked_at);
	scans_say(scans, "win_open window=3 generation=1 store=\"counts\" columns=80");
	(void)await_counts(scans, 1);
	assert_true(scans->harness->engine->events_looked_at);
}

int main(void)
{
#define COUNTS_TEST(test) cmocka_unit_test_setup_teardown(test, scans_setup, scans_teardown)
	const struct CMUnitTest tests[] = {
		COUNTS_TEST(the_whole_store_is_counted_in_parts_that_say_what_is_left),
		COUNTS_TEST(a_minute_is_counted_in_columns_that_stay_as_it_moves),
		COUNTS_TEST(what_comes_is_counted_without_looking_at_all_again),
		COUNTS_TEST(only_a_first_answer_is_told_in_parts),
		COUNTS_TEST(it_is_told_four_times_a_second_at_most),
		COUNTS_TEST(one_column_is_the_sum_of_what_stands_behind_a_line),
		COUNTS_TEST(the_whole_store_is_still_whole_when_it_grows),
		COUNTS_TEST(what_fell_out_of_the_store_is_counted_no_more),
		COUNTS_TEST(what_becomes_a_secret_is_found_no_more),
		COUNTS_TEST(what_makes_no_sense_is_refused_with_a_sentence),
		COUNTS_TEST(times_that_no_calendar_has_are_refused),
		COUNTS_TEST(a_span_that_has_not_begun_is_one_empty_column),
		COUNTS_TEST(counting_is_looking_at_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
