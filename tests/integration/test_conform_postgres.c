/* SPDX-License-Identifier: MIT */
/*
 * Conformance of what Postgres tells: 10,000 numbered rows of a table, committed in any order, while the server is started
 * again; 10,000 numbered notifications, and what is said of those that nobody could hear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <libpq-fe.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/numbers.h"
#include "tests/support/servers.h"

static struct pg_server server;
static struct numbered numbered;

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

static void run(const char *sql)
{
	char *value = pg_server_do(&server, "%s", sql);
	free(value);
}

static int setup(void **state)
{
	(void)state;
	numbered = (struct numbered){.at = 0};
	run("drop table if exists \"Audit log\" cascade; create table \"Audit log\" (\"the "
	    "\"\"id\" "
	    "bigserial "
	    "primary key, created_at timestamptz default now(), severity text, bot text, body "
	    "text, "
	    "amount int)");
	return 0;
}

static int teardown(void **state)
{
	int failed = collect_teardown(state);
	if (!server.pid)
		pg_server_start(&server);
	return failed;
}

#define TABLE                                                                                      \
	"tables: {audit: {table: Audit log, key: 'the \"id', time: created_at, level: severity, "  \
	"bot: bot, message: body, interval: 200ms}}"

static void watch(const char *what)
{
	collected_start(&collected,
		"postgres: [{name: main, dsn: 'host=%s port=%d user=tester dbname=postgres', "
		"interval: 300ms, timeout: 1s, %s}]\n"
		"bots: [{name: orders, transport: none}]\n",
		server.folder, server.port, what);
}

static void add_numbers(int from, int to)
{
	autofree char *sql = xasprintf(
		"insert into \"Audit log\" (severity, bot, body) select 'warn', 'orders', "
		"'number-' || lpad(i::text, 5, '0') from generate_series(%d, %d) i",
		from, to - 1);
	run(sql);
}

static void restart(const char *mode, const char *source)
{
	pg_server_stop(&server, mode);
	collected_wait(&collected, "obs_source", source, "state=\"unreachable\"", NULL);
	pg_server_start(&server);
}

static void columns_have_their_meaning_and_others_are_kept(void **state)
{
	(void)state;
	run("insert into \"Audit log\" (severity, bot, body, amount) values ('error', 'orders', "
	    "'payment failed', 12)");
	watch(TABLE);
	collected_wait_event(&collected, "postgres/main orders E payment failed", "amount=12",
		"table=audit", NULL);
	collect_wait_ok("name=\"main:tables\"");
	run("insert into \"Audit log\" (created_at, body) values (now() - interval '1 day', "
	    "'late')");
	collected_wait_event(&collected, "late", NULL);
}

static void what_is_older_than_the_last_minutes_is_not_read(void **state)
{
	(void)state;
	run("insert into \"Audit log\" (created_at, body) values (now() - interval '1 hour', "
	    "'old'), "
	    "(now() - interval '1 minute', 'young')");
	watch(TABLE);
	collected_wait_event(&collected, "young", NULL);
	assert_int_equal(collected_count_events(&collected, "old"), 0);
}

static void ten_thousand_rows_come_once_over_restarts(void **state)
{
	(void)state;
	watch(TABLE);
	collect_wait_ok("name=\"main:tables\"");
	for (int i = 0; i < 10; i++) {
		add_numbers(i * 1000, i * 1000 + 600);
		numbered_take(&numbered, &collected, 10);
		if (i % 4 == 3)
			restart(i == 3 ? "fast" : "immediate", "name=\"main:tables\"");
		add_numbers(i * 1000 + 600, i * 1000 + 1000);
	}
	numbered_wait(&numbered, &collected, NUMBERED);
	assert_int_equal(numbered.lost, 0);
}

/* The settings change in the middle, and the server is away meanwhile. */
static void settings_that_change_begin_where_those_before_were(void **state)
{
	(void)state;
	watch(TABLE);
	collect_wait_ok("name=\"main:tables\"");
	for (int i = 0; i < 10; i++) {
		add_numbers(i * 1000, i * 1000 + 1000);
		numbered_take(&numbered, &collected, 10);
		if (i == 5)
			pg_server_stop(&server, "fast");
		collected_reload(&collected,
			"postgres: [{name: main, dsn: 'host=%s port=%d user=tester "
			"dbname=postgres', interval: %dms, timeout: 1s, %s}]\n"
			"bots: [{name: orders, transport: none}]\n",
			server.folder, server.port, 310 + i, TABLE);
		if (i == 5)
			pg_server_start(&server);
	}
	numbered_wait(&numbered, &collected, NUMBERED);
	assert_int_equal(numbered.lost, 0);
}

