/* SPDX-License-Identifier: MIT */
#include "tests/support/recorder_scene.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/metrics.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/engine/replay.h"
#include "core/events/chunk.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "tests/support/recorded.h"

int recorder_scene_setup(void **state)
{
	struct recorder_scene *scene = xcalloc(1, sizeof(*scene));
	scene->folder = recorded_folder();
	scene->file = xasprintf("%s/one.rec", scene->folder);
	scene->model = model_new();
	scene->wall_ms = HARNESS_START_MS;
	(void)signal(SIGXFSZ, SIG_IGN);
	*state = scene;
	return 0;
}

int recorder_scene_teardown(void **state)
{
	struct recorder_scene *scene = *state;
	recorder_close(scene->recorder);
	chunk_unref(scene->chunk);
	model_free(scene->model);
	free(scene->file);
	recorded_remove(scene->folder);
	free(scene);
	return 0;
}

void recorder_scene_open(struct recorder_scene *scene, bool rolls, uint64_t budget)
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
	scene->chunk = chunk_new(&stream, stream.id, SCENE_LINES_MAX * 8, SCENE_LINES_MAX);
	struct chunk_list *list = xmalloc(sizeof(*list) + sizeof(struct chunk *));
	list->count = 1;
	list->chunks[0] = scene->chunk;
	recorder_chunks(scene->recorder, list);
	free(list);
}

void recorder_scene_close(struct recorder_scene *scene)
{
	recorder_close(scene->recorder);
	scene->recorder = NULL;
}

void recorder_scene_record(struct recorder_scene *scene, int batches, int64_t step_ms)
{
	for (int i = 0; i < batches; i++) {
		struct msg_bot *bot = msg_new(MSG_bot);
		bot->id = 1 + (uint64_t)scene->number % SCENE_BOTS;
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

struct replay_seen seen_look(const char *path)
{
	struct replay_seen seen = {
		model_new(), event_directory_new(SIZE_MAX), metrics_new_past(1 << 20), NULL};
	const struct replay_stores stores = {
		seen.model, seen.events, seen.metrics, REPLAY_LINE_BYTES};
	struct err err;
	if (!replay_open(path, clock_real(), &stores, &seen.replay, &err))
		fail_msg("%s", err.text);
	while (replay_is_reading(seen.replay))
		(void)replay_turn(seen.replay);
	return seen;
}

void seen_end(struct replay_seen *seen)
{
	replay_free(seen->replay);
	event_directory_free(seen->events);
	metrics_free(seen->metrics);
	model_free(seen->model);
}

long newest_number(const struct model *model)
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

long seen_number(struct replay_seen *seen, int64_t time_ms)
{
	replay_move(seen->replay, time_ms, 0);
	assert_int_equal(replay_now_ms(seen->replay), time_ms);
	long number = newest_number(seen->model);
	assert_int_equal(event_directory_stats(seen->events).lines, number + 1);
	return number;
}

void recorder_scene_expect_whole(const struct recorder_scene *scene, const char *path)
{
	struct replay_seen seen = seen_look(path);
	assert_string_equal(replay_note(seen.replay), "");
	assert_int_equal(newest_number(seen.model), scene->number - 1);
	seen_end(&seen);
}
