/* SPDX-License-Identifier: MIT */
#include "tests/support/server_troubles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <libpq-fe.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/exporter_scene.h"
#include "tests/support/spawn.h"

enum { WAIT_MS = 20000, REJECTED = 8 };

static PGconn *idle;

static char *shop_dsn(void)
{
	return xasprintf("host=%s port=%d user=tester dbname=shop", scene.postgres.folder,
		scene.postgres.port);
}

/* In a database that nobody but us is in: what its counters say stands still while it is read. */
static void in_shop(const char *statements)
{
	struct pg_server shop = scene.postgres;
	autofree char *dsn = shop_dsn();
	copy_text(shop.dsn, sizeof(shop.dsn), dsn);
	free(pg_server_do(&shop, "%s", statements));
}

/* A session tells of what it did as it leaves. */
static bool shop_is_left(const void *context)
{
	(void)context;
	autofree char *count = pg_server_do(&scene.postgres,
		"select count(*) from pg_stat_activity where datname = 'shop' and state <> 'idle "
		"in transaction'");
	return strcmp(count, "0") == 0;
}

void troubles_trade(void)
{
	exporter_scene_redis(&scene.main, "INCR visits");
	exporter_scene_redis(&scene.main, "GET visits");
	in_shop("begin; select 1; commit; begin; select 1; commit; begin; select 1; rollback");
	assert_true(comes_true(shop_is_left, NULL, WAIT_MS));
}

void troubles_begin(void)
{
	exporter_scene_redis(&scene.main, "CONFIG SET repl-diskless-sync-delay 0");
	exporter_scene_sql("alter system set autovacuum = off"); /* it is a session as well */
	exporter_scene_sql("select pg_reload_conf()");
	exporter_scene_sql("create database shop");
	exporter_scene_sql("create table still as select 1 as one");
	exporter_scene_sql("create index still_one_ccnew on still (one)");
}

static void change_a_setting(void)
{
	exporter_scene_sql("alter system set work_mem = '5MB'");
	exporter_scene_sql("select pg_reload_conf()");
}

static void stay_in_a_transaction(void)
{
	autofree char *dsn = shop_dsn();
	idle = PQconnectdb(dsn);
	PQclear(PQexec(idle, "begin; select 1"));
	assert_int_equal(PQtransactionStatus(idle), PQTRANS_INTRANS);
}

static void leave_dead_rows(void)
{
	exporter_scene_sql("insert into orders select i, 'y' from generate_series(2001, 22000) i");
	exporter_scene_sql("delete from orders where id > 2000 and id <= 17000");
}

static bool is_alone(const void *context)
{
	(void)context;
	autofree char *info = redis_server_do(&scene.main, "INFO replication");
	return strstr(info, "connected_slaves:0") != NULL;
}

static void lose_the_replica(void)
{
	exporter_scene_redis(&scene.replica, "REPLICAOF NO ONE");
	assert_true(comes_true(is_alone, NULL, WAIT_MS));
}

static void say(int fd, const char *line)
{
	char answer[256];
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	assert_true(read(fd, answer, sizeof(answer)) > 0);
	assert_int_equal(answer[0], '+');
}

static void wait_for_the_end(int fd)
{
	char text[256];
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void reject_connections(void)
{
	int fd = redis_server_open(&scene.main);
	say(fd, "CONFIG SET maxclients 1\r\n");
	for (unsigned i = 0; i < REJECTED; i++)
		wait_for_the_end(redis_server_open(&scene.main));
	say(fd, "CONFIG SET maxclients 10000\r\n");
	close(fd);
}

static void win_the_replica_back(void)
{
	autofree char *follow = xasprintf("REPLICAOF 127.0.0.1 %d", scene.main.port);
	exporter_scene_redis(&scene.replica, follow);
	assert_true(comes_true(exporter_scene_is_linked, NULL, WAIT_MS));
	reject_connections();
}

static void take_the_memory(void)
{
	lose_the_replica();
	exporter_scene_redis(&scene.main, "CONFIG SET maxmemory 500000");
}

static void (*const happens[TROUBLES])(void) = {
	[1] = change_a_setting,
	[2] = stay_in_a_transaction,
	[5] = leave_dead_rows,
	[8] = lose_the_replica,
	[9] = win_the_replica_back,
	[10] = take_the_memory,
};

void troubles_happen(unsigned round)
{
	if (round < TROUBLES && happens[round])
		happens[round]();
}

void troubles_end(void)
{
	PQfinish(idle);
	idle = NULL;
}
