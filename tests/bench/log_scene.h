/* SPDX-License-Identifier: MIT */
/*
 * A botswaind that follows one log, with another that was there before it and a Redis with a stream, and a screen of
 * 160x45 that shows its Logs pane; what comes and goes while that is measured.
 */
#ifndef BOTSWAIN_TESTS_BENCH_LOG_SCENE_H
#define BOTSWAIN_TESTS_BENCH_LOG_SCENE_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "tests/support/servers.h"

struct vt;

enum { LOG_SCENE_OLD = 12 }; /* names of the log that was there */

struct log_scene {
	char dir[64];
	char *config, *log;
	struct redis_server redis;
	pid_t engine;
	struct vt *screen;
};

/* `old`: a log that lies there, under LOG_SCENE_OLD names, so that its index takes a while; NULL: none. The screen follows the newest line. */
void log_scene_start(struct log_scene *scene, const char *old);
void log_scene_end(struct log_scene *scene);
/* ms of processor that engine and screen have taken. */
double log_scene_cpu_ms(const struct log_scene *scene);
/* Its engine says that log files are being indexed. */
bool log_scene_indexes(const struct log_scene *scene);
/* The log begins anew. */
void log_scene_empty(const struct log_scene *scene);
/* Appends a line, and waits until it is on the screen; ms, NAN: it does not come. */
double log_scene_mark(struct log_scene *scene, int limit_ms);

#endif
