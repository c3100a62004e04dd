/* SPDX-License-Identifier: MIT */
/* Streams of a real Redis: read from their last id, over every break of the connection. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/servers.h"

static struct redis_server server;

static int setup(void **state)
{
	(void)state;
	redis_server_init(&server);
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	redis_server_release(&server);
	return failed;
}

static void add(const char *stream, const char *message)
{
	char *id = redis_server_do(&server, "XADD %s * msg %s", stream, message);
	assert_non_null(strchr(id, '-'));
	free(id);
}

static void run(const char *command)
{
	autofree char *said = redis_server_do(&server, command);
	if (starts_with(said, "ERR"))
		fail_msg("%s: %s", command, said);
}

static void watch(const char *streams)
{
	collected_start(&collected,
		"redis: [{name: main, socket: %s, interval: 300ms, timeout: 500ms, streams: "
		"[%s]}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.socket, streams);
}

static void wait_until_read(void)
{
	collect_wait_ok("name=\"main:streams\"");
}

static void mapped_fields_have_their_meaning_and_others_are_kept(void **state)
{
	(void)state;
	watch("'events:*'");
	wait_until_read();
	autofree char *id = redis_server_do(&server,
		"XADD events:orders * bot orders level error msg %s type paid correlation_id c-17 "
		"amount 12",
		"payment failed");
	collected_wait_event(&collected, "redis/main orders E payment failed", "amount=12",
		"type=paid", "stream=events:orders", "c-17", NULL);
	collected_wait_for(&collected, 0, "obs_notes", NULL);
}

static void an_entry_without_a_bot_is_the_one_s_whose_stream_it_is(void **state)
{
	(void)state;
	add("events:orders", "whose");
	watch("'events:*'");
	collected_wait_event(&collected, "redis/main orders ", "whose", NULL);
}

static void a_stream_that_appears_later_is_read_whole(void **state)
{
	(void)state;
	watch("'events:*', named");
	wait_until_read();
	add("named", "first of named");
	collected_wait_event(&collected, "first of named", NULL);
	for (int i = 0; i < 120; i++)
		add("events:new", "new entry");
	while (collected_count_events(&collected, "new entry") < 120)
		collected_wait_event(&collected, "new entry", NULL);
}

static void nothing_is_lost_or_read_twice_over_a_restart(void **state)
{
	(void)state;
	free(server.extra);
	redis_server_kill(&server);
	server.extra = xstrdup("appendonly yes\nappendfsync always");
	redis_server_start(&server);
	add("events:orders", "one");
	watch("'events:*'");
	collected_wait_event(&collected, "one", NULL);
	redis_server_kill(&server);
	collected_wait(
		&collected, "obs_source", "name=\"main:streams\"", "state=\"unreachable\"", NULL);
	redis_server_start(&server);
	redis_server_wait_loaded(&server);
	for (int i = 0; i < 700; i++)
		add("events:orders", "two");
	add("events:orders", "three");
	collected_wait_event(&collected, "three", NULL);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
	assert_int_equal(collected_count_events(&collected, "two"), 700);
}

/* All at once, so that nobody reads in between. */
static void add_trimmed(const char *stream, const char *count, const char *kept)
{
	autofree char *said = redis_server_do(&server, "EVAL %s 1 %s %s %s",
		"for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', 'msg', "
		"'many ' .. i) end return 'good'",
		stream, count, kept);
	assert_string_equal(said, "good");
}

static void watch_one(const char *stream)
{
	add(stream, "one");
	watch(stream);
	collected_wait_event(&collected, "one", NULL);
	wait_until_read();
}

static void wait_for_loss(const char *text, uint64_t lost)
{
	autofree char *dropped = xasprintf("dropped=%llu", (unsigned long long)lost);
	collected_wait_event(&collected, "redis/main ", " W ", text, NULL);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", dropped, NULL);
}

