/* SPDX-License-Identifier: MIT */
/* The files of a recording when the clock is set back, when the disk takes nothing, and when there are many. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/engine/tape.h"
#include "core/engine/replay.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "core/series/series.h"
#include "tests/support/recorded.h"

enum { HOUR_MS = 3600000, STEP_MS = 250, BOTS = 50, LINES_MAX = 8000, NEW_SERIES = 15000 };

/* A recorder under clocks of its own. */
struct scene {
	char *folder;
	char *file;
	struct recorder *recorder;
	struct model *model;
	struct chunk *chunk; /* a line for each number */
	int64_t wall_ms, mono_ms;
	int number; /* what the bots say, larger each time */
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	scene->folder = recorded_folder();
	scene->file = xasprintf("%s/one.rec", scene->folder);
	scene->model = model_new();
	scene->wall_ms = HARNESS_START_MS;
	(void)signal(SIGXFSZ, SIG_IGN);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	recorder_close(scene->recorder);
	chunk_unref(scene->chunk);
	model_free(scene->model);
	free(scene->file);
	recorded_remove(scene->folder);
	free(scene);
	return 0;
}

static void open_recorder(struct scene *scene, bool rolls, uint64_t budget)
{
	const struct record_options options = {.path = rolls ? scene->folder : scene->file,
		.rolls = rolls,
		.budget = budget,
		.environment = "demo",
		.started_ms = scene->wall_ms};
	struct err err;
	if (!recorder_open(&options, &scene->recorder, &err))
		fail_msg("%s", err.text);
	const struct stream stream = {.source = 7, .id = (uint64_t)scene->number, .name = "log"};
	chunk_unref(scene->chunk);
	scene->chunk = chunk_new(&stream, stream.id, LINES_MAX * 8, LINES_MAX);
	struct chunk_list *list = xmalloc(sizeof(*list) + sizeof(struct chunk *));
	list->count = 1;
	list->chunks[0] = scene->chunk;
	recorder_chunks(scene->recorder, list);
	free(list);
}

static void close_recorder(struct scene *scene)
{
	recorder_close(scene->recorder);
	scene->recorder = NULL;
}

static void record(struct scene *scene, int batches, int64_t step_ms)
{
	for (int i = 0; i < batches; i++) {
		struct msg_bot *bot = msg_new(MSG_bot);
		bot->id = 1 + (uint64_t)scene->number % BOTS;
		bot->name = xstrdup("orders");
		bot->why = xasprintf("%d %0800d", scene->number, scene->number);
		(void)model_put(scene->model, MSG_bot, bot);
		const struct record line = {.wall_ms = scene->wall_ms, .length = 4};
		assert_true(chunk_append(scene->chunk, line, "line", 4, ""));
		scene->number++;
		recorder_turn(scene->recorder, scene->model, NULL, scene->wall_ms, scene->mono_ms);
		scene->wall_ms += step_ms;
		scene->mono_ms += step_ms;
		if (i % 50 == 0)
			recorder_drain(scene->recorder);
	}
	recorder_drain(scene->recorder);
}

static size_t count_files(const struct scene *scene)
{
	size_t count = 0;
	DIR *dir = opendir(scene->folder);
	struct dirent *entry;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* ---- what a replay shows ---- */

struct seen {
	struct model *model;
	struct event_directory *events;
	struct series *series;
	struct replay *replay;
};

static struct seen look(const char *path)
{
	struct seen seen = {
		model_new(), event_directory_new(SIZE_MAX), series_new(1 << 20, HOUR_MS), NULL};
	const struct replay_stores stores = {
		seen.model, seen.events, seen.series, REPLAY_LINE_BYTES};
	struct err err;
	if (!replay_open(path, clock_real(), &stores, &seen.replay, &err))
		fail_msg("%s", err.text);
	while (replay_is_reading(seen.replay))
		(void)replay_turn(seen.replay);
	return seen;
}

static void end_look(struct seen *seen)
{
	replay_free(seen->replay);
	event_directory_free(seen->events);
	series_free(seen->series);
	model_free(seen->model);
}

/* The largest number that a bot says. */
static long newest_number(const struct model *model)
{
	size_t count;
	long newest = -1;
	const struct msg_bot *const *bots = model_bots(model, &count);
	for (size_t i = 0; i < count; i++) {
		long number = strtol(bots[i]->why, NULL, 10);
		newest = number > newest ? number : newest;
	}
	return newest;
}

static long number_at(struct seen *seen, int64_t time_ms)
{
	replay_move(seen->replay, time_ms, 0);
	assert_int_equal(replay_now_ms(seen->replay), time_ms);
	long number = newest_number(seen->model);
	assert_int_equal(event_directory_stats(seen->events).lines, number + 1);
	return number;
}

/* ---- the clock ---- */

static void a_clock_that_is_set_back_costs_no_file_for_each_batch(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, true, 64 << 20);
	record(scene, 100, STEP_MS);
	scene->wall_ms -= 2 * HOUR_MS;
	record(scene, 400, STEP_MS);
	assert_true(count_files(scene) <= 2);
	assert_int_equal(recorder_dropped(scene->recorder), 0);
}

