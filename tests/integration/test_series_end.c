/* SPDX-License-Identifier: MIT */
/* A real Redis, a real Postgres and a log under a whole engine: what their series say, and that nothing of them stands still when
 * they do not answer. */
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
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/stale.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/live_engine.h"
#include "tests/support/servers.h"

enum {
	INTERVAL_MS = 1000,
	TIMEOUT_MS = 500,
	SOON_MS = 2 * INTERVAL_MS + TIMEOUT_MS +
		  500, /* two intervals, the wait for one answer, a turn */
	LIMIT_MS = 20000,
};

static struct redis_server redis;
static struct pg_server pg;
static struct live_engine *live;

static int redis_setup(void **state)
{
	redis_server_init(&redis);
	return folder_setup(state);
}

static int redis_teardown(void **state)
{
	live_engine_free(live);
	live = NULL;
	redis_server_release(&redis);
	return folder_teardown(state);
}

static int pg_setup(void **state)
{
	pg_server_init(&pg);
	return folder_setup(state);
}

static int pg_teardown(void **state)
{
	live_engine_free(live);
	live = NULL;
	pg_server_release(&pg);
	return folder_teardown(state);
}

static int64_t mono_ms(void)
{
	return clock_mono_ms(clock_real());
}

/* What a query yields now, a line a series: name value. */
static char *told(const char *query)
{
	struct str text = STR_INIT;
	struct msg_win_open open = {.window = 1,
		.store = (char *)(uintptr_t) "query",
		.filter = (char *)(uintptr_t)query};
	const struct msg_win_points *points = live_query(live, &open);
	if (points->error && points->error[0])
		fail_msg("%s: %s", query, points->error);
	str_adds(&text, "");
	for (size_t i = 0; i < points->series_count; i++)
		str_addf(&text, "%s %g\n", points->series[i].name, points->series[i].last);
	return str_detach(&text);
}

static void becomes(const char *query, const char *wanted, int64_t limit_ms)
{
	int64_t until_ms = mono_ms() + limit_ms;
	for (;;) {
		autofree char *got = told(query);
		if (strcmp(got, wanted) == 0)
			return;
		if (mono_ms() > until_ms)
			fail_msg("%s yields, in place of '%s':\n%s", query, wanted, got);
	}
}

/* ---- Redis ---- */

static const char up[] = "redis_up{instance=\"main\",job=\"redis\"}";
static const char of_redis[] = "count({instance=\"main\",__name__=~\"redis_.+\","
			       "__name__!~\"redis_up|redis_exporter_last_scrape_error\"}) > 20";
static const char gone[] =
	"{instance=\"main\",__name__!~\"redis_up|redis_exporter_last_scrape_error\"}";

static void watch_redis(void)
{
	autofree char *set = redis_server_do(
		&redis, "SET hb:orders %s PX 600000", "{\"upd_s\":2.5,\"queue\":4}");
	autofree char *added = redis_server_do(&redis, "XADD jobs * a b");
	autofree char *yaml =
		xasprintf("redis: [{name: main, socket: %s, interval: %dms, timeout: %dms, "
			  "metrics_interval: 1s, heartbeats: 'hb:*', streams: [jobs]}]\n"
			  "bots: [{name: orders, transport: none}]\n",
			redis.socket, INTERVAL_MS, TIMEOUT_MS);
	assert_string_equal(set, "OK");
	live = live_engine_new(folder, yaml);
	becomes("count(redis_connected_clients) * count(redis_stream_length) * "
		"count(redis_memory_max_bytes) * count(redis_ping_duration_ms)",
		"{} 1\n", LIMIT_MS);
	becomes("bot_heartbeat_queue", "bot_heartbeat_queue{bot=\"orders\"} 4\n", LIMIT_MS);
	autofree char *all = told(of_redis);
	assert_true(strlen(all) > 0);
}

