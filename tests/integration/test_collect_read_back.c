/* SPDX-License-Identifier: MIT */
/* The last minutes of log files and streams that were there before us, through the whole collector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/servers.h"

enum { MINUTE_S = 60 };

static struct redis_server server;

static int setup_redis(void **state)
{
	redis_server_init(&server);
	return collect_setup(state);
}

static int teardown_redis(void **state)
{
	int failed = collect_teardown(state);
	redis_server_release(&server);
	return failed;
}

/* As Python's logging writes it, local time, so many seconds ago. */
static void PRINTF_LIKE(3, 4) say(FILE *file, int ago_s, const char *format, ...)
{
	char when[32];
	time_t second = (time_t)(clock_wall_ms(clock_real()) / 1000) - ago_s;
	struct tm parts;
	va_list args;
	localtime_r(&second, &parts);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &parts);
	fprintf(file, "%s,123 ", when);
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
}

static void watch_files(const char *events)
{
	collected_start(&collected,
		"bots: [{name: orders, transport: none, logs: [%s/orders.log]}]\n%s\n", folder,
		events);
	collect_wait_ok("kind=\"files\"");
}

static void a_real_log_and_what_it_was_rotated_to_are_read_back(void **state)
{
	(void)state;
	FILE *file = folder_open("orders.log", "ae");
	for (int ago_s = 60 * MINUTE_S; ago_s > 10 * MINUTE_S; ago_s--)
		say(file, ago_s, "bot INFO line %d.\n", ago_s);
	say(file, 10 * MINUTE_S,
		"bot ERROR line of the old.\nTraceback (most recent call "
		"last):\n  File \"x.py\", line 1\nKeyError: 'x'\n");
	fclose(file);
	autofree char *old = xasprintf("%s/orders.log", folder);
	autofree char *new = xasprintf("%s/orders.log.1", folder);
	assert_int_equal(rename(old, new), 0);
	file = folder_open("orders.log", "ae");
	for (int ago_s = 9 * MINUTE_S; ago_s > 1; ago_s--)
		say(file, ago_s, "bot INFO line %d.\n", ago_s);
	fclose(file);
	watch_files("");
	collected_wait_event(&collected, "line 2.", NULL);
	assert_int_equal(collected_count_events(&collected, "line 700."), 1);
	assert_int_equal(collected_count_events(&collected, "line 899."), 1);
	assert_int_equal(collected_count_events(&collected, "line 905."), 0);
	assert_int_equal(collected_count_events(&collected, "KeyError"), 1);
	assert_int_equal(collected_count_events(&collected, "line 540."), 1);
	/* The live line comes after all of them, and once. */
	file = folder_open("orders.log", "ae");
	fprintf(file, "and on it goes\n");
	fclose(file);
	collected_wait_event(&collected, "and on it goes", NULL);
	assert_int_equal(collected_count_events(&collected, "line 2."), 1);
}

static void a_quiet_log_shows_its_last_lines_however_old_they_are(void **state)
{
	(void)state;
	FILE *file = folder_open("orders.log", "ae");
	for (int line = 3; line > 0; line--)
		say(file, 120 * MINUTE_S + line, "bot ERROR of long ago %d.\n", line);
	fclose(file);
	watch_files("");
	collected_wait_event(&collected, "of long ago 1.", NULL);
	assert_int_equal(collected_count_events(&collected, "of long ago"), 3);
}

static void the_notes_say_when_it_was(void **state)
{
	(void)state;
	FILE *file = folder_open("orders.log", "ae");
	say(file, 14 * MINUTE_S, "bot ERROR Conflict: terminated by other getUpdates request\n");
	say(file, MINUTE_S, "bot ERROR Conflict: terminated by other getUpdates request\n");
	fclose(file);
	collected_start(&collected,
		"bots: [{name: orders, transport: none, logs: [%s/orders.log]}]\n", folder);
	const char *note =
		collected_wait(&collected, "obs_notes", "source=\"orders.log\"", "conflict", NULL);
	/* Two of one line each, by their times; not one of two. */
	const char *first = strstr(note, "trouble=\"conflict\"");
	assert_non_null(first);
	assert_non_null(strstr(first + 1, "trouble=\"conflict\""));
	assert_null(strstr(note, "level=5 lines=2"));
}

static void nothing_is_read_back_where_the_configuration_says_so(void **state)
{
	(void)state;
	FILE *file = folder_open("orders.log", "ae");
	say(file, 60, "bot INFO before\n");
	fclose(file);
	watch_files("events: {read_back: 0}");
	file = folder_open("orders.log", "ae");
	say(file, 0, "bot INFO after\n");
	fclose(file);
	collected_wait_event(&collected, "after", NULL);
	assert_int_equal(collected_count_events(&collected, "before"), 0);
}