static PGconn *begin(void)
{
	PGconn *conn = PQconnectdb(server.dsn);
	assert_int_equal(PQstatus(conn), CONNECTION_OK);
	PQclear(PQexec(conn, "begin"));
	return conn;
}

static void add_one(PGconn *conn, int number)
{
	autofree char *sql =
		xasprintf("insert into \"Audit log\" (body) values ('number-%05d')", number);
	PGresult *result = PQexec(conn, sql);
	assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
	PQclear(result);
}

static void end(PGconn *conn, const char *how)
{
	PQclear(PQexec(conn, how));
	PQfinish(conn);
}

/* Their keys lie below those of thousands of rows that were read long before; one of them was added under a savepoint. */
static void rows_that_are_committed_late_are_not_passed(void **state)
{
	(void)state;
	watch(TABLE);
	collect_wait_ok("name=\"main:tables\"");
	PGconn *late = begin(), *later = begin(), *never = begin();
	add_one(late, 0);
	add_one(never, 1);
	PQclear(PQexec(later, "insert into \"Audit log\" (body) values ('x'); savepoint s"));
	add_one(later, 2);
	for (int i = 1; i < 10; i++) {
		add_numbers(i * 100, i * 100 + 100);
		/* longer than what a key may be on its way */
		for (int j = 0; i < 8 && j < 8; j++)
			numbered_take(&numbered, &collected, 100);
	}
	assert_true(numbered.seen >= 700);
	end(late, "commit");
	end(never, "rollback");
	end(later, "release s; commit");
	numbered_wait(&numbered, &collected, 902);
	assert_int_equal(numbered.times[0] + numbered.times[2], 2);
	assert_int_equal(numbered.times[1], 0);
}

static void a_table_that_is_emptied_is_read_from_its_start(void **state)
{
	(void)state;
	watch(TABLE);
	add_numbers(0, 100);
	while (numbered.seen < 100)
		numbered_take(&numbered, &collected, 50);
	run("truncate \"Audit log\" restart identity");
	collect_wait_ok("name=\"main:tables\"");
	collect_wait_ok("name=\"main:tables\"");
	add_numbers(100, 150);
	numbered_wait(&numbered, &collected, 150);
}

/* ---- what comes between a look and its reading ---- */

static PGconn *hold_gate(void)
{
	PGconn *gate = PQconnectdb(server.dsn);
	assert_int_equal(PQstatus(gate), CONNECTION_OK);
	PQclear(PQexec(gate, "select pg_advisory_lock(7)"));
	return gate;
}

/* Until a look, and not a reading, waits at the gate: it has its snapshot by then. */
static PGconn *stop_a_look(void)
{
	static const char stopped[] =
		"select query like '%txid_snapshot%' from pg_stat_activity where wait_event_type = "
		"'Lock' and wait_event = 'advisory'";
	for (;;) {
		PGconn *gate = hold_gate();
		autofree char *is_look = xstrdup("");
		while (!is_look[0]) {
			free(is_look);
			is_look = pg_server_do(&server, "%s", stopped);
		}
		if (is_look[0] == 't')
			return gate;
		PQfinish(gate);
	}
}