/* All but that it is down. */
static void assert_ended(int64_t since_ms)
{
	autofree char *down = xasprintf("%s 0\n", up);
	becomes(gone, "", since_ms + SOON_MS - mono_ms());
	becomes("redis_up", down, 1000);
	becomes("{bot=\"orders\",__name__=~\"bot_(heartbeat|updates).*\"}", "",
		since_ms + 4 * INTERVAL_MS + SOON_MS - mono_ms());
}

static void assert_back(void)
{
	autofree char *again = xasprintf("%s 1\n", up);
	becomes("redis_up", again, LIMIT_MS);
	becomes("count(redis_connected_clients) * count(redis_ping_duration_ms)", "{} 1\n",
		LIMIT_MS);
}

/* A chart of half seconds from then on. */
static const struct msg_points *chart(const char *query, int64_t wall_ms)
{
	struct msg_win_open open = {.window = 2,
		.store = (char *)(uintptr_t) "query",
		.filter = (char *)(uintptr_t)query,
		.from_ms = wall_ms,
		.to_ms = clock_wall_ms(clock_real()),
		.step_ms = 500,
		.columns = 1000};
	const struct msg_win_points *points = live_query(live, &open);
	assert_int_equal(points->series_count, 1);
	return &points->series[0];
}

/* How often a series ceases between values, once it goes on. */
static int gaps_since(const char *query, int64_t wall_ms)
{
	int gaps = 0;
	int64_t until_ms = mono_ms() + LIMIT_MS;
	const struct msg_points *series = chart(query, wall_ms);
	while (is_stale(series->last) && mono_ms() < until_ms)
		series = chart(query, wall_ms);
	assert_false(is_stale(series->values[0]));
	assert_false(is_stale(series->last));
	for (size_t i = 1; i < series->values_count; i++)
		gaps += is_stale(series->values[i]) && !is_stale(series->values[i - 1]);
	return gaps;
}

static void a_redis_that_is_killed_leaves_nothing_but_that_it_is_down_and_a_gap(void **state)
{
	(void)state;
	watch_redis();
	int64_t begin_ms = clock_wall_ms(clock_real()), killed_ms = mono_ms();
	redis_server_kill(&redis);
	assert_ended(killed_ms);
	redis_server_start(&redis);
	assert_back();
	assert_int_equal(gaps_since("redis_connected_clients", begin_ms), 1);
	assert_int_equal(gaps_since("redis_ping_duration_ms", begin_ms), 1);
	assert_int_equal(gaps_since("redis_up", begin_ms), 0);
}

static void a_redis_that_is_frozen_leaves_nothing_but_that_it_is_down(void **state)
{
	(void)state;
	watch_redis();
	int64_t frozen_ms = mono_ms();
	redis_server_freeze(&redis, true);
	assert_ended(frozen_ms);
	redis_server_freeze(&redis, false);
	assert_back();
}

/* ---- Postgres ---- */

static void run(const char *statement)
{
	free(pg_server_do(&pg, "%s", statement));
}

static void watch_pg(void)
{
	run("create table shops (shop text, open int, paid float8);"
	    "insert into shops values ('north', 3, 10.5), ('south, old', 4, 0)");
	autofree char *yaml = xasprintf(
		"postgres: [{name: db, dsn: '%s', interval: %dms, timeout: 2s, queries: ["
		"{name: orders, interval: 1s, sql: \"select 'open' as name, open as value, shop "
		"from shops union all select 'paid', paid, shop from shops\"}, "
		"{name: shops, interval: 1s, sql: 'select count(*) from shops'}]}]\n"
		"bots: [{name: orders, transport: none}]\n",
		pg.dsn, INTERVAL_MS);
	live = live_engine_new(folder, yaml);
}