static void what_is_more_than_the_bound_is_counted_and_said(void **state)
{
	(void)state;
	FILE *file = folder_open("orders.log", "ae");
	char filler[1001];
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (int i = 0; i < 12000; i++)
		say(file, (12000 - i) / 20, "bot INFO number %d %s\n", i, filler);
	fclose(file);
	watch_files("");
	collected_wait_event(
		&collected, " W ", "the last 15m of '", "orders.log' are not all here", NULL);
	collected_wait_event(&collected, "number 11999 ", NULL);
	assert_int_equal(collected_count_events(&collected, "number 0 "), 0);
	assert_in_range(collected_count_events(&collected, "number "), 8000, 8400);
	collected_wait(&collected, "obs_source", "kind=\"files\"", "dropped=1", NULL);
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

static void watch_streams(const char *streams)
{
	collected_start(&collected,
		"redis: [{name: main, socket: %s, interval: 300ms, timeout: 500ms, streams: "
		"[%s]}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.socket, streams);
}

/* Entries of so long ago; with more than one all have the same ms. */
static void add_ago(const char *stream, int64_t ago_s, int count, const char *message)
{
	long long ms = (long long)(clock_wall_ms(clock_real()) - ago_s * 1000);
	autofree char *script = xasprintf(
		"for i=1,%d do redis.call('XADD','%s','%lld-'..i,'msg','%s '..i..'.') end", count,
		stream, ms, message);
	free(redis_server_do(&server, "EVAL %s 0", script));
}

static void the_last_minutes_of_a_stream_are_read_back(void **state)
{
	(void)state;
	add_ago("log", 3600, 50, "hour");
	add_ago("log", 16 * 60, 50, "old");
	add_ago("log", 14 * 60, 700, "young");
	add_ago("log", 10, 3, "fresh");
	add_ago("quiet", 3600, 5, "quiet");
	watch_streams("log, quiet");
	collected_wait_event(&collected, "young 1.", NULL);
	collected_wait_event(&collected, "fresh 3.", NULL);
	assert_int_equal(collected_count_events(&collected, "young "), 700);
	assert_int_equal(collected_count_events(&collected, "hour "), 0);
	assert_int_equal(collected_count_events(&collected, "old "), 0);
	add("log", "entry of now");
	collected_wait_event(&collected, "entry of now", NULL);
	/* A stream in which nothing happened for an hour goes on with what is new, too. */
	add("quiet", "woken");
	collected_wait_event(&collected, "woken", NULL);
	assert_int_equal(collected_count_events(&collected, "fresh 3."), 1);
	assert_int_equal(collected_count_events(&collected, "quiet "), 0);
	assert_int_equal(collected_count_events(&collected, "lost"), 0);
}

/* So many as are missing are still to be waited for; counting looks through all that came, so it is not done for each. */
static void wait_for_entries(size_t wanted)
{
	for (size_t seen; (seen = collected_count_events(&collected, "entry ")) < wanted;)
		for (size_t i = seen; i < wanted; i++)
			collected_wait_event(&collected, "entry ", NULL);
}

static void of_a_stream_with_too_much_the_newest_win_and_the_rest_is_said(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++)
		add_ago("log", 600 - i, 1000, "entry");
	watch_streams("log");
	collected_wait_event(
		&collected, " W ", "the last 15m of the stream 'log' are not all here", NULL);
	wait_for_entries(10000);
	add("log", "the newest");
	collected_wait_event(&collected, "the newest", NULL);
	assert_int_equal(collected_count_events(&collected, "entry "), 10000);
	assert_int_equal(collected_count_events(&collected, "entry 1."), 10);
	collected_wait(&collected, "obs_source", "name=\"main:streams\"", "dropped=1", NULL);
}

static void exactly_what_may_be_read_back_is_no_loss(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		add_ago("log", 600 - i, 1000, "entry");
	add_ago("other", 3600, 20, "too old");
	watch_streams("log");
	wait_for_entries(10000);
	assert_int_equal(collected_count_events(&collected, "not all here"), 0);
}

static void a_trimmed_stream_is_read_back_from_what_is_left(void **state)
{
	(void)state;
	add_ago("log", 600, 300, "early");
	add_ago("log", 300, 300, "late");
	run("XTRIM log MAXLEN 150");
	watch_streams("log");
	collected_wait_event(&collected, "late 300.", NULL);
	assert_int_equal(collected_count_events(&collected, "late "), 150);
	run("XTRIM log MAXLEN 0");
	add("log", "after");
	collected_wait_event(&collected, "after", NULL);
	assert_int_equal(collected_count_events(&collected, "lost"), 0);
}

int main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, collect_setup, collect_teardown)
#define REDIS(name) cmocka_unit_test_setup_teardown(name, setup_redis, teardown_redis)
	const struct CMUnitTest tests[] = {
		TEST(a_real_log_and_what_it_was_rotated_to_are_read_back),
		TEST(a_quiet_log_shows_its_last_lines_however_old_they_are),
		TEST(the_notes_say_when_it_was),
		TEST(nothing_is_read_back_where_the_configuration_says_so),
		TEST(what_is_more_than_the_bound_is_counted_and_said),
		REDIS(the_last_minutes_of_a_stream_are_read_back),
		REDIS(of_a_stream_with_too_much_the_newest_win_and_the_rest_is_said),
		REDIS(exactly_what_may_be_read_back_is_no_loss),
		REDIS(a_trimmed_stream_is_read_back_from_what_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
