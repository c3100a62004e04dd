/* SPDX-License-Identifier: MIT */
#include "tests/support/exporter_scene.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/mailbox.h"
#include "tests/support/collect_scene.h"
#include "tests/support/spawn.h"

enum { READ_MS = 20000 };

struct exporter_scene scene;

/* ---- servers with something to tell ---- */

void exporter_scene_redis(const struct redis_server *server, const char *command)
{
	free(redis_server_do(server, command));
}

static void fill_redis(void)
{
	exporter_scene_redis(&scene.main, "CONFIG SET latency-monitor-threshold 5");
	exporter_scene_redis(&scene.main, "CONFIG SET slowlog-log-slower-than 1000");
	exporter_scene_redis(&scene.main, "XADD orders * a b");
	exporter_scene_redis(&scene.main, "XADD orders * a c");
	exporter_scene_redis(&scene.main, "XGROUP CREATE orders workers 0");
	exporter_scene_redis(&scene.main, "XREADGROUP GROUP workers w1 COUNT 1 STREAMS orders >");
	exporter_scene_redis(&scene.main, "SET plain 1");
	exporter_scene_redis(&scene.main, "SET fleeting 1 EX 1000");
	exporter_scene_redis(&scene.main, "GET orders");
	exporter_scene_redis(&scene.main, "DEBUG SLEEP 0.02");
}

static void start_redis(void)
{
	redis_server_init(&scene.main);
	scene.replica.extra = NULL;
	redis_server_init(&scene.replica);
	autofree char *follow = xasprintf("REPLICAOF 127.0.0.1 %d", scene.main.port);
	exporter_scene_redis(&scene.replica, follow);
	fill_redis();
}

bool exporter_scene_is_linked(const void *context)
{
	(void)context;
	autofree char *info = redis_server_do(&scene.replica, "INFO replication");
	autofree char *master = redis_server_do(&scene.main, "INFO replication");
	return strstr(info, "master_link_status:up") && strstr(master, "state=online");
}

void exporter_scene_sql(const char *statement)
{
	free(pg_server_do(&scene.postgres, "%s", statement));
}

static bool is_received(const void *context)
{
	(void)context;
	autofree char *count = pg_server_do(&scene.postgres,
		"select count(*) from pg_stat_replication where state = 'streaming'");
	return strcmp(count, "1") == 0;
}

/* A reader of the log, so that there is a replica to tell of. */
static void start_receiver(void)
{
	autofree char *port = xasprintf("%d", scene.postgres.port);
	autofree char *program = pg_server_do(&scene.postgres,
		"select setting || '/pg_receivewal' from pg_config where name = 'BINDIR'");
	exporter_scene_sql("select pg_create_physical_replication_slot('standby')");
	scene.receiver = spawn_start(WORDS(program, "-h", "127.0.0.1", "-p", port, "-U", "tester",
					     "-D", folder, "-S", "standby"),
		&(struct spawn){0});
	assert_true(comes_true(is_received, NULL, READ_MS));
}

static void start_postgres(void)
{
	pg_server_init(&scene.postgres);
	exporter_scene_sql("alter system set shared_preload_libraries = 'pg_stat_statements'");
	pg_server_stop(&scene.postgres, "fast");
	scene.postgres.on_loopback = true;
	pg_server_start(&scene.postgres);
	exporter_scene_sql("create extension pg_stat_statements");
	exporter_scene_sql("create table orders (id int primary key, what text)");
	exporter_scene_sql("insert into orders select i, 'x' from generate_series(1, 1000) i");
	exporter_scene_sql("delete from orders where id > 900");
	exporter_scene_sql("vacuum analyze orders");
	start_receiver();
}

int exporter_scene_setup(void **state)
{
	scene.is_missing = !has_exporter("prometheus-redis-exporter") ||
			   !has_exporter("prometheus-postgres-exporter");
	if (scene.is_missing)
		return 0;
	folder_setup(state);
	start_redis();
	assert_true(comes_true(exporter_scene_is_linked, NULL, READ_MS));
	start_postgres();
	exporter_of_redis(&scene.exporters[0], &scene.main, "orders");
	exporter_of_redis(&scene.exporters[1], &scene.replica, "orders");
	exporter_of_postgres(&scene.exporters[2], &scene.postgres, "tests/exporters/queries.yaml");
	return 0;
}

int exporter_scene_teardown(void **state)
{
	if (scene.is_missing)
		return 0;
	for (size_t i = 0; i < COUNT_OF(scene.exporters); i++)
		exporter_end(&scene.exporters[i]);
	said_release(&scene.ours);
	collect_scene_stop();
	(void)spawn_end(&scene.receiver, SIGKILL);
	redis_server_release(&scene.replica);
	redis_server_release(&scene.main);
	pg_server_release(&scene.postgres);
	return folder_teardown(state);
}

/* ---- reading ---- */

void exporter_scene_watch(void)
{
	collected_start(&collected,
		"redis:\n"
		"  - {name: main, port: %d, interval: 500ms, metrics_interval: 500ms, streams: "
		"[orders]}\n"
		"  - {name: replica, port: %d, interval: 500ms, metrics_interval: 500ms, streams: "
		"[orders]}\n"
		"postgres: [{name: db, dsn: 'host=127.0.0.1 port=%d user=tester dbname=postgres', "
		"interval: 500ms, metrics_interval: 500ms}]\n",
		scene.main.port, scene.replica.port, scene.postgres.port);
}

/* Of each observation one. */
static const struct {
	const char *instance, *name;
} ends[] = {
	{"main", "redis_exporter_last_scrape_duration_seconds"},
	{"replica", "redis_exporter_last_scrape_duration_seconds"},
	{"main", "redis_stream_length"},
	{"replica", "redis_stream_length"},
	{"main", "redis_up"},
	{"replica", "redis_up"},
	{"db", "pg_exporter_last_scrape_duration_seconds"},
	{"db", "pg_settings_max_connections"},
};

static unsigned times_of(size_t end)
{
	for (size_t i = 0; i < scene.ours.count; i++)
		if (strcmp(scene.ours.list[i].name, ends[end].name) == 0 &&
			strcmp(scene.ours.list[i].instance, ends[end].instance) == 0)
			return scene.ours.list[i].times;
	return 0;
}

static bool have_read(const unsigned times[COUNT_OF(ends)])
{
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (times_of(i) < times[i])
			return false;
	return true;
}

void exporter_scene_read(unsigned more)
{
	unsigned times[COUNT_OF(ends)];
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		times[i] = times_of(i) + more;
	int64_t until_ms = clock_mono_ms(clock_real()) + READ_MS;
	for (said_take(&scene.ours, &collected); !have_read(times);
		said_take(&scene.ours, &collected)) {
		struct pollfd bell = {.fd = mailbox_fd(collected.mailbox), .events = POLLIN};
		int64_t left_ms = until_ms - clock_mono_ms(clock_real());
		if (left_ms <= 0)
			fail_msg("not all was read %u times more", more);
		(void)poll(&bell, 1, (int)left_ms);
	}
}

void exporter_scene_needed(void)
{
	if (scene.is_missing) {
		print_message("# prometheus-redis-exporter or prometheus-postgres-exporter is not "
			      "installed\n");
		skip();
	}
}