static void entries_that_are_trimmed_before_they_are_read_are_counted_and_said(void **state)
{
	(void)state;
	watch_one("log");
	add_trimmed("log", "50", "10");
	collected_wait(&collected, "obs_notes", "source=\"redis/main\"", "dropped=40", NULL);
	wait_for_loss("40 entries of the stream 'log' are lost", 40);
	assert_int_equal(collected_count_events(&collected, "many "), 10);
	add_trimmed("log", "7", "2");
	wait_for_loss("5 entries of the stream 'log' are lost", 45);
	assert_int_equal(collected_count_events(&collected, "are lost"), 2);
}

static void entries_that_are_trimmed_while_the_server_is_away_are_counted(void **state)
{
	(void)state;
	free(server.extra);
	redis_server_kill(&server);
	server.extra = xstrdup("appendonly yes\nappendfsync always");
	redis_server_start(&server);
	watch_one("log");
	redis_server_freeze(&server, true);
	collected_wait(
		&collected, "obs_source", "name=\"main:streams\"", "state=\"unreachable\"", NULL);
	redis_server_kill(&server);
	redis_server_start(&server);
	redis_server_wait_loaded(&server);
	add_trimmed("log", "300", "0"); /* even those that are left are gone */
	wait_for_loss("300 entries of the stream 'log' are lost", 300);
	add("log", "two");
	collected_wait_event(&collected, "two", NULL);
	assert_int_equal(collected_count_events(&collected, "are lost"), 1);
}

static void a_stream_that_is_made_while_nobody_reads_has_lost_what_it_was_trimmed_by(void **state)
{
	(void)state;
	watch("log");
	wait_until_read();
	add_trimmed("log", "30", "10");
	wait_for_loss("20 entries of the stream 'log' are lost", 20);
}

static void what_is_trimmed_after_it_was_read_is_not_lost(void **state)
{
	(void)state;
	add_trimmed("log", "500", "300"); /* before us */
	watch("log");
	collected_wait_event(&collected, "many 500", NULL);
	wait_until_read();
	run("XTRIM log MAXLEN 5");
	for (int i = 0; i < 2; i++)
		collected_wait(&collected, "obs_stream", "name=\"log\"", "length=5", NULL);
	add("log", "end");
	collected_wait_event(&collected, "end", NULL);
	for (int i = 0; i < 2; i++)
		collected_wait(&collected, "obs_stream", "name=\"log\"", "length=6", NULL);
	assert_int_equal(collected_count_events(&collected, "are lost"), 0);
}

static void a_connection_that_is_killed_is_made_again(void **state)
{
	(void)state;
	watch("log");
	add("log", "one");
	collected_wait_event(&collected, "one", NULL);
	run("CLIENT KILL TYPE normal SKIPME yes");
	add("log", "two");
	collected_wait_event(&collected, "two", NULL);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
}

/* A server cuts off who has not logged in and asks for more than a few words, as reading a dozen streams does. */
static void a_server_that_wants_a_password_all_at_once_is_not_called_unreachable(void **state)
{
	(void)state;
	for (char name[] = "log:a"; name[4] <= 'm'; name[4]++)
		add(name, "one");
	watch("'log:*'");
	wait_until_read();
	redis_server_kill(&server);
	server.extra = xstrdup("requirepass somebody-s-own");
	redis_server_start(&server);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", "state=\"not_permitted\"",
		"NOAUTH", NULL);
	collected_wait(&collected, "obs_source", "name=\"main\" state=\"not_permitted\"", NULL);
	uint64_t before = collected.unreachable; /* the old connections broke */
	for (int i = 0; i < 2; i++)
		collected_wait(&collected, "obs_source", "name=\"main:streams\"", "NOAUTH", NULL);
	assert_int_equal(collected.unreachable, before);
}

static void a_stream_that_is_deleted_and_made_anew_is_read_from_its_start(void **state)
{
	(void)state;
	run("XADD log 9000-1 msg old");
	watch("log");
	collected_wait_event(&collected, "old", NULL);
	run("DEL log");
	run("XADD log 5-1 msg young");
	collected_wait_event(&collected, "young", NULL);
}