static void a_row_whose_transaction_began_while_we_looked_is_not_passed(void **state)
{
	(void)state;
	run("create or replace view gated as select * from \"Audit log\" where "
	    "pg_advisory_xact_lock_shared(7)::text = ''");
	add_numbers(0, 1);
	collected_start(&collected,
		"postgres: [{name: main, dsn: 'host=%s port=%d user=tester dbname=postgres', "
		"interval: 300ms, timeout: 10s, tables: {audit: {table: gated, key: 'the \"id', "
		"message: body, interval: 200ms}}}]\n",
		server.folder, server.port);
	while (numbered.seen < 1)
		numbered_take(&numbered, &collected, 100);
	PGconn *gate = stop_a_look();
	PGconn *late = begin();
	add_one(late, 1);
	add_numbers(2, 3);
	PQfinish(gate);
	/* longer than what a key may be on its way */
	for (int i = 0; i < 70 || numbered.seen < 2; i++)
		numbered_take(&numbered, &collected, 100);
	end(late, "commit");
	numbered_wait(&numbered, &collected, 3);
}

static long scans(const char *kind)
{
	autofree char *text = pg_server_do(
		&server, "select %s from pg_stat_user_tables where relname = 'Audit log'", kind);
	return strtol(text, NULL, 10);
}

static void the_index_of_a_key_serves_whatever_its_width(void **state)
{
	(void)state;
	run("alter table \"Audit log\" alter \"the \"\"id\" type int");
	run("insert into \"Audit log\" (body) select repeat('x', 100) from generate_series(1, "
	    "20000)");
	run("vacuum analyze \"Audit log\"");
	watch(TABLE);
	collect_wait_ok("name=\"main:tables\"");
	while (scans("idx_scan") < 4)
		collect_wait_ok("name=\"main:tables\"");
	long before = scans("seq_scan"), looks = scans("idx_scan");
	while (scans("idx_scan") < looks + 10)
		collect_wait_ok("name=\"main:tables\"");
	assert_int_equal(scans("seq_scan"), before);
}

static void when_the_newest_rows_are_deleted_the_others_are_not_read_again(void **state)
{
	(void)state;
	watch(TABLE);
	collect_wait_ok("name=\"main:tables\"");
	add_numbers(0, 100);
	/* longer than what a key may be on its way */
	for (int i = 0; i < 70 || numbered.seen < 100; i++)
		numbered_take(&numbered, &collected, 100);
	run("delete from \"Audit log\" where body >= 'number-00050'");
	collect_wait_ok("name=\"main:tables\"");
	collect_wait_ok("name=\"main:tables\"");
	add_numbers(100, 150);
	numbered_wait(&numbered, &collected, 150);
}

/* A table whose rows are taken away when they are done with. */
static void they_are_not_read_again_when_the_server_is_restarted_either(void **state)
{
	(void)state;
	watch(TABLE);
	collect_wait_ok("name=\"main:tables\"");
	add_numbers(0, 100);
	numbered_wait(&numbered, &collected, 100);
	run("delete from \"Audit log\" where body >= 'number-00050'");
	restart("fast", "name=\"main:tables\"");
	collect_wait_ok("name=\"main:tables\"");
	add_numbers(100, 150);
	numbered_wait(&numbered, &collected, 150);
}

static void numbers_of_any_size_are_kept_as_they_are(void **state)
{
	(void)state;
	run("alter table \"Audit log\" add large numeric, add real float8, add yes bool");
	watch(TABLE);
	run("insert into \"Audit log\" (body, large, real, yes, amount) values ('large one', "
	    "123456789012345678901234567890, 'NaN', true, -5)");
	collected_wait_event(&collected, "large one", "large=123456789012345678901234567890",
		"real=NaN", "yes=true", "amount=-5", NULL);
}

/* A time without a zone is that of the session: the server tells it, nobody reads it a second time. */
static void a_time_without_a_zone_is_the_server_s(void **state)
{
	(void)state;
	run("alter role tester set timezone = 'Asia/Tokyo'");
	run("alter table \"Audit log\" alter created_at type timestamp");
	run("insert into \"Audit log\" (created_at, body) values (now() at time zone 'Asia/Tokyo' "
	    "- interval '50 seconds', 'young')");
	int64_t before_ms = clock_wall_ms(clock_real());
	watch(TABLE);
	collected_wait_event(&collected, "young", NULL);
	run("alter role tester reset timezone");
	assert_in_range(before_ms - collected.wall_ms, 45000, 60000);
}

