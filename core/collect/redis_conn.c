/* SPDX-License-Identifier: MIT */
#include "core/collect/redis_conn.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

struct redis_conn {
	struct net *net;
	redisReader *reader;
	redisReplyObjectFunctions functions;
	struct resp items; /* the other reader: while it has bytes, this one has none */
	struct str out;
	size_t fed; /* bytes since the last whole reply */
	bool is_broken;
};

/* hiredis would allocate as many elements as the peer announces. */
static void *make_array(const redisReadTask *task, int elements)
{
	redisReply *reply, *parent;
	if (elements < 0 || elements > REDIS_REPLY_ELEMENTS_MAX)
		return NULL;
	/* As hiredis does it; freeReplyObject() frees it. */
	reply = calloc(1, sizeof(*reply));
	if (!reply)
		return NULL;
	reply->type = REDIS_REPLY_ARRAY;
	reply->element = elements ? calloc((size_t)elements, sizeof(redisReply *)) : NULL;
	if (elements && !reply->element) {
		free(reply);
		return NULL;
	}
	reply->elements = (size_t)elements;
	if (task->parent) {
		parent = task->parent->obj;
		parent->element[task->idx] = reply;
	}
	return reply;
}

static bool make_reader(struct redis_conn *conn)
{
	conn->reader = redisReaderCreate();
	if (!conn->reader)
		return false;
	conn->functions = *conn->reader->fn;
	conn->functions.createArray = make_array;
	conn->reader->fn = &conn->functions;
	return true;
}

void redis_close(struct redis_conn *conn)
{
	if (!conn)
		return;
	net_close(conn->net);
	if (conn->reader)
		redisReaderFree(conn->reader);
	resp_release(&conn->items);
	wipe(conn->out.text, conn->out.capacity);
	str_release(&conn->out);
	free(conn);
}

bool redis_is_broken(const struct redis_conn *conn)
{
	return conn->is_broken;
}

void redis_reply_free(struct redisReply **reply)
{
	if (*reply)
		freeReplyObject(*reply);
	*reply = NULL;
}

/* A number of the protocol: `mark`, digits, CR LF. Thousands a second go out. */
static void queue_number(struct str *out, char mark, size_t number)
{
	char text[24];
	size_t at = sizeof(text);
	text[--at] = '\n';
	text[--at] = '\r';
	do
		text[--at] = (char)('0' + number % 10);
	while (number /= 10);
	text[--at] = mark;
	str_add(out, text + at, sizeof(text) - at);
}

void redis_queue_counted(
	struct redis_conn *conn, int count, const char *const *words, const size_t *lengths)
{
	queue_number(&conn->out, '*', (size_t)count);
	for (int i = 0; i < count; i++) {
		queue_number(&conn->out, '$', lengths[i]);
		str_add(&conn->out, words[i], lengths[i]);
		str_add(&conn->out, "\r\n", 2);
	}
}

void redis_queue(struct redis_conn *conn, const char *const *words)
{
	size_t count = 0;
	while (words[count])
		count++;
	size_t *lengths = xcalloc(count, sizeof(*lengths));
	for (size_t i = 0; i < count; i++)
		lengths[i] = strlen(words[i]);
	redis_queue_counted(conn, (int)count, words, lengths);
	free(lengths);
}

static bool feed(struct redis_conn *conn, const struct net_limit *limit, struct err *err)
{
	char bytes[16384];
	size_t length;
	if (!net_receive(conn->net, bytes, sizeof(bytes), limit, &length, err))
		return false;
	conn->fed += length;
	if (conn->fed > REDIS_REPLY_BYTES_MAX)
		return err_set(
			err, ERR_LIMIT, "a reply of more than %d MiB", REDIS_REPLY_BYTES_MAX >> 20);
	if (redisReaderFeed(conn->reader, bytes, length) != REDIS_OK)
		return err_set(err, ERR_PROTOCOL, "%s", conn->reader->errstr);
	return true;
}

static bool receive(struct redis_conn *conn, const struct net_limit *limit, struct redisReply **ret,
	struct err *err)
{
	for (;;) {
		void *reply = NULL;
		if (redisReaderGetReply(conn->reader, &reply) != REDIS_OK)
			return err_set(err, ERR_PROTOCOL, "%s", conn->reader->errstr);
		if (reply) {
			conn->fed = 0;
			*ret = reply;
			return true;
		}
		if (!feed(conn, limit, err))
			return false;
	}
}

bool redis_receive(struct redis_conn *conn, const struct net_limit *limit, struct redisReply **ret,
	struct err *err)
{
	conn->is_broken |= !receive(conn, limit, ret, err);
	return !conn->is_broken;
}

/* What the server said before it was asked lies in the other reader. */
static void hand_to_items(struct redis_conn *conn)
{
	redisReader *reader = conn->reader;
	if (reader->pos < reader->len)
		resp_feed(&conn->items, reader->buf + reader->pos, reader->len - reader->pos);
	reader->pos = reader->len;
}

static bool hand_back(struct redis_conn *conn, struct err *err)
{
	size_t length;
	const char *rest = resp_take_rest(&conn->items, &length);
	return !length || redisReaderFeed(conn->reader, rest, length) == REDIS_OK ||
	       err_set(err, ERR_PROTOCOL, "%s", conn->reader->errstr);
}

static bool feed_items(struct redis_conn *conn, const struct net_limit *limit, struct err *err)
{
	size_t size, length;
	char *bytes = resp_room(&conn->items, &size);
	if (!net_receive(conn->net, bytes, size, limit, &length, err))
		return false;
	resp_received(&conn->items, length);
	return true;
}