static void a_frozen_server_is_noticed_in_the_middle_of_waiting(void **state)
{
	(void)state;
	watch("log");
	add("log", "one");
	collected_wait_event(&collected, "one", NULL);
	redis_server_freeze(&server, true);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", "state=\"unreachable\"",
		"no answer in time", NULL);
	redis_server_freeze(&server, false);
	add("log", "two");
	collected_wait_event(&collected, "two", NULL);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
	redis_server_freeze(&server, true);
	collected_stop(&collected);
}

static void groups_of_others_show_their_lag_and_ours_is_none(void **state)
{
	(void)state;
	run("XADD jobs 1-1 msg a");
	run("XADD jobs 1-2 msg b");
	run("XADD jobs 1-3 msg c");
	run("XGROUP CREATE jobs workers 0");
	run("XREADGROUP GROUP workers w1 COUNT 1 STREAMS jobs >");
	watch("jobs");
	collected_wait(
		&collected, "obs_stream", "service=\"main\"", "name=\"jobs\"", "length=3", NULL);
	collected_wait(&collected, "obs_stream", "name=\"jobs\"", "group=\"workers\"", "lag=2",
		"pending=1", "consumers=1", "oldest_idle_ms=", NULL);
	run("XGROUP DESTROY jobs workers");
	collected_wait(&collected, "obs_stream", "group=\"workers\"", "gone=true", NULL);
	autofree char *groups = redis_server_do(&server, "XINFO GROUPS jobs");
	assert_string_equal(groups, "");
}

/* Zeroes stand in no observation's text. */
static const char *wait_for_dead(int dead, const char *text)
{
	autofree char *words = xasprintf("dead=%d", dead);
	for (;;) {
		const char *seen = collected_wait(&collected, "obs_stream", "group=\"workers\"",
			text, dead ? words : text, NULL);
		if (dead || !strstr(seen, "dead="))
			return seen;
	}
}

