/* SPDX-License-Identifier: MIT */
/* 16 to 18: a Postgres that stops and recovers, one that refuses, one that is half-open. */
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/faults/net.h"
#include "tests/faults/stores.h"

static const struct expected fleet_postgres = {.kind = "postgres", .name = "main"};
static const struct expected spare = {.kind = "postgres", .name = "spare"};

static struct expected with(struct expected which, const char *state, const char *words)
{
	which.state = state;
	which.words = words;
	return which;
}

/* What does not hang on it goes on. */
static void see_others_live(struct faults *run, struct sight *sight)
{
	static const struct expected redis = {.kind = "redis", .name = "main", .state = "ok"};
	unsigned bots = engine_fresh_bots(run, STORE_FRESH_MS);
	see(sight, bots >= STORE_FRESH_BOTS && service_is(run, &redis), -1,
		"meanwhile Telegram answered for %u bots, Redis is ok", bots);
}

/* ---- 16 ---- */

void fault_postgres_stopped(struct faults *run, struct sight *sight)
{
	/* Log to read again: the recovery has to be there long enough to be stopped. */
	free(store_sql(run, "select count(pg_logical_emit_message(false, 'fault',"
			    " repeat('x', 1000000))) from generate_series(1, 48)"));
	int64_t begun_ms = fault_now_ms();
	see(sight, store_end(run, "postgres", SIGQUIT), -1, "stopped at once");
	see_service(run, sight, "stopped", with(fleet_postgres, "unreachable", NULL), begun_ms);
	see(sight, strcmp(alert_seen(run, "postgres_down", "main"), "firing") == 0, -1,
		"postgres_down fires");
	see_service_row(run, sight, "! postgres main");
	see_others_live(run, sight);
	autofree char *held = store_do(run, (const char *const[]){"postgres-start", NULL});
	pid_t recovery = held ? (pid_t)strtol(held, NULL, 10) : 0;
	if (recovery > 0)
		see_service(run, sight, "recovering",
			with(fleet_postgres, "loading", "starting up"), fault_now_ms());
	else
		see(sight, false, -1, "its recovery stands still");
	if (recovery > 0)
		kill(recovery, SIGCONT);
	int64_t lifted_ms = fault_now_ms();
	see_recovery(run, sight, "recovery", fleet_postgres, lifted_ms);
	see_calm(run, sight, lifted_ms);
}

/* ---- 17 ---- */

static const char our_backends[] = "from pg_stat_activity where application_name like 'botswain/%'";

static unsigned count_ours(const struct faults *run)
{
	autofree char *sql = xasprintf("select count(*) %s", our_backends);
	autofree char *said = store_sql(run, sql);
	return said ? (unsigned)strtoul(said, NULL, 10) : 0;
}

static void end_ours(const struct faults *run)
{
	autofree char *sql = xasprintf("select count(pg_terminate_backend(pid)) %s", our_backends);
	free(store_sql(run, sql));
}

/* What an administrator ends is no outage: it is said, and they are back at once. */
static void try_ended(struct faults *run, struct sight *sight)
{
	static const char words[] = "terminating connection due to administrator command";
	unsigned before = count_ours(run);
	int64_t begun_ms = fault_now_ms();
	end_ours(run);
	bool said = engine_said(run, words);
	see(sight, said, fault_now_ms() - begun_ms, "ended: '%s'", said ? words : "nothing");
	see_recovery(run, sight, "it", fleet_postgres, begun_ms);
	engine_look(run, STORE_SETTLE_MS);
	unsigned after = count_ours(run);
	see(sight, after == before, -1, "%u connections, %u before", after, before);
	if (strcmp(alert_seen(run, "postgres_down", "main"), "firing") == 0)
		see(sight, false, -1, "no outage");
}

static void try_limit(struct faults *run, struct sight *sight)
{
	free(store_sql(run, "alter role console connection limit 0"));
	int64_t begun_ms = fault_now_ms();
	end_ours(run);
	see_service(run, sight, "connection limit",
		with(fleet_postgres, "full", "too many connections"), begun_ms);
	free(store_sql(run, "alter role console connection limit 10"));
	see_recovery(run, sight, "it", fleet_postgres, fault_now_ms());
}