static void a_clock_that_jumps_to_and_fro_costs_no_keyframe_for_each_batch(void **state)
{
	struct scene *scene = *state;
	struct record_figures steady, jumping;
	open_recorder(scene, true, 64 << 20);
	record(scene, 400, STEP_MS);
	recorder_figures(scene->recorder, &steady);
	for (int i = 0; i < 400; i++) {
		scene->wall_ms += i % 2 ? 2 * HOUR_MS : -2 * HOUR_MS;
		record(scene, 1, STEP_MS);
	}
	recorder_figures(scene->recorder, &jumping);
	assert_true(jumping.bytes - steady.bytes <= 2 * steady.bytes);
	assert_true(count_files(scene) <= 3);
}

static void files_of_a_later_time_make_no_file_for_each_batch(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, true, 64 << 20);
	scene->wall_ms += 10 * HOUR_MS;
	record(scene, 10, STEP_MS);
	close_recorder(scene);
	scene->wall_ms -= 10 * HOUR_MS;
	open_recorder(scene, true, 64 << 20);
	record(scene, 400, STEP_MS);
	assert_true(count_files(scene) <= 3);
}

static void a_file_spans_ten_minutes_whatever_the_clock_says(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, true, 64 << 20);
	for (int i = 0; i < 30; i++) {
		record(scene, 2, 60000);
		scene->wall_ms -= 120000; /* it stands still */
	}
	assert_in_range(count_files(scene), 6, 7);
}

/* A wall time that was there twice is that of the second time; what was there once is still found. */
static void expect_both_sides(
	const char *path, int64_t step_ms, int64_t end_ms, long before, long after)
{
	struct seen seen = look(path);
	assert_int_equal(replay_now_ms(seen.replay), end_ms);
	assert_int_equal(newest_number(seen.model), after);
	assert_int_equal(number_at(&seen, step_ms - 60000), before - 60);
	assert_int_equal(number_at(&seen, end_ms - 60000), after - 60);
	assert_int_equal(number_at(&seen, step_ms - 1000), before - 1);
	assert_int_equal(number_at(&seen, end_ms), after);
	end_look(&seen);
}

static void both_sides_of_a_step_are_replayed(struct scene *scene, bool rolls)
{
	open_recorder(scene, rolls, 64 << 20);
	record(scene, 3000, 1000);
	int64_t step_ms = scene->wall_ms - 1000; /* of the last batch before it */
	long before = scene->number - 1;
	scene->wall_ms -= 2 * HOUR_MS;
	record(scene, 1000, 1000);
	close_recorder(scene);
	expect_both_sides(rolls ? scene->folder : scene->file, step_ms, scene->wall_ms - 1000,
		before, scene->number - 1);
}

static void in_files_that_roll_both_sides_of_a_step_are_found(void **state)
{
	both_sides_of_a_step_are_replayed(*state, true);
}

static void in_one_file_both_sides_of_a_step_are_found(void **state)
{
	both_sides_of_a_step_are_replayed(*state, false);
}

