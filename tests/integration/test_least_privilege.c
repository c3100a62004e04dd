/* SPDX-License-Identifier: MIT */
/*
 * The rights that config/least-privilege gives are enough for all that is watched, and give no
 * more: the files themselves are read by a real Redis and a real Postgres.
 */
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
#include "tests/support/collected.h"
#include "tests/support/servers.h"

static struct redis_server redis;
static struct pg_server postgres;
static struct collected collected;

static char *read_whole(const char *path)
{
	char *text = xcalloc(1, 8192);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && read(fd, text, 8191) > 0);
	close(fd);
	return text;
}

static int stop_watching(void **state)
{
	(void)state;
	if (collected.collect)
		collected_stop(&collected);
	return 0;
}

/* ---- Redis ---- */

static int start_redis(void **state)
{
	(void)state;
	redis_server_init(&redis);
	redis_server_kill(&redis);
	redis.extra = read_whole("config/least-privilege/redis-user.conf");
	redis_server_start(&redis);
	return 0;
}

static int release_redis(void **state)
{
	(void)state;
	redis_server_release(&redis);
	return 0;
}

static void do_redis(const char *command)
{
	autofree char *said = redis_server_do(&redis, command);
	if (starts_with(said, "ERR") || starts_with(said, "NOPERM"))
		fail_msg("%s: %s", command, said);
}

static void watch_redis(void)
{
	autofree char *path = xasprintf("%s/password", redis.folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "CHANGE-THIS", 11), 11);
	close(fd);
	collected_start(&collected,
		"redis: [{name: main, socket: %s, interval: 300ms, user: botswain, "
		"password: {file: %s}, heartbeats: 'hb:*', streams: ['events:*']}]\n"
		"bots: [{name: orders, transport: none}]\n",
		redis.socket, path);
}

static void the_redis_user_may_read_all_that_is_watched(void **state)
{
	(void)state;
	do_redis("SET hb:orders 1 PX 60000");
	do_redis("XADD events:orders * bot orders level warn msg first");
	do_redis("XGROUP CREATE events:orders workers 0");
	do_redis("XREADGROUP GROUP workers w1 COUNT 1 STREAMS events:orders >");
	watch_redis();
	collected_wait(&collected, "obs_samples", "redis_slowlog_length", "redis_commands_total",
		"redis_instance_info", NULL);
	collected_wait(&collected, "obs_redis", "redis_memory_used_bytes", NULL);
	collected_wait(&collected, "obs_heartbeat", "bot=\"orders\"", "present=true", NULL);
	collected_wait(&collected, "obs_stream", "group=\"workers\"", "last to w1",
		"readers=[{name=\"w1\"", NULL);
	collected_wait_event(&collected, "first", NULL);
	do_redis("XADD events:orders * bot orders level warn msg second");
	collected_wait_event(&collected, "second", NULL);
	assert_null(collected_wait_for(
		&collected, 1500, "obs_source", "state=\"not_permitted\"", NULL));
}

/* `ACL DRYRUN` answers OK, or why not (Redis 7). */
static void the_redis_user_may_neither_write_nor_read_other_keys(void **state)
{
	static const char *const forbidden[] = {"SET hb:orders x", "DEL hb:orders", "GET session:1",
		"XADD events:orders * a b", "XRANGE other - +", "XREAD COUNT 1 STREAMS other 0",
		"KEYS *", "CONFIG GET requirepass", "FLUSHALL", "SHUTDOWN", "EVAL return 0",
		"ACL LIST", "MONITOR", "CLIENT KILL ID 1", "SLOWLOG RESET", "SUBSCRIBE news",
		"DEBUG SLEEP 1"};
	(void)state;
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		autofree char *command = xasprintf("ACL DRYRUN botswain %s", forbidden[i]);
		autofree char *said = redis_server_do(&redis, command);
		if (!strstr(said, "has no permissions"))
			fail_msg("%s: %s", forbidden[i], said);
	}
}

/* ---- Postgres ---- */

