/* SPDX-License-Identifier: MIT */
/*
 * The bot's Postgres: statements are queued and sent one after another without ever blocking the
 * loop. When Postgres is away the queue fills, then the oldest statement is dropped and counted,
 * and the bot goes on.
 */
#ifndef BOTSWAIN_FLEET_DATABASE_H
#define BOTSWAIN_FLEET_DATABASE_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fleet/common/loop.h"

enum { DATABASE_QUEUE = 256, DATABASE_PARAMS = 4 };

struct statement {
	const char *sql; /* a literal */
	char *params[DATABASE_PARAMS];
	int count;
};

enum database_state { DATABASE_AWAY, DATABASE_CONNECTING, DATABASE_IDLE, DATABASE_BUSY };

struct database {
	const char *conninfo; /* borrowed */
	PGconn *conn;
	enum database_state state;
	struct watch watch;
	struct loop *loop;
	struct timer retry;
	struct statement queue[DATABASE_QUEUE];
	size_t head, count;
	uint64_t done, failed, dropped;
	char last_error[160];
};

/* `conninfo` is borrowed. */
void database_start(struct database *database, struct loop *loop, const char *conninfo);
/* Queues one statement with up to DATABASE_PARAMS text parameters, ended by NULL. */
void database_run(struct database *database, const char *sql, ...) __attribute__((sentinel));
void database_release(struct database *database);

#endif
