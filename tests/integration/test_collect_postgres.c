/* SPDX-License-Identifier: MIT */
/* A real Postgres, watched: statistics, queries, the fleet, notifications, and how it can fail. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <libpq-fe.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/servers.h"

static struct pg_server server;

static int start_server(void **state)
{
	(void)state;
	pg_server_init(&server);
	return 0;
}

static int release_server(void **state)
{
	(void)state;
	pg_server_release(&server);
	return 0;
}

static int stop_watching(void **state)
{
	int failed = collect_teardown(state);
	if (!server.pid)
		pg_server_start(&server);
	return failed;
}

static void run(const char *sql)
{
	char *value = pg_server_do(&server, "%s", sql);
	free(value);
}

/* `user`: tester is the superuser. `more`: further keys of the server; `rest`: further sections. */
static void watch(const char *user, const char *more, const char *rest)
{
	collected_start(&collected,
		"postgres: [{name: main, dsn: 'host=%s port=%d user=%s dbname=postgres', "
		"interval: 300ms, timeout: 1s%s}]\n"
		"bots: [{name: orders, transport: none}]\n%s",
		server.folder, server.port, user, more, rest);
}

static void wait_until_well(void)
{
	collected_wait(&collected, "obs_source", "kind=\"postgres\"", "name=\"main\"",
		"state=\"ok\"", NULL);
}

static void statistics_are_reported_with_the_names_that_exporters_use(void **state)
{
	(void)state;
	watch("tester", "", "");
	const char *seen = collected_wait(&collected, "obs_postgres", "name=\"main\"",
		"version=\"15", "max_clients=20", "pg_up", "hit_ratio=0.", NULL);
	assert_true(collected_number(seen, "size_bytes") > 1e6);
	assert_true(collected_number(seen, "clients") >= 1);
	assert_non_null(strstr(seen, "rate=nan"));
	collected_wait(&collected, "obs_samples", "pg_database_size_bytes", "datname=postgres",
		"instance=main,job=postgres", NULL);
	collected_wait(&collected, "obs_samples", "pg_stat_database_xact_commit", NULL);
	do
		seen = collected_wait(&collected, "obs_postgres", " rate=", NULL);
	while (strstr(seen, "rate=nan"));
	assert_true(collected_number(seen, "rate") > 0);
	wait_until_well();
	autofree char *name = pg_server_do(&server,
		"select application_name || ' ' || current_setting('statement_timeout') from "
		"pg_stat_activity where application_name like 'botswain/%%'");
	assert_true(starts_with(name, "botswain/"));
}

static void the_longest_statement_of_others_is_named_and_its_secrets_are_not(void **state)
{
	(void)state;
	PGconn *slow = PQconnectdb(server.dsn);
	assert_int_equal(
		PQsendQuery(
			slow, "select pg_sleep(30) /* 123456:AAFsecretsecretsecretsecretsecret */"),
		1);
	watch("tester", "", "");
	collected.forbidden = "AAFsecret";
	collected_wait(&collected, "obs_postgres", "slow_text=\"select pg_sleep(30)", NULL);
	const char *seen = collected_wait(&collected, "obs_postgres", "slow_text=", NULL);
	assert_true(collected_number(seen, "slow_ms") > 100);
	PQrequestCancel(slow);
	PQfinish(slow);
	collected_wait(&collected, "obs_postgres", "slow_ms=nan", NULL);
}

static void own_queries_become_series_with_labels(void **state)
{
	(void)state;
	watch("tester",
		", queries: [{name: things, interval: 1s, sql: \"select 'read' as name, 7.5 as "
		"value, 'b' as zone, 'x,y' as area\"}, {name: plain, interval: 1s, sql: 'select "
		"3'}]",
		"");
	const char *samples = collected_wait(&collected, "obs_samples", "name=\"things_read\"",
		"labels=\"area=x\\\\,y,zone=b\"", "value=7.5", NULL);
	assert_non_null(strstr(samples, "source=\"postgres/main\""));
	collected_wait(&collected, "obs_samples", "name=\"plain\"", "value=3", NULL);
}

