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

static void take_reply(struct redis_session *session, const struct net_limit *limit,
	struct redisReply **ret, struct err *err)
{
	if (redis_receive(session->conn, limit, ret, err) && redis_reply_failed(*ret, err))
		redis_reply_free(ret);
}

void session_ask_both(struct redis_session *session, const char *const *const words[2],
	struct redisReply *ret[2], struct err err[2])
{
	struct net_limit limit = session_limit(session, 0);
	ret[0] = ret[1] = NULL;
	err[0] = err[1] = (struct err){.code = ERR_NONE};
	redis_queue(session->conn, words[0]);
	redis_queue(session->conn, words[1]);
	if (redis_send(session->conn, &limit, &err[0]))
		take_reply(session, &limit, &ret[0], &err[0]);
	if (session_is_broken(session))
		err[1] = err[0];
	else
		take_reply(session, &limit, &ret[1], &err[1]);
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
