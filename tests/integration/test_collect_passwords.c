/* SPDX-License-Identifier: MIT */
/* Passwords of servers: how often they are read, what a change of one does, and how reading fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "tests/support/collect_scene.h"
#include "tests/support/processes.h"
#include "tests/support/servers.h"

#define NOON INT64_C(1795168821744)

enum { RENEWALS = 12, RENEW_MS = 6000, PAUSE_OVER_MS = 31000 };

static struct pg_server server;
static struct clock test_clock;

static void write_file(const char *name, const char *text, mode_t mode)
{
	autofree char *path = xasprintf("%s/%s", server.folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static char *read_file_of(const char *name)
{
	char text[65536];
	autofree char *path = xasprintf("%s/%s", server.folder, name);
	FILE *file = fopen(path, "re");
	size_t length = file ? fread(text, 1, sizeof(text), file) : 0;
	if (file)
		fclose(file);
	return xstrndup(text, length);
}

static void run(const char *sql)
{
	char *value = pg_server_do(&server, "%s", sql);
	free(value);
}

/* Who is `guarded` needs a password; the server is started again to learn it. */
static void guard(void)
{
	autofree char *before = read_file_of("data/pg_hba.conf");
	autofree char *rules = xasprintf("local all guarded scram-sha-256\n%s", before);
	pg_server_stop(&server, "fast");
	write_file("data/pg_hba.conf", rules, 0644);
	pg_server_start(&server);
	run("create role guarded login password 'first-secret'");
}

static int start_server(void **state)
{
	(void)state;
	pg_server_init(&server);
	guard();
	return 0;
}

static int release_server(void **state)
{
	(void)state;
	pg_server_release(&server);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	clock_init_virtual(&test_clock, NOON);
	clock_advance(&test_clock, 1000000);
	run("alter role guarded password 'first-secret'");
	write_file("store", "first-secret\n", 0600);
	write_file("runs", "", 0600);
	autofree char *program = xasprintf(
		"#!/bin/sh\necho run >>%s/runs\ncat %s/store\n", server.folder, server.folder);
	write_file("password", program, 0700);
	return 0;
}

static size_t runs(void)
{
	autofree char *text = read_file_of("runs");
	return strlen(text) / strlen("run\n");
}

