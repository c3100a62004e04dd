/* SPDX-License-Identifier: MIT */
/*
 * A real Redis and a real Postgres for a test: in a folder of their own under /tmp, on Unix sockets
 * (and loopback where asked for), ended by their pids, and with the test when that dies. Postgres
 * runs as another user when the test is root. A failure to start fails the test. The same server
 * can be stopped and started again: its data stays until _release().
 */
#ifndef BOTSWAIN_TESTS_SERVERS_H
#define BOTSWAIN_TESTS_SERVERS_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct redis_server {
	pid_t pid; /* 0: not running */
	int port;  /* on loopback; 0 none */
	char folder[64], socket[96];
	char *extra; /* further lines of its configuration; may be set before a start */
};

/* Makes the folder; then redis_server_start(). */
void redis_server_init(struct redis_server *server);
void redis_server_start(struct redis_server *server);
/* After a start with data on disk: until it answers PING instead of LOADING. */
void redis_server_wait_loaded(const struct redis_server *server);
void redis_server_kill(struct redis_server *server); /* SIGKILL; legal when not running */
/* SIGSTOP, SIGCONT. */
void redis_server_freeze(struct redis_server *server, bool is_frozen);
/* Runs one command, e.g. redis_server_do(&redis, "SET %s %s", "k", "v"); hiredis' format. Returns
 * the reply as text (a list: its elements on lines), which the caller frees. */
char *redis_server_do(const struct redis_server *server, const char *format, ...) MUST_CHECK;
/* A connection that says nothing; the caller closes it. */
int redis_server_open(const struct redis_server *server) MUST_CHECK;
void redis_server_release(struct redis_server *server);

struct pg_server {
	pid_t pid; /* 0: not running */
	int port;  /* part of the socket's name; also on loopback when `on_loopback` */
	bool on_loopback;
	char folder[64];
	char dsn[160]; /* of the superuser, database postgres */
};

/* initdb, then pg_server_start(). */
void pg_server_init(struct pg_server *server);
void pg_server_start(struct pg_server *server);
/* "fast" or "immediate". */
void pg_server_stop(struct pg_server *server, const char *mode);
void pg_server_freeze(struct pg_server *server, bool is_frozen); /* the postmaster alone */
/* Runs statements; returns the first column of the first row of the last one, which the caller
 * frees ("" when there is none). */
char *pg_server_do(const struct pg_server *server, const char *format, ...)
	PRINTF_LIKE(2, 3) MUST_CHECK;
void pg_server_release(struct pg_server *server);

/* A port of loopback that nobody uses now. */
int free_port(void);
/* Removes a folder of ours under /tmp with all that is in it. */
void remove_folder(const char *path);

#endif
