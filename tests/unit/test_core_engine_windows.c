/* SPDX-License-Identifier: MIT */
/* Windows: what a screen asks of the big stores, and what it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/support/engine_harness.h"

static const char config[] = "state_dir: /nowhere/state\n"
			     "bots:\n"
			     "  - {name: orders, token: {file: /nowhere/t1}}\n"
			     "redis:\n"
			     "  - {name: main, host: 127.0.0.1}\n"
			     "  - {name: other, host: 127.0.0.1}\n";

static int setup(void **state)
{
	struct harness *harness = harness_new(config);
	*state = harness_attach(harness);
	return 0;
}

static int teardown(void **state)
{
	struct harness_screen *screen = *state;
	struct harness *harness = screen->harness;
	harness_detach(screen);
	harness_free(harness);
	return 0;
}

static void feed_a_minute(struct harness *harness)
{
	for (int i = 0; i < 60; i++) {
		harness_feed(harness, "obs_redis name=\"main\" clients=%d rate=nan ping_ms=nan", i);
		harness_advance(harness, 1000);
	}
}

static const struct msg_win_points *ask_of_clients(
	struct harness_screen *screen, int window, int64_t from_ms, int64_t to_ms)
{
	harness_forget(screen);
	harness_send(screen,
		"win_open window=%d generation=1 store=\"query\" from_ms=%lld to_ms=%lld "
		"step_ms=10000 columns=13 lookback_ms=2500 filter=\"redis_connected_clients\"",
		window, (long long)(HARNESS_START_MS + from_ms),
		(long long)(HARNESS_START_MS + to_ms));
	return harness_await(screen, MSG_win_points);
}

static void a_query_window_has_a_point_a_step_and_gaps_where_nothing_was(void **state)
{
	struct harness_screen *screen = *state;
	feed_a_minute(screen->harness);
	const struct msg_win_points *reply = ask_of_clients(screen, 1, -60000, 60000);
	assert_true(reply->done);
	assert_int_equal(reply->series_count, 1);
	assert_int_equal(reply->series[0].values_count, 13);
	for (size_t i = 0; i < 6; i++)
		assert_true(isnan(reply->series[0].values[i]));
	for (int i = 1; i <= 6; i++)
		assert_true(fabs(reply->series[0].values[6 + i] - (i < 6 ? i * 10 : 59)) < 1.01);
	reply = ask_of_clients(screen, 2, 70000, 180000);
	assert_int_equal(reply->series_count, 0);
}

/* What a chart draws of a process that is seen once, so. */
static void assert_drawn(const char *seen, double up, double bytes)
{
	struct harness *harness = harness_new(config);
	struct harness_screen *screen = harness_attach(harness);
	harness_feed(harness, "obs_process bot=\"orders\" %s", seen);
	harness_send(screen, "win_open window=1 generation=1 store=\"query\" filter=\"bot_up\" "
			     "more=[\"process_resident_memory_bytes\"]");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	const double wanted[] = {up, bytes};
	double drawn[] = {NAN, NAN};
	for (size_t i = 0; i < reply->series_count; i++)
		drawn[reply->series[i].query] = reply->series[i].last;
	for (size_t i = 0; i < 2; i++)
		if (isnan(drawn[i]) != isnan(wanted[i]) || fabs(drawn[i] - wanted[i]) > 0.01)
			fail_msg("%s: %g instead of %g", seen, drawn[i], wanted[i]);
	harness_detach(screen);
	harness_free(harness);
}

static void what_could_not_be_asked_is_a_gap_and_no_zero(void **state)
{
	(void)state;
	assert_drawn("state=\"running\" pid=7 rss_bytes=4096", 1, 4096);
	assert_drawn("state=\"absent\"", 0, 0);
	assert_drawn("state=\"unknown\" error=\"no answer\"", (double)NAN, (double)NAN);
	/* Its pid is another namespace's, or another user's: it runs, and nobody can say how large. */
	assert_drawn("state=\"running\" by=\"docker orders\"", 1, (double)NAN);
	assert_drawn("state=\"running\" pid=7 by=\"docker orders\"", 1, (double)NAN);
}

