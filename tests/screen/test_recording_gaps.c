/* SPDX-License-Identifier: MIT */
/* What a replay does not hold, and that it says so: times when nobody recorded, lines and values without room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <limits.h>
#include <math.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/metrics.h"
#include "core/engine/recorder.h"
#include "core/engine/replay.h"
#include "core/events/chunk.h"
#include "core/events/writer.h"
#include "core/series/labels.h"
#include "tests/support/recorded.h"
#include "tests/support/recorder_scene.h"

enum { HOUR_MS = 3600000, NEW_SERIES = 15000 };

enum { LOGS_HELD = 4096 };

#define ANY UINT_MAX /* number of messages */

/* So many logs with a line each. */
static void record_logs(struct recorder_scene *scene, int from, int to)
{
	struct chunk_list *list = xmalloc(sizeof(*list) + sizeof(struct chunk *));
	const struct record line = {.wall_ms = scene->wall_ms, .length = 4};
	list->count = 1;
	for (int i = from; i < to; i++) {
		const struct stream stream = {.source = 9, .id = (uint64_t)i, .name = "log"};
		list->chunks[0] = chunk_new(&stream, stream.id, 64, 2);
		assert_true(chunk_append(list->chunks[0], line, "line", 4, ""));
		recorder_chunks(scene->recorder, list);
		chunk_unref(list->chunks[0]);
	}
	free(list);
	recorder_scene_record(scene, 1, 1000);
}

static void where_nothing_was_recorded_that_is_said(void **state)
{
	struct recorder_scene *scene = *state;
	int64_t from_ms = scene->wall_ms;
	autostr struct str begin = STR_INIT, gap = STR_INIT;
	recorder_scene_open(scene, false, 8 << 20);
	recorder_scene_record(scene, 10, 1000);
	int64_t last_ms = scene->wall_ms - 1000;
	scene->wall_ms += 5 * 60000;
	scene->mono_ms += 5 * 60000;
	int64_t next_ms = scene->wall_ms;
	recorder_scene_record(scene, 10, 1000);
	recorder_scene_close(scene);
	struct replay_seen seen = seen_look(scene->file);
	str_addf(&begin, "the recording begins at %sZ", format_clock(from_ms, false).text);
	str_addf(&gap, "nothing recorded from %sZ", format_clock(last_ms, false).text);
	str_addf(&gap, " to %sZ", format_clock(next_ms, false).text);
	str_addf(&gap, "; showing %sZ", format_clock(last_ms, false).text);
	assert_int_equal(seen_number(&seen, last_ms + 150000), 9);
	assert_string_equal(replay_note(seen.replay), gap.text);
	assert_int_equal(seen_number(&seen, last_ms), 9);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(seen_number(&seen, next_ms + 9000), 19);
	assert_string_equal(replay_note(seen.replay), "");
	replay_move(seen.replay, from_ms - 60000, 0);
	assert_string_equal(replay_note(seen.replay), begin.text);
	seen_end(&seen);
}

/* Killed in the midst of it, or stopped in order: the next engine begins a file of its own. */
static void between_two_engines_a_gap_of_seconds_is_said(void **state)
{
	struct recorder_scene *scene = *state;
	autostr struct str gap = STR_INIT;
	recorder_scene_open(scene, true, 8 << 20);
	recorder_scene_record(scene, 10, 1000);
	recorder_scene_close(scene);
	int64_t last_ms = scene->wall_ms - 1000;
	scene->wall_ms += 46000;
	scene->mono_ms += 46000;
	int64_t next_ms = scene->wall_ms;
	recorder_scene_open(scene, true, 8 << 20);
	recorder_scene_record(scene, 10, 1000);
	/* One engine that had nothing to say for as long. */
	scene->wall_ms += 46000;
	scene->mono_ms += 46000;
	recorder_scene_record(scene, 10, 1000);
	recorder_scene_close(scene);
	struct replay_seen seen = seen_look(scene->folder);
	str_addf(&gap, "nothing recorded from %sZ", format_clock(last_ms, false).text);
	str_addf(&gap, " to %sZ", format_clock(next_ms, false).text);
	str_addf(&gap, "; showing %sZ", format_clock(last_ms, false).text);
	assert_int_equal(seen_number(&seen, last_ms + 28000), 9);
	assert_string_equal(replay_note(seen.replay), gap.text);
	assert_int_equal(seen_number(&seen, last_ms), 9);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(seen_number(&seen, next_ms + 9000), 19);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(seen_number(&seen, next_ms + 30000), 19);
	assert_string_equal(replay_note(seen.replay), "");
	/* Also from behind. */
	assert_int_equal(seen_number(&seen, next_ms - 1), 9);
	assert_string_equal(replay_note(seen.replay), gap.text);
	seen_end(&seen);
}