/* An engine that starts before the clock is right hides nothing of yesterday. */
static void a_clock_that_was_wrong_at_a_start_hides_no_history(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, true, 64 << 20);
	record(scene, 1000, 1000);
	long then = scene->number - 1;
	int64_t then_ms = scene->wall_ms - 1000;
	close_recorder(scene);
	scene->wall_ms = HARNESS_START_MS - INT64_C(1000) * HOUR_MS;
	open_recorder(scene, true, 64 << 20);
	record(scene, 30, 1000);
	scene->wall_ms = then_ms + 10 * HOUR_MS;
	record(scene, 100, 1000);
	close_recorder(scene);
	struct seen seen = look(scene->folder);
	assert_int_equal(number_at(&seen, then_ms), then);
	assert_int_equal(number_at(&seen, then_ms - 600000), then - 600);
	assert_int_equal(number_at(&seen, then_ms + 10 * HOUR_MS + 50000), then + 81);
	end_look(&seen);
}

/* ---- many files ---- */

static void of_many_files_the_newest_are_replayed(void **state)
{
	enum { FILES = 300, OPENED = 256 };
	struct scene *scene = *state;
	for (int i = 0; i < FILES; i++) {
		open_recorder(scene, true, 64 << 20);
		record(scene, 1, HOUR_MS);
		close_recorder(scene);
	}
	assert_int_equal(count_files(scene), FILES);
	struct seen seen = look(scene->folder);
	assert_int_equal(replay_to_ms(seen.replay), scene->wall_ms - HOUR_MS);
	assert_int_equal(
		replay_from_ms(seen.replay), scene->wall_ms - INT64_C(1) * OPENED * HOUR_MS);
	assert_non_null(strstr(replay_note(seen.replay), "the 44 oldest files"));
	end_look(&seen);
}

/* ---- the disk ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void expect_error(const struct scene *scene, const char *word)
{
	struct record_figures figures;
	recorder_figures(scene->recorder, &figures);
	if (word)
		assert_non_null(strstr(figures.error, word));
	else
		assert_string_equal(figures.error, "");
}

static void expect_whole(const struct scene *scene, const char *path)
{
	struct seen seen = look(path);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(newest_number(seen.model), scene->number - 1);
	end_look(&seen);
}

/* Lets the disk take nothing more of the one file than it has, and `more` bytes. */
static void fill_disk(struct scene *scene, rlim_t more)
{
	struct stat found;
	assert_int_equal(stat(scene->file, &found), 0);
	limit_files((rlim_t)found.st_size + more);
	record(scene, 20, 1000);
	limit_files(RLIM_INFINITY);
	expect_error(scene, "cannot write the recording");
}

static void one_file_goes_on_when_the_disk_takes_it_again(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, false, 8 << 20);
	record(scene, 20, 1000);
	for (rlim_t more = 0; more < 2000; more += 400) {
		fill_disk(scene, more);
		uint64_t dropped = recorder_dropped(scene->recorder);
		assert_true(dropped > 0);
		record(scene, 20, 1000);
		expect_error(scene, NULL);
		assert_true(recorder_dropped(scene->recorder) < dropped + 20);
	}
	close_recorder(scene);
	expect_whole(scene, scene->file);
}

static void one_file_whose_first_write_fails_begins_later(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, false, 8 << 20);
	fill_disk(scene, 5);
	record(scene, 20, 1000);
	expect_error(scene, NULL);
	close_recorder(scene);
	expect_whole(scene, scene->file);
}

static void a_disk_that_is_full_for_long_leaves_no_heap_of_empty_files(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, true, 8 << 20);
	record(scene, 20, 1000);
	limit_files(40);
	record(scene, 1000, 1000);
	limit_files(RLIM_INFINITY);
	expect_error(scene, "cannot write the recording");
	assert_int_equal(count_files(scene), 1);
	record(scene, 20, 1000);
	expect_error(scene, NULL);
	assert_int_equal(count_files(scene), 2);
	close_recorder(scene);
	expect_whole(scene, scene->folder);
}

/* ---- what a replay does not hold ---- */

enum { LOGS_HELD = 4096 };

/* So many logs with a line each. */
static void record_logs(struct scene *scene, int from, int to)
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
	record(scene, 1, 1000);
}