static void figures_of_a_server_keep_the_labels_that_its_source_gave_them(void **state)
{
	struct harness_screen *screen = *state;
	harness_feed(screen->harness, "obs_redis name=\"main\" figures=[{name=\"redis_up\" "
				      "labels=\"instance=main,job=redis\" value=1}]");
	harness_feed(screen->harness,
		"obs_samples source=\"postgres/db\" whole=true samples=[{name=\"pg_up\" "
		"labels=\"instance=db,job=postgres\" value=1}]");
	harness_feed(screen->harness, "obs_samples source=\"postgres/db\" samples=[{name=\"own\" "
				      "labels=\"a=b\" value=1}]");
	harness_send(screen, "win_open window=1 generation=1 store=\"query\" "
			     "filter=\"redis_up\" more=[\"pg_up\" \"own\"]");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_int_equal(reply->series_count, 3);
	assert_string_equal(reply->series[0].name, "redis_up{instance=\"main\",job=\"redis\"}");
	assert_string_equal(reply->series[1].name, "pg_up{instance=\"db\",job=\"postgres\"}");
	assert_string_equal(reply->series[2].name, "own{a=\"b\",source=\"postgres/db\"}");
}

static void a_comma_in_a_label_is_no_place_for_the_one_of_the_source(void **state)
{
	struct harness_screen *screen = *state;
	harness_feed(screen->harness, "obs_samples source=\"page\" samples=[{name=\"own\" "
				      "labels=\"a=x\\\\,zz=1,t=2\" value=1}]");
	harness_send(screen, "win_open window=1 generation=1 store=\"query\" filter=\"own\"");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_int_equal(reply->series_count, 1);
	assert_string_equal(reply->series[0].name, "own{a=\"x,zz=1\",source=\"page\",t=\"2\"}");
}

static void a_following_window_moves_with_the_time(void **state)
{
	struct harness_screen *screen = *state;
	harness_send(screen, "win_open window=3 generation=5 store=\"query\" from_ms=-60000 "
			     "columns=61 follow=true filter=\"vector(1)\"");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	int64_t first_ms = reply->to_ms;
	assert_int_equal(reply->to_ms - reply->from_ms, 60000);
	harness_forget(screen);
	harness_advance(screen->harness, 1000);
	reply = harness_await(screen, MSG_win_points);
	assert_int_equal(reply->generation, 5);
	assert_true(reply->to_ms > first_ms);
	harness_send(screen, "win_close window=3");
	harness_forget(screen);
	harness_advance(screen->harness, 5000);
	harness_sync(screen);
	assert_null(harness_got(screen, MSG_win_points));
}

static void an_older_generation_is_not_answered(void **state)
{
	struct harness_screen *screen = *state;
	harness_send(screen, "win_open window=1 generation=4 store=\"query\" filter=\"1\"");
	harness_await(screen, MSG_win_points);
	harness_forget(screen);
	harness_send(screen, "win_open window=1 generation=3 store=\"query\" filter=\"1\"");
	harness_send(screen, "win_open window=2 generation=1 store=\"query\" filter=\"1\"");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_int_equal(reply->window, 2);
	assert_int_equal(screen->got_count, 1);
}

static void what_makes_no_sense_is_answered_with_its_reason(void **state)
{
	struct harness_screen *screen = *state;
	harness_send(screen, "win_open window=33 generation=1 store=\"query\" filter=\"1\"");
	const struct msg_win_points *points = harness_await(screen, MSG_win_points);
	assert_true(points->done);
	assert_non_null(strstr(points->error, "1 to 32"));
	harness_send(screen, "win_open window=1 generation=1 store=\"secrets\"");
	const struct msg_win_rows *rows = harness_await(screen, MSG_win_rows);
	assert_non_null(strstr(rows->error, "query"));
	harness_forget(screen);
	harness_send(screen, "win_open window=1 generation=1 store=\"query\" filter=\"1\" "
			     "columns=9 from_ms=90000 to_ms=10000");
	points = harness_await(screen, MSG_win_points);
	assert_non_null(strstr(points->error, "ends before it begins"));
	harness_forget(screen);
	harness_send(screen, "win_open window=1 generation=2 store=\"counts\" from_ms=-1000");
	points = harness_await(screen, MSG_win_points);
	assert_non_null(strstr(points->error, "columns"));
	assert_int_equal(client_state(screen->client), CLIENT_ATTACHED);
}

