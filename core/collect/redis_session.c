/* SPDX-License-Identifier: MIT */
#include "core/collect/redis_session.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/collect/hub.h"
#include "core/collect/vault.h"
#include "core/collect/worker.h"

static bool read_password(
	const struct redis_session *session, struct secret *password, struct err *err)
{
	struct str text = STR_INIT;
	if (!session->conf->password.given)
		return true;
	bool is_read = settings_secret(&session->conf->password, &text, err);
	if (is_read) {
		autofree char *owner = xasprintf("redis/%s", session->conf->name);
		secret_set(password, text.text, text.length);
		vault_put(session->worker->hub->vault, owner, password);
		vault_publish(session->worker->hub->vault);
	}
	str_wipe(&text);
	str_release(&text);
	return is_read;
}

bool session_open(struct redis_session *session, struct err *err)
{
	autosecret struct secret password = {0};
	if (session->conn && !redis_is_broken(session->conn))
		return true;
	session_close(session);
	if (!read_password(session, &password, err))
		return false;
	struct net_limit limit = session_limit(session, 0);
	session->can_scan = session->can_slowlog = session->can_info = true;
	return redis_open(session->conf, &password, &limit, &session->conn, err);
}

void session_close(struct redis_session *session)
{
	redis_close(session->conn);
	session->conn = NULL;
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
