/* SPDX-License-Identifier: MIT */
/* The files of a recording when the disk takes nothing. */
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
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/engine/tape.h"
#include "core/engine/replay.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "core/series/series.h"
#include "tests/support/recorded.h"

enum { HOUR_MS = 3600000, BOTS = 50 };

/* A recorder under clocks of its own. */
struct scene {
	char *folder;
	char *file;
	struct recorder *recorder;
	struct model *model;
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
		.environment = "demo"};
	struct err err;
	if (!recorder_open(&options, &scene->recorder, &err))
		fail_msg("%s", err.text);
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
	const struct replay_stores stores = {seen.model, seen.events, seen.series};
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_file_goes_on_when_the_disk_takes_it_again),
		TEST(one_file_whose_first_write_fails_begins_later),
		TEST(a_disk_that_is_full_for_long_leaves_no_heap_of_empty_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