/* Of three consumers one is silent for too long while entries wait for it. */
static void a_consumer_that_is_silent_while_entries_wait_is_dead(void **state)
{
	(void)state;
	for (int i = 1; i <= 9; i++)
		add("jobs", "work");
	run("XGROUP CREATE jobs workers 0");
	run("XREADGROUP GROUP workers w1 COUNT 2 STREAMS jobs >");
	run("XREADGROUP GROUP workers w2 COUNT 1 NOACK STREAMS jobs >"); /* nothing waits for it */
	collected_start(&collected,
		"redis: [{name: main, socket: %s, interval: 300ms, timeout: 500ms, streams: "
		"[jobs], "
		"consumer_dead_after: 1s}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.socket);
	const char *seen = wait_for_dead(1, "readers=[{name=\"w1\" pending=2");
	assert_non_null(strstr(seen, "delivered 1 time, last to w1"));
	assert_true(collected_number(seen, "oldest_idle_ms") >= 1000);
	assert_true(collected_number(seen, "lag") == 6);
	/* it is heard of again */
	run("XREADGROUP GROUP workers w1 COUNT 1 STREAMS jobs 0");
	(void)wait_for_dead(0, "consumers=2");
	(void)wait_for_dead(1, "consumers=2");
	run("XAUTOCLAIM jobs workers w3 0 0-0");
	(void)wait_for_dead(0, "w3");
}

static void what_comes_in_and_what_a_group_reads_is_told_a_second(void **state)
{
	(void)state;
	add("jobs", "work");
	run("XGROUP CREATE jobs workers 0");
	run("XREADGROUP GROUP workers w1 COUNT 1 NOACK STREAMS jobs >");
	watch("jobs");
	collected_wait(&collected, "obs_stream", "name=\"jobs\" length=1", "rate=nan", NULL);
	collected_wait(&collected, "obs_stream", "group=\"workers\"", "rate=nan", NULL);
	add_trimmed("jobs", "300", "200");
	const char *seen =
		collected_wait(&collected, "obs_stream", "name=\"jobs\" length=200", "rate=", NULL);
	assert_in_range(collected_number(seen, "rate"), 300, 1100); /* in 0.3 s and a little */
	run("XREADGROUP GROUP workers w1 COUNT 90 NOACK STREAMS jobs >");
	do
		seen = collected_wait(&collected, "obs_stream", "group=\"workers\"", NULL);
	while (!strstr(seen, "rate=") || !(collected_number(seen, "rate") > 50));
}

static void a_stream_that_is_gone_is_reported_as_gone(void **state)
{
	(void)state;
	add("events:orders", "one");
	watch("'events:*'");
	collected_wait(&collected, "obs_stream", "name=\"events:orders\"", NULL);
	run("DEL events:orders");
	collected_wait(&collected, "obs_stream", "name=\"events:orders\"", "gone=true", NULL);
}

/* Also one that the settings name: nobody forgets it, but there is none. */
static void a_named_stream_that_is_deleted_leaves_until_there_is_one_again(void **state)
{
	(void)state;
	add("named", "one");
	run("XGROUP CREATE named workers 0");
	watch("named");
	collected_wait(&collected, "obs_stream", "name=\"named\"", "group=\"workers\"", NULL);
	run("DEL named");
	collected_wait(&collected, "obs_stream", "group=\"workers\"", "gone=true", NULL);
	collected_wait(&collected, "obs_stream", "name=\"named\"", "gone=true", NULL);
	wait_until_read();
	assert_null(collected_wait_for(&collected, 700, "obs_stream", "gone=true", NULL));
	add("named", "two");
	collected_wait_event(&collected, "two", NULL);
	collected_wait(&collected, "obs_stream", "name=\"named\" length=1", NULL);
}

/* A reply of many MiB is read as it comes; a field that is too large for us is counted, said, and passed. */
static void an_entry_that_is_too_large_is_no_reason_to_read_no_other(void **state)
{
	(void)state;
	add("log", "one");
	watch("log");
	collected_wait_event(&collected, "one", NULL);
	autofree char *said = redis_server_do(&server, "EVAL %s 1 log",
		"for i = 1, 300 do redis.call('XADD', KEYS[1], '*', 'msg', 'large ' .. i, 'body', "
		"string.rep('x', 100000)) end "
		"redis.call('XADD', KEYS[1], '*', 'msg', 'huge', 'body', string.rep('x', 9000000)) "
		"redis.call('XADD', KEYS[1], '*', 'msg', 'behind it') return 'good'");
	assert_string_equal(said, "good");
	collected_wait_event(
		&collected, "redis/main", " W ", "is not read: it has a part of a reply", NULL);
	collected_wait_event(&collected, "behind it", NULL);
	assert_int_equal(collected_count_events(&collected, "large "), 300);
	assert_int_equal(collected_count_events(&collected, "huge"), 0);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", "dropped=1", NULL);
	add("log", "end");
	collected_wait_event(&collected, "end", NULL);
	assert_int_equal(collected_count_events(&collected, "are lost"), 0);
}

static void of_a_group_for_which_nothing_waits_nobody_asks_what_does(void **state)
{
	(void)state;
	add("jobs", "work");
	run("XGROUP CREATE jobs workers 0");
	run("XREADGROUP GROUP workers w1 COUNT 1 NOACK STREAMS jobs >");
	watch("jobs");
	for (int i = 0; i < 2; i++)
		collected_wait(&collected, "obs_stream", "group=\"workers\"", "consumers=1",
			"readers=[{name=\"w1\"", NULL);
	autofree char *said = redis_server_do(&server, "INFO commandstats");
	assert_null(strstr(said, "cmdstat_xpending"));
}

/* Whoever watches slows nothing down. */
static void nobody_is_monitored(void **state)
{
	(void)state;
	watch("'events:*', log");
	wait_until_read();
	add("log", "one");
	collected_wait_event(&collected, "one", NULL);
	autofree char *said = redis_server_do(&server, "INFO commandstats");
	assert_non_null(strstr(said, "cmdstat_xread:"));
	assert_null(strstr(said, "cmdstat_monitor"));
	assert_null(strstr(said, "cmdstat_xreadgroup"));
}

static void a_key_that_is_no_stream_does_not_stop_the_others(void **state)
{
	(void)state;
	run("SET wrong 1");
	watch("wrong, log");
	add("log", "one");
	collected_wait_event(&collected, "one", NULL);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", "WRONGTYPE", NULL);
	add("log", "two");
	collected_wait_event(&collected, "two", NULL);
}

static void a_stream_that_is_forbidden_does_not_stop_the_others(void **state)
{
	(void)state;
	run("ACL SETUSER default resetkeys ~log");
	watch("secret, log");
	add("log", "one");
	collected_wait_event(&collected, "one", NULL);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", "state=\"not_permitted\"",
		"NOPERM", NULL);
	add("log", "two");
	collected_wait_event(&collected, "two", NULL);
}

