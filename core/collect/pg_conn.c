/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_conn.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/pg_dsn.h"

struct pg_conn {
	PGconn *pq;
	bool is_broken;
	char last_words[200]; /* that it said unasked before it hung up; "" none */
};

/* ---- what went wrong ---- */

enum err_code pg_state_class(const char *sqlstate)
{
	static const struct {
		const char *start;
		enum err_code code;
	} classes[] = {
		{"28", ERR_AUTH},          /* invalid_password, invalid_authorization */
		{"42501", ERR_DENIED},     /* insufficient_privilege */
		{"25006", ERR_DENIED},     /* read_only_sql_transaction */
		{"57P03", ERR_REFUSED},    /* cannot_connect_now: starting up */
		{"53", ERR_REFUSED},       /* too_many_connections, disk_full, out_of_memory */
		{"57P0", ERR_UNREACHABLE}, /* admin_shutdown, crash_shutdown */
		{"08", ERR_UNREACHABLE},   /* connection exceptions */
		{"57014", ERR_CANCELLED},  /* query_canceled: also by statement_timeout */
		{"55P03", ERR_CANCELLED},  /* lock_not_available: lock_timeout */
		{"42", ERR_INVALID},       /* syntax error, undefined table */
		{"3D", ERR_NOT_FOUND},     /* no such database */
	};
	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (starts_with(sqlstate, classes[i].start))
			return classes[i].code;
	return ERR_PROTOCOL;
}

enum err_code pg_connect_class(const char *message)
{
	/* libpq 15 gives no SQLSTATE of a refused connection. */
	static const struct {
		const char *words;
		enum err_code code;
	} classes[] = {
		{"starting up", ERR_REFUSED},
		{"shutting down", ERR_REFUSED},
		{"recovery mode", ERR_REFUSED},
		{"not yet accepting connections", ERR_REFUSED},
		{"too many", ERR_REFUSED},
		{"remaining connection slots", ERR_REFUSED},
		{"authentication failed", ERR_AUTH},
		{"no password supplied", ERR_AUTH},
		{"pg_hba.conf", ERR_AUTH},
		{"is not permitted to log in", ERR_AUTH},
		{"role \"", ERR_AUTH},
		{"permission denied for database", ERR_DENIED},
		{"certificate", ERR_TLS},
		{"SSL", ERR_TLS},
		{"database \"", ERR_NOT_FOUND},
		{"Permission denied", ERR_DENIED},
	};
	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (strstr(message, classes[i].words))
			return classes[i].code;
	return ERR_UNREACHABLE;
}

/* The last line of libpq's message without what only repeats the address. */
static void plain_words(const char *message, char *ret, size_t size)
{
	const char *at = strstr(message, "failed: ");
	at = at ? at + strlen("failed: ") : message;
	if (starts_with(at, "FATAL:"))
		at += strlen("FATAL:");
	at += strspn(at, " ");
	copy_text(ret, size, at);
	ret[strcspn(ret, "\n")] = '\0';
}

static bool connect_failed(const struct pg_conn *conn, struct err *err)
{
	char words[200];
	const char *message = PQerrorMessage(conn->pq);
	plain_words(message, words, sizeof(words));
	return err_set(err, pg_connect_class(message), "%s", words[0] ? words : "no connection");
}

/* The line broke: what the server said last, or that it said nothing. */
static bool line_failed(struct pg_conn *conn, struct err *err)
{
	char words[200];
	plain_words(PQerrorMessage(conn->pq), words, sizeof(words));
	conn->is_broken = true;
	if (conn->last_words[0])
		copy_text(words, sizeof(words), conn->last_words);
	return err_set(err, ERR_UNREACHABLE, "%s", words[0] ? words : "the connection was closed");
}

static bool statement_failed(struct pg_conn *conn, const PGresult *result, struct err *err)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (!state)
		return line_failed(conn, err);
	return err_set(err, pg_state_class(state), "%.200s (%s)", words ? words : "failed", state);
}

/* ---- connecting ---- */

static bool finish_connect(struct pg_conn *conn, const struct net_limit *limit, struct err *err)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	while (status != PGRES_POLLING_OK) {
		short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		if (status == PGRES_POLLING_FAILED)
			return connect_failed(conn, err);
		if (!net_wait(PQsocket(conn->pq), events, limit, "no connection", err))
			return false;
		status = PQconnectPoll(conn->pq);
	}
	return true;
}

/* While nothing is asked, even the error with which it ends the session comes as a notice. */
static void take_notice(void *context, const char *message)
{
	struct pg_conn *conn = context;
	if (starts_with(message, "FATAL:"))
		plain_words(message, conn->last_words, sizeof(conn->last_words));
}

