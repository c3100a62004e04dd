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

#include <hiredis/hiredis.h>

#include "core/base/attr.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
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
	shutdown(server->fd, SHUT_WR);
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

/* What a reader says of a reply, and what the connection holds behind it. */
struct outcome {
	bool is_whole;
	size_t entries;
	struct err err, refused;
	char id[STREAM_ID_BYTES], skipped[STREAM_ID_BYTES]; /* where the stream goes on */
	char next[32];                                      /* what is said after it */
};

static void note_next(
	struct redis_conn *conn, const struct net_limit *limit, struct outcome *outcome)
{
	struct redisReply *reply;
	struct err err;
	outcome->next[0] = '\0';
	if (redis_is_broken(conn) || !redis_receive(conn, limit, &reply, &err))
		return;
	copy_text(outcome->next, sizeof(outcome->next), reply->str);
	redis_reply_free(&reply);
}

static void note_outcome(
	struct stream_reader *reader, struct watched_stream *stream, struct outcome *outcome)
{
	outcome->entries = reader->entries;
	outcome->refused = reader->refused;
	copy_text(outcome->id, sizeof(outcome->id), stream->last_id);
	if (!outcome->is_whole && stream_reader_skip(reader, &outcome->err))
		copy_text(outcome->skipped, sizeof(outcome->skipped), stream->last_id);
}

/* Says the reply, and the end of the connection behind it. */
static struct outcome outcome_of(char *name, const char *reply, size_t length)
{
	static char word[] = "msg", none[] = "";
	const struct conf_fields fields = {none, none, word, none, none, none};
	autofree char *path = folder_path("redis.sock");
	const struct net_limit limit = {.clock = clock_real(),
		.deadline_ms = clock_mono_ms(clock_real()) + WAIT_MS,
		.stop_fd = -1};
	struct server server = {.listener = listen_at(path), .reply = reply, .length = length};
	struct outcome outcome = {0};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, serve, &server), 0);
	struct redis_conn *conn = open_at(path, &limit);
	pthread_join(thread, NULL);
	struct watched_stream stream = {.name = name, .origin = none, .bot = none};
	struct stream_list list = {.items = &stream, .count = 1};
	struct event_writer *writer =
		event_writer_new(&(struct event_source){.name = "redis/main"}, NULL, clock_real());
	struct stream_reader reader;
	stream_reader_init(&reader, &list, &fields, writer, 0);
	outcome.is_whole = stream_reader_take(&reader, conn, &limit, &outcome.err);
	note_outcome(&reader, &stream, &outcome);
	note_next(conn, &limit, &outcome);
	stream_reader_release(&reader);
	event_writer_free(writer);
	redis_close(conn);
	close(server.fd);
	close(server.listener);
	unlink(path);
	return outcome;
}

#define OUTCOME_OF(reply) outcome_of(log_name, reply, sizeof(reply) - 1)

static char log_name[] = "log";

