/* SPDX-License-Identifier: MIT */
/*
 * Conformance of Redis Streams: 10,000 numbered entries in streams that appear one after the other, while the server is
 * killed and started again, the streams are trimmed, and the settings change. What came and what was said to be lost add
 * up, and nothing came twice.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/numbers.h"
#include "tests/support/servers.h"

enum { A_STREAM = 1000, BATCH = 50, TRIES_MAX = 3000 };

static struct redis_server server;
static struct numbered numbered;

/* A program that adds the numbers in their order, and finds out by itself after a break how far it came. */
static struct producer {
	pthread_t thread;
	atomic_size_t next;
	atomic_bool is_held, has_failed;
	bool trims;
} producer;

static void *ask(redisContext *redis, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	redisReply *reply = redisvCommand(redis, format, args);
	va_end(args);
	if (reply && reply->type == REDIS_REPLY_ERROR) {
		freeReplyObject(reply);
		return NULL; /* loading */
	}
	return reply;
}

/* How many of the numbers the server has: streams of a thousand, of which the last may not be there yet. */
static bool find_next(redisContext *redis, size_t *ret_next)
{
	for (size_t i = NUMBERED / A_STREAM; i-- > 0;) {
		redisReply *reply = ask(redis, "XREVRANGE log:%d + - COUNT 1", (int)i);
		if (!reply)
			return false;
		bool is_there = reply->elements == 1;
		if (is_there) {
			const redisReply *fields = reply->element[0]->element[1];
			*ret_next = strtoul(strchr(fields->element[1]->str, '-') + 1, NULL, 10) + 1;
		}
		freeReplyObject(reply);
		if (is_there)
			return true;
	}
	*ret_next = 0;
	return true;
}

static bool add_batch(redisContext *redis, size_t from)
{
	size_t to = from + BATCH < NUMBERED ? from + BATCH : NUMBERED;
	for (size_t i = from; i < to; i++) {
		char command[80];
		snprintf(command, sizeof(command), "XADD log:%zu %s* msg number-%05zu",
			i / A_STREAM, producer.trims ? "MAXLEN 60 " : "", i);
		redisAppendCommand(redis, command); /* no format in it */
	}
	for (size_t i = from; i < to; i++) {
		redisReply *reply = NULL;
		if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
			return false;
		bool is_well = reply->type != REDIS_REPLY_ERROR;
		freeReplyObject(reply);
		if (!is_well)
			return false;
		atomic_store(&producer.next, i + 1);
	}
	return true;
}

static bool produce_over(redisContext *redis)
{
	size_t next;
	if (!redis || redis->err || !find_next(redis, &next))
		return false;
	atomic_store(&producer.next, next);
	while (next < NUMBERED && !atomic_load(&producer.is_held)) {
		if (!add_batch(redis, next))
			return false;
		next += BATCH;
	}
	return next >= NUMBERED;
}

static void *produce(void *context)
{
	(void)context;
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		redisContext *redis = redisConnectUnix(server.socket);
		bool is_done = produce_over(redis);
		if (redis)
			redisFree(redis);
		if (is_done)
			return NULL;
		(void)poll(NULL, 0, 10); /* it is not the one that is tested */
	}
	atomic_store(&producer.has_failed, true);
	return NULL;
}

static void start_producer(bool trims)
{
	producer = (struct producer){.trims = trims};
	assert_int_equal(pthread_create(&producer.thread, NULL, produce, NULL), 0);
}

static void end_producer(void)
{
	pthread_join(producer.thread, NULL);
	assert_false(producer.has_failed);
}

static int setup(void **state)
{
	(void)state;
	redis_server_init(&server);
	redis_server_kill(&server);
	free(server.extra);
	server.extra = xstrdup("appendonly yes\nappendfsync always");
	redis_server_start(&server);
	numbered = (struct numbered){.at = 0};
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	redis_server_release(&server);
	return failed;
}

#define SETTINGS                                                                                   \
	"redis: [{name: main, socket: %s, interval: %dms, timeout: 500ms, streams: [%s]}]\n"       \
	"bots: [{name: orders, transport: none}]\n"

static void watch(const char *streams)
{
	collected_start(&collected, SETTINGS, server.socket, 300, streams);
	collect_wait_ok("name=\"main:streams\"");
}

static void wait_until_added(size_t count)
{
	while (atomic_load(&producer.next) < count && !atomic_load(&producer.has_failed))
		numbered_take(&numbered, &collected, 20);
}

static void restart(void)
{
	redis_server_kill(&server);
	collected_wait(
		&collected, "obs_source", "name=\"main:streams\"", "state=\"unreachable\"", NULL);
	redis_server_start(&server);
	redis_server_wait_loaded(&server);
}

static void ten_thousand_entries_come_once_over_restarts_and_in_new_streams(void **state)
{
	(void)state;
	watch("'log:*'");
	start_producer(false);
	for (size_t at = 2500; at < NUMBERED; at += 2500) {
		wait_until_added(at);
		restart();
	}
	end_producer();
	numbered_wait(&numbered, &collected, NUMBERED);
	assert_int_equal(numbered.lost, 0);
}

static void what_is_trimmed_meanwhile_is_counted_and_said(void **state)
{
	(void)state;
	/* some by name: they are read from their first entry on, others when they are found */
	watch("'log:*', 'log:0', 'log:1', 'log:2', 'log:3', 'log:4', 'log:5', 'log:6'");
	start_producer(true);
	for (size_t at = 3300; at < NUMBERED; at += 3300) {
		wait_until_added(at);
		restart();
	}
	end_producer();
	numbered_wait(&numbered, &collected, NUMBERED);
	autofree char *dropped = xasprintf("dropped=%llu", (unsigned long long)numbered.lost);
	assert_true(numbered.seen > 500 && numbered.lost > 500);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", dropped, NULL);
}

static void settings_that_change_begin_where_those_before_were(void **state)
{
	(void)state;
	static const char *const streams[] = {"'log:*'", "'log:*', other", "'log:?'", "'log:*'"};
	watch("'log:*'");
	start_producer(false);
	for (size_t i = 1; i <= 12; i++) {
		wait_until_added(i * 700);
		collected_reload(&collected, SETTINGS, server.socket, 300 + (int)i,
			streams[i % COUNT_OF(streams)]);
	}
	end_producer();
	numbered_wait(&numbered, &collected, NUMBERED);
	assert_int_equal(numbered.lost, 0);
}

/* The one in the middle never reaches the server, and leaves what it was left. */
static void a_change_while_the_server_is_away_loses_nothing(void **state)
{
	(void)state;
	watch("'log:*', 'log:0', 'log:1'");
	start_producer(false);
	wait_until_added(1500);
	while (numbered.seen < 1000)
		numbered_take(&numbered, &collected, 20);
	redis_server_kill(&server);
	collected_wait(
		&collected, "obs_source", "name=\"main:streams\"", "state=\"unreachable\"", NULL);
	for (int i = 0; i < 3; i++)
		collected_reload(
			&collected, SETTINGS, server.socket, 400 + i, "'log:*', 'log:0', 'log:1'");
	redis_server_start(&server);
	end_producer();
	numbered_wait(&numbered, &collected, NUMBERED);
	assert_int_equal(numbered.lost, 0);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* the server goes while it is written to */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(ten_thousand_entries_come_once_over_restarts_and_in_new_streams),
		TEST(what_is_trimmed_meanwhile_is_counted_and_said),
		TEST(settings_that_change_begin_where_those_before_were),
		TEST(a_change_while_the_server_is_away_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