static void more_rows_than_are_remembered_are_not_said_to_be_lost(void **state)
{
	(void)state;
	watch(TABLE);
	collect_wait_ok("name=\"main:tables\"");
	run("insert into \"Audit log\" (body) select 'row' from generate_series(1, 45000)");
	add_numbers(0, 1);
	numbered_wait(&numbered, &collected, 1);
	assert_int_equal(collected_count_events(&collected, " row "), 45000);
	assert_int_equal(collected_count_events(&collected, "are lost"), 0);
}

/* Nobody knows when they were written: of now they tell nothing. */
static void rows_of_before_without_a_time_count_as_nothing_of_now(void **state)
{
	(void)state;
	run("insert into \"Audit log\" (severity, body) values ('error', 'of before')");
	watch("tables: {audit: {table: Audit log, key: 'the \"id', level: severity, message: "
	      "body, interval: 200ms}}");
	const char *notes = collected_wait(&collected, "obs_notes", "lines=1", NULL);
	assert_null(strstr(notes, "level="));
	assert_int_equal(collected_count_events(&collected, "E of before"), 1);
	run("insert into \"Audit log\" (severity, body) values ('error', 'of now')");
	notes = collected_wait(&collected, "obs_notes", "lines=1", NULL);
	assert_non_null(strstr(notes, "level=5"));
}

static void a_table_that_is_not_there_is_named_and_others_go_on(void **state)
{
	(void)state;
	watch("tables: {missing: {key: id}, audit: {table: Audit log, key: 'the \"id', interval: "
	      "200ms}}");
	collected_wait(&collected, "obs_source", "name=\"main:tables\"", "table 'missing'", NULL);
	add_numbers(5, 6);
	collected_wait_event(&collected, "number-00005", "severity=warn", NULL);
}

static void notify(int from, int to)
{
	autofree char *sql = xasprintf("select pg_notify('ch', 'number-' || lpad(i::text, 5, '0')) "
				       "from generate_series(%d, %d) i",
		from, to - 1);
	run(sql);
}

static void ten_thousand_notifications_come_once_and_what_nobody_heard_is_said(void **state)
{
	(void)state;
	watch("listen: [ch]");
	collect_wait_ok("name=\"main:listen\"");
	notify(0, 5000);
	while (numbered.seen < 5000)
		numbered_take(&numbered, &collected, 50);
	assert_int_equal(collected_count_events(&collected, "nobody listened"), 0);
	restart("fast", "name=\"main:listen\"");
	collected_wait_event(
		&collected, "W what was notified in the last", "nobody listened", NULL);
	collected_wait(&collected, "obs_source", "name=\"main:listen\"", "dropped=1", NULL);
	notify(5000, 10000);
	numbered_wait(&numbered, &collected, NUMBERED);
	assert_int_equal(collected_count_events(&collected, "nobody listened"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(columns_have_their_meaning_and_others_are_kept),
		TEST(what_is_older_than_the_last_minutes_is_not_read),
		TEST(ten_thousand_rows_come_once_over_restarts),
		TEST(settings_that_change_begin_where_those_before_were),
		TEST(rows_that_are_committed_late_are_not_passed),
		TEST(a_table_that_is_emptied_is_read_from_its_start),
		TEST(a_row_whose_transaction_began_while_we_looked_is_not_passed),
		TEST(the_index_of_a_key_serves_whatever_its_width),
		TEST(when_the_newest_rows_are_deleted_the_others_are_not_read_again),
		TEST(they_are_not_read_again_when_the_server_is_restarted_either),
		TEST(numbers_of_any_size_are_kept_as_they_are),
		TEST(a_time_without_a_zone_is_the_server_s),
		TEST(more_rows_than_are_remembered_are_not_said_to_be_lost),
		TEST(rows_of_before_without_a_time_count_as_nothing_of_now),
		TEST(a_table_that_is_not_there_is_named_and_others_go_on),
		TEST(ten_thousand_notifications_come_once_and_what_nobody_heard_is_said),
	};
	return cmocka_run_group_tests_name("postgres", tests, start_server, release_server);
}
