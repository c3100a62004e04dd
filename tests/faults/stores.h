/* SPDX-License-Identifier: MIT */
/*
 * What rows 13 to 22 take away: Redis, Postgres and the Bot API server of the fleet, which its bots use too, and spare
 * servers that a row adds to the configuration, where what is done to them would be too much for the fleet. And what the
 * engine says of them.
 */
#ifndef BOTSWAIN_TESTS_FAULTS_STORES_H
#define BOTSWAIN_TESTS_FAULTS_STORES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"
#include "tests/support/servers.h"

struct faults;
struct msg_service;
struct msg_source;
struct sight;
struct str;

enum {
	STORE_SEEN_MS = 10000, /* one look and its timeout, as often as an alert wants it */
	STORE_BACK_MS = 15000, /* from the end of the fault until all is as before */
	STORE_SETTLE_MS = 4000,
	STORE_FRESH_MS = 6000, /* Telegram answered for a bot within this */
	STORE_FRESH_BOTS = 8,
};

/* Ends the spare servers and forgets them. */
void stores_release(struct faults *run);

/* ---- of the fleet ---- */

/* By its name in DIR/pids; 0: there is none. */
pid_t store_pid(const struct faults *run, const char *name);
/* SIGKILL, SIGQUIT ...: and waits for its end. */
bool store_end(const struct faults *run, const char *name, int signal);
/* tests/faults/store DIR WORDS...; what it said, which the caller frees. NULL: it failed. */
char *store_do(const struct faults *run, const char *const words[]) MUST_CHECK;
/* One statement as the superuser; the same. */
char *store_sql(const struct faults *run, const char *statement) MUST_CHECK;
/* Its Redis, for redis_server_do(). */
struct redis_server store_redis(const struct faults *run);

/* ---- spare ones, started by whom needs them first ---- */

struct redis_server *spare_redis(struct faults *run);
struct pg_server *spare_postgres(struct faults *run);

/* ---- the configuration ---- */

/* Adds a line to a section ("redis"), has the file read again and waits until that source is well (NULL: until it is taken). */
bool config_add(struct faults *run, const char *section, const char *line, const char *kind,
	const char *name);
/* The file as it was, read again; waits until that source is gone. */
bool config_restore(struct faults *run, const char *kind, const char *name);

/* ---- what the engine says ---- */

const struct msg_source *source_seen(const struct faults *run, const char *kind, const char *name);
const struct msg_service *service_seen(
	const struct faults *run, const char *kind, const char *name);

struct expected {
	const char *kind, *name, *state; /* of the service */
	const char *words; /* in the error of its source, or its own reason; NULL: any */
};

/* of engine_is: */
bool service_is(const struct faults *run, const void *expected);
bool service_is_not_well(const struct faults *run, const void *expected); /* kind and name alone */
bool source_is(const struct faults *run, const void *expected); /* state is a source's word */
/* All services, sources and bots are as before the fault: none is worse than ok, but for what is stopped on purpose. */
bool all_is_well(const struct faults *run, const void *unused);

/* Waits for it since `begun_ms` and adds it to what was seen, with the error in its words. */
bool see_service(struct faults *run, struct sight *sight, const char *fault,
	struct expected expected, int64_t begun_ms);
/* It is well again in time; what that took does not count for the row's limit. */
void see_recovery(struct faults *run, struct sight *sight, const char *fault,
	struct expected expected, int64_t lifted_ms);

/* Everything is well again, since `lifted_ms`. */
void see_calm(struct faults *run, struct sight *sight, int64_t lifted_ms);
/* The line of Services with this text on a real screen: figures of what does not answer are no figures but `--`. */
void see_service_row(struct faults *run, struct sight *sight, const char *text);

/* "", pending, firing or resolved. */
const char *alert_seen(const struct faults *run, const char *rule, const char *target);
/* How many of that state; NULL: of that rule whatever its state. */
unsigned alerts_count(const struct faults *run, const char *rule, const char *state);
/* What stands in the line of a real screen (160x45, after these keys) that has this text; empty: none has. */
void screen_row(const struct faults *run, const char *keys, const char *text, struct str *ret);
/* Bots that have one of these reasons. */
unsigned bots_with(const struct faults *run, const char *const reasons[]);

#endif
