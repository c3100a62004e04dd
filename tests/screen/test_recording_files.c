/* SPDX-License-Identifier: MIT */
/* The files of a recording when the clock is set back, when the disk takes nothing, and when there are many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/engine/replay.h"
#include "tests/support/recorded.h"
#include "tests/support/recorder_scene.h"

enum { HOUR_MS = 3600000, STEP_MS = 250 };

static size_t count_files(const struct recorder_scene *scene)
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

/* ---- the clock ---- */

static void a_clock_that_is_set_back_costs_no_file_for_each_batch(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, true, 64 << 20);
	recorder_scene_record(scene, 100, STEP_MS);
	scene->wall_ms -= 2 * HOUR_MS;
	recorder_scene_record(scene, 400, STEP_MS);
	assert_true(count_files(scene) <= 2);
	assert_int_equal(recorder_dropped(scene->recorder), 0);
}

static void a_clock_that_jumps_to_and_fro_costs_no_keyframe_for_each_batch(void **state)
{
	struct recorder_scene *scene = *state;
	struct record_figures steady, jumping;
	recorder_scene_open(scene, true, 64 << 20);
	recorder_scene_record(scene, 400, STEP_MS);
	recorder_figures(scene->recorder, &steady);
	for (int i = 0; i < 400; i++) {
		scene->wall_ms += i % 2 ? 2 * HOUR_MS : -2 * HOUR_MS;
		recorder_scene_record(scene, 1, STEP_MS);
	}
	recorder_figures(scene->recorder, &jumping);
	assert_true(jumping.bytes - steady.bytes <= 2 * steady.bytes);
	assert_true(count_files(scene) <= 3);
}

static void files_of_a_later_time_make_no_file_for_each_batch(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, true, 64 << 20);
	scene->wall_ms += 10 * HOUR_MS;
	recorder_scene_record(scene, 10, STEP_MS);
	recorder_scene_close(scene);
	scene->wall_ms -= 10 * HOUR_MS;
	recorder_scene_open(scene, true, 64 << 20);
	recorder_scene_record(scene, 400, STEP_MS);
	assert_true(count_files(scene) <= 3);
}

static void a_file_spans_ten_minutes_whatever_the_clock_says(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, true, 64 << 20);
	for (int i = 0; i < 30; i++) {
		recorder_scene_record(scene, 2, 60000);
		scene->wall_ms -= 120000; /* it stands still */
	}
	assert_in_range(count_files(scene), 6, 7);
}

/* A wall time that was there twice is that of the second time; what was there once is still found. */
static void expect_both_sides(
	const char *path, int64_t step_ms, int64_t end_ms, long before, long after)
{
	struct replay_seen seen = seen_look(path);
	assert_int_equal(replay_now_ms(seen.replay), end_ms);
	assert_int_equal(newest_number(seen.model), after);
	assert_int_equal(seen_number(&seen, step_ms - 60000), before - 60);
	assert_int_equal(seen_number(&seen, end_ms - 60000), after - 60);
	assert_int_equal(seen_number(&seen, step_ms - 1000), before - 1);
	assert_int_equal(seen_number(&seen, end_ms), after);
	seen_end(&seen);
}

static void both_sides_of_a_step_are_replayed(struct recorder_scene *scene, bool rolls)
{
	recorder_scene_open(scene, rolls, 64 << 20);
	recorder_scene_record(scene, 3000, 1000);
	int64_t step_ms = scene->wall_ms - 1000; /* of the last batch before it */
	long before = scene->number - 1;
	scene->wall_ms -= 2 * HOUR_MS;
	recorder_scene_record(scene, 1000, 1000);
	recorder_scene_close(scene);
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
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, true, 64 << 20);
	recorder_scene_record(scene, 1000, 1000);
	long then = scene->number - 1;
	int64_t then_ms = scene->wall_ms - 1000;
	recorder_scene_close(scene);
	scene->wall_ms = HARNESS_START_MS - INT64_C(1000) * HOUR_MS;
	recorder_scene_open(scene, true, 64 << 20);
	recorder_scene_record(scene, 30, 1000);
	scene->wall_ms = then_ms + 10 * HOUR_MS;
	recorder_scene_record(scene, 100, 1000);
	recorder_scene_close(scene);
	struct replay_seen seen = seen_look(scene->folder);
	assert_int_equal(seen_number(&seen, then_ms), then);
	assert_int_equal(seen_number(&seen, then_ms - 600000), then - 600);
	assert_int_equal(seen_number(&seen, then_ms + 10 * HOUR_MS + 50000), then + 81);
	seen_end(&seen);
}