static void lines_that_find_no_room_are_said(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, false, 8 << 20);
	record_logs(scene, 0, LOGS_HELD + 6); /* and that of recorder_scene_record() */
	recorder_scene_close(scene);
	struct replay_seen seen = seen_look(scene->file);
	assert_non_null(strstr(replay_note(seen.replay), "7 lines and 0 values are left out"));
	seen_end(&seen);
}

static void values_of_unknown_series_are_said(void **state)
{
	struct recorder_scene *scene = *state;
	autostr struct str bytes = STR_INIT;
	struct msg_rec_points points = {.time_ms = HARNESS_START_MS};
	recorder_scene_open(scene, false, 8 << 20);
	recorder_value(scene->recorder, entity_id("known", ""), "known", "", scene->wall_ms, 1);
	recorder_scene_record(scene, 1, 1000);
	recorder_scene_close(scene);
	recorder_scene_expect_whole(scene, scene->file);
	for (uint64_t i = 0; i < 3; i++) {
		struct msg_rec_point *point = msg_add(points.points, &points.points_count);
		point->id = 99 + i;
	}
	recorded_read(scene->file, &bytes);
	msg_encode(MSG_rec_points, &points, &bytes);
	msg_release(MSG_rec_points, &points);
	recorded_write(scene->file, bytes.text, bytes.length);
	struct replay_seen seen = seen_look(scene->file);
	assert_non_null(strstr(replay_note(seen.replay), "0 lines and 3 values are left out"));
	seen_end(&seen);
}

/* One early value of 1970, as of an engine that starts before its clock is set. */
static void charts_keep_what_was_before_a_clock_that_was_wrong(void **state)
{
	enum { POINTS = 100 };
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, false, 8 << 20);
	for (int i = 0; i < POINTS; i++) {
		if (i == POINTS / 2)
			recorder_value(scene->recorder, entity_id("load", ""), "load", "", 1000, 7);
		recorder_value(scene->recorder, entity_id("load", ""), "load", "",
			HARNESS_START_MS + i * 1000, i);
		recorder_scene_record(scene, 1, 1000);
	}
	recorder_scene_close(scene);
	struct replay_seen seen = seen_look(scene->file);
	struct metrics_view view = {seen.metrics, INT64_MAX};
	struct querier querier = metrics_querier(&view);
	const struct matcher matcher = {
		.op = MATCH_EQUAL, .name = (char[]){LABEL_NAME}, .value = (char[]){"load"}};
	const struct selection all = {.matchers = &matcher,
		.matcher_count = 1,
		.from_ms = HARNESS_START_MS,
		.to_ms = HARNESS_START_MS + POINTS * 1000};
	struct selected_set set;
	struct err err;
	assert_true(querier.select(querier.context, &all, &set, &err));
	assert_int_equal(set.count, 1);
	assert_int_equal(set.list[0].count, POINTS);
	for (int i = 0; i < POINTS; i++)
		assert_true(set.list[0].samples[i].value == i);
	selected_set_release(&set);
	seen_end(&seen);
}

/* It is read in slices of a turn: how many they are is a matter of the build. */
static void read_on(struct harness *harness, struct harness_screen *screen, unsigned before)
{
	for (int i = 0; i < 40 && (before == ANY || screen->got_count == before); i++) {
		harness_advance(harness, 3000);
		harness_sync(screen);
	}
}

/* What the query yields where the replay stands, of one series; NAN: nothing. */
static double asked(struct harness_screen *screen, const char *query, int64_t to_ms)
{
	static uint64_t generation;
	harness_forget(screen);
	harness_send(screen,
		"win_open window=1 generation=%llu store=\"query\" to_ms=%lld filter=\"%s\"",
		(unsigned long long)++generation, (long long)to_ms, query);
	const struct msg_win_points *reply = harness_await(screen, MSG_win_points);
	assert_string_equal(reply->error, "");
	return reply->series_count ? reply->series[0].last : (double)NAN;
}

