/* SPDX-License-Identifier: MIT */
#include "core/collect/pg_session.h"

#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/worker.h"

static bool open_new(struct pg_session *session, struct pg_conn **ret, struct err *err)
{
	struct err why = {0};
	autofree char *owner = xasprintf("%s/%s", session->worker->name, session->conf->name);
	if (!password_read(
		    &session->password, session->worker, &session->conf->password, owner, err))
		return false;
	struct net_limit limit = pg_session_limit(session);
	if (!pg_open(session->conf, &session->password.secret, &limit, ret, &why)) {
		password_judge(&session->password, &why);
		if (err)
			*err = why;
		return false;
	}
	session->opened_ms = worker_now_ms(session->worker);
	return true;
}

bool pg_session_open(struct pg_session *session, struct err *err)
{
	if (!pg_session_is_broken(session))
		return true;
	pg_session_close(session);
	return open_new(session, &session->conn, err);
}

bool pg_session_renew(struct pg_session *session, struct err *err)
{
	struct pg_conn *fresh;
	if (!open_new(session, &fresh, err))
		return false;
	pg_session_close(session);
	session->conn = fresh;
	return true;
}

void pg_session_close(struct pg_session *session)
{
	pg_close(session->conn);
	session->conn = NULL;
}

void pg_session_release(struct pg_session *session)
{
	pg_session_close(session);
	password_release(&session->password);
}

struct net_limit pg_session_limit(const struct pg_session *session)
{
	return (struct net_limit){.clock = session->worker->hub->clock,
		.deadline_ms = worker_now_ms(session->worker) + session->conf->timeout_ms,
		.stop_fd = session->worker->stop_fd};
}

bool pg_session_run(struct pg_session *session, const struct pg_query *query, struct err *err)
{
	struct net_limit limit = pg_session_limit(session);
	return pg_run(session->conn, query, &limit, err);
}

void pg_session_name_error(const struct pg_session *session, struct err *err)
{
	struct err bare = *err;
	bool is_far =
		bare.code == ERR_UNREACHABLE || bare.code == ERR_TIMEOUT || bare.code == ERR_TLS;
	err_set(err, bare.code, "%spostgres '%s': %s", is_far ? "cannot reach " : "",
		session->conf->name, bare.text);
}