bool pg_open(const struct conf_postgres *conf, const struct secret *password,
	const struct net_limit *limit, struct pg_conn **ret, struct err *err)
{
	struct pg_dsn dsn = {0};
	struct pg_conn *conn = xcalloc(1, sizeof(*conn));
	bool is_open = pg_dsn_prepare(&dsn, conf, password, limit, err);
	if (is_open) {
		conn->pq = PQconnectStartParams(dsn.names, dsn.values, 0);
		is_open = conn->pq && PQstatus(conn->pq) != CONNECTION_BAD
				  ? finish_connect(conn, limit, err)
				  : connect_failed(conn, err);
	}
	pg_dsn_release(&dsn);
	if (!is_open) {
		conn->is_broken = true;
		pg_close(conn);
		return false;
	}
	PQsetNoticeProcessor(conn->pq, take_notice, conn);
	PQsetnonblocking(conn->pq, 1);
	*ret = conn;
	return true;
}

void pg_close(struct pg_conn *conn)
{
	if (!conn)
		return;
	/* PQfinish() says goodbye; to a peer that may not read, the line is cut first. */
	if (conn->pq && conn->is_broken && PQsocket(conn->pq) >= 0)
		shutdown(PQsocket(conn->pq), SHUT_RDWR);
	if (conn->pq)
		PQfinish(conn->pq);
	free(conn);
}

bool pg_is_broken(const struct pg_conn *conn)
{
	return conn->is_broken;
}

int pg_socket(const struct pg_conn *conn)
{
	return PQsocket(conn->pq);
}

int pg_version(const struct pg_conn *conn)
{
	return PQserverVersion(conn->pq);
}

void pg_server_text(const struct pg_conn *conn, char *ret, size_t size)
{
	const char *host = PQhost(conn->pq), *port = PQport(conn->pq);
	snprintf(ret, size, "%s:%s", host ? host : "", port ? port : "");
}

/* ---- asking ---- */

static bool wait_for(
	struct pg_conn *conn, short events, const struct net_limit *limit, struct err *err)
{
	if (net_wait(PQsocket(conn->pq), events, limit, "no answer", err))
		return true;
	conn->is_broken = true;
	return false;
}

static bool send_query(
	struct pg_conn *conn, const char *sql, const struct net_limit *limit, struct err *err)
{
	if (!PQsendQuery(conn->pq, sql) || !PQsetSingleRowMode(conn->pq))
		return line_failed(conn, err);
	for (int left; (left = PQflush(conn->pq));)
		if (left > 0 && !wait_for(conn, POLLIN | POLLOUT, limit, err))
			return false;
		else if (left < 0 || !PQconsumeInput(conn->pq))
			return line_failed(conn, err);
	return true;
}

/* The next result; NULL: the query is over. */
static bool next_result(
	struct pg_conn *conn, const struct net_limit *limit, PGresult **ret, struct err *err)
{
	while (PQisBusy(conn->pq)) {
		if (!wait_for(conn, POLLIN, limit, err))
			return false;
		if (!PQconsumeInput(conn->pq))
			return line_failed(conn, err);
	}
	*ret = PQgetResult(conn->pq);
	return true;
}

struct rows {
	const struct pg_query *query;
	size_t count;
	struct err err; /* the first thing that went wrong in the server or in a row */
};

static void take_rows(struct pg_conn *conn, struct rows *rows, const PGresult *result)
{
	const struct pg_query *query = rows->query;
	ExecStatusType status = PQresultStatus(result);
	if (rows->err.code != ERR_NONE)
		return;
	if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
		statement_failed(conn, result, &rows->err);
		return;
	}
	if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
		conn->is_broken = true;
		err_set(&rows->err, ERR_INVALID, "COPY is not a query");
		return;
	}
	for (int row = 0; query->row && row < PQntuples(result); row++)
		if (rows->count++ >= query->rows_max) {
			/* The rest is read and thrown away; the server's timeout ends it. */
			err_set(&rows->err, ERR_LIMIT, "more than %zu rows", query->rows_max);
			return;
		} else if (!query->row(query->context, result, row, &rows->err)) {
			return;
		}
}

bool pg_run(struct pg_conn *conn, const struct pg_query *query, const struct net_limit *limit,
	struct err *err)
{
	struct rows rows = {.query = query};
	PGresult *result = NULL;
	if (!send_query(conn, query->sql, limit, err))
		return false;
	while (!conn->is_broken && next_result(conn, limit, &result, err) && result) {
		take_rows(conn, &rows, result);
		PQclear(result);
	}
	if (rows.err.code != ERR_NONE && err)
		*err = rows.err;
	return rows.err.code == ERR_NONE && !conn->is_broken;
}

bool pg_listen(
	struct pg_conn *conn, const char *channel, const struct net_limit *limit, struct err *err)
{
	char *quoted = PQescapeIdentifier(conn->pq, channel, strlen(channel));
	if (!quoted)
		return line_failed(conn, err);
	autofree char *sql = xasprintf("LISTEN %s", quoted);
	PQfreemem(quoted);
	return pg_run(conn, &(struct pg_query){.sql = sql}, limit, err);
}

bool pg_take_notify(struct pg_conn *conn, PGnotify **ret, struct err *err)
{
	if (!PQconsumeInput(conn->pq))
		return line_failed(conn, err);
	*ret = PQnotifies(conn->pq);
	return true;
}
