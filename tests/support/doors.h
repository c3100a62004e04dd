/* SPDX-License-Identifier: MIT */
/*
 * Every door through which text of others comes in, real: a Bot API server, a Redis and a Postgres with passwords, HTTP pages,
 * log files, a journal, a container, a table, streams, heartbeats, programs; and a botswaind of its own in front of them. What stands behind each door is
 * planted. Everything ends with doors_close(); a failure to start fails the test. One at a time; needs a folder (folder.h).
 */
#ifndef BOTSWAIN_TESTS_DOORS_H
#define BOTSWAIN_TESTS_DOORS_H

#include <sys/types.h>
#include "tests/support/botapi.h"
#include "tests/support/journal_remote.h"
#include "tests/support/pages.h"
#include "tests/support/servers.h"

struct str;

enum { DOOR_BOTS = 4, DOOR_SECRETS_MAX = 16 };

struct doors {
	struct botapi botapi;
	struct pages pages;
	struct journal_remote journal;
	struct redis_server redis;
	struct pg_server pg;
	pid_t engine, busy; /* busy: a process whose words hold what was planted */
	int http_port;      /* of the engine's /metrics */
	char *config;
	unsigned awaited, promised; /* how often; of a container's log, which was planted then */
	/* every secret that the engine is given, and how */
	struct {
		char *value;
		const char *how;
	} secrets[DOOR_SECRETS_MAX];
	size_t secret_count;
};

/* `mark` is a part of every secret, at least 12 letters and digits. */
void doors_open(struct doors *doors, const char *mark);
void doors_close(struct doors *doors);
/* botswaind, its streams added to folder/engine.said; TMPDIR, XDG_RUNTIME_DIR and HOME are in the folder. */
void doors_start_engine(struct doors *doors);

/* Puts `text` wherever a server, a file or a program can say it. No NUL is in it. What cannot be said over a door (JSON and
 * Postgres take UTF-8 alone) is said with U+FFFD there. */
void doors_plant(struct doors *doors, const char *text);
/* Waits until the engine has a bot, a service, a source, a check and a log line that came after that. */
void doors_await(struct doors *doors);

#endif