static void a_query_that_fails_is_named_and_the_rest_goes_on(void **state)
{
	(void)state;
	watch("tester",
		", queries: [{name: broken, interval: 1s, sql: 'select * from nowhere'}, "
		"{name: plain, interval: 1s, sql: 'select 3'}, "
		"{name: endless, interval: 1s, sql: 'select generate_series(1, 5000)'}]",
		"");
	collected_wait(&collected, "obs_samples", "name=\"plain\"", NULL);
	collected_wait(&collected, "obs_source", "state=\"error\"", "query 'broken': relation",
		"42P01", NULL);
	collected_wait(&collected, "obs_postgres", NULL);
}

static void a_result_without_end_is_cut_and_keeps_the_line(void **state)
{
	(void)state;
	watch("tester",
		", queries: [{name: endless, interval: 1s, "
		"sql: 'select generate_series(1, 1000000000)'}]",
		"");
	collected_wait(&collected, "obs_source", "state=\"error\"",
		"query 'endless': more than "
		"1000 rows",
		"circuit=\"closed\"", NULL);
}

static void a_statement_that_takes_too_long_is_ended_by_the_server_and_keeps_the_line(void **state)
{
	(void)state;
	watch("tester", ", queries: [{name: slow, interval: 1s, sql: 'select pg_sleep(5)'}]", "");
	collected_wait(&collected, "obs_source", "state=\"error\"",
		"query 'slow': canceling "
		"statement due to statement timeout",
		"circuit=\"closed\"", NULL);
}

static void the_fleet_is_read_from_its_table_and_again_when_it_changes(void **state)
{
	(void)state;
	run("create table bots (name text, enabled bool, kind text);"
	    "insert into bots values ('alpha', true, 'none'), ('beta', false, 'none'), "
	    "('Bad Name', true, 'none')");
	watch("tester", "",
		"bots_from: [{postgres: main, query: 'select name, enabled, kind from bots order "
		"by "
		"name', interval: 1s, pidfile: '/nonexistent/{bot}.pid'}]\n");
	const char *fleet = collected_wait(&collected, "obs_fleet", "source=\"main\"",
		"{name=\"alpha\" enabled=true transport=\"none\"}",
		"{name=\"beta\" transport=\"none\"}", NULL);
	assert_null(strstr(fleet, "Bad Name"));
	collected_wait(&collected, "obs_process", "bot=\"alpha\"", "/nonexistent/alpha.pid", NULL);
	run("update bots set enabled = true where name = 'beta'");
	collected_wait(
		&collected, "obs_fleet", "{name=\"beta\" enabled=true transport=\"none\"}", NULL);
	run("drop table bots");
}

static void notifications_arrive_and_listening_survives_a_restart(void **state)
{
	(void)state;
	watch("tester", ", listen: [fleet, \"odd \\\"name\"]", "");
	collect_wait_ok("name=\"main:listen\"");
	run("notify fleet, '{\"bot\":\"orders\",\"x\":1}'");
	collected_wait(
		&collected, "obs_notify", "name=\"main\"", "channel=\"fleet\"", "orders", NULL);
	collected_wait(&collected, "obs_notes", "source=\"postgres/main\"", "bot=\"orders\"", NULL);
	pg_server_stop(&server, "immediate");
	collected_wait(
		&collected, "obs_source", "name=\"main:listen\"", "state=\"unreachable\"", NULL);
	pg_server_start(&server);
	collect_wait_ok("name=\"main:listen\"");
	run("notify \"odd \"\"name\", 'again'");
	collected_wait(&collected, "obs_notify", "payload=\"again\"", NULL);
}

static void a_stopped_server_is_unreachable_and_one_started_again_is_well(void **state)
{
	(void)state;
	watch("tester", "", "");
	wait_until_well();
	pg_server_stop(&server, "fast");
	collected_wait(&collected, "obs_source", "state=\"unreachable\"",
		"cannot reach postgres 'main': ", NULL);
	collected_wait(
		&collected, "obs_source", "circuit=\"open\"", "No such file or directory", NULL);
	pg_server_start(&server);
	wait_until_well();
	collected_wait(&collected, "obs_postgres", NULL);
}

