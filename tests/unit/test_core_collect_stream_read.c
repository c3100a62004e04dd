/* SPDX-License-Identifier: MIT */
/* A reply to XREAD of a server that we do not trust. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "core/collect/redis_conn.h"
#include "core/collect/stream_read.h"
#include "tests/support/folder.h"

enum { WAIT_MS = 5000 };

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

struct server {
	int listener, fd;
	const char *reply;
	size_t length;
};

/* Answers the name that a client tells it, and says the reply before it is asked for it. */
static void *serve(void *context)
{
	struct server *server = context;
	server->fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	(void)!send(server->fd, "+OK\r\n", 5, MSG_NOSIGNAL);
	(void)!send(server->fd, server->reply, server->length, MSG_NOSIGNAL);
	return NULL;
}

static struct redis_conn *open_at(char *path, const struct net_limit *limit)
{
	static char empty[] = "", name[] = "main";
	autosecret struct secret none = {.length = 0};
	const struct conf_redis conf = {
		.name = name, .host = empty, .socket = path, .user = empty, .ca_file = empty};
	struct redis_conn *conn = NULL;
	struct err err = {.code = ERR_NONE};
	if (!redis_open(&conf, &none, limit, &conn, &err))
		fail_msg("%s", err.text);
	return conn;
}

/* Says the reply, and gives how many entries of the stream `name` are in it. */
static size_t entries_of(char *name, const char *reply, size_t length)
{
	static char word[] = "msg", none[] = "";
	const struct conf_fields fields = {none, none, word, none, none, none};
	autofree char *path = folder_path("redis.sock");
	const struct net_limit limit = {.clock = clock_real(),
		.deadline_ms = clock_mono_ms(clock_real()) + WAIT_MS,
		.stop_fd = -1};
	struct server server = {.listener = listen_at(path), .reply = reply, .length = length};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	struct redis_conn *conn = open_at(path, &limit);
	pthread_join(thread, NULL);
	struct watched_stream stream = {.name = name, .origin = none, .bot = none};
	struct stream_list list = {.items = &stream, .count = 1};
	struct event_writer *writer =
		event_writer_new(&(struct event_source){.name = "redis/main"}, NULL, clock_real());
	struct stream_reader reader;
	struct err err = {.code = ERR_NONE};
	stream_reader_init(&reader, &list, &fields, writer, 0);
	assert_true(stream_reader_take(&reader, conn, &limit, &err));
	size_t entries = reader.entries;
	stream_reader_release(&reader);
	event_writer_free(writer);
	redis_close(conn);
	close(server.fd);
	close(server.listener);
	unlink(path);
	return entries;
}

#define ENTRY                   "*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$3\r\nmsg\r\n$2\r\nhi\r\n"
#define ENTRIES_OF(name, reply) entries_of(name, reply, sizeof(reply) - 1)

static void an_entry_is_that_of_the_stream_that_is_named(void **state)
{
	(void)state;
	char name[] = "log";
	assert_int_equal(ENTRIES_OF(name, "*1\r\n*2\r\n$3\r\nlog\r\n" ENTRY), 1);
	assert_int_equal(ENTRIES_OF(name, "*1\r\n*2\r\n$2\r\nlo\r\n" ENTRY), 0);
	assert_int_equal(ENTRIES_OF(name, "*1\r\n*2\r\n$4\r\nlogs\r\n" ENTRY), 0);
}

/* What lies behind the name that we know is not looked at. */
static void a_name_with_a_nul_is_no_other_name(void **state)
{
	(void)state;
	char name[] = "log\0xx";
	assert_int_equal(ENTRIES_OF(name, "*1\r\n*2\r\n$6\r\nlog\0yy\r\n" ENTRY), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_that_of_the_stream_that_is_named),
		cmocka_unit_test(a_name_with_a_nul_is_no_other_name),
	};
	return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