static int start_postgres(void **state)
{
	(void)state;
	autofree char *sql = read_whole("config/least-privilege/postgres-role.sql");
	pg_server_init(&postgres);
	free(pg_server_do(&postgres,
		"CREATE TABLE bots (name text, is_enabled bool, token text);"
		"CREATE TABLE messages (body text);"
		"INSERT INTO bots VALUES ('orders', true, 'secret'), ('quiz', false, 'secret')"));
	free(pg_server_do(&postgres, "%s", sql));
	return 0;
}

static int release_postgres(void **state)
{
	(void)state;
	pg_server_release(&postgres);
	return 0;
}

static void the_postgres_role_may_read_all_that_is_watched(void **state)
{
	(void)state;
	collected_start(&collected,
		"postgres: [{name: main, dsn: 'host=%s port=%d user=botswain dbname=postgres', "
		"interval: 300ms, listen: [bots_changed]}]\n"
		"bots_from: [{postgres: main, query: 'SELECT name, is_enabled FROM bots', "
		"transport: none}]\n",
		postgres.folder, postgres.port);
	collected_wait(&collected, "obs_postgres", "pg_stat_activity_active", NULL);
	collected_wait(&collected, "obs_samples", "pg_database_size_bytes",
		"pg_stat_user_tables_size_bytes", "pg_settings_max_connections", NULL);
	collected_wait(&collected, "obs_samples", "pg_stat_database_xact_commit",
		"name=\"pg_exporter_last_scrape_error\" labels=\"instance=main,job=postgres\"}",
		NULL);
	collected_wait(&collected, "obs_fleet", "orders", "quiz", NULL);
	free(pg_server_do(&postgres, "NOTIFY bots_changed, 'hello from the fleet'"));
	collected_wait_event(&collected, "hello from the fleet", NULL);
	assert_null(collected_wait_for(
		&collected, 1500, "obs_source", "state=\"not_permitted\"", NULL));
}

/* It sees what others run, which without pg_monitor is "<insufficient privilege>". */
static void the_postgres_role_sees_statements_of_others(void **state)
{
	(void)state;
	autofree char *seen =
		pg_server_do(&postgres, "SET ROLE botswain; SELECT count(*) FROM pg_stat_activity"
					" WHERE query LIKE '%%SET ROLE botswain%%'");
	assert_string_equal(seen, "1");
}

static bool may(const char *right)
{
	autofree char *said = pg_server_do(&postgres, "SELECT %s", right);
	return strcmp(said, "t") == 0;
}

static void the_postgres_role_may_neither_write_nor_read_other_columns(void **state)
{
	(void)state;
	assert_true(may("has_column_privilege('botswain', 'bots', 'name', 'SELECT')"));
	assert_false(may("has_column_privilege('botswain', 'bots', 'token', 'SELECT')"));
	assert_false(may("has_any_column_privilege('botswain', 'bots', 'INSERT, UPDATE')"));
	assert_false(may("has_table_privilege('botswain', 'messages', 'SELECT')"));
	assert_false(may("has_schema_privilege('botswain', 'public', 'CREATE')"));
	assert_false(may("pg_has_role('botswain', 'pg_signal_backend', 'MEMBER')"));
	assert_false(may("pg_has_role('botswain', 'pg_read_all_data', 'MEMBER')"));
	assert_false(may("(SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles"
			 " WHERE rolname = 'botswain')"));
}

int main(void)
{
	const struct CMUnitTest with_redis[] = {
		cmocka_unit_test_teardown(
			the_redis_user_may_read_all_that_is_watched, stop_watching),
		cmocka_unit_test(the_redis_user_may_neither_write_nor_read_other_keys),
	};
	const struct CMUnitTest with_postgres[] = {
		cmocka_unit_test_teardown(
			the_postgres_role_may_read_all_that_is_watched, stop_watching),
		cmocka_unit_test(the_postgres_role_sees_statements_of_others),
		cmocka_unit_test(the_postgres_role_may_neither_write_nor_read_other_columns),
	};
	int failed = cmocka_run_group_tests_name("redis", with_redis, start_redis, release_redis);
	return failed + cmocka_run_group_tests_name(
				"postgres", with_postgres, start_postgres, release_postgres);
}