static void secrets_in_fields_are_gone_before_they_are_kept(void **state)
{
	(void)state;
	watch("log");
	wait_until_read();
	collected.forbidden = "AAHsecretsecretsecretsecret";
	autofree char *id = redis_server_do(&server, "XADD log * msg %s url %s", "hello",
		"https://api.telegram.org/bot123456:AAHsecretsecretsecretsecretsecretsecre/x");
	collected_wait_event(&collected, "hello", "<redacted>", NULL);
}

/* It is read before the streams are, and an entry that was there before us may hold it. */
static void the_password_of_the_server_is_gone_from_the_first_entry_on(void **state)
{
	(void)state;
	static const char password[] = "zugzwang-4711";
	autofree char *path = xasprintf("%s/password", server.folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, password, strlen(password)), (int)strlen(password));
	close(fd);
	autofree char *acl =
		redis_server_do(&server, "ACL SETUSER watcher on >%s ~* &* +@all", password);
	assert_string_equal(acl, "OK");
	add("log", password);
	collected_start(&collected,
		"redis: [{name: main, socket: %s, interval: 300ms, timeout: 500ms, streams: [log], "
		"user: watcher, password: {file: %s}}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.socket, path);
	collected.forbidden = password;
	collected_wait_event(&collected, "<redacted>", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(mapped_fields_have_their_meaning_and_others_are_kept),
		TEST(an_entry_without_a_bot_is_the_one_s_whose_stream_it_is),
		TEST(a_stream_that_appears_later_is_read_whole),
		TEST(nothing_is_lost_or_read_twice_over_a_restart),
		TEST(entries_that_are_trimmed_before_they_are_read_are_counted_and_said),
		TEST(entries_that_are_trimmed_while_the_server_is_away_are_counted),
		TEST(a_stream_that_is_made_while_nobody_reads_has_lost_what_it_was_trimmed_by),
		TEST(what_is_trimmed_after_it_was_read_is_not_lost),
		TEST(a_connection_that_is_killed_is_made_again),
		TEST(a_server_that_wants_a_password_all_at_once_is_not_called_unreachable),
		TEST(a_stream_that_is_deleted_and_made_anew_is_read_from_its_start),
		TEST(a_frozen_server_is_noticed_in_the_middle_of_waiting),
		TEST(groups_of_others_show_their_lag_and_ours_is_none),
		TEST(a_consumer_that_is_silent_while_entries_wait_is_dead),
		TEST(what_comes_in_and_what_a_group_reads_is_told_a_second),
		TEST(a_stream_that_is_gone_is_reported_as_gone),
		TEST(a_named_stream_that_is_deleted_leaves_until_there_is_one_again),
		TEST(an_entry_that_is_too_large_is_no_reason_to_read_no_other),
		TEST(of_a_group_for_which_nothing_waits_nobody_asks_what_does),
		TEST(nobody_is_monitored),
		TEST(a_key_that_is_no_stream_does_not_stop_the_others),
		TEST(a_stream_that_is_forbidden_does_not_stop_the_others),
		TEST(secrets_in_fields_are_gone_before_they_are_kept),
		TEST(the_password_of_the_server_is_gone_from_the_first_entry_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
