/* SPDX-License-Identifier: MIT */
/*
 * What is measured works on: a Bot API server with so many bots, a Redis with their heartbeats and a stream of events, a
 * Postgres, a page of 300 series, all real and on this machine, a botswaind that looks at each once a second (at the bots'
 * backlogs every 45 s, as by default towards Telegram), and screens of 160x45 on it. A scene is made when it is asked for
 * and stays until the end of the run.
 */
#ifndef BOTSWAIN_TESTS_BENCH_SCENE_H
#define BOTSWAIN_TESTS_BENCH_SCENE_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "tests/support/servers.h"

struct vt;

enum { SCENE_BOTS = 40, SCENE_SERIES = 300, SCENE_OPEN_MS = 60000 };

struct scene {
	char dir[64];
	int bots;
	char *config;          /* its configuration */
	char *log;             /* a log file that the engine follows */
	char *home;            /* HOME and XDG_STATE_HOME of what runs on terminals */
	char *screen, *daemon; /* the programs */
	char *bots_text;       /* what the screen says of how many there are */
	struct redis_server redis;
	pid_t engine, feed;
	bool moves;
};

/* The scene of so many bots, with its engine. */
struct scene *scene_get(int bots) MUST_CHECK;
void scene_end_all(void);
/* Another number of bots is of no more use: what it takes is given back. */
void scene_end(struct scene *scene);

/* The bots' heartbeats move once a second, or stand; at first they stand. */
void scene_feed(struct scene *scene, bool moves);
/* From the next start of its engine on: whatever that would ask takes the connection and says nothing; or answers again. */
void scene_silence(const struct scene *scene, bool is_silent);
/* The engine of the scene, as a service runs it; waits until it listens. */
void scene_engine_start(struct scene *scene);
/* It ends in an orderly way; legal when there is none. Waits also for one that a screen started. */
void scene_engine_stop(struct scene *scene);

/* A screen on a configuration, or through `way` ("unix:PATH", NULL: none), as it begins: with the view of the last such. */
struct vt *scene_open(const struct scene *scene, const char *config, const char *way) MUST_CHECK;
/* One with the first view, when it shows all bots and has come to rest. */
struct vt *scene_screen(const struct scene *scene) MUST_CHECK;
/* A peer on a terminal of the same size. */
struct vt *scene_peer(const struct scene *scene, const char *const words[]) MUST_CHECK;
/* htop and btop that look once a second. */
struct vt *scene_htop(const struct scene *scene) MUST_CHECK;
struct vt *scene_btop(const struct scene *scene) MUST_CHECK;
/* The screen itself, which the launcher guards. */
pid_t scene_pid(const struct vt *vt);
/* Reads what these write, for so long. */
void scene_watch(struct vt *const vts[], size_t count, double ms);

/* The time at which the last byte came before 120 ms of silence, once `useful` (NULL: anything) is on the screen; us of the
 * monotonic clock, NAN: not within the limit. */
double scene_painted_us(struct vt *vt, const char *useful, int limit_ms);

#endif