/* ---- many files ---- */

static void of_many_files_the_newest_are_replayed(void **state)
{
	enum { FILES = 300, OPENED = 256 };
	struct recorder_scene *scene = *state;
	for (int i = 0; i < FILES; i++) {
		recorder_scene_open(scene, true, 64 << 20);
		recorder_scene_record(scene, 1, HOUR_MS);
		recorder_scene_close(scene);
	}
	assert_int_equal(count_files(scene), FILES);
	struct replay_seen seen = seen_look(scene->folder);
	assert_int_equal(replay_to_ms(seen.replay), scene->wall_ms - HOUR_MS);
	assert_int_equal(
		replay_from_ms(seen.replay), scene->wall_ms - INT64_C(1) * OPENED * HOUR_MS);
	assert_non_null(strstr(replay_note(seen.replay), "the 44 oldest files"));
	seen_end(&seen);
}

/* ---- the disk ---- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void expect_error(const struct recorder_scene *scene, const char *word)
{
	struct record_figures figures;
	recorder_figures(scene->recorder, &figures);
	if (word)
		assert_non_null(strstr(figures.error, word));
	else
		assert_string_equal(figures.error, "");
}

/* Lets the disk take nothing more of the one file than it has, and `more` bytes. */
static void fill_disk(struct recorder_scene *scene, rlim_t more)
{
	struct stat found;
	assert_int_equal(stat(scene->file, &found), 0);
	limit_files((rlim_t)found.st_size + more);
	recorder_scene_record(scene, 20, 1000);
	limit_files(RLIM_INFINITY);
	expect_error(scene, "cannot write the recording");
}

static void one_file_goes_on_when_the_disk_takes_it_again(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, false, 8 << 20);
	recorder_scene_record(scene, 20, 1000);
	for (rlim_t more = 0; more < 2000; more += 400) {
		fill_disk(scene, more);
		uint64_t dropped = recorder_dropped(scene->recorder);
		assert_true(dropped > 0);
		recorder_scene_record(scene, 20, 1000);
		expect_error(scene, NULL);
		assert_true(recorder_dropped(scene->recorder) < dropped + 20);
	}
	recorder_scene_close(scene);
	recorder_scene_expect_whole(scene, scene->file);
}

static void one_file_whose_first_write_fails_begins_later(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, false, 8 << 20);
	fill_disk(scene, 5);
	recorder_scene_record(scene, 20, 1000);
	expect_error(scene, NULL);
	recorder_scene_close(scene);
	recorder_scene_expect_whole(scene, scene->file);
}

static void a_disk_that_is_full_for_long_leaves_no_heap_of_empty_files(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_scene_open(scene, true, 8 << 20);
	recorder_scene_record(scene, 20, 1000);
	limit_files(40);
	recorder_scene_record(scene, 1000, 1000);
	limit_files(RLIM_INFINITY);
	expect_error(scene, "cannot write the recording");
	assert_int_equal(count_files(scene), 1);
	recorder_scene_record(scene, 20, 1000);
	expect_error(scene, NULL);
	assert_int_equal(count_files(scene), 2);
	recorder_scene_close(scene);
	recorder_scene_expect_whole(scene, scene->folder);
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, recorder_scene_setup, recorder_scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_clock_that_is_set_back_costs_no_file_for_each_batch),
		TEST(a_clock_that_jumps_to_and_fro_costs_no_keyframe_for_each_batch),
		TEST(files_of_a_later_time_make_no_file_for_each_batch),
		TEST(a_file_spans_ten_minutes_whatever_the_clock_says),
		TEST(in_files_that_roll_both_sides_of_a_step_are_found),
		TEST(in_one_file_both_sides_of_a_step_are_found),
		TEST(a_clock_that_was_wrong_at_a_start_hides_no_history),
		TEST(of_many_files_the_newest_are_replayed),
		TEST(one_file_goes_on_when_the_disk_takes_it_again),
		TEST(one_file_whose_first_write_fails_begins_later),
		TEST(a_disk_that_is_full_for_long_leaves_no_heap_of_empty_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
