/* SPDX-License-Identifier: MIT */
/* The operator's own statements: figures, and the fleet as its database knows it, each at its own
 * interval. Postgres thread. */
#ifndef BOTSWAIN_COLLECT_PG_QUERIES_H
#define BOTSWAIN_COLLECT_PG_QUERIES_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/attr.h"

struct conf_postgres;
struct err;
struct pg_queries;
struct pg_session;
struct roster;
struct str;

struct pg_queries *pg_queries_new(const struct conf_postgres *conf) MUST_CHECK;
void pg_queries_free(struct pg_queries *queries); /* NULL is legal */
/* Which entries of bots_from are this Postgres'. */
void pg_queries_set_roster(struct pg_queries *queries, struct roster *roster);
/* The fleet is read at the next run, whatever its interval. */
void pg_queries_hurry_fleet(struct pg_queries *queries);
/* Runs what is due. False: the connection is broken. A statement that fails is named in
 * `ret_refused` and tried again at its interval. */
MUST_CHECK bool pg_queries_run(struct pg_queries *queries, struct pg_session *session,
	struct err *ret_refused, struct err *err);

/* The name of a series from the name of the query and the row's own: "messages" and "read" are
 * messages_read, equal ones one. Anything else than letters, digits, '_' and ':' becomes '_'.
 * Pure. */
void pg_series_name(const char *query, const char *own, struct str *ret);
/* t true yes on 1, in any case. Pure. */
bool pg_is_true(const char *text);

#endif