/* `password`: where it is. Under the test's clock. */
static void watch(const char *password)
{
	collected_start_at(&collected, &test_clock,
		"postgres: [{name: main, dsn: 'host=%s port=%d user=guarded dbname=postgres', "
		"interval: 200ms, timeout: 1m, listen: [fleet], password: %s}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.folder, server.port, password);
	collected.forbidden = "first-secret";
	collect_wait_ok("name=\"main:listen\"");
	collect_wait_ok("name=\"main\"");
}

static void watch_by_command(void)
{
	autofree char *password = xasprintf("{command: [%s/password]}", server.folder);
	watch(password);
}

static int newest_connection(void)
{
	autofree char *pid = pg_server_do(&server,
		"select pid from pg_stat_activity where usename = 'guarded' order by "
		"backend_start desc limit 1");
	return atoi(pid);
}

/* Time passes, and the server is looked at once more. */
static const char *look(int64_t ms)
{
	clock_advance(&test_clock, ms);
	return collected_wait(&collected, "obs_source", "name=\"main\"", NULL);
}

static void look_until(const char *state)
{
	for (int i = 0; i < 20; i++)
		if (strstr(look(RENEW_MS), state))
			return;
	fail_msg("not %s, but: %s", state, collected.last);
}

/* Looks until there is a connection that was not there before. */
static void renew(void)
{
	int before = newest_connection();
	for (int i = 0; i < 20 && newest_connection() == before; i++)
		assert_non_null(strstr(look(RENEW_MS), "state=\"ok\""));
	assert_int_not_equal(newest_connection(), before);
}

static void notify(const char *text)
{
	autofree char *sql = xasprintf("notify fleet, '%s'", text);
	run(sql);
}

static void a_password_that_stays_the_same_costs_nothing_over_many_connections(void **state)
{
	(void)state;
	watch_by_command();
	struct redactor *before = collect_redactor(collected.collect);
	for (int i = 0; i < RENEWALS; i++) {
		autofree char *text = xasprintf("round %d first-secret.", i);
		autofree char *shown = xasprintf("round %d <redacted>.", i);
		renew();
		notify(text);
		collected_wait_event(&collected, shown, NULL);
	}
	struct redactor *after = collect_redactor(collected.collect);
	assert_ptr_equal(after, before);
	assert_int_equal(collected.chunk_count, 1);
	assert_int_equal(runs(), 2); /* two workers, each once */
	redactor_unref(before);
	redactor_unref(after);
}

static void a_password_that_changed_is_found_after_one_refusal_and_redacted_from_then_on(
	void **state)
{
	(void)state;
	watch_by_command();
	struct redactor *before = collect_redactor(collected.collect);
	write_file("store", "second-secret\n", 0600);
	run("alter role guarded password 'second-secret'");
	clock_advance(&test_clock, PAUSE_OVER_MS);
	look_until("it answers, but takes no new connection: password authentication failed");
	look_until("state=\"ok\"");
	renew();
	struct redactor *after = collect_redactor(collected.collect);
	assert_ptr_not_equal(after, before);
	assert_int_equal(runs(), 3);
	collected.forbidden = "second-secret";
	notify("it is second-secret.");
	collected_wait_event(&collected, "it is <redacted>.", NULL);
	redactor_unref(before);
	redactor_unref(after);
}

static void a_refused_command_is_not_run_for_every_attempt(void **state)
{
	(void)state;
	watch_by_command();
	run("alter role guarded password 'second-secret'");
	clock_advance(&test_clock, PAUSE_OVER_MS);
	look_until("state=\"not_permitted\"");
	for (int i = 0; i < 5; i++)
		assert_non_null(strstr(look(RENEW_MS), "state=\"not_permitted\""));
	/* An attempt at each look of these 30 s: one run more, and not the next one yet. */
	assert_int_equal(runs(), 3);
	for (int i = 0; i < 2; i++)
		assert_non_null(strstr(look(RENEW_MS), "state=\"not_permitted\""));
	assert_int_equal(runs(), 4);
}

static void a_password_file_is_read_for_each_connection(void **state)
{
	(void)state;
	autofree char *password = xasprintf("{file: %s/store}", server.folder);
	watch(password);
	write_file("store", "second-secret\n", 0600);
	run("alter role guarded password 'second-secret'");
	renew();
	autofree char *path = xasprintf("%s/store", server.folder);
	assert_int_equal(remove(path), 0);
	look_until("state=\"no_secret\"");
	assert_non_null(strstr(collected.last, "postgres 'main': its password cannot be read: "));
	assert_null(strstr(collected.last, " fails=")); /* the line that there is goes on */
	clock_advance(&test_clock, RENEW_MS);
	collected_wait(&collected, "obs_postgres", NULL);
}

/* Nobody else sleeps for so long. */
static char *long_sleep(void)
{
	return xasprintf("1000.%d", (int)getpid());
}

/* A Redis and a Postgres that nobody could reach, whose password never comes. */
static void watch_hanging(const char *seconds)
{
	autofree char *program =
		xasprintf("[/bin/sh, -c, 'sleep %s & sleep %s']", seconds, seconds);
	collected_start(&collected,
		"postgres: [{name: main, dsn: 'host=%s port=1', interval: 200ms, "
		"password: {command: %s}}]\n"
		"redis: [{name: main, socket: %s/none, interval: 200ms, password: {command: %s}}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.folder, program, server.folder, program);
}

static void a_command_that_hangs_is_said_to_hang_and_not_run_again_at_once(void **state)
{
	(void)state;
	autofree char *seconds = long_sleep();
	static const char words[] = ": its password cannot be read: '/bin/sh' did not end within 5 "
				    "s: run it by hand to see why";
	watch_hanging(seconds);
	autofree char *postgres = xasprintf("error=\"postgres 'main'%s\"", words);
	autofree char *redis = xasprintf("error=\"redis 'main'%s\"", words);
	const char *first = collected_wait(
		&collected, "obs_source", "kind=\"postgres\"", "state=\"no_secret\"", NULL);
	assert_non_null(strstr(first, postgres));
	const char *other = collected_wait(&collected, "obs_source", "kind=\"postgres\"",
		"state=\"no_secret\"", "fails=3", NULL);
	assert_non_null(strstr(other, postgres));
	assert_true(processes_end(seconds, 2000)); /* the attempts after the first ran none */
	collected_wait(&collected, "obs_source", "kind=\"redis\"", redis, NULL);
	assert_int_equal(collected.unreachable, 0);
}

static void stopping_does_not_wait_for_a_command_that_hangs(void **state)
{
	(void)state;
	autofree char *seconds = long_sleep();
	watch_hanging(seconds);
	while (processes_with(seconds) < 6) /* two shells, and two of each */
		assert_null(collected_wait_for(&collected, 20, "obs_source", NULL));
	int64_t start_ms = clock_mono_ms(clock_real());
	collected_stop(&collected);
	assert_in_range(clock_mono_ms(clock_real()) - start_ms, 0, 1000);
	assert_true(processes_end(seconds, 2000));
	assert_false(processes_left_a_zombie());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, collect_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_password_that_stays_the_same_costs_nothing_over_many_connections),
		TEST(a_password_that_changed_is_found_after_one_refusal_and_redacted_from_then_on),
		TEST(a_refused_command_is_not_run_for_every_attempt),
		TEST(a_password_file_is_read_for_each_connection),
		TEST(a_command_that_hangs_is_said_to_hang_and_not_run_again_at_once),
		TEST(stopping_does_not_wait_for_a_command_that_hangs),
	};
	return cmocka_run_group_tests(tests, start_server, release_server);
}