/* How long the oldest statement of ours runs, in ms. */
static long our_oldest(const struct pg_server *server)
{
	autofree char *said = pg_server_do(server,
		"select coalesce(max(extract(epoch from clock_timestamp() - query_start)) * 1000,"
		" 0)::int %s and state = 'active'",
		our_backends);
	return strtol(said, NULL, 10);
}

/* What somebody else asks of another table meanwhile. */
static long other_ms(const struct pg_server *server)
{
	int64_t begun_ms = fault_now_ms();
	free(pg_server_do(server, "select count(*) from others"));
	return (long)(fault_now_ms() - begun_ms);
}

/* Waits for the words, and looks meanwhile for how long we hold anything up. */
static void see_cancelled(struct faults *run, struct sight *sight, const char *fault,
	const char *words, long limit_ms)
{
	const struct pg_server *server = spare_postgres(run);
	const struct expected wish = with(spare, "error", words);
	int64_t begun_ms = fault_now_ms(), took_ms = -1;
	long oldest_ms = 0, slowest_ms = 0;
	do {
		long now_ms = our_oldest(server), theirs_ms = other_ms(server);
		oldest_ms = now_ms > oldest_ms ? now_ms : oldest_ms;
		slowest_ms = theirs_ms > slowest_ms ? theirs_ms : slowest_ms;
		engine_look(run, 50);
		if (took_ms < 0 && source_is(run, &wish))
			took_ms = fault_now_ms() - begun_ms;
	} while (fault_now_ms() - begun_ms < STORE_SETTLE_MS ||
		 (took_ms < 0 && fault_now_ms() - begun_ms < STORE_BACK_MS));
	const struct msg_source *source = source_seen(run, "postgres", "spare");
	see(sight, took_ms >= 0, took_ms, "%s: '%s'", fault, source ? source->error : "");
	see(sight, oldest_ms <= limit_ms && slowest_ms <= 500, -1,
		"no statement of ours runs longer than %ld ms, others take %ld ms", oldest_ms,
		slowest_ms);
}

static void try_statements(struct faults *run, struct sight *sight)
{
	struct pg_server *server = spare_postgres(run);
	free(pg_server_do(server,
		"create table busy(x int);"
		"create table others(x int); create table naps as select 0 as s"));
	autofree char *line = xasprintf(
		"  spare: {dsn: \"host=127.0.0.1 port=%d user=tester dbname=postgres\", interval: "
		"1s, queries: [{name: busy, interval: 1s, sql: select count(*) from busy},"
		" {name: nap, interval: 1s, sql: select count(pg_sleep(s)) from naps}]}",
		server->port);
	bool watched = config_add(run, "postgres", line, "postgres", "spare");
	if (!watched)
		see(sight, false, -1, "a spare Postgres is watched");
	PGconn *locker = PQconnectdb(server->dsn);
	PQclear(PQexec(locker, "begin; lock table busy in access exclusive mode"));
	see_cancelled(run, sight, "lock wait", "lock timeout", 500 + 300);
	PQfinish(locker);
	see_recovery(run, sight, "it", spare, fault_now_ms());
	free(pg_server_do(server, "update naps set s = 30"));
	see_cancelled(run, sight, "slow statement", "statement timeout", 3000 + 300);
	free(pg_server_do(server, "update naps set s = 0"));
	see_recovery(run, sight, "it", spare, fault_now_ms());
	see(sight, config_restore(run, "postgres", "spare"), -1, "no longer watched");
}

void fault_postgres_refuses(struct faults *run, struct sight *sight)
{
	try_ended(run, sight);
	try_limit(run, sight);
	try_statements(run, sight);
}

/* ---- 18 ---- */

struct options {
	int keepalive, user_timeout_ms, idle_s, interval_s, count;
};

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);
	return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

