/* SPDX-License-Identifier: MIT */
/*
 * A Redis with a replica and a Postgres with a reader of its log, with something to tell; the exporters of Debian beside them, and
 * our sources that watch the same. Of cmocka; one a program.
 */
#ifndef BOTSWAIN_TESTS_EXPORTER_SCENE_H
#define BOTSWAIN_TESTS_EXPORTER_SCENE_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "tests/support/exporters.h"
#include "tests/support/servers.h"

extern struct exporter_scene {
	struct redis_server main, replica;
	struct pg_server postgres;
	struct exporter exporters[3]; /* of main, replica and Postgres */
	struct said_list ours;        /* what our sources said */
	pid_t receiver;
	bool is_missing; /* an exporter is not installed: there are no servers */
} scene;

int exporter_scene_setup(void **state);
int exporter_scene_teardown(void **state);
/* Skips the test when there are no exporters. */
void exporter_scene_needed(void);
/* The replica follows, and is known to do so; as comes_true() takes it. */
bool exporter_scene_is_linked(const void *context);

/* Such a thing happens to a server. */
void exporter_scene_redis(const struct redis_server *server, const char *command);
void exporter_scene_sql(const char *statement);

/* Our sources begin: instances main, replica and db. */
void exporter_scene_watch(void);
/* Until each of them has said all that it says so many times more. What is said after a first time was asked for after this call
 * began: that may have been on its way. */
void exporter_scene_read(unsigned more);

#endif