static void an_audit_window_on_no_file_is_empty(void **state)
{
	struct harness_screen *screen = *state;
	harness_send(screen, "win_open window=1 generation=1 store=\"audit\" before=10");
	const struct msg_win_rows *rows = harness_await(screen, MSG_win_rows);
	assert_true(rows->done);
	assert_string_equal(rows->error, "");
	assert_int_equal(rows->rows_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* An audit file that was cut, or an anchor out of the air, must not make the engine read backwards. */
static void an_audit_anchor_behind_the_end_is_answered_with_what_is_there(void **state)
{
	static const char line[] = "{\"v\":1,\"ts\":\"2026-03-01T12:00:00Z\",\"seq\":1,\"who\":"
				   "\"ann\",\"what\":\"restart\"}\n";
	char folder[] = "/tmp/botswain-audit-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(folder));
	autofree char *path = xasprintf("%s/audit.jsonl", folder);
	autofree char *yaml = xasprintf("state_dir: %s\n", folder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(line, file) >= 0);
	assert_int_equal(fclose(file), 0);
	struct harness *harness = harness_new(yaml);
	struct harness_screen *screen = harness_attach(harness);
	static const char *const anchors[] = {
		"1/audit/1000000000000", "1/audit/9223372036854775807", "1/audit/-7"};
	for (size_t i = 0; i < COUNT_OF(anchors); i++) {
		harness_forget(screen);
		harness_send(screen,
			"win_open window=1 generation=%zu store=\"audit\" before=10 after=10 "
			"anchor=\"%s\"",
			i + 1, anchors[i]);
		const struct msg_win_rows *rows = harness_await(screen, MSG_win_rows);
		assert_string_equal(rows->error, "");
		assert_int_equal(rows->rows_count, 1);
	}
	harness_detach(screen);
	harness_free(harness);
	unlink(path);
	rmdir(folder);
}

static void feed_groups(struct harness *harness)
{
	harness_feed(harness,
		"obs_samples source=\"x\" whole=true samples=[{name=\"a\" labels=\"of=one\" "
		"value=3} "
		"{name=\"a\" labels=\"of=two\" value=4} {name=\"b\" labels=\"of=one\" value=9}]");
	harness_advance(harness, 1000);
}

static void several_expressions_are_answered_in_one_and_each_series_says_which_it_is_of(
	void **state)
{
	struct harness_screen *screen = *state;
	feed_groups(screen->harness);
	harness_send(screen, "win_open window=17 generation=1 store=\"query\" filter=\"a\" "
			     "more=[\"nothing\" \"b * 2\"]");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_string_equal(reply->error ? reply->error : "", "");
	assert_true(reply->done);
	assert_int_equal(reply->series_count, 3);
	assert_int_equal(reply->series[0].query, 0);
	assert_int_equal(reply->series[1].query, 0);
	assert_int_equal(reply->series[2].query, 2);
	assert_int_equal((int)reply->series[2].values[0], 18);
}

static void an_error_among_several_expressions_says_which_has_it_and_where(void **state)
{
	struct harness_screen *screen = *state;
	feed_groups(screen->harness);
	harness_send(screen, "win_open window=17 generation=1 store=\"query\" filter=\"a\" "
			     "more=[\"b\" \"sum(b\" \"a\"]");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_non_null(strstr(reply->error, "1:6"));
	assert_int_equal(reply->query, 2);
	assert_true(reply->place_to > 0);
}

static void more_expressions_than_a_window_takes_are_refused(void **state)
{
	struct harness_screen *screen = *state;
	harness_send(screen,
		"win_open window=1 generation=1 store=\"query\" filter=\"a\" "
		"more=[\"1\" \"1\" \"1\" \"1\" \"1\" \"1\" \"1\" \"1\" \"1\" \"1\" \"1\" "
		"\"1\" \"1\" \"1\" \"1\" \"1\"]");
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_non_null(strstr(reply->error, "more than 16 expressions"));
}

/* Over a week's span the last point, which is now, is not hours old. */
static void a_window_with_a_step_of_its_own_is_worked_out_again_within_seconds(void **state)
{
	struct harness_screen *screen = *state;
	feed_groups(screen->harness);
	harness_send(screen, "win_open window=1 generation=1 store=\"query\" filter=\"a\" "
			     "from_ms=-604800000 step_ms=20160000 columns=30 follow=true");
	const struct msg_win_points *first = harness_await(screen, MSG_win_points);
	int64_t to_ms = first->to_ms;
	harness_forget(screen);
	harness_advance(screen->harness, 6000);
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_true(reply->to_ms > to_ms && reply->to_ms <= to_ms + 6000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_query_window_has_a_point_a_step_and_gaps_where_nothing_was),
		cmocka_unit_test(what_could_not_be_asked_is_a_gap_and_no_zero),
		TEST(figures_of_a_server_keep_the_labels_that_its_source_gave_them),
		TEST(a_comma_in_a_label_is_no_place_for_the_one_of_the_source),
		TEST(a_following_window_moves_with_the_time),
		TEST(an_older_generation_is_not_answered),
		TEST(what_makes_no_sense_is_answered_with_its_reason),
		TEST(several_expressions_are_answered_in_one_and_each_series_says_which_it_is_of),
		TEST(an_error_among_several_expressions_says_which_has_it_and_where),
		TEST(more_expressions_than_a_window_takes_are_refused),
		TEST(a_window_with_a_step_of_its_own_is_worked_out_again_within_seconds),
		TEST(an_audit_window_on_no_file_is_empty),
		cmocka_unit_test(an_audit_anchor_behind_the_end_is_answered_with_what_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