static pid_t backend_of_botswain(void)
{
	autofree char *pid = pg_server_do(&server,
		"select pid from pg_stat_activity where application_name like 'botswain/%%' "
		"order by backend_start limit 1");
	assert_true(atoi(pid) > 0);
	return (pid_t)atoi(pid);
}

static void a_frozen_backend_is_left_for_a_new_one(void **state)
{
	(void)state;
	watch("tester", "", "");
	wait_until_well();
	pid_t frozen = backend_of_botswain();
	assert_int_equal(kill(frozen, SIGSTOP), 0);
	collected_wait(&collected, "obs_source", "state=\"unreachable\"", "no answer in time",
		"fails=1", NULL);
	wait_until_well();
	assert_int_equal(kill(frozen, SIGCONT), 0);
}

static void a_frozen_postmaster_is_noticed_though_the_old_line_answers(void **state)
{
	(void)state;
	watch("tester", "", "");
	wait_until_well();
	pg_server_freeze(&server, true);
	collected_wait(&collected, "obs_source", "name=\"main\"",
		"it answers, but takes no new connection", "fails=2", NULL);
	collected_wait(&collected, "obs_postgres", NULL);
	pg_server_freeze(&server, false);
	wait_until_well();
}

static void a_server_that_is_frozen_at_the_start_is_not_waited_for(void **state)
{
	(void)state;
	pg_server_freeze(&server, true);
	watch("tester", "", "");
	collected_wait(
		&collected, "obs_source", "state=\"unreachable\"", "no connection in time", NULL);
	collected_stop(&collected);
	pg_server_freeze(&server, false);
}

static void what_is_refused_has_its_own_words(void **state)
{
	(void)state;
	watch("nobody_known", "", "");
	collected_wait(&collected, "obs_source", "state=\"not_permitted\"",
		"role \\\"nobody_known\\\" does not exist", NULL);
	collected_stop(&collected);
	run("create role weak login; create table hidden (x int)");
	watch("weak", ", queries: [{name: hidden, interval: 1s, sql: 'select x from hidden'}]", "");
	collected_wait(&collected, "obs_source", "state=\"not_permitted\"",
		"query 'hidden': permission denied for table hidden (42501)", NULL);
	run("drop role weak; drop table hidden");
}

static void a_view_that_is_refused_leaves_its_metrics_out_and_is_said_once(void **state)
{
	(void)state;
	run("create role weak login; revoke select on pg_stat_archiver from public");
	watch("weak", ", metrics_interval: 400ms", "");
	collected_wait(&collected, "obs_samples", "name=\"pg_stat_database_numbackends\"",
		"name=\"pg_exporter_last_scrape_error\" labels=\"instance=main,job=postgres\" "
		"value=1",
		NULL);
	assert_null(strstr(collected.last, "pg_stat_archiver"));
	collected_wait(&collected, "obs_source", "state=\"degraded\"",
		"metrics of pg_stat_archiver: permission denied for view pg_stat_archiver (42501)",
		NULL);
	wait_until_well();
	collected_wait(&collected, "obs_samples", "name=\"pg_stat_database_numbackends\"", NULL);
	assert_null(collected_wait_for(&collected, 1500, "obs_source", "state=\"degraded\"", NULL));
	run("grant select on pg_stat_archiver to public; drop role weak");
}

static void without_an_interval_only_the_looks_are_told(void **state)
{
	(void)state;
	watch("tester", ", metrics_interval: 0s", "");
	wait_until_well();
	assert_null(collected_wait_for(&collected, 1500, "obs_samples", NULL));
}

static void the_largest_tables_are_kept_and_the_others_counted(void **state)
{
	(void)state;
	run("do $$ begin for i in 1..103 loop execute format('create table t%s (x int)', i); end "
	    "loop; insert into t103 select generate_series(1, 9000); end $$; analyze t103");
	watch("tester", ", metrics_interval: 400ms", "");
	collected_wait(&collected, "obs_samples", "name=\"pg_stat_user_tables_n_live_tup\"",
		"relname=t103,",
		"labels=\"instance=main,job=postgres,relation=pg_stat_user_tables,", NULL);
	const char *left = strstr(collected.last, "relation=pg_stat_user_tables,");
	assert_true(collected_number(left, "value") >= 3);
	run("do $$ begin for i in 1..103 loop execute format('drop table t%s', i); end loop; end "
	    "$$");
}