static void where_nothing_was_recorded_that_is_said(void **state)
{
	struct scene *scene = *state;
	int64_t from_ms = scene->wall_ms;
	autostr struct str begin = STR_INIT, gap = STR_INIT;
	open_recorder(scene, false, 8 << 20);
	record(scene, 10, 1000);
	int64_t last_ms = scene->wall_ms - 1000;
	scene->wall_ms += 5 * 60000;
	scene->mono_ms += 5 * 60000;
	int64_t next_ms = scene->wall_ms;
	record(scene, 10, 1000);
	close_recorder(scene);
	struct seen seen = look(scene->file);
	str_addf(&begin, "the recording begins at %sZ", format_clock(from_ms, false).text);
	str_addf(&gap, "nothing recorded from %sZ", format_clock(last_ms, false).text);
	str_addf(&gap, " to %sZ", format_clock(next_ms, false).text);
	str_addf(&gap, "; showing %sZ", format_clock(last_ms, false).text);
	assert_int_equal(number_at(&seen, last_ms + 150000), 9);
	assert_string_equal(replay_note(seen.replay), gap.text);
	assert_int_equal(number_at(&seen, last_ms), 9);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(number_at(&seen, next_ms + 9000), 19);
	assert_string_equal(replay_note(seen.replay), "");
	replay_move(seen.replay, from_ms - 60000, 0);
	assert_string_equal(replay_note(seen.replay), begin.text);
	end_look(&seen);
}

/* Killed in the midst of it, or stopped in order: the next engine begins a file of its own. */
static void between_two_engines_a_gap_of_seconds_is_said(void **state)
{
	struct scene *scene = *state;
	autostr struct str gap = STR_INIT;
	open_recorder(scene, true, 8 << 20);
	record(scene, 10, 1000);
	close_recorder(scene);
	int64_t last_ms = scene->wall_ms - 1000;
	scene->wall_ms += 46000;
	scene->mono_ms += 46000;
	int64_t next_ms = scene->wall_ms;
	open_recorder(scene, true, 8 << 20);
	record(scene, 10, 1000);
	/* One engine that had nothing to say for as long. */
	scene->wall_ms += 46000;
	scene->mono_ms += 46000;
	record(scene, 10, 1000);
	close_recorder(scene);
	struct seen seen = look(scene->folder);
	str_addf(&gap, "nothing recorded from %sZ", format_clock(last_ms, false).text);
	str_addf(&gap, " to %sZ", format_clock(next_ms, false).text);
	str_addf(&gap, "; showing %sZ", format_clock(last_ms, false).text);
	assert_int_equal(number_at(&seen, last_ms + 28000), 9);
	assert_string_equal(replay_note(seen.replay), gap.text);
	assert_int_equal(number_at(&seen, last_ms), 9);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(number_at(&seen, next_ms + 9000), 19);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(number_at(&seen, next_ms + 30000), 19);
	assert_string_equal(replay_note(seen.replay), "");
	/* Also from behind. */
	assert_int_equal(number_at(&seen, next_ms - 1), 9);
	assert_string_equal(replay_note(seen.replay), gap.text);
	end_look(&seen);
}

static void lines_that_find_no_room_are_said(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, false, 8 << 20);
	record_logs(scene, 0, LOGS_HELD + 6); /* and that of record() */
	close_recorder(scene);
	struct seen seen = look(scene->file);
	assert_non_null(strstr(replay_note(seen.replay), "7 lines and 0 values are left out"));
	end_look(&seen);
}

static void values_of_unknown_series_are_said(void **state)
{
	struct scene *scene = *state;
	autostr struct str bytes = STR_INIT;
	struct msg_rec_points points = {.time_ms = HARNESS_START_MS};
	open_recorder(scene, false, 8 << 20);
	recorder_value(scene->recorder, "known", "", scene->wall_ms, 1);
	record(scene, 1, 1000);
	close_recorder(scene);
	expect_whole(scene, scene->file);
	for (uint64_t i = 0; i < 3; i++) {
		struct msg_rec_point *point = msg_add(points.points, &points.points_count);
		point->id = 99 + i;
	}
	recorded_read(scene->file, &bytes);
	msg_encode(MSG_rec_points, &points, &bytes);
	msg_release(MSG_rec_points, &points);
	recorded_write(scene->file, bytes.text, bytes.length);
	struct seen seen = look(scene->file);
	assert_non_null(strstr(replay_note(seen.replay), "0 lines and 3 values are left out"));
	end_look(&seen);
}