static void user_sql_is_a_series_by_name_value_and_labels_until_its_row_is_gone(void **state)
{
	(void)state;
	watch_pg();
	becomes("orders_open",
		"orders_open{shop=\"north\",source=\"postgres/db\"} 3\n"
		"orders_open{shop=\"south, old\",source=\"postgres/db\"} 4\n",
		LIMIT_MS);
	becomes("orders_paid{shop=\"north\"}",
		"orders_paid{shop=\"north\",source=\"postgres/db\"} 10.5\n", LIMIT_MS);
	becomes("shops", "shops{source=\"postgres/db\"} 2\n", LIMIT_MS);
	run("delete from shops where shop = 'north'");
	becomes("{shop=\"north\"}", "", SOON_MS);
	becomes("shops", "shops{source=\"postgres/db\"} 1\n", SOON_MS);
	run("drop table shops");
	becomes("{__name__=~\"orders_.*|shops\"}", "", SOON_MS);
}

static void a_postgres_that_is_stopped_leaves_nothing_but_that_it_is_down(void **state)
{
	(void)state;
	watch_pg();
	becomes("count(shops) * count(pg_select_duration_ms) * "
		"count(pg_stat_database_numbackends{datname=\"postgres\"})",
		"{} 1\n", LIMIT_MS);
	pg_server_stop(&pg, "immediate");
	becomes("{__name__=~\"orders_.*|shops|pg_.*\",__name__!~\"pg_up|pg_exporter_.*\"}", "",
		SOON_MS + 2000);
	becomes("pg_up", "pg_up{instance=\"db\",job=\"postgres\"} 0\n", 1000);
}

/* ---- logs ---- */

static int log_setup(void **state)
{
	return folder_setup(state);
}

static int log_teardown(void **state)
{
	live_engine_free(live);
	live = NULL;
	return folder_teardown(state);
}

/* With their time: of what was there when the log is opened nothing else counts. */
static void write_lines(FILE *log, const char *level, int count)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	struct shown time = format_rfc3339(now.tv_sec * 1000 + now.tv_nsec / 1000000);
	for (int i = 0; i < count; i++)
		(void)fprintf(log, "%s %s line %d\n", time.text, level, i);
	(void)fflush(log);
}

static void lines_of_a_log_are_counted_by_bot_and_level(void **state)
{
	(void)state;
	autofree char *path = folder_path("orders.log");
	autofree char *yaml =
		xasprintf("bots: [{name: orders, transport: none, logs: [%s]}]\n", path);
	FILE *log = fopen(path, "we");
	assert_non_null(log);
	live = live_engine_new(folder, yaml);
	becomes("count(botswain_clients)", "{} 1\n", LIMIT_MS);
	write_lines(log, "INFO", 5000);
	write_lines(log, "ERROR", 17);
	becomes("bot_log_lines_total",
		"bot_log_lines_total{bot=\"orders\",level=\"error\"} 17\n"
		"bot_log_lines_total{bot=\"orders\",level=\"fatal\"} 0\n"
		"bot_log_lines_total{bot=\"orders\",level=\"info\"} 5000\n"
		"bot_log_lines_total{bot=\"orders\",level=\"warn\"} 0\n",
		2 * LIMIT_MS);
	write_lines(log, "WARN", 2);
	write_lines(log, "ERROR", 3);
	becomes("increase(bot_log_lines_total{level=\"error\"}[5m]) > bool 2",
		"{bot=\"orders\",level=\"error\"} 1\n", 2 * LIMIT_MS);
	becomes("sum(bot_log_lines_total)", "{} 5022\n", LIMIT_MS);
	assert_int_equal(fclose(log), 0);
}

#define ON_LOG(name)   cmocka_unit_test_setup_teardown(name, log_setup, log_teardown)
#define ON_REDIS(name) cmocka_unit_test_setup_teardown(name, redis_setup, redis_teardown)
#define ON_PG(name)    cmocka_unit_test_setup_teardown(name, pg_setup, pg_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_REDIS(a_redis_that_is_killed_leaves_nothing_but_that_it_is_down_and_a_gap),
		ON_REDIS(a_redis_that_is_frozen_leaves_nothing_but_that_it_is_down),
		ON_LOG(lines_of_a_log_are_counted_by_bot_and_level),
		ON_PG(user_sql_is_a_series_by_name_value_and_labels_until_its_row_is_gone),
		ON_PG(a_postgres_that_is_stopped_leaves_nothing_but_that_it_is_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
