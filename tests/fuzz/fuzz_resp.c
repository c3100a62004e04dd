/* SPDX-License-Identifier: MIT */
/* A Redis that we do not trust: its bytes are replies within their bounds or break the connection, and what stands in
 * them becomes events and figures that are sane. (Its words are made safe where they are posted.) */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/collect/redis_beats.h"
#include "core/collect/redis_conn.h"
#include "core/collect/stream_read.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "core/parse/redis_info.h"
#include "tests/fuzz/fuzz.h"

enum { WAIT_MS = 2000, REPLIES_MAX = 64 };

static struct {
	char path[64];
	int listener;
	const uint8_t *data;
	size_t size;
} server;

static void remove_socket(void)
{
	unlink(server.path);
}

static void prepare(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (*server.path)
		return;
	snprintf(server.path, sizeof(server.path), "/tmp/botswain-fuzz-%d.sock", getpid());
	memcpy(address.sun_path, server.path, sizeof(server.path));
	unlink(server.path);
	server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_REQUIRE(bind(server.listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	FUZZ_REQUIRE(listen(server.listener, 4) == 0);
	atexit(remove_socket);
}

/* Says all of the input to whoever comes, and reads what it is asked until it is hung up on. */
static void *serve(void *unused)
{
	char asked[4096];
	int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);
	(void)unused;
	FUZZ_REQUIRE(fd >= 0);
	(void)!send(fd, server.data, server.size, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while (read(fd, asked, sizeof(asked)) > 0)
		;
	close(fd);
	return NULL;
}

static void read_text(const redisReply *reply)
{
	struct msg_obs_heartbeat beat = {0};
	beat_read_value(&beat, reply->str, reply->len);
	msg_release(MSG_obs_heartbeat, &beat);
}

static void read_reply(const redisReply *reply)
{
	struct err err = {.code = ERR_NONE};
	if (redis_reply_failed(reply, &err)) {
		FUZZ_REQUIRE(err.code != ERR_NONE && *err.text);
	} else if (reply->type == REDIS_REPLY_STRING) {
		read_text(reply);
	} else if (reply->type == REDIS_REPLY_ARRAY) {
		for (size_t i = 0; i < reply->elements; i++)
			if (reply->element[i])
				read_reply(reply->element[i]);
	}
}

/* As XREAD's reply, without a tree: whatever it is, each entry ends where the next one begins. */
static void read_streams(
	struct redis_conn *conn, const struct conf_redis *conf, const struct net_limit *limit)
{
	struct stream_list list;
	struct stream_reader reader;
	struct err err = {.code = ERR_NONE};
	struct event_writer *writer =
		event_writer_new(&(struct event_source){.name = "redis/main"}, NULL, clock_real());
	stream_list_init(&list, conf);
	list.items[0].position = 0;
	stream_reader_init(&reader, &list, &conf->fields, writer, 0);
	for (int i = 0; i < REPLIES_MAX && stream_reader_take(&reader, conn, limit, &err); i++)
		FUZZ_REQUIRE(strlen(list.items[0].last_id) < STREAM_ID_BYTES);
	FUZZ_REQUIRE(list.items[0].position >= 0);
	stream_reader_release(&reader);
	stream_list_release(&list);
	event_writer_free(writer);
}

static void talk(void)
{
	autosecret struct secret none = {.length = 0};
	static char bot[] = "bot", level[] = "level", msg[] = "msg", ts[] = "ts", type[] = "type",
		    id[] = "correlation_id", empty[] = "", name[] = "main",
		    events[] = "events:orders", *streams[] = {events};
	const struct conf_redis conf = {.name = name,
		.streams = streams,
		.stream_count = 1,
		.host = empty,
		.socket = server.path,
		.user = empty,
		.ca_file = empty,
		.fields = {bot, level, msg, ts, type, id}};
	const struct net_limit limit = {.clock = clock_real(),
		.deadline_ms = clock_mono_ms(clock_real()) + WAIT_MS,
		.stop_fd = -1};
	struct redis_conn *conn;
	struct redisReply *reply;
	struct err err = {.code = ERR_NONE};
	if (!redis_open(&conf, &none, &limit, &conn, &err)) {
		FUZZ_REQUIRE(*err.text);
		return;
	}
	if (server.size % 2)
		read_streams(conn, &conf, &limit);
	for (int i = 0; i < REPLIES_MAX && !redis_is_broken(conn) &&
			redis_receive(conn, &limit, &reply, &err);
		i++) {
		read_reply(reply);
		redis_reply_free(&reply);
	}
	redis_close(conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pthread_t thread;
	prepare();
	server.data = data;
	server.size = size;
	FUZZ_REQUIRE(pthread_create(&thread, NULL, serve, NULL) == 0);
	talk();
	pthread_join(thread, NULL);
	return 0;
}