/* How many entries of the stream `name` are in it. */
static size_t entries_of(char *name, const char *reply, size_t length)
{
	struct outcome outcome = outcome_of(name, reply, length);
	assert_true(outcome.is_whole);
	return outcome.entries;
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

/* Whoever reads it says it as it is. */
static void a_refusal_is_a_line_without_its_end(void **state)
{
	struct outcome outcome = OUTCOME_OF("-NOPERM no permission for 'xread'\r\n+PONG\r\n");
	(void)state;
	assert_true(outcome.is_whole);
	assert_int_equal(outcome.refused.code, ERR_DENIED);
	assert_string_equal(outcome.refused.text, "NOPERM no permission for 'xread'");
	assert_string_equal(outcome.next, "PONG");
	outcome = OUTCOME_OF("-LOADING the dataset\r\n");
	assert_true(outcome.is_whole);
	assert_int_equal(outcome.refused.code, ERR_REFUSED);
	outcome = OUTCOME_OF("-\r\n");
	assert_string_equal(outcome.refused.text, "it refused without a word");
}

static void what_is_said_behind_a_reply_is_the_next_one(void **state)
{
	struct outcome outcome = OUTCOME_OF("*1\r\n*2\r\n$3\r\nlog\r\n" ENTRY "+PONG\r\n");
	(void)state;
	assert_int_equal(outcome.entries, 1);
	assert_string_equal(outcome.next, "PONG");
	outcome = OUTCOME_OF("*-1\r\n+PONG\r\n");
	assert_true(outcome.is_whole);
	assert_int_equal(outcome.entries, 0);
	assert_string_equal(outcome.next, "PONG");
}

#define TWO                                                                                        \
	"*1\r\n*2\r\n$3\r\nlog\r\n*2\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$3\r\nmsg\r\n$2\r\nhi\r\n*2\r\n$" \
	"3\r\n1-2\r\n"

static void a_reply_that_breaks_off_gives_the_entries_before_that(void **state)
{
	static const char *const ends[] = {
		"", "*2\r", "*2\r\n$3\r\nmsg\r\n", "*2\r\n$3\r\nmsg\r\n$4\r\nhi"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		autofree char *reply = xasprintf("%s%s", TWO, ends[i]);
		struct outcome outcome = outcome_of(log_name, reply, strlen(reply));
		assert_false(outcome.is_whole);
		assert_int_equal(outcome.err.code, ERR_UNREACHABLE);
		assert_int_equal(outcome.entries, 1);
		assert_string_equal(outcome.id, "1-1");
		assert_string_equal(outcome.skipped, "");
	}
}

static void nonsense_breaks_the_connection_behind_the_entries_before_it(void **state)
{
	struct outcome outcome = OUTCOME_OF(TWO "*2\r\n$3\r\nmsg\r\n$2\r\nhix\r\n+PONG\r\n");
	(void)state;
	assert_false(outcome.is_whole);
	assert_int_equal(outcome.err.code, ERR_PROTOCOL);
	assert_int_equal(outcome.entries, 1);
	assert_string_equal(outcome.skipped, "");
	assert_string_equal(outcome.next, "");
}

static void an_entry_that_is_too_large_for_us_can_be_passed(void **state)
{
	struct outcome outcome = OUTCOME_OF(TWO "*2\r\n$3\r\nmsg\r\n$536870912\r\nhi");
	(void)state;
	assert_false(outcome.is_whole);
	assert_int_equal(outcome.err.code, ERR_LIMIT);
	assert_string_equal(outcome.id, "1-1");
	assert_string_equal(outcome.skipped, "1-2");
}

/* As of a server of another make: they count as empty, and the entry ends where it does. */
static void what_is_no_string_stands_in_the_place_of_one(void **state)
{
	static const char *const values[] = {":5\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n",
		"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "+fine\r\n", "-ERR odd\r\n"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		autofree char *reply = xasprintf("%s*4\r\n%s%s$3\r\nmsg\r\n%s+PONG\r\n", TWO,
			values[i], values[i], values[i]);
		struct outcome outcome = outcome_of(log_name, reply, strlen(reply));
		assert_true(outcome.is_whole);
		assert_int_equal(outcome.entries, 2);
		assert_string_equal(outcome.id, "1-2");
		assert_string_equal(outcome.next, "PONG");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_that_of_the_stream_that_is_named),
		cmocka_unit_test(a_name_with_a_nul_is_no_other_name),
		cmocka_unit_test(a_refusal_is_a_line_without_its_end),
		cmocka_unit_test(what_is_said_behind_a_reply_is_the_next_one),
		cmocka_unit_test(a_reply_that_breaks_off_gives_the_entries_before_that),
		cmocka_unit_test(nonsense_breaks_the_connection_behind_the_entries_before_it),
		cmocka_unit_test(an_entry_that_is_too_large_for_us_can_be_passed),
		cmocka_unit_test(what_is_no_string_stands_in_the_place_of_one),
	};
	return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
