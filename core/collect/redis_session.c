/* SPDX-License-Identifier: MIT */
#include "core/collect/redis_session.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/worker.h"

bool session_open(struct redis_session *session, struct err *err)
{
	struct err why = {0};
	autofree char *owner = xasprintf("%s/%s", session->worker->name, session->conf->name);
	if (session->conn && !redis_is_broken(session->conn))
		return true;
	session_close(session);
	if (!password_read(
		    &session->password, session->worker, &session->conf->password, owner, err))
		return false;
	struct net_limit limit = session_limit(session, 0);
	session->can_scan = session->can_slowlog = session->can_info = true;
	if (redis_open(session->conf, &session->password.secret, &limit, &session->conn, &why))
		return true;
	password_judge(&session->password, &why);
	if (err)
		*err = why;
	return false;
}

void session_close(struct redis_session *session)
{
	redis_close(session->conn);
	session->conn = NULL;
}

void session_release(struct redis_session *session)
{
	session_close(session);
	password_release(&session->password);
}

struct net_limit session_limit(const struct redis_session *session, int64_t extra_ms)
{
	return (struct net_limit){.clock = session->worker->hub->clock,
		.deadline_ms =
			worker_now_ms(session->worker) + session->conf->timeout_ms + extra_ms,
		.stop_fd = session->worker->stop_fd};
}

bool session_ask(struct redis_session *session, const char *const *words, struct redisReply **ret,
	struct err *err)
{
	struct net_limit limit = session_limit(session, 0);
	return redis_ask(session->conn, words, &limit, ret, err);
}

void session_name_error(const struct redis_session *session, struct err *err)
{
	const struct conf_redis *conf = session->conf;
	struct err bare = *err;
	if (bare.code != ERR_UNREACHABLE && bare.code != ERR_TIMEOUT && bare.code != ERR_TLS)
		err_set(err, bare.code, "redis '%s': %s", conf->name, bare.text);
	else if (conf->socket[0])
		err_set(err, bare.code, "cannot reach redis '%s' at %s: %s", conf->name,
			conf->socket, bare.text);
	else
		err_set(err, bare.code, "cannot reach redis '%s' at %s:%d: %s", conf->name,
			conf->host, conf->port, bare.text);
}
