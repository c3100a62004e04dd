/* SPDX-License-Identifier: MIT */
/*
 * A connection to a Postgres: libpq used non-blocking throughout, with our own deadlines, since its
 * own are ignored by the non-blocking calls. Rows come one by one and are counted, so that no
 * result can fill the memory. A statement that failed in the server leaves the connection whole; a
 * missed deadline or a broken line does not, and it can only be closed. Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_PG_CONN_H
#define BOTSWAIN_COLLECT_PG_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <libpq-fe.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/collect/net.h"

struct conf_postgres;
struct pg_conn;
struct secret;

enum { PG_STATEMENT_MS = 3000, PG_LOCK_MS = 500, PG_IDLE_MS = 10000 };

/* Connects as application botswain/<host>, with statement, lock and idle timeouts set. Towards
 * other hosts the certificate is checked (verify-full) unless the dsn says otherwise. */
MUST_CHECK bool pg_open(const struct conf_postgres *conf, const struct secret *password,
	const struct net_limit *limit, struct pg_conn **ret, struct err *err);
void pg_close(struct pg_conn *conn); /* NULL is legal; never waits */
bool pg_is_broken(const struct pg_conn *conn);
/* Its socket, for waiting; it may change with each call on the connection. */
int pg_socket(const struct pg_conn *conn);

/* Of the server: 150018 for 15.18. */
int pg_version(const struct pg_conn *conn);
/* Which server that is: host:port. */
void pg_server_text(const struct pg_conn *conn, char *ret, size_t size);

/* Row `row` of `result`; false ends the query with what it put into `err`. */
typedef bool pg_row(void *context, const PGresult *result, int row, struct err *err);

struct pg_query {
	const char *sql;
	size_t rows_max; /* more of them is an error */
	pg_row *row;     /* NULL: rows are not wanted */
	void *context;
};

MUST_CHECK bool pg_run(struct pg_conn *conn, const struct pg_query *query,
	const struct net_limit *limit, struct err *err);
/* `LISTEN channel`, quoted. */
MUST_CHECK bool pg_listen(
	struct pg_conn *conn, const char *channel, const struct net_limit *limit, struct err *err);
/* Reads what has arrived and takes the next notification (freed by PQfreemem()); NULL: none. */
MUST_CHECK bool pg_take_notify(struct pg_conn *conn, PGnotify **ret, struct err *err);

/* What a failure means: of the server by its SQLSTATE ("42501"), of connecting by its words. Pure. */
enum err_code pg_state_class(const char *sqlstate);
enum err_code pg_connect_class(const char *message);

#endif