static bool receive_items(struct redis_conn *conn, redis_taker *take, void *context,
	const struct net_limit *limit, struct err *err)
{
	enum resp_got got;
	hand_to_items(conn);
	while ((got = take(context, &conn->items, err)) == RESP_MORE)
		if (!feed_items(conn, limit, err))
			return false;
	return got == RESP_END && hand_back(conn, err);
}

bool redis_receive_items(struct redis_conn *conn, redis_taker *take, void *context,
	const struct net_limit *limit, struct err *err)
{
	conn->is_broken = conn->is_broken || !receive_items(conn, take, context, limit, err);
	conn->fed = 0;
	return !conn->is_broken;
}

enum err_code redis_error_class(const char *text)
{
	static const struct {
		const char *start;
		enum err_code code;
	} classes[] = {
		{"NOPERM", ERR_DENIED},
		{"NOAUTH", ERR_AUTH},
		{"WRONGPASS", ERR_AUTH},
		{"ERR invalid password", ERR_AUTH},
		{"ERR Client sent AUTH", ERR_AUTH},
		{"ERR AUTH", ERR_AUTH},
		{"ERR unknown command", ERR_UNSUPPORTED},
		{"MOVED", ERR_UNSUPPORTED},
		{"ASK", ERR_UNSUPPORTED},
		{"WRONGTYPE", ERR_INVALID},
		{"LOADING", ERR_REFUSED},
		{"MISCONF", ERR_REFUSED},
		{"READONLY", ERR_REFUSED},
		{"MASTERDOWN", ERR_REFUSED},
		{"BUSY", ERR_REFUSED},
		{"OOM", ERR_REFUSED},
		{"ERR max number of clients", ERR_REFUSED},
	};
	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (starts_with(text, classes[i].start))
			return classes[i].code;
	return ERR_PROTOCOL;
}

bool redis_reply_failed(const struct redisReply *reply, struct err *err)
{
	if (!reply || reply->type != REDIS_REPLY_ERROR)
		return false;
	enum err_code code = redis_error_class(reply->str);
	const char *hint = code == ERR_UNSUPPORTED && starts_with(reply->str, "MOVED")
				   ? "Redis Cluster is not supported: "
				   : "";
	err_set(err, code, "%s%.200s", hint,
		*reply->str ? reply->str : "it refused without a word");
	return true;
}

/* A server that turned us away said why before it closed. */
static void read_last_words(struct redis_conn *conn, const struct net_limit *limit, struct err *err)
{
	autoreply struct redisReply *reply = NULL;
	if (receive(conn, limit, &reply, NULL))
		redis_reply_failed(reply, err);
}

bool redis_send(struct redis_conn *conn, const struct net_limit *limit, struct err *err)
{
	struct err why = {0};
	if (!net_send(conn->net, conn->out.text, conn->out.length, limit, &why)) {
		conn->is_broken = true;
		if (why.code == ERR_UNREACHABLE)
			read_last_words(conn, limit, &why);
		if (err)
			*err = why;
	}
	/* The password may have been in it. */
	wipe(conn->out.text, conn->out.length);
	str_clear(&conn->out);
	return !conn->is_broken;
}

bool redis_ask(struct redis_conn *conn, const char *const *words, const struct net_limit *limit,
	struct redisReply **ret, struct err *err)
{
	redis_queue(conn, words);
	if (!redis_send(conn, limit, err) || !redis_receive(conn, limit, ret, err))
		return false;
	if (!redis_reply_failed(*ret, err))
		return true;
	redis_reply_free(ret);
	return false;
}

static bool tell(struct redis_conn *conn, const char *const *words, const struct net_limit *limit,
	struct err *err)
{
	autoreply struct redisReply *reply = NULL;
	return redis_ask(conn, words, limit, &reply, err);
}

static bool introduce(struct redis_conn *conn, const struct conf_redis *conf,
	const struct secret *password, const struct net_limit *limit, struct err *err)
{
	char database[16];
	const char *with_user[] = {"AUTH", conf->user, secret_reveal(password), NULL};
	const char *without_user[] = {"AUTH", secret_reveal(password), NULL};
	const char *select[] = {"SELECT", database, NULL};
	const char *name[] = {"CLIENT", "SETNAME", "botswain", NULL};
	snprintf(database, sizeof(database), "%d", conf->database);
	if (secret_is_set(password) &&
		!tell(conn, conf->user[0] ? with_user : without_user, limit, err))
		return false;
	if (conf->database && !tell(conn, select, limit, err))
		return false;
	/* The name is a courtesy: an account that may not set it works as well. While the server
	 * loads its data it refuses this like everything else, and says so again to PING. Who has to
	 * log in first is refused everything else, too, and cut off for a longer command. */
	struct err refused = {0};
	if (tell(conn, name, limit, &refused))
		return true;
	bool is_loading = starts_with(refused.text, "LOADING");
	bool is_turned_away =
		refused.code == ERR_AUTH || (refused.code == ERR_REFUSED && !is_loading);
	if (!conn->is_broken && !is_turned_away)
		return true;
	if (err)
		*err = refused;
	return false;
}

bool redis_open(const struct conf_redis *conf, const struct secret *password,
	const struct net_limit *limit, struct redis_conn **ret, struct err *err)
{
	const struct net_address address = {.host = conf->host,
		.socket = conf->socket,
		.port = conf->port,
		.tls = conf->tls,
		.ca_file = conf->ca_file};
	struct redis_conn *conn = xcalloc(1, sizeof(*conn));
	str_init(&conn->out);
	resp_init(&conn->items, REDIS_REPLY_BYTES_MAX);
	if (!make_reader(conn))
		out_of_memory();
	if (!net_open(&address, limit, &conn->net, err) ||
		!introduce(conn, conf, password, limit, err)) {
		redis_close(conn);
		return false;
	}
	*ret = conn;
	return true;
}
