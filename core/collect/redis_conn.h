/* SPDX-License-Identifier: MIT */
/*
 * A connection to a Redis: RESP2 by hiredis' reader over our own transport, so that deadlines,
 * stopping and TLS are the same everywhere; long replies item by item (resp.h). Commands are argument vectors only. Replies are bounded
 * in bytes, elements and depth. After an error of the transport or the protocol the connection is
 * broken and can only be closed; an error that the server said leaves it whole. Owned by one
 * thread.
 */
#ifndef BOTSWAIN_COLLECT_REDIS_CONN_H
#define BOTSWAIN_COLLECT_REDIS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/parse/resp.h"
#include "core/collect/net.h"

struct conf_redis;
struct redis_conn;
struct redisReply;
struct secret;

enum {
	REDIS_REPLY_BYTES_MAX = 8 << 20,
	REDIS_REPLY_ELEMENTS_MAX = 1 << 18,
};

/* Connects, then AUTH, SELECT and CLIENT SETNAME as configured (the last may be forbidden). */
MUST_CHECK bool redis_open(const struct conf_redis *conf, const struct secret *password,
	const struct net_limit *limit, struct redis_conn **ret, struct err *err);
void redis_close(struct redis_conn *conn); /* NULL is legal */
bool redis_is_broken(const struct redis_conn *conn);

/* Queues a command; nothing is sent before redis_send(). `words` ends with NULL. */
void redis_queue(struct redis_conn *conn, const char *const *words);
/* Queues one of counted words. */
void redis_queue_counted(
	struct redis_conn *conn, int count, const char *const *words, const size_t *lengths);
MUST_CHECK bool redis_send(struct redis_conn *conn, const struct net_limit *limit, struct err *err);
/* The next reply, error replies included; the caller frees it with freeReplyObject(). */
MUST_CHECK bool redis_receive(struct redis_conn *conn, const struct net_limit *limit,
	struct redisReply **ret, struct err *err);
/* Takes what there is of a reply, until it is RESP_MORE, RESP_END or RESP_BAD. */
typedef enum resp_got redis_taker(void *context, struct resp *resp, struct err *err);
/* The next reply item by item (core/parse/resp.h), as they come. A reply may have any length, one string of it
 * REDIS_REPLY_BYTES_MAX (else ERR_LIMIT). */
MUST_CHECK bool redis_receive_items(struct redis_conn *conn, redis_taker *take, void *context,
	const struct net_limit *limit, struct err *err);
/* One command and its reply. An error reply fails with its words and class. */
MUST_CHECK bool redis_ask(struct redis_conn *conn, const char *const *words,
	const struct net_limit *limit, struct redisReply **ret, struct err *err);

/* What an error reply means: NOPERM is ERR_DENIED, NOAUTH and WRONGPASS ERR_AUTH, LOADING and its
 * like ERR_REFUSED. Pure. */
enum err_code redis_error_class(const char *text);
/* Fills `err` from an error reply: true when it is one. */
bool redis_reply_failed(const struct redisReply *reply, struct err *err);

void redis_reply_free(struct redisReply **reply);
#define autoreply CLEANUP(redis_reply_free)

#endif