static void no_room_for_a_connection_is_said_as_the_server_says_it(void **state)
{
	(void)state;
	PGconn *others[20];
	size_t count = 0;
	run("create role many login");
	autofree char *dsn =
		xasprintf("host=%s port=%d user=many dbname=postgres", server.folder, server.port);
	for (bool is_open = true; is_open && count < COUNT_OF(others); count++) {
		others[count] = PQconnectdb(dsn);
		is_open = PQstatus(others[count]) == CONNECTION_OK;
	}
	watch("many", "", "");
	collected_wait(
		&collected, "obs_source", "state=\"error\"", "remaining connection slots", NULL);
	while (count)
		PQfinish(others[--count]);
	wait_until_well();
}

static void a_backend_that_an_administrator_ends_is_replaced(void **state)
{
	(void)state;
	watch("tester", "", "");
	wait_until_well();
	autofree char *ended = pg_server_do(
		&server, "select pg_terminate_backend(%d)", (int)backend_of_botswain());
	assert_string_equal(ended, "t");
	collected_wait(&collected, "obs_source", "terminating connection", "fails=1", NULL);
	wait_until_well();
}

static void who_waits_for_notifications_hears_why_its_session_was_ended(void **state)
{
	(void)state;
	watch("tester", ", listen: [fleet]", "");
	collect_wait_ok("name=\"main:listen\"");
	run("select count(pg_terminate_backend(pid)) from pg_stat_activity where "
	    "application_name like 'botswain/%'");
	collected_wait(&collected, "obs_source", "name=\"main:listen\"", "state=\"unreachable\"",
		"terminating connection due to administrator command", NULL);
	collect_wait_ok("name=\"main:listen\"");
}

static void a_locked_catalogue_cancels_us_and_not_the_others(void **state)
{
	(void)state;
	run("create table busy (x int)");
	PGconn *locker = PQconnectdb(server.dsn);
	PQclear(PQexec(locker, "begin; lock table busy in access exclusive mode"));
	watch("tester", ", queries: [{name: busy, interval: 1s, sql: 'select count(*) from busy'}]",
		"");
	collected_wait(&collected, "obs_source", "state=\"error\"",
		"query 'busy': canceling statement due to lock timeout", NULL);
	PQfinish(locker);
	collected_wait(&collected, "obs_samples", "name=\"busy\"", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, stop_watching)
	const struct CMUnitTest tests[] = {
		TEST(statistics_are_reported_with_the_names_that_exporters_use),
		TEST(the_longest_statement_of_others_is_named_and_its_secrets_are_not),
		TEST(own_queries_become_series_with_labels),
		TEST(a_query_that_fails_is_named_and_the_rest_goes_on),
		TEST(a_result_without_end_is_cut_and_keeps_the_line),
		TEST(a_statement_that_takes_too_long_is_ended_by_the_server_and_keeps_the_line),
		TEST(the_fleet_is_read_from_its_table_and_again_when_it_changes),
		TEST(notifications_arrive_and_listening_survives_a_restart),
		TEST(a_stopped_server_is_unreachable_and_one_started_again_is_well),
		TEST(a_frozen_backend_is_left_for_a_new_one),
		TEST(a_frozen_postmaster_is_noticed_though_the_old_line_answers),
		TEST(a_server_that_is_frozen_at_the_start_is_not_waited_for),
		TEST(what_is_refused_has_its_own_words),
		TEST(a_view_that_is_refused_leaves_its_metrics_out_and_is_said_once),
		TEST(without_an_interval_only_the_looks_are_told),
		TEST(the_largest_tables_are_kept_and_the_others_counted),
		TEST(no_room_for_a_connection_is_said_as_the_server_says_it),
		TEST(a_backend_that_an_administrator_ends_is_replaced),
		TEST(who_waits_for_notifications_hears_why_its_session_was_ended),
		TEST(a_locked_catalogue_cancels_us_and_not_the_others),
	};
	return cmocka_run_group_tests(tests, start_server, release_server);
}
