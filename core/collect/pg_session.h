/* SPDX-License-Identifier: MIT */
/* A Postgres as its two workers (figures; notifications) use it: one connection each, made when it
 * is needed, with the configured timeout on every wait. Its worker's thread. */
#ifndef BOTSWAIN_COLLECT_PG_SESSION_H
#define BOTSWAIN_COLLECT_PG_SESSION_H

#include "core/collect/password.h"
#include "core/collect/pg_conn.h"

struct worker;

struct pg_session {
	struct worker *worker;
	const struct conf_postgres *conf;
	struct pg_conn *conn; /* NULL: not connected */
	int64_t opened_ms;    /* mono: when `conn` was */
	struct password password;
};

/* Connects if needed, with the password as password_read() gives it: ERR_SECRET without one. */
MUST_CHECK bool pg_session_open(struct pg_session *session, struct err *err);
/* Replaces a connection that works by a new one; when that fails, the old one stays. */
MUST_CHECK bool pg_session_renew(struct pg_session *session, struct err *err);
void pg_session_close(struct pg_session *session);
void pg_session_release(struct pg_session *session); /* closes, and wipes the password */
struct net_limit pg_session_limit(const struct pg_session *session);
/* pg_run() under pg_session_limit(). */
MUST_CHECK bool pg_session_run(
	struct pg_session *session, const struct pg_query *query, struct err *err);
static inline bool pg_session_is_broken(const struct pg_session *session)
{
	return !session->conn || pg_is_broken(session->conn);
}
/* Puts `postgres 'main': ` before what went wrong. */
void pg_session_name_error(const struct pg_session *session, struct err *err);

#endif