static bool leads_to(int fd, int port)
{
	struct sockaddr_in peer = {.sin_family = AF_UNSPEC};
	socklen_t size = sizeof(peer);
	return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
	       peer.sin_family == AF_INET && ntohs(peer.sin_port) == port;
}

/* Of a socket that somebody else has: what he asked of it. */
static bool socket_options(pid_t pid, int port, struct options *ret)
{
	autofree char *path = xasprintf("/proc/%d/fd", (int)pid);
	DIR *folder = opendir(path);
	int process = (int)syscall(SYS_pidfd_open, pid, 0);
	bool found = false;
	for (struct dirent *entry; folder && process >= 0 && !found && (entry = readdir(folder));) {
		int fd = (int)syscall(SYS_pidfd_getfd, process, atoi(entry->d_name), 0);
		found = fd >= 0 && leads_to(fd, port);
		if (found)
			*ret = (struct options){option(fd, SOL_SOCKET, SO_KEEPALIVE),
				option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
				option(fd, IPPROTO_TCP, TCP_KEEPIDLE),
				option(fd, IPPROTO_TCP, TCP_KEEPINTVL),
				option(fd, IPPROTO_TCP, TCP_KEEPCNT)};
		if (fd >= 0)
			close(fd);
	}
	if (process >= 0)
		close(process);
	if (folder)
		closedir(folder);
	return found;
}

static void see_options(struct faults *run, int port, struct sight *sight)
{
	struct options options = {0};
	int64_t until_ms = fault_now_ms() + STORE_SETTLE_MS;
	while (!socket_options(run->engine, port, &options) && fault_now_ms() < until_ms)
		engine_look(run, 50);
	int dead_s = options.idle_s + options.interval_s * options.count;
	see(sight, options.keepalive == 1 && options.user_timeout_ms == 10000 && dead_s <= 20, -1,
		"its socket: TCP_USER_TIMEOUT %d ms, keepalive %d + %d times %d s",
		options.user_timeout_ms, options.idle_s, options.count, options.interval_s);
}

static void try_frozen_backends(struct faults *run, struct sight *sight)
{
	const struct pg_server *server = spare_postgres(run);
	pid_t pids[4] = {0};
	autofree char *list =
		pg_server_do(server, "select string_agg(pid::text, ' ') %s", our_backends);
	int count = sscanf(list, "%d %d %d %d", &pids[0], &pids[1], &pids[2], &pids[3]);
	for (int i = 0; i < count; i++)
		kill(pids[i], SIGSTOP);
	int64_t begun_ms = fault_now_ms();
	see_service(run, sight, "frozen backend", with(spare, "late", "no answer"), begun_ms);
	see_recovery(run, sight, "it stays frozen, and all", spare, fault_now_ms());
	for (int i = 0; i < count; i++)
		kill(pids[i], SIGCONT);
}

static void try_blackhole(struct faults *run, struct sight *sight)
{
	uint16_t port = (uint16_t)spare_postgres(run)->port;
	int64_t begun_ms = fault_now_ms();
	if (!net_break(port, NET_DROP, 0, sight))
		return;
	see_service(run, sight, "blackhole", with(spare, "unreachable", "no connection"), begun_ms);
	see_others_live(run, sight);
	net_heal(port);
	see_recovery(run, sight, "it", spare, fault_now_ms());
}

void fault_postgres_half_open(struct faults *run, struct sight *sight)
{
	const struct pg_server *server = spare_postgres(run);
	autofree char *line = xasprintf(
		"  spare: {dsn: \"host=127.0.0.1 port=%d user=tester dbname=postgres\", interval: "
		"2s}",
		server->port);
	if (!config_add(run, "postgres", line, "postgres", "spare"))
		see(sight, false, -1, "a spare Postgres is watched");
	see_options(run, server->port, sight);
	try_frozen_backends(run, sight);
	try_blackhole(run, sight);
	see(sight, config_restore(run, "postgres", "spare"), -1, "no longer watched");
}