static void promql_is_answered_as_of_the_time_of_the_replay(void **state)
{
	struct recorder_scene *scene = *state;
	int64_t from_ms = scene->wall_ms;
	autofree char *ahead = NULL;
	recorder_scene_open(scene, false, 8 << 20);
	for (int i = 0; i < 100; i++) {
		recorder_value(scene->recorder, metrics_id("load", "a=b"), "load", "a=b",
			scene->wall_ms, i);
		recorder_scene_record(scene, 1, 1000);
	}
	recorder_scene_close(scene);
	const struct engine_options options = {.replay = scene->file};
	struct harness *harness =
		harness_open("environment: replay\nstate_dir: /nowhere/state\n", &options);
	struct harness_screen *screen = harness_attach(harness);
	read_on(harness, screen, ANY);
	assert_true(asked(screen, "load", 0) == 99);
	harness_send(screen, "past_req req=1 time_ms=%lld", (long long)from_ms + 40000);
	assert_true(asked(screen, "load", 0) == 40);
	assert_true(asked(screen, "load", from_ms + 90000) == 40);
	assert_true(asked(screen, "load", from_ms + 30000) == 30);
	ahead = xasprintf("load @ %lld", (long long)from_ms / 1000 + 80);
	assert_true(asked(screen, ahead, 0) == 40);
	harness_send(screen, "past_req req=2 time_ms=%lld", (long long)from_ms + 80000);
	assert_true(asked(screen, "load", 0) == 80);
	assert_true(asked(screen, "rate(load[1m])", 0) == 1);
	harness_detach(screen);
	harness_free(harness);
}

/* Of this thread, which is the engine's: the writer's does not count. */
static double cost_ms(struct recorder_scene *scene, int from, int to)
{
	struct timespec before, after;
	char labels[32];
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	for (int i = from; i < to; i++) {
		snprintf(labels, sizeof(labels), "chat=%d", i);
		recorder_value(scene->recorder, entity_id("sent", labels), "sent", labels,
			scene->wall_ms, i);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	recorder_scene_record(scene, 1, 1000);
	return (double)(after.tv_sec - before.tv_sec) * 1e3 +
	       (double)(after.tv_nsec - before.tv_nsec) / 1e6;
}

/* A page of a bot that names a series for each chat is heard in one turn. */
static void new_series_cost_the_same_however_many_are_known(void **state)
{
	struct recorder_scene *scene = *state;
	double first_ms, last_ms;
	recorder_scene_open(scene, false, 64 << 20);
	first_ms = cost_ms(scene, 0, NEW_SERIES);
	for (int i = 1; i < 12; i++)
		last_ms = cost_ms(scene, i * NEW_SERIES, (i + 1) * NEW_SERIES);
	assert_int_equal(recorder_dropped(scene->recorder), 0);
	if (last_ms > 3 * first_ms + 20)
		fail_msg("%d new series cost %.1f ms at first, %.1f ms in the end", NEW_SERIES,
			first_ms, last_ms);
}

/* Reading takes longer than the answer to where to stand. */
static void who_stood_there_before_all_was_read_is_told(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, false, 8 << 20);
	record_logs(scene, 0, 10);
	const struct engine_options options = {.replay = scene->file};
	struct harness *harness =
		harness_open("environment: replay\nstate_dir: /nowhere/state\n", &options);
	struct harness_screen *screen = harness_attach(harness);
	harness_send(screen, "past_req req=7");
	assert_string_equal(((const struct msg_past *)harness_got(screen, MSG_past))->note, "");
	record_logs(scene, 10, LOGS_HELD + 6);
	unsigned before = screen->got_count;
	read_on(harness, screen, before);
	assert_int_equal(screen->got_count, before + 1);
	const struct msg_past *past = harness_got(screen, MSG_past);
	assert_int_equal(past->req, 7);
	assert_non_null(strstr(past->note, "lines and 0 values are left out"));
	record_logs(scene, LOGS_HELD + 6, LOGS_HELD + 16);
	harness_advance(harness, 3000);
	harness_sync(screen);
	assert_int_equal(screen->got_count, before + 1); /* it was told */
	harness_detach(screen);
	harness_free(harness);
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, recorder_scene_setup, recorder_scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_nothing_was_recorded_that_is_said),
		TEST(between_two_engines_a_gap_of_seconds_is_said),
		TEST(lines_that_find_no_room_are_said),
		TEST(values_of_unknown_series_are_said),
		TEST(charts_keep_what_was_before_a_clock_that_was_wrong),
		TEST(promql_is_answered_as_of_the_time_of_the_replay),
		TEST(new_series_cost_the_same_however_many_are_known),
		TEST(who_stood_there_before_all_was_read_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
