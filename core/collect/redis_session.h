/* SPDX-License-Identifier: MIT */
/* A Redis as its two workers (figures and heartbeats; streams) use it: one connection that is made
 * when it is needed, with the configured timeout on every wait. Its worker's thread. */
#ifndef BOTSWAIN_COLLECT_REDIS_SESSION_H
#define BOTSWAIN_COLLECT_REDIS_SESSION_H

#include "core/collect/password.h"
#include "core/collect/redis_conn.h"

struct metric_batch;
struct worker;

struct redis_session {
	struct worker *worker;
	const struct conf_redis *conf;
	struct redis_conn *conn; /* NULL: not connected */
	struct password password;
	struct metric_batch *metrics; /* where a look adds them to; NULL: they are not due */
	bool can_scan, can_slowlog, can_info; /* until the server said no; true on connecting */
};

/* Connects if needed, with the password as password_read() gives it: ERR_SECRET without one. */
MUST_CHECK bool session_open(struct redis_session *session, struct err *err);
void session_close(struct redis_session *session);
void session_release(struct redis_session *session); /* closes, and wipes the password */
/* The configured timeout from now, plus `extra_ms` that the server itself may take. */
struct net_limit session_limit(const struct redis_session *session, int64_t extra_ms);
/* As redis_ask(), under session_limit(). */
MUST_CHECK bool session_ask(struct redis_session *session, const char *const *words,
	struct redisReply **ret, struct err *err);
/* Two questions in one round trip; each has its reply (the caller's), or NULL and its error. */
void session_ask_both(struct redis_session *session, const char *const *const words[2],
	struct redisReply *ret[2], struct err err[2]);
static inline bool session_is_broken(const struct redis_session *session)
{
	return !session->conn || redis_is_broken(session->conn);
}
/* Puts `redis 'main': ` before what went wrong. */
void session_name_error(const struct redis_session *session, struct err *err);

#endif
