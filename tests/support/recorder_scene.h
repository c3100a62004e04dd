/* SPDX-License-Identifier: MIT */
/* A recorder under clocks of its own, that records what numbered bots say, and what a replay of its files shows. A failure
 * fails the test. */
#ifndef BOTSWAIN_TESTS_RECORDER_SCENE_H
#define BOTSWAIN_TESTS_RECORDER_SCENE_H

#include <stdbool.h>
#include <stdint.h>

enum { SCENE_BOTS = 50, SCENE_LINES_MAX = 8000 };

struct recorder_scene {
	char *folder;
	char *file;
	struct recorder *recorder;
	struct model *model;
	struct chunk *chunk; /* a line for each number */
	int64_t wall_ms, mono_ms;
	int number; /* what the bots say, larger each time */
};

/* Of cmocka: an empty folder, and no recorder yet. */
int recorder_scene_setup(void **state);
int recorder_scene_teardown(void **state);
/* Files in the folder that roll, or the one `file`; each time is the start of another engine. */
void recorder_scene_open(struct recorder_scene *scene, bool rolls, uint64_t budget);
void recorder_scene_close(struct recorder_scene *scene);
/* So many batches of a bot and a line, a number each; both clocks go on by `step_ms` after each. */
void recorder_scene_record(struct recorder_scene *scene, int batches, int64_t step_ms);

struct replay_seen {
	struct model *model;
	struct event_directory *events;
	struct metrics *metrics;
	struct replay *replay;
};

/* A replay of a file or folder, read to its end; seen_end() frees it. */
struct replay_seen seen_look(const char *path);
void seen_end(struct replay_seen *seen);
/* The largest number that a bot of the model says, -1 none. */
long newest_number(const struct model *model);
/* The same at this time; as many lines are there. */
long seen_number(struct replay_seen *seen, int64_t time_ms);
/* A replay of `path` holds all that was recorded, up to the last number. */
void recorder_scene_expect_whole(const struct recorder_scene *scene, const char *path);

#endif