/* One early value of 1970, as of an engine that starts before its clock is set. */
static void charts_keep_what_was_before_a_clock_that_was_wrong(void **state)
{
	enum { POINTS = 100, COLUMNS = 10 };
	struct scene *scene = *state;
	double values[COLUMNS], last;
	open_recorder(scene, false, 8 << 20);
	for (int i = 0; i < POINTS; i++) {
		if (i == POINTS / 2)
			recorder_value(scene->recorder, "load", "", 1000, 7);
		recorder_value(scene->recorder, "load", "", HARNESS_START_MS + i * 1000, i);
		record(scene, 1, 1000);
	}
	close_recorder(scene);
	struct seen seen = look(scene->file);
	assert_true(series_query(seen.series, "load", HARNESS_START_MS,
		HARNESS_START_MS + POINTS * 1000, COLUMNS, values, &last));
	for (int i = 0; i < COLUMNS; i++)
		if (!(values[i] == i * 10 + 4.5))
			fail_msg("column %d is %g", i, values[i]);
	end_look(&seen);
}

/* Of this thread, which is the engine's: the writer's does not count. */
static double cost_ms(struct scene *scene, int from, int to)
{
	struct timespec before, after;
	char labels[32];
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	for (int i = from; i < to; i++) {
		snprintf(labels, sizeof(labels), "chat=%d", i);
		recorder_value(scene->recorder, "sent", labels, scene->wall_ms, i);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	record(scene, 1, 1000);
	return (double)(after.tv_sec - before.tv_sec) * 1e3 +
	       (double)(after.tv_nsec - before.tv_nsec) / 1e6;
}

/* A page of a bot that names a series for each chat is heard in one turn. */
static void new_series_cost_the_same_however_many_are_known(void **state)
{
	struct scene *scene = *state;
	double first_ms, last_ms;
	open_recorder(scene, false, 64 << 20);
	first_ms = cost_ms(scene, 0, NEW_SERIES);
	for (int i = 1; i < 12; i++)
		last_ms = cost_ms(scene, i * NEW_SERIES, (i + 1) * NEW_SERIES);
	assert_int_equal(recorder_dropped(scene->recorder), 0);
	if (last_ms > 3 * first_ms + 20)
		fail_msg("%d new series cost %.1f ms at first, %.1f ms in the end", NEW_SERIES,
			first_ms, last_ms);
}

/* Reading takes longer than the answer to where to stand. */
/* It is read in slices of a turn: how many they are is a matter of the build. */
static void read_on(struct harness *harness, struct harness_screen *screen, unsigned before)
{
	for (int i = 0; i < 40 && screen->got_count == before; i++) {
		harness_advance(harness, 3000);
		harness_sync(screen);
	}
}

static void who_stood_there_before_all_was_read_is_told(void **state)
{
	struct scene *scene = *state;
	open_recorder(scene, false, 8 << 20);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_nothing_was_recorded_that_is_said),
		TEST(between_two_engines_a_gap_of_seconds_is_said),
		TEST(a_clock_that_is_set_back_costs_no_file_for_each_batch),
		TEST(a_clock_that_jumps_to_and_fro_costs_no_keyframe_for_each_batch),
		TEST(files_of_a_later_time_make_no_file_for_each_batch),
		TEST(a_file_spans_ten_minutes_whatever_the_clock_says),
		TEST(in_files_that_roll_both_sides_of_a_step_are_found),
		TEST(in_one_file_both_sides_of_a_step_are_found),
		TEST(a_clock_that_was_wrong_at_a_start_hides_no_history),
		TEST(of_many_files_the_newest_are_replayed),
		TEST(lines_that_find_no_room_are_said),
		TEST(values_of_unknown_series_are_said),
		TEST(charts_keep_what_was_before_a_clock_that_was_wrong),
		TEST(new_series_cost_the_same_however_many_are_known),
		TEST(who_stood_there_before_all_was_read_is_told),
		TEST(one_file_goes_on_when_the_disk_takes_it_again),
		TEST(one_file_whose_first_write_fails_begins_later),
		TEST(a_disk_that_is_full_for_long_leaves_no_heap_of_empty_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
